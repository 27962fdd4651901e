"""Clients, and tools that are both.

SPDX-License-Identifier: Apache-2.0
"""

import os
import time

from lab import HTTP_ERROR, HTTP_KEPT, HTTP_OK, HTTP_SHORT, answers, ask, closes, program, resets, says
from programs.files import ftp_session
from programs.web import certificate


def browse(lab, command, seconds=5):
    """What every web client meets: an answer, an error, one that ends too early, a close, a reset, a refusal, nobody of that name."""
    for behave in says(HTTP_OK), says(HTTP_KEPT), says(HTTP_ERROR), says(HTTP_SHORT), says(b"garbage"), closes, resets:
        with lab.peer(behave) as (_, port):
            lab.run([*command, f"http://127.0.0.1:{port}/x"], seconds=seconds)
    lab.run([*command, f"http://127.0.0.1:{lab.nobody()[1]}/x"], seconds=seconds)
    lab.run([*command, "http://nobody.invalid/x"], seconds=seconds)


@program("curl", "curl curl", "openssl openssl")
def curl(lab):
    browse(lab, ["/usr/bin/curl", "-s", "-m", "3", "-o", "/dev/null"])
    with lab.peer(says(HTTP_OK)) as (_, port):
        lab.run(["/usr/bin/curl", "-s", "-m", "3", "--retry", "1", f"http://127.0.0.1:{port}/[1-3]", f"http://127.0.0.1:{lab.nobody()[1]}/"])
        lab.run(["/usr/bin/curl", "-s", "-m", "3", "-x", f"http://127.0.0.1:{port}", "http://a.test/", "-d", "x=y"])
        for scheme in "ftp", "smtp", "imap", "telnet", "https", "mqtt", "gopher":
            lab.run(["/usr/bin/curl", "-s", "-m", "2", f"{scheme}://127.0.0.1:{port}/x"])
    tls = lab.port()
    with lab.helper(["openssl", "s_server", "-accept", f"127.0.0.1:{tls}", "-cert", certificate(lab), "-www"], ("127.0.0.1", tls)):
        lab.run(["/usr/bin/curl", "-s", "-k", "-m", "3", "-o", "/dev/null", f"https://127.0.0.1:{tls}/"], 0)
        lab.run(["/usr/bin/curl", "-s", "-m", "3", f"https://127.0.0.1:{tls}/"], 60)


@program("wget", "wget wget")
def wget(lab):
    browse(lab, ["/usr/bin/wget", "-q", "-T", "2", "-t", "1", "-O", "/dev/null"])


@program("wget2", "wget2 wget2")
def wget2(lab):
    browse(lab, ["/usr/bin/wget2", "-q", "-T", "2", "--tries=1", "-O", "/dev/null"])


@program("aria2", "aria2 aria2c")
def aria2(lab):
    browse(lab, ["/usr/bin/aria2c", "-q", "-t", "2", "-m", "1", "--no-conf", "--allow-overwrite", "-d", lab.dir("down"), "-o", "x"])


@program("lynx", "lynx lynx")
def lynx(lab):
    browse(lab, ["/usr/bin/lynx", "-dump", "-connect_timeout=2", "-read_timeout=2"])


@program("w3m", "w3m w3m")
def w3m(lab):
    browse(lab, ["/usr/bin/w3m", "-dump"])


@program("links", "links links")
def links(lab):
    browse(lab, ["/usr/bin/links", "-dump", "-retries", "1", "-receive-timeout", "2"])


@program("nghttp", "nghttp2-client nghttp", "nghttp2-proxy nghttpx")
def nghttp(lab):
    browse(lab, ["/usr/bin/nghttp", "-t", "2"])


@program("ab", "apache2-utils ab")
def apache_bench(lab):
    for behave in says(HTTP_OK), says(HTTP_ERROR), closes, resets:
        with lab.peer(behave) as (_, port):
            lab.run(["/usr/bin/ab", "-s", "2", "-n", "30", "-c", "5", f"http://127.0.0.1:{port}/x"])
    lab.run(["/usr/bin/ab", "-n", "5", f"http://127.0.0.1:{lab.nobody()[1]}/x"])


