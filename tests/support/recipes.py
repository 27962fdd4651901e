"""The recipes of README: a code block behind a line `<!-- recipe: NAME -->`, so that tests run what is printed there.

SPDX-License-Identifier: Apache-2.0
"""

import re

from socksan_test import find


def recipe(name):
    """The text of the code block of that name."""
    found = re.findall(rf"^<!-- recipe: {re.escape(name)} -->\n```\w*\n(.*?)^```$",
                       find("README.md").read_text(encoding="utf-8"), re.M | re.S)
    if len(found) != 1:
        raise AssertionError(f"README.md: expected one recipe '{name}', there are {len(found)}")
    return found[0]
