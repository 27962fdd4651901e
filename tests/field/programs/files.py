"""File transfer, shells, mail, chat, logs, media: servers.

SPDX-License-Identifier: Apache-2.0
"""

import os
import signal
import socket
import time

from lab import answers, ask, datagram, program


def ftp_session(address, *commands):
    """An FTP session with passive transfers; what the server said."""
    said = b""
    with socket.create_connection(address, timeout=3) as control:
        try:
            said += control.recv(4096)
            for command in commands:
                control.sendall(command.encode() + b"\r\n")
                reply = control.recv(4096)
                said += reply
                if command == "EPSV" and reply.startswith(b"229"):
                    port = int(reply.split(b"|||")[1].split(b"|")[0])
                    data = socket.create_connection((address[0], port), timeout=3)
                elif reply.startswith(b"150"):
                    while data.recv(65536):
                        pass
                    data.close()
                    said += control.recv(4096)
        except OSError:
            pass
    return said


def ftp(lab, address):
    login = "USER anonymous", "PASS a@b"
    lab.clients(address, b"USER anonymous\r\nPASS a@b\r\nSYST\r\n", b"USER anon", b"garbage\r\n", hello=True, times=2)
    lab.expect(b"226" in ftp_session(address, *login, "EPSV", "LIST", "EPSV", "RETR file", "QUIT"), "no transfer was done")
    ftp_session(address, *login, "EPSV")  # leaves without the transfer
    ftp_session(address, *login, f"EPRT |1|127.0.0.1|{lab.nobody()[1]}|", "LIST", "QUIT")  # the client refuses
    ftp_session(address, *login, "EPSV", "EPSV", "RETR none", "QUIT")


@program("vsftpd", "vsftpd vsftpd")
def vsftpd(lab):
    port = lab.port()
    lab.file("root/file", "x" * 300000)
    lab.dir("empty")
    conf = lab.file("vsftpd.conf", f"""listen=YES
listen_port={port}
listen_address=127.0.0.1
anonymous_enable=YES
local_enable=NO
anon_root={lab.path('root')}
secure_chroot_dir={lab.path('empty')}
background=NO
seccomp_sandbox=NO
""")
    with lab.serve(["/usr/sbin/vsftpd", conf], ("127.0.0.1", port)) as server:
        ftp(lab, ("127.0.0.1", port))
        lab.tell(server, signal.SIGHUP)
        ftp(lab, ("127.0.0.1", port))


@program("rsync", "rsync rsync")
def rsync(lab):
    port = lab.port()
    address = "127.0.0.1", port
    lab.file("module/a", "x" * 300000)
    conf = lab.file("rsyncd.conf", f"port = {port}\naddress = 127.0.0.1\nuse chroot = no\nlog file = {lab.path('log')}\n"
                                   f"[m]\npath = {lab.path('module')}\nread only = no\nuid = root\ngid = root\n")
    with lab.serve(["/usr/bin/rsync", "--daemon", "--no-detach", f"--config={conf}"], address):
        lab.clients(address, b"@RSYNCD: 31.0\nm\n", b"@RSY", b"garbage\n", hello=True, times=2)
        lab.run(["/usr/bin/rsync", "-a", f"rsync://127.0.0.1:{port}/m/", lab.path("copy")], 0)
        lab.run(["/usr/bin/rsync", "-a", lab.path("copy") + "/", f"rsync://127.0.0.1:{port}/m/"], 0)
        lab.run(["/usr/bin/rsync", f"rsync://127.0.0.1:{port}/none/"])
    lab.run(["/usr/bin/rsync", f"rsync://127.0.0.1:{lab.nobody()[1]}/m/"])
    lab.run(["/usr/bin/rsync", "-a", lab.path("copy") + "/", lab.path("other")], 0)


@program("git", "git git")
def git(lab):
    port = lab.port()
    address = "127.0.0.1", port
    lab.bare(["git", "init", "-q", lab.path("r")])
    lab.bare(["git", "-C", lab.path("r"), "-c", "user.name=a", "-c", "user.email=b", "commit", "-q", "--allow-empty", "-m", "c"])
    command = ["/usr/bin/git", "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}", f"--base-path={lab.folder}"]
    with lab.serve(command, address):
        lab.clients(address, b"0000", b"00", b"garbage", hello=True, times=0)
        url = f"git://127.0.0.1:{port}/r"
        lab.run(["/usr/bin/git", "ls-remote", url])
        lab.run(["/usr/bin/git", "clone", "-q", url, lab.path("c")])
        lab.run(["/usr/bin/git", "ls-remote", url + "none"])
    lab.run(["/usr/bin/git", "ls-remote", f"git://127.0.0.1:{lab.nobody()[1]}/r"])


