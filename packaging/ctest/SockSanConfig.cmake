# find_package(SockSan): with -DSOCKSAN_TESTS=ON, each test whose command is a target of the project runs under `socksan run`, and
# fails for the errors that are found. Without SockSan, or without the option, tests run as they are.
#
#   find_package(SockSan QUIET)          # before the targets of tests are added
#   set(SOCKSAN_RUN_OPTIONS --fail-on=warning)   # before it: more options of `socksan run`
#
# SockSan::api has the folder of socksan.h and socksan_gtest.h.
# SPDX-License-Identifier: Apache-2.0
get_filename_component(_socksan_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(SOCKSAN_EXECUTABLE "${_socksan_prefix}/bin/socksan")
option(SOCKSAN_TESTS "Run each test under SockSan" OFF)

if(NOT TARGET SockSan::api)
  add_library(SockSan::api INTERFACE IMPORTED)
  set_target_properties(SockSan::api PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${_socksan_prefix}/include")
endif()

# An emulator is what CMake puts before a target that a test runs; since 3.29 a launcher says it without that detour.
if(SOCKSAN_TESTS)
  if(CMAKE_VERSION VERSION_LESS 3.29)
    set(_socksan_before CMAKE_CROSSCOMPILING_EMULATOR)
  else()
    set(_socksan_before CMAKE_TEST_LAUNCHER)
  endif()
  set(${_socksan_before} "${SOCKSAN_EXECUTABLE}" run ${SOCKSAN_RUN_OPTIONS} -- ${${_socksan_before}})
endif()