@program("siege", "siege siege")
def siege(lab):
    conf = lab.file("siegerc", f"verbose = false\nlogging = false\nlimit = 255\nconnection = close\ntimeout = 2\nlogfile = {lab.path('log')}\n")
    for behave in says(HTTP_OK), says(HTTP_ERROR), resets:
        with lab.peer(behave) as (_, port):
            lab.run(["/usr/bin/siege", "-R", conf, "-b", "-c", "3", "-r", "5", f"http://127.0.0.1:{port}/x"])
    lab.run(["/usr/bin/siege", "-R", conf, "-b", "-c", "2", "-r", "2", f"http://127.0.0.1:{lab.nobody()[1]}/x"])


@program("httping", "httping httping")
def httping(lab):
    for behave in says(HTTP_OK), says(HTTP_ERROR), closes, resets:
        with lab.peer(behave) as (_, port):
            lab.run(["/usr/bin/httping", "-c", "3", "-i", "0.1", "-t", "2", "-g", f"http://127.0.0.1:{port}/x"])
    lab.run(["/usr/bin/httping", "-c", "2", "-i", "0.1", "-t", "2", "-g", f"http://127.0.0.1:{lab.nobody()[1]}/x"])


FTP = b"220 hello\r\n"


def ftp_client(lab, commands):
    """What every FTP client meets; commands(port) runs it against a server on that port."""
    port = lab.port()
    lab.file("root/file", "x" * 300000)
    lab.dir("empty")
    conf = lab.file("vsftpd.conf", f"listen=YES\nlisten_port={port}\nlisten_address=127.0.0.1\nanonymous_enable=YES\nlocal_enable=NO\n"
                                   f"anon_root={lab.path('root')}\nsecure_chroot_dir={lab.path('empty')}\nbackground=NO\nseccomp_sandbox=NO\n")
    with lab.helper(["/usr/sbin/vsftpd", conf], ("127.0.0.1", port)):
        lab.expect(ftp_session(("127.0.0.1", port), "QUIT"), "the FTP server says nothing")
        commands(port)
    commands(lab.nobody()[1])
    for behave in closes, says(FTP, True), says(b"garbage\r\n", True), resets:
        with lab.peer(behave) as (_, wrong):
            commands(wrong)


@program("lftp", "lftp lftp", "vsftpd vsftpd")
def lftp(lab):
    ftp_client(lab, lambda port: lab.run(["/usr/bin/lftp", "-c", "set net:max-retries 1; set net:timeout 2; set net:reconnect-interval-base 0.1; "
                                          f"open ftp://127.0.0.1:{port}; ls; cat file; cat none"], seconds=6))
    browse(lab, ["/usr/bin/lftp", "-c", "set net:max-retries 1; set net:timeout 2; set net:reconnect-interval-base 0.1; cat"])


@program("tnftp", "tnftp tnftp", "vsftpd vsftpd")
def tnftp(lab):
    ftp_client(lab, lambda port: lab.run(["/usr/bin/tnftp", "-n", "-q", "2", "127.0.0.1", str(port)], seconds=6,
                                         send="user anonymous a@b\nls\nget file\nget none\npassive off\nls\nquit\n"))
    browse(lab, ["/usr/bin/tnftp", "-q", "2", "-o", "/dev/null"])


@program("ncftp", "ncftp ncftpget", "vsftpd vsftpd")
def ncftp(lab):
    ftp_client(lab, lambda port: [lab.run([*tool, "-P", str(port), "-t", "2", "-r", "1", *rest], seconds=6) for tool, rest in (
        (["/usr/bin/ncftpls"], ["ftp://127.0.0.1/"]), (["/usr/bin/ncftpget"], ["127.0.0.1", lab.dir("down"), "/file"]))])


@program("netcat-openbsd", "netcat-openbsd nc.openbsd")
def netcat(lab):
    port = lab.port()
    address = "127.0.0.1", port
    nc = "/bin/nc.openbsd"
    with lab.serve([nc, "-l", "-k", "-N", "127.0.0.1", str(port)], address):
        for _ in range(3):
            ask(address, b"x\n", wait=0.3)
        lab.run([nc, "-N", "-w", "2", "127.0.0.1", str(port)], send="hello\n")
        lab.run([nc, "-z", "127.0.0.1", str(port)], 0)
    with lab.serve([nc, "-l", "-k", "-U", lab.path("sock")], lab.path("sock")):
        lab.run([nc, "-N", "-U", lab.path("sock")], send="hello\n")
    lab.run([nc, "-z", "-w", "1", "127.0.0.1", f"{lab.nobody()[1]}"], 1)
    lab.run([nc, "-z", "-v", "127.0.0.1", "1-20"], 1)
    lab.run([nc, "-u", "-w", "1", "127.0.0.1", str(lab.nobody()[1])], send="x\n")
    lab.run([nc, "-x", "127.0.0.1:{}".format(lab.nobody()[1]), "a.test", "80"], 1)


