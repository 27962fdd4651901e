"""Says of each test which sockets it left open, and where it opened them, when pytest runs under SockSan: `socksan run -- pytest`.

A test answers for what it opens, its function fixtures included. A fixture of a wider scope answers for its own sockets, and for what its
listeners accept, when it is torn down. Without SockSan this does nothing. See socksan.h for what is asked of the shim.

    from pytest_socksan import ignore

    pool = ignore(socket.create_connection(address))  # meant to stay open

SPDX-License-Identifier: Apache-2.0
"""

import ctypes
import time

import pytest

GRACE = 0.2  # seconds that a thread or a peer has to close what it is about to close


class _Shim:
    """The functions of socksan.h in this process; raises AttributeError where there is no shim."""

    def __init__(self):
        program = ctypes.CDLL(None)
        for name, result, *arguments in (("is_active", ctypes.c_int), ("mark", ctypes.c_longlong), ("ignore", ctypes.c_int, ctypes.c_int),
                                         ("next", ctypes.c_int, ctypes.c_int, ctypes.c_longlong),
                                         ("number", ctypes.c_longlong, ctypes.c_int), ("listener", ctypes.c_longlong, ctypes.c_int),
                                         ("is_own", ctypes.c_int, ctypes.c_int),
                                         ("describe", ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int)):
            function = getattr(program, "socksan_" + name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)

    def opened_since(self, mark):
        """{number of a socket: its descriptor}"""
        found = {}
        fd = self.next(0, mark)
        while fd >= 0:
            found[self.number(fd)] = fd
            fd = self.next(fd + 1, mark)
        return found

    def description(self, fd):
        text = ctypes.create_string_buffer(1024)
        self.describe(fd, text, len(text))
        return text.value.decode("utf-8", "replace")


def _find_shim():
    try:
        shim = _Shim()
    except (AttributeError, OSError, TypeError):
        return None
    return shim if shim.is_active() else None


_shim = _find_shim()


def ignore(sock):
    """Says that a socket, or a descriptor, is meant to stay open: no test, fixture or report tells of it. Returns it."""
    if _shim:
        _shim.ignore(sock if isinstance(sock, int) else sock.fileno())
    return sock


class _Plugin:
    def __init__(self, shim):
        self.shim = shim
        self.begun = {}  # test: the mark where its setup began
        self.owned = {}  # fixture of a wider scope: the numbers of its sockets
        self.ended = []  # fixtures that were torn down since the last report, and their numbers
        self.own = {}  # socket: whether the user's code opened it
        self.listeners = {}  # accepted socket: its listener, as long as that was known

    def listener(self, number, fd):
        if number not in self.listeners:
            self.listeners[number] = self.shim.listener(fd)
        return self.listeners[number]

    def is_own(self, number, fd):
        if number not in self.own:
            self.own[number] = self.shim.is_own(fd)
        return self.own[number]

    def owner(self, number, fd):
        """The fixture that answers for a socket: for its own and for what its listeners accept."""
        for one in (number, self.listener(number, fd)) if self.owned else ():
            for fixture, numbers in self.owned.items():
                if one in numbers:
                    return fixture
        return None

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        mark = self.shim.mark()
        yield
        if fixturedef.scope != "function":
            # What another wide fixture opened meanwhile, asked for by name, is its own.
            theirs = set().union(*self.owned.values())
            self.owned[fixturedef] = set(self.shim.opened_since(mark)) - theirs

    def pytest_fixture_post_finalizer(self, fixturedef):
        numbers = self.owned.pop(fixturedef, None)
        if numbers:
            self.ended.append((fixturedef, numbers))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item):
        self.begun[item.nodeid] = self.shim.mark()
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item):
        if self.owned and item.nodeid in self.begun:
            self.left(self.begun[item.nodeid])  # while the listeners are there
        yield

    def left(self, mark):
        """What a test left, which it alone answers for: {number: descriptor}. What belongs to a fixture is written down there."""
        mine = {}
        for number, fd in self.shim.opened_since(mark).items():
            fixture = self.owner(number, fd)
            if fixture:
                self.owned[fixture].add(number)
            elif not 0 < self.listener(number, fd) <= mark and self.is_own(number, fd):  # else a listener of before, that is nobody's
                mine[number] = fd
        return mine

    def told(self, item):
        """A text for each socket that the test, or a fixture that ended with it, left open."""
        mark = self.begun.pop(item.nodeid, None)
        ended, self.ended = self.ended, []
        fixtures = {number: fixture for fixture, numbers in ended for number in numbers}
        give_up = time.monotonic() + GRACE
        while True:
            everything = self.shim.opened_since(0) if fixtures else {}
            theirs = {number: fd for number, fd in everything.items() if number in fixtures and self.is_own(number, fd)}
            mine = {} if mark is None else {number: fd for number, fd in self.left(mark).items() if number not in fixtures}
            if not mine and not theirs or time.monotonic() >= give_up:
                break
            time.sleep(0.01)
        texts = [f"{item.nodeid} left open: {self.shim.description(fd)}" for fd in mine.values()]
        for number, fd in theirs.items():
            fixture = fixtures[number]
            texts.append(f"{fixture.scope} fixture {fixture.argname} left open: {self.shim.description(fd)}")
        return texts

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        outcome = yield
        if call.when != "teardown":
            return
        texts = self.told(item)
        if not texts:
            return
        report = outcome.get_result()
        text = "\n".join("socksan: " + text for text in texts)
        if report.passed:
            report.outcome, report.longrepr = "failed", text
        else:
            report.sections.append(("sockets left open", text))


def pytest_configure(config):
    if _shim:
        config.pluginmanager.register(_Plugin(_shim), "socksan-sockets")
