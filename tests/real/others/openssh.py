"""sshd on the loopback, with privilege separation and its sandbox: commands, statuses, copies, forwarding, sessions side by side.

SPDX-License-Identifier: Apache-2.0
"""

import concurrent.futures
import contextlib
import hashlib
import os
import pathlib
import subprocess

from others import Suite, connects, free_ports, package_version, until

CONF = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
PidFile {folder}/pid
AuthorizedKeysFile {folder}/user.pub
StrictModes no
PasswordAuthentication no
UsePAM no
Subsystem sftp {sftp}
SetEnv SHLVL=9
AllowTcpForwarding yes
PermitRootLogin yes
MaxStartups 100
"""
SESSIONS = 8


def run(side, test=None):
    folder = side.new_folder("ssh")
    port, forwarded = free_ports(2)
    if os.getuid() == 0:
        pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    outcomes = {}
    data = bytes(range(256)) * 8192
    (folder / "data").write_bytes(data)
    options = ["-F", "none", "-i", folder / "user", "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={folder}/known",
               "-o", "LogLevel=ERROR"]

    def told(name, command):
        ended = side.run(command)
        outcomes[name] = f"ok: status {ended.status}, {len(ended.stdout)} bytes, {hashlib.sha256(ended.stdout.encode()).hexdigest()[:16]}"

    for sftp in ("internal-sftp", "/usr/lib/openssh/sftp-server"):
        (folder / "conf").write_text(CONF.format(port=port, folder=folder, sftp=sftp), encoding="utf-8")
        with side.start(["/usr/sbin/sshd", "-D", "-e", "-f", folder / "conf"]) as process:
            until(lambda: connects(port), "sshd")
            ssh = ["ssh", *options, "-p", port, "127.0.0.1"]
            told(f"{sftp}: a command", [*ssh, "echo hello; id -u"])
            told(f"{sftp}: a status of its own", [*ssh, "exit 42"])
            told(f"{sftp}: death by a signal", [*ssh, "kill -9 $$"])
            told(f"{sftp}: a file through a pipe", [*ssh, f"cat {folder}/data | od -An -tx1"])
            told(f"{sftp}: a terminal", [*ssh, "-tt", "tty >/dev/null && echo terminal"])
            told(f"{sftp}: scp there", ["scp", "-q", *options, "-P", port, folder / "data", f"127.0.0.1:{folder}/there"])
            told(f"{sftp}: scp back", ["scp", "-q", *options, "-P", port, f"127.0.0.1:{folder}/there", folder / "back"])
            outcomes[f"{sftp}: what was copied"] = f"ok: {(folder / 'back').exists() and (folder / 'back').read_bytes() == data}"
            told(f"{sftp}: scp of nothing", ["scp", "-q", *options, "-P", port, f"127.0.0.1:{folder}/nothing", folder / "back"])
            with concurrent.futures.ThreadPoolExecutor(SESSIONS) as pool:
                every = list(pool.map(lambda n: side.run([*ssh, f"sleep 0.2; echo {n}; exit {n}"]), range(SESSIONS)))
            outcomes[f"{sftp}: {SESSIONS} sessions at once"] = f"ok: {[(ended.status, ended.stdout) for ended in every]}"
            told(f"{sftp}: a key that is unknown", ["ssh", *options[:2], "-i", folder / "host", "-o", "IdentitiesOnly=yes", *options[4:],
                                                    "-p", port, "127.0.0.1", "true"])
            # The forwarded port leads back to sshd itself.
            with side.start([*ssh, "-N", "-L", f"127.0.0.1:{forwarded}:127.0.0.1:{port}"]) as tunnel:
                until(lambda: connects(forwarded), "the tunnel")
                told(f"{sftp}: a command through a tunnel", ["ssh", *options, "-p", forwarded, "127.0.0.1", "echo through"])
                tunnel.terminate()
            outcomes[f"{sftp}: the end of the tunnel"] = f"ok: {tunnel.ended.status}"
            with contextlib.suppress(FileNotFoundError):
                os.unlink(folder / "back")
            process.terminate()
        outcomes[f"{sftp}: (exit status)"] = f"ok: {process.ended.status}"
    return outcomes


SUITES = [Suite("openssh", run, package_version("openssh-server"),
                ["openssh-server /usr/sbin/sshd", "openssh-client ssh"], alone=False)]