@program("tftpd", "tftpd-hpa in.tftpd", "tftp-hpa tftp")
def tftpd(lab):
    port = lab.port()
    lab.file("root/a", "x" * 3000)
    command = ["/usr/sbin/in.tftpd", "-L", "-s", lab.path("root"), "-a", f"127.0.0.1:{port}", "-u", "nobody"]
    with lab.serve(command, lambda: datagram(("127.0.0.1", port), b"\0\1none\0octet\0", 0.3) or True):
        time.sleep(0.5)
        lab.run(["/usr/bin/tftp", "127.0.0.1", str(port), "-c", "get", "a"])
        lab.run(["/usr/bin/tftp", "127.0.0.1", str(port), "-c", "get", "none"])
        datagram(("127.0.0.1", port), b"\0\1a\0octet\0", 0.5)  # never acknowledges
    lab.run(["/usr/bin/tftp", "127.0.0.1", str(lab.nobody()[1]), "-c", "get", "a"], seconds=3)


@program("openssh-server", "openssh-server sshd", "openssh-client ssh")
def sshd(lab):
    port = lab.port()
    address = "127.0.0.1", port
    lab.bare(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", lab.path("key")])
    os.makedirs("/run/sshd", exist_ok=True)
    lab.folder.joinpath("authorized").write_bytes(lab.folder.joinpath("key.pub").read_bytes())
    conf = lab.file("sshd_config", f"""
ListenAddress 127.0.0.1:{port}
HostKey {lab.path('key')}
AuthorizedKeysFile {lab.path('authorized')}
StrictModes no
UsePAM no
PidFile {lab.path('pid')}
LoginGraceTime 5
Subsystem sftp internal-sftp
""")
    ssh = ["-F", "/dev/null", "-p", str(port), "-i", lab.path("key"), "-o", "StrictHostKeyChecking=no",
           "-o", f"UserKnownHostsFile={lab.path('known')}", "-o", "BatchMode=yes"]
    with lab.serve(["/usr/sbin/sshd", "-D", "-e", "-f", conf], address) as server:
        lab.clients(address, b"SSH-2.0-x\r\n", b"SS", b"garbage\r\n", hello=True, times=2)
        lab.bare(["ssh", *ssh, "127.0.0.1", "echo hello"])
        lab.bare(["ssh", *ssh, "-i", "/none", "nosuchuser@127.0.0.1", "true"])
        lab.tell(server, signal.SIGHUP, 1)
        lab.bare(["ssh", *ssh, "127.0.0.1", "echo hello"])


@program("openssh-client", "openssh-client ssh", "openssh-server sshd")
def ssh_client(lab):
    port = lab.port()
    address = "127.0.0.1", port
    lab.bare(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", lab.path("key")])
    os.makedirs("/run/sshd", exist_ok=True)
    lab.folder.joinpath("authorized").write_bytes(lab.folder.joinpath("key.pub").read_bytes())
    conf = lab.file("sshd_config", f"ListenAddress 127.0.0.1:{port}\nHostKey {lab.path('key')}\nAuthorizedKeysFile {lab.path('authorized')}\n"
                                   "StrictModes no\nUsePAM no\nPidFile none\nSubsystem sftp internal-sftp\n")
    options = ["-F", "/dev/null", "-i", lab.path("key"), "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={lab.path('known')}",
               "-o", "BatchMode=yes"]
    ssh, scp = ["/usr/bin/ssh", *options, "-p"], ["/usr/bin/scp", "-q", *options, "-P"]
    with lab.helper(["/usr/sbin/sshd", "-D", "-f", conf], address):
        lab.run([*ssh, str(port), "127.0.0.1", "echo hello"], 0)
        lab.run([*ssh, str(port), "nosuchuser@127.0.0.1", "true"], 255)
        forward = lab.port()
        with lab.serve([*ssh, str(port), "-N", "-L", f"127.0.0.1:{forward}:127.0.0.1:{lab.nobody()[1]}", "127.0.0.1"], ("127.0.0.1", forward)):
            ask(("127.0.0.1", forward))
        lab.run([*scp, str(port), conf, f"127.0.0.1:{lab.path('copy')}"], 0)
        lab.run(["/usr/bin/sftp", *options, "-P", str(port), "127.0.0.1"], send=f"ls {lab.folder}\nquit\n")
    lab.run([*ssh, str(lab.nobody()[1]), "127.0.0.1", "true"], 255)
    with lab.serve(["/usr/bin/ssh-agent", "-D", "-a", lab.path("agent")], lab.path("agent")):
        env = {"SSH_AUTH_SOCK": lab.path("agent")}
        lab.run(["/usr/bin/ssh-add", lab.path("key")], 0, env=env)
        lab.run(["/usr/bin/ssh-add", "-l"], 0, env=env)
    with lab.peer(lambda connection: connection.close()) as (_, wrong):
        lab.run([*ssh, str(wrong), "127.0.0.1", "true"], 255)
        lab.run(["/usr/bin/ssh-keyscan", "-T", "1", "-p", str(wrong), "127.0.0.1"])


@program("ngircd", "ngircd ngircd")
def ngircd(lab):
    port = lab.port()
    address = "127.0.0.1", port
    conf = lab.file("ngircd.conf", f"""[Global]
Name = a.test
Listen = 127.0.0.1
Ports = {port}
Info = x
ServerUID = nobody
ServerGID = nogroup
[Options]
Ident = yes
DNS = no
PAM = no
[Limits]
ConnectRetry = 5
[Server]
Name = b.test
Host = 127.0.0.1
Port = {lab.nobody()[1]}
MyPassword = x
PeerPassword = y
""")
    talk = b"NICK n\r\nUSER u 0 * :x\r\nJOIN #c\r\nPRIVMSG #c :x\r\nQUIT\r\n"
    with lab.serve(["/usr/sbin/ngircd", "-n", "-f", conf], address) as server:
        lab.clients(address, talk, talk[:9], b"garbage\r\n", hello=True)
        time.sleep(1)
        lab.tell(server, signal.SIGHUP, 1)
        lab.clients(address, talk, talk[:9], b"garbage\r\n", hello=True)


@program("znc", "znc znc")
def znc(lab):
    port = lab.port()
    address = "127.0.0.1", port
    lab.file("znc/configs/znc.conf", f"""Version = 1.8.2
<Listener l>
  Port = {port}
  Host = 127.0.0.1
  IPv4 = true
  IPv6 = false
  SSL = false
</Listener>
LoadModule = webadmin
<User u>
  Admin = true
  Pass = plain#secret#
  Nick = n
  <Network o>
    Server = 127.0.0.1 {lab.nobody()[1]}
  </Network>
</User>
""")
    lab.bare(["chown", "-R", "nobody", lab.path("znc")])
    talk = b"PASS u:secret\r\nNICK n\r\nUSER u 0 * :x\r\nPING x\r\nQUIT\r\n"
    with lab.serve(["/usr/bin/znc", "-f", "-d", lab.path("znc")], address, user="nobody") as server:
        lab.clients(address, talk, talk[:9], b"garbage\r\n", hello=True)
        ask(address)
        lab.tell(server, signal.SIGHUP, 1)
        ask(address)


@program("rsyslog", "rsyslog rsyslogd", "bsdutils logger")
def rsyslog(lab):
    port = lab.port()
    address = "127.0.0.1", port
    conf = lab.file("rsyslog.conf", f"""
global(workDirectory="{lab.dir('work')}")
module(load="imtcp")
module(load="imudp")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{lab.path('log.sock')}")
input(type="imtcp" address="127.0.0.1" port="{port}")
input(type="imudp" address="127.0.0.1" port="{port}")
action(type="omfile" file="{lab.path('out')}")
action(type="omfwd" target="127.0.0.1" port="{lab.nobody()[1]}" protocol="tcp" action.resumeRetryCount="1" queue.type="LinkedList")
action(type="omfwd" target="127.0.0.1" port="{lab.nobody()[1]}" protocol="udp")
""")
    with lab.serve(["/usr/sbin/rsyslogd", "-n", "-f", conf, "-i", lab.path("pid")], address) as server:
        lab.clients(address, b"<13>x\n", b"<13", hello=True, times=0)
        datagram(address, b"<13>x", 0.1)
        lab.run(["/usr/bin/logger", "-u", lab.path("log.sock"), "hello"], 0)
        lab.run(["/usr/bin/logger", "-T", "-n", "127.0.0.1", "-P", str(port), "hello"], 0)
        lab.run(["/usr/bin/logger", "-d", "-n", "127.0.0.1", "-P", str(port), "hello"], 0)
        lab.tell(server, signal.SIGHUP, 1)
        lab.run(["/usr/bin/logger", "-u", lab.path("log.sock"), "hello"], 0)
    lab.run(["/usr/bin/logger", "-T", "-n", "127.0.0.1", "-P", str(lab.nobody()[1]), "hello"])
    lab.run(["/usr/bin/logger", "-u", lab.path("none.sock"), "hello"])


@program("exim4", "exim4-daemon-light exim4")
def exim4(lab):
    port = lab.port()
    address = "127.0.0.1", port
    lab.dir("spool", 0o777)
    conf = lab.file("exim.conf", f"""
spool_directory = {lab.path('spool')}
log_file_path = {lab.path('spool')}/%slog
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
exim_user = Debian-exim
exim_group = Debian-exim
acl_smtp_rcpt = accept
primary_hostname = a.test
rfc1413_query_timeout = 0s
tls_advertise_hosts =
begin routers
r:
  driver = manualroute
  route_list = * 127.0.0.1
  transport = t
  self = send
begin transports
t:
  driver = smtp
  port = {lab.nobody()[1]}
""")
    mail = b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n"
    with lab.serve(["/usr/sbin/exim4", "-bdf", "-C", conf, "-oX", str(port), "-oP", lab.path("pid")], address) as server:
        lab.clients(address, b"EHLO x\r\nQUIT\r\n", b"EHL", b"garbage\r\n", hello=True, times=2, wait=4)
        with socket.create_connection(address, timeout=3) as connection:
            for line in (b"", *mail.splitlines(True), b"Subject: x\r\n\r\nx\r\n.\r\n", b"QUIT\r\n"):
                connection.sendall(line)
                connection.recv(4096)
        ask(address, mail, wait=1)
        time.sleep(1)
        lab.tell(server, signal.SIGHUP, 1)
        lab.clients(address, b"EHLO x\r\nQUIT\r\n", b"EHL", b"garbage\r\n", hello=True, times=1, wait=4)


@program("dovecot", "dovecot-imapd /usr/lib/dovecot/imap", "dovecot-core dovecot")
def dovecot(lab):
    port = lab.port()
    address = "127.0.0.1", port
    conf = lab.file("dovecot.conf", f"""
base_dir = {lab.dir('run')}
state_dir = {lab.dir('state')}
log_path = {lab.path('log')}
protocols = imap
ssl = no
disable_plaintext_auth = no
mail_location = mbox:{lab.dir('mail', 0o777)}
first_valid_uid = 1
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={lab.dir('home', 0o777)}
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
""")
    login = b"a login u secret\r\nb list \"\" *\r\nc logout\r\n"
    with lab.serve(["/usr/sbin/dovecot", "-F", "-c", conf], address) as server:
        lab.clients(address, login, login[:9], b"garbage\r\n", hello=True)
        ask(address, b"a login u wrong\r\nb logout\r\n", wait=3)
        lab.tell(server, signal.SIGHUP, 1)
        ask(address, login, wait=3)


@program("icecast2", "icecast2 icecast2")
def icecast(lab):
    port = lab.port()
    address = "127.0.0.1", port
    conf = lab.file("icecast.xml", f"""<icecast>
<limits><clients>10</clients><sources>2</sources><header-timeout>3</header-timeout></limits>
<authentication><source-password>s</source-password><admin-user>a</admin-user><admin-password>s</admin-password></authentication>
<hostname>localhost</hostname><listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
<relay><server>127.0.0.1</server><port>{lab.nobody()[1]}</port><mount>/r</mount><local-mount>/r</local-mount><on-demand>0</on-demand></relay>
<paths><basedir>/usr/share/icecast2</basedir><logdir>{lab.dir('log', 0o777)}</logdir><webroot>/usr/share/icecast2/web</webroot>
<adminroot>/usr/share/icecast2/admin</adminroot></paths>
<security><chroot>0</chroot><changeowner><user>nobody</user><group>nogroup</group></changeowner></security></icecast>
""")
    source = b"SOURCE /s HTTP/1.0\r\nAuthorization: Basic c291cmNlOnM=\r\nContent-Type: audio/mpeg\r\n\r\n" + b"x" * 4000
    with lab.serve(["/usr/bin/icecast2", "-c", conf], address) as server:
        lab.clients(address)
        ask(address, source, wait=1)
        with socket.create_connection(address, timeout=3) as connection:
            connection.sendall(source)
            ask(address, b"GET /s HTTP/1.0\r\n\r\n", 1000, 1)
        lab.tell(server, signal.SIGHUP)
        ask(address)


@program("mpd", "mpd mpd")
def mpd(lab):
    port = lab.port()
    address = "127.0.0.1", port
    conf = lab.file("mpd.conf", f"""
music_directory "{lab.dir('music')}"
db_file "{lab.path('db')}"
bind_to_address "127.0.0.1"
bind_to_address "{lab.path('mpd.sock')}"
port "{port}"
log_file "{lab.path('log')}"
zeroconf_enabled "no"
audio_output {{
  type "null"
  name "n"
}}
""")
    with lab.serve(["/usr/bin/mpd", "--no-daemon", conf], address) as server:
        lab.clients(address, b"status\nupdate\nclose\n", b"stat", b"garbage\n", hello=True)
        ask(address, f"add http://127.0.0.1:{lab.nobody()[1]}/x\nplay\nclose\n".encode(), wait=2)
        lab.tell(server, signal.SIGHUP)
        ask(lab.path("mpd.sock"), b"idle\n", 100, 1)


@program("cups", "cups-daemon cupsd")
def cups(lab):
    port = lab.port()
    address = "127.0.0.1", port
    for name in ("state", "cache", "temp", "spool", "data", "bin", "doc"):
        lab.dir(name)
    conf = lab.file("cupsd.conf", f"Listen 127.0.0.1:{port}\nListen {lab.path('cups.sock')}\nBrowsing Off\nWebInterface No\n")
    files = lab.file("cups-files.conf", f"""
ServerRoot {lab.folder}
StateDir {lab.path('state')}
CacheDir {lab.path('cache')}
TempDir {lab.path('temp')}
RequestRoot {lab.path('spool')}
AccessLog {lab.path('access')}
ErrorLog {lab.path('error')}
PageLog {lab.path('page')}
""")
    with lab.serve(["/usr/sbin/cupsd", "-f", "-c", conf, "-s", files], address) as server:
        lab.clients(address)
        lab.tell(server, signal.SIGHUP, 1)
        lab.clients(address)


@program("telnetd", "inetutils-telnetd telnetd", "xinetd xinetd", "inetutils-telnet telnet")
def telnetd(lab):
    port, discard = lab.port(), lab.port()
    address = "127.0.0.1", port
    conf = lab.file("xinetd.conf", f"""
defaults
{{
  bind = 127.0.0.1
}}
service telnet
{{
  type = UNLISTED
  port = {port}
  socket_type = stream
  wait = no
  user = root
  server = /usr/sbin/telnetd
  server_args = -E /bin/false
}}
service discard
{{
  type = INTERNAL UNLISTED
  id = discard-stream
  port = {discard}
  protocol = tcp
  socket_type = stream
  wait = no
  user = root
}}
""")
    with lab.serve(["/usr/sbin/xinetd", "-dontfork", "-filelog", lab.path("log"), "-f", conf, "-pidfile", lab.path("pid")], address) as server:
        lab.clients(address, b"\xff\xfd\x18", b"\xff", hello=True, times=2)
        lab.run(["/usr/bin/telnet", "127.0.0.1", str(port)], seconds=3)
        lab.tell(server, signal.SIGHUP, 1)
        answers(("127.0.0.1", discard))
    lab.run(["/usr/bin/telnet", "127.0.0.1", str(lab.nobody()[1])], 1)
