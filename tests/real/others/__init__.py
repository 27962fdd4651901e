"""What the suites share: a side (without SockSan, or under it) to run commands on, sources from Debian, and the list of suites.

A module of this folder has SUITES, a list of Suite. Its `run(side, test=None)` runs all tests, or that one alone, and returns
{test: outcome}; outcomes that begin with `ok` are good. What is compared must be the same in any two runs.
SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import importlib
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(os.path.abspath(__file__)).parent
LONG = 1800  # seconds until a suite is called hung
SOON = 60  # seconds until a server that does not answer is


def say(text):
    print(f"suites: {text}", file=sys.stderr, flush=True)


class Suite:
    """alone: a test can be run by itself. packages: lines `PACKAGE PROBE` as in `dev`. by_name: too long to be one of `all`."""

    def __init__(self, name, run, version, packages=(), alone=True, by_name=False):
        self.name, self.run, self.version, self.packages, self.alone, self.by_name = name, run, version, packages, alone, by_name

    def reviewed(self, kinds):
        """The suppressions that hold what was looked into; with `kinds`, of descriptors of other kinds too."""
        name = self.name.replace("/", "-")
        files = [HERE / f"{name}.supp"] + ([HERE / f"{name}.kinds.supp"] if kinds else [])
        return [file for file in files if file.exists()]


class Ended:
    """status as a shell has it, or "hung"; both outputs as text."""

    def __init__(self, status, stdout, stderr):
        self.status, self.stdout, self.stderr = status, stdout, stderr


class Side:
    """Runs commands in a folder of its own, under SockSan if shim; reports holds SockSan's."""

    installed = None
    options = ("--strict",)  # whoever's code it is in: that nobody has looked into it is what is asked

    @classmethod
    def install(cls, folder):
        """Copies what is tried to where every user can read it: a child that changes its user is loaded the shim too."""
        cls.installed = folder / "socksan", folder / "libsocksan.so"
        for variable, copy in zip(("SOCKSAN", "SOCKSAN_SHIM"), cls.installed):
            shutil.copy(os.environ[variable], copy)
            copy.chmod(0o755)

    def __init__(self, folder, shim, reviewed):
        self.folder, self.shim, self.reviewed, self.reports = folder, shim, reviewed, []

    def new_folder(self, name, user=None):
        folder = pathlib.Path(tempfile.mkdtemp(prefix=name + "-", dir=self.folder))
        folder.chmod(0o755)
        if user:
            shutil.chown(folder, user)
        return folder

    @contextlib.contextmanager
    def start(self, command, cwd=None, env=None, user=None, stdin=subprocess.DEVNULL):
        """A process for the body of a `with`, which makes it end; afterwards it has `ended`. What it leaves behind is killed."""
        folder = self.new_folder("run", user)
        argv = list(map(str, command))
        if self.shim:
            traces = self.new_folder("traces", user)
            traces.chmod(0o1777)  # for those that change their user
            socksan, shim = self.installed
            known = [f"--suppressions={file}" for file in self.reviewed]
            # The status is to be the command's: what its violations are, and what could not be recorded, is in the report.
            argv = [socksan, "run", "--fail-on=never", "--allow-dropped", "--no-wait", f"--output=json={folder}/report.json",
                    f"--output=text={folder}/report.txt", "--option=unread_every=1", f"--trace-dir={traces}", *self.options, *known, "--", *argv]
        environment = {"HOME": str(folder), "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                       "LC_ALL": "C.UTF-8", "SOCKSAN_SHIM": str(self.installed[1]), **(env or {})}
        with open(folder / "stdout", "wb") as stdout, open(folder / "stderr", "wb") as stderr:
            identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
            process = subprocess.Popen(argv, cwd=cwd or folder, env=environment, stdin=stdin, stdout=stdout,
                                       stderr=stderr, start_new_session=True, umask=0o022, **identity)
        process.folder = folder
        try:
            yield process
            try:
                status = process.wait(LONG)
                status = 128 - status if status < 0 else status  # as a shell has it, and `socksan run`
            except subprocess.TimeoutExpired:
                status = "hung"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.ended = Ended(status, *(pathlib.Path(folder, name).read_text(encoding="utf-8", errors="replace")
                                        for name in ("stdout", "stderr")))
        if self.shim:
            self.reports.append(json.loads((folder / "report.json").read_text(encoding="utf-8")))

    def run(self, command, **options):
        """Run a command to its end: Ended."""
        with self.start(command, **options) as process:
            pass
        return process.ended


def package_version(name):
    """A function that says which version of a Debian package is installed."""
    return lambda: subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", name], check=True,
                                  stdout=subprocess.PIPE, text=True).stdout


