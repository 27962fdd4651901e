#!/usr/bin/python3
"""cramped.py COMMAND [ARG...]: runs a command on a host that has little to give: one processor, 256 descriptors, and small pipes.
As root also a loopback of its own, with 128 ports to give. With --check it only tells, by its status, whether pipes are small.

The kernel gives pipes of two pages (before Linux 5.14: one) to a user without privileges whose pipes have reached
fs.pipe-user-pages-soft together. Pipes that are held here reach it, and root's command goes without the two privileges that
count. Nothing of the machine is changed; while the command runs, other processes of that user without privileges get small pipes too.
SPDX-License-Identifier: Apache-2.0
"""

import ctypes
import fcntl
import os
import resource
import signal
import socket
import struct
import subprocess
import sys

F_SETPIPE_SZ, F_GETPIPE_SZ = 1031, 1032
SMALL = 2 * os.sysconf("SC_PAGE_SIZE")
CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1
FILES, PORTS = 256, "32768 32895"


def give_few_ports():
    if ctypes.CDLL(None).unshare(CLONE_NEWNET) != 0:
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as file:
            file.write(PORTS)
    except OSError:  # /proc/sys is not for writing in most containers
        pass


def cramp():
    """In the process that becomes the command."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard) if hard >= 0 else FILES, hard))
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {allowed[os.getpid() % len(allowed)]})


def hold_pipes():
    """Makes pipes until a new one is small; False where they stay large."""
    try:
        for _ in range(FILES):
            pipe = os.pipe()
            if fcntl.fcntl(pipe[0], F_GETPIPE_SZ) <= SMALL:
                for end in pipe:
                    os.close(end)
                return True
            try:
                fcntl.fcntl(pipe[0], F_SETPIPE_SZ, 1 << 20)
            except PermissionError:  # so near to the limit; this one counts as it is
                pass
    except OSError:
        pass
    return False


def main():
    args = sys.argv[1:]
    if os.geteuid() == 0 and args[:1] != ["--unprivileged"]:
        if args[:1] != ["--check"]:
            give_few_ports()
        lost = "-sys_admin,-sys_resource"
        os.execvp("setpriv", ["setpriv", "--bounding-set", lost, "--inh-caps", lost, sys.executable, os.path.abspath(__file__),
                              "--unprivileged", *args])
    if args[:1] == ["--unprivileged"]:
        del args[0]
    small = hold_pipes()
    if args == ["--check"]:
        return 0 if small else 1
    if not small:
        print("cramped: pipes stay large here", file=sys.stderr)
    # What a terminal sends to all of its group is the command's to answer; a handler, unlike SIG_IGN, is not inherited.
    signal.signal(signal.SIGINT, lambda *_: None)
    process = subprocess.Popen(args, preexec_fn=cramp)
    while True:
        try:
            status = process.wait(timeout=0.1)
            return status if status >= 0 else 128 - status
        except subprocess.TimeoutExpired:
            if small:  # another that held some may have ended
                hold_pipes()


if __name__ == "__main__":
    sys.exit(main())