@program("ncat", "ncat ncat")
def ncat(lab):
    port = lab.port()
    address = "127.0.0.1", port
    with lab.serve(["/usr/bin/ncat", "-l", "-k", "--broker", "127.0.0.1", str(port)], address):
        for _ in range(3):
            ask(address, b"x\n", wait=0.3)
        lab.run(["/usr/bin/ncat", "--send-only", "127.0.0.1", str(port)], send="hello\n")
    port = lab.port()
    with lab.serve(["/usr/bin/ncat", "-l", "-k", "--exec", "/bin/cat", "127.0.0.1", str(port)], ("127.0.0.1", port)):
        lab.clients(("127.0.0.1", port), b"x\n", hello=True)
    for more in ([], ["-4"], ["--ssl"]):
        lab.run(["/usr/bin/ncat", *more, "-w", "1", "127.0.0.1", str(lab.nobody()[1])], send="x\n")
    for behave in closes, resets:
        with lab.peer(behave) as (_, wrong):
            lab.run(["/usr/bin/ncat", "-i", "2", "127.0.0.1", str(wrong)], send="x\n")
            lab.run(["/usr/bin/ncat", "-i", "2", "--ssl", "127.0.0.1", str(wrong)], send="x\n")


@program("openssl", "openssl openssl")
def openssl(lab):
    port = lab.port()
    address = "127.0.0.1", port
    with lab.serve(["/usr/bin/openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate(lab), "-www"], address):
        lab.run(["/usr/bin/openssl", "s_client", "-connect", f"127.0.0.1:{port}"], send="GET / HTTP/1.0\r\n\r\n", seconds=5)
        lab.clients(address, b"\x16\x03\1\0\x05\1\0\0\1\0", b"\x16\x03\1", times=1)
    lab.run(["/usr/bin/openssl", "s_client", "-connect", f"127.0.0.1:{lab.nobody()[1]}"], 1)
    for behave in closes, resets, says(b"garbage\r\n"):
        with lab.peer(behave) as (_, wrong):
            lab.run(["/usr/bin/openssl", "s_client", "-connect", f"127.0.0.1:{wrong}"], 1)


@program("msmtp", "msmtp msmtp")
def msmtp(lab):
    greeting = b"220 a.test\r\n"
    for behave in says(greeting, True), says(b"550 no\r\n", True), closes, resets:
        with lab.peer(behave) as (_, port):
            lab.run(["/usr/bin/msmtp", "--host=127.0.0.1", f"--port={port}", "--timeout=2", "-f", "a@b.test", "c@d.test"], send="Subject: x\n\nx\n")
    lab.run(["/usr/bin/msmtp", "--host=127.0.0.1", f"--port={lab.nobody()[1]}", "-f", "a@b.test", "c@d.test"], send="Subject: x\n\nx\n")


@program("swaks", "swaks swaks")
def swaks(lab):
    for behave in says(b"220 a.test\r\n", True), says(b"550 no\r\n", True), closes, resets:
        with lab.peer(behave) as (_, port):
            lab.run(["/usr/bin/swaks", "--server", "127.0.0.1", "--port", str(port), "--timeout", "2", "--to", "c@d.test", "--from", "a@b.test"])
    lab.run(["/usr/bin/swaks", "--server", "127.0.0.1", "--port", str(lab.nobody()[1]), "--to", "c@d.test", "--from", "a@b.test"])


@program("iperf3", "iperf3 iperf3")
def iperf3(lab):
    port = lab.port()
    with lab.serve(["/usr/bin/iperf3", "-s", "-B", "127.0.0.1", "-p", str(port)]):
        time.sleep(0.5)
        client = ["/usr/bin/iperf3", "-c", "127.0.0.1", "-p", str(port), "-t", "1"]
        lab.run([*client, "-P", "2"], 0)
        lab.run([*client, "-R"], 0)
        lab.run([*client, "-u", "-b", "1M"], 0)
        answers(("127.0.0.1", port))
        ask(("127.0.0.1", port), b"garbage" * 10, wait=1)
    lab.run(["/usr/bin/iperf3", "-c", "127.0.0.1", "-p", str(lab.nobody()[1])], 1)
    with lab.peer(closes) as (_, wrong):
        lab.run(["/usr/bin/iperf3", "-c", "127.0.0.1", "-p", str(wrong)], 1)


@program("fping", "fping fping")
def fping(lab):
    lab.run(["/usr/bin/fping", "-c", "2", "-p", "50", "127.0.0.1"], 0)
    lab.run(["/usr/bin/fping", "-r", "0", "nobody.invalid"])


@program("whois", "whois whois")
def whois(lab):
    for behave in says(b"domain: x\r\n"), closes, resets:
        with lab.peer(behave) as (_, port):
            lab.run(["/usr/bin/whois", "-h", "127.0.0.1", "-p", str(port), "a.test"])
    lab.run(["/usr/bin/whois", "-h", "127.0.0.1", "-p", str(lab.nobody()[1]), "a.test"])


@program("transmission-cli", "transmission-daemon transmission-daemon", "transmission-cli transmission-remote")
def transmission(lab):
    port, peers = lab.port(), lab.port()
    command = ["/usr/bin/transmission-daemon", "-f", "-g", lab.dir("conf"), "-p", str(port), "-P", str(peers), "-i", "127.0.0.1", "-r", "127.0.0.1",
               "-w", lab.dir("down"), "-T", "--no-utp", "-y", "-O"]
    with lab.serve(command, ("127.0.0.1", port)):
        lab.clients(("127.0.0.1", port))
        lab.run(["/usr/bin/transmission-remote", f"127.0.0.1:{port}", "-si"])
        lab.clients(("127.0.0.1", peers), b"\x13BitTorrent protocol" + b"\0" * 8, hello=True, times=0)
    lab.run(["/usr/bin/transmission-remote", f"127.0.0.1:{lab.nobody()[1]}", "-si"])


@program("tmux", "tmux tmux")
def tmux(lab):
    socket_path = lab.path("tmux.sock")
    tmux_ = ["/usr/bin/tmux", "-S", socket_path, "-f", "/dev/null"]
    lab.run([*tmux_, "ls"], 1)
    with lab.serve([*tmux_, "-D"], lambda: os.path.exists(socket_path), None):
        lab.run([*tmux_, "new-session", "-d", "cat"])
        lab.run([*tmux_, "split-window", "cat"])
        lab.run([*tmux_, "nonsense"])
        answers(socket_path)
        lab.run([*tmux_, "kill-server"])


@program("screen", "screen screen")
def screen(lab):
    env = {"SCREENDIR": lab.dir("screens", 0o700), "TERM": "xterm"}
    with lab.serve(["/usr/bin/screen", "-D", "-m", "-S", "s", "cat"], lambda: os.listdir(lab.path("screens")), None, env=env):
        time.sleep(0.3)
        lab.run(["/usr/bin/screen", "-ls"], env=env)
        lab.run(["/usr/bin/screen", "-S", "s", "-X", "screen", "cat"], env=env)
        lab.run(["/usr/bin/screen", "-S", "s", "-X", "nonsense"], env=env)
        lab.run(["/usr/bin/screen", "-S", "s", "-X", "quit"], env=env)
    lab.run(["/usr/bin/screen", "-S", "none", "-X", "quit"], 1, env=env)


@program("gdbserver", "gdbserver gdbserver", "gdb gdb")
def gdbserver(lab):
    port = lab.port()
    with lab.serve(["/usr/bin/gdbserver", "--multi", f"127.0.0.1:{port}"], lambda: True, None):
        time.sleep(0.5)
        lab.bare(["gdb", "-batch", "-ex", f"target extended-remote 127.0.0.1:{port}", "-ex", "monitor exit"])
    lab.run(["/usr/bin/gdbserver", "127.0.0.1:1:x", "/bin/true"], 1)