def until(truth, what):
    """The first true value of truth(), which comes soon."""
    end = time.monotonic() + SOON
    while True:
        value = truth()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"expected within {SOON} s: {what}")
        time.sleep(0.02)


def free_ports(count):
    with contextlib.ExitStack() as probes:
        return [probes.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(count)]


def connects(port):
    """Whether somebody listens; a connection made is at once closed."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=SOON).close()
        return True
    except ConnectionRefusedError:
        return False


def fetch(family, address, path="/"):
    """(status, body) of one HTTP request over a connection of its own; the error's name when there is no answer."""
    try:
        with socket.socket(family) as connection:
            connection.settimeout(SOON)
            connection.connect(address)
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).decode().partition("\r\n\r\n")
            return int(head.split()[1]), body
    except (OSError, IndexError) as error:
        return type(error).__name__, ""


def children(pid):
    """The processes whose parent is pid."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # gone meanwhile
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(stat.parent.name))
    return found


SOURCE_PACKAGES = ["dpkg-dev dpkg-source", "cmake cmake", "gcc gcc", "make make"]


def cache():
    """A folder of this user's that every user may read: some suites refuse to be run by root."""
    folder = pathlib.Path(f"/var/tmp/socksan-suites-{os.getuid()}")
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.lstat().st_uid != os.getuid() or not folder.is_dir() or folder.is_symlink():
        raise SystemExit(f"suites: {folder} belongs to somebody else")
    return folder


def ordinary_user():
    """Whom root lets run what root may not; None for anybody else."""
    return "nobody" if os.getuid() == 0 else None


def source(package, build=None):
    """The unpacked source of a Debian package, fetched once into a cache; build(folder) makes what is to be run, once too.

    The sources of apt are those of this machine, as deb-src in a state of their own: the machine's configuration stays as it is.
    """
    done = cache() / package / "done"
    if done.exists():
        return pathlib.Path(done.read_text(encoding="utf-8"))
    shutil.rmtree(done.parent, ignore_errors=True)
    for part in ("lists/partial", "sources.d"):
        (cache() / "apt" / part).mkdir(parents=True, exist_ok=True)
    for path in (pathlib.Path("/etc/apt/sources.list"), *pathlib.Path("/etc/apt/sources.list.d").glob("*")):
        if path.exists() and path.suffix in (".list", ".sources"):
            text = re.sub(r"^(deb|Types: *deb)(?=\s)", r"\1-src", path.read_text(encoding="utf-8"), flags=re.M)
            (cache() / "apt/sources.d" / path.name).write_text(text, encoding="utf-8")
    apt = ["apt-get", "-q", "-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={cache()}/apt/sources.d",
           "-o", f"Dir::State::Lists={cache()}/apt/lists", "-o", "APT::Sandbox::User=root"]
    done.parent.mkdir(parents=True)
    say(f"fetching and building the source of {package}")
    with open(done.parent / "log", "w", encoding="utf-8") as log:
        options = {"cwd": done.parent, "stdout": log, "stderr": log}
        subprocess.run([*apt, "update"], check=False, **options)
        known = subprocess.run(["apt-cache", *apt[2:], "showsrc", "--only-source", package], check=True, stdout=subprocess.PIPE, text=True)
        # An archive may have lost the newest while its index still names it; older ones do.
        if not any(subprocess.run([*apt, "source", f"{package}={version}"], check=False, **options).returncode == 0
                   for version in re.findall(r"^Version: (\S+)", known.stdout, re.M)):
            raise SystemExit(f"suites: apt-get does not get the source of {package}, see {done.parent}/log")
        (folder,) = [path for path in done.parent.iterdir() if path.is_dir()]
        if build:
            build(folder, lambda command, **more: subprocess.run(command, check=True, **{**options, "cwd": folder, **more}))
    done.write_text(str(folder), encoding="utf-8")
    return folder


def source_version(package):
    """A function that says which version of its source was fetched."""
    def version():
        (dsc,) = source(package).parent.glob("*.dsc")
        return re.search(r"^Version: (\S+)", dsc.read_text(encoding="utf-8"), re.M)[1]

    return version


SUITES = [suite for module in ("cpython", "curl", "haproxy", "java", "jdk", "libevent", "libuv", "nginx", "node", "openssh", "postgres", "redis", "ruby", "wget")
          for suite in importlib.import_module(f"others.{module}").SUITES]
