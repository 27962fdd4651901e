"""The programs of the field suite, a module per kind; each adds its rows to lab.PROGRAMS.

SPDX-License-Identifier: Apache-2.0
"""
