"""Name servers and those that ask them; SNMP, RADIUS, time.

SPDX-License-Identifier: Apache-2.0
"""

import signal
import struct

from lab import datagram, program, until

QUERY = b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + b"\1a\4test\0" + b"\0\1\0\1"
ZONE = """$TTL 60
@ IN SOA ns.test. root.test. 1 60 60 60 60
@ IN NS ns.test.
ns IN A 127.0.0.1
a IN A 127.0.0.1
"""


def framed(query=QUERY):
    return struct.pack(">H", len(query)) + query


def resolve(lab, address):
    """What every name server is asked, by UDP and TCP; those that the clients of the system ask."""
    lab.expect(until(lambda: datagram(address, QUERY, 1), "an answer"), "no answer")
    for query in (QUERY, QUERY[:7], b"", b"\xff" * 30, QUERY.replace(b"\1a", b"\1b")):
        datagram(address, query, 0.3)
    lab.clients(address, framed(), framed()[:9], b"\0\4garb", hello=True, times=2)
    lab.bare(["dig", "+tries=1", "+time=1", "-p", str(address[1]), "@127.0.0.1", "a.test"])
    lab.bare(["dig", "+tries=1", "+time=1", "-p", str(address[1]), "@127.0.0.1", "axfr", "test"])


def named(lab, port, control=None):
    zone = lab.file("test.zone", ZONE)
    lab.dir("named", 0o777)
    return lab.file("named.conf", f"""
options {{ directory "{lab.path('named')}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion yes;
  pid-file none; dnssec-validation no; forward only; forwarders {{ 127.0.0.1 port {lab.nobody()[1]}; }}; allow-transfer {{ any; }}; }};
controls {{ {f'inet 127.0.0.1 port {control} allow {{ 127.0.0.1; }} keys {{ k; }};' if control else ''} }};
key k {{ algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0c2VjcmV0"; }};
zone "test" {{ type master; file "{zone}"; }};
""")


@program("named", "bind9 named", "bind9-dnsutils dig")
def bind(lab):
    port, control = lab.port(), lab.port()
    address = "127.0.0.1", port
    conf = named(lab, port, control)
    rndc = lab.file("rndc.conf", f"""
key k {{ algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0c2VjcmV0"; }};
options {{ default-key k; default-server 127.0.0.1; default-port {control}; }};
""")
    with lab.serve(["/usr/sbin/named", "-g", "-c", conf, "-n", "2"], address) as server:
        resolve(lab, address)
        datagram(address, QUERY.replace(b"test", b"else"), 1)
        lab.run(["/usr/sbin/rndc", "-c", rndc, "status"], 0)
        lab.tell(server, signal.SIGHUP, 1)
        resolve(lab, address)
    lab.run(["/usr/sbin/rndc", "-c", rndc, "status"], 1)


@program("unbound", "unbound unbound", "bind9-dnsutils dig")
def unbound(lab):
    port = lab.port()
    address = "127.0.0.1", port
    conf = lab.file("unbound.conf", f"""
server:
  interface: 127.0.0.1
  port: {port}
  chroot: ""
  username: nobody
  directory: "{lab.folder}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  module-config: "iterator"
  num-threads: 2
  local-zone: "test." static
  local-data: "a.test. A 127.0.0.1"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{lab.nobody()[1]}
""")
    with lab.serve(["/usr/sbin/unbound", "-d", "-c", conf], address) as server:
        resolve(lab, address)
        datagram(address, QUERY.replace(b"test", b"else"), 1)
        lab.tell(server, signal.SIGHUP, 1)
        resolve(lab, address)


@program("nsd", "nsd nsd", "bind9-dnsutils dig")
def nsd(lab):
    port = lab.port()
    address = "127.0.0.1", port
    zone = lab.file("test.zone", ZONE)
    conf = lab.file("nsd.conf", f"""
server:
  ip-address: 127.0.0.1
  port: {port}
  username: ""
  chroot: ""
  zonesdir: "{lab.folder}"
  database: ""
  pidfile: "{lab.path('pid')}"
  xfrdfile: "{lab.path('xfrd')}"
  xfrdir: "{lab.folder}"
  zonelistfile: "{lab.path('zones')}"
  logfile: "{lab.path('log')}"
remote-control:
  control-enable: no
zone:
  name: test
  zonefile: {zone}
  provide-xfr: 127.0.0.1 NOKEY
""")
    with lab.serve(["/usr/sbin/nsd", "-d", "-c", conf], address) as server:
        resolve(lab, address)
        lab.tell(server, signal.SIGHUP, 1)
        resolve(lab, address)


@program("knot", "knot knotd", "bind9-dnsutils dig")
def knot(lab):
    port = lab.port()
    address = "127.0.0.1", port
    lab.file("test.zone", ZONE)
    lab.dir("run")
    conf = lab.file("knot.conf", f"""
server:
    rundir: {lab.path('run')}
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 2
    background-workers: 1
database:
    storage: {lab.dir('db')}
acl:
  - id: all
    address: 127.0.0.1
    action: transfer
zone:
  - domain: test
    storage: {lab.folder}
    file: test.zone
    acl: all
""")
    with lab.serve(["/usr/sbin/knotd", "-c", conf], address) as server:
        resolve(lab, address)
        lab.tell(server, signal.SIGHUP, 1)
        resolve(lab, address)


@program("pdns-recursor", "pdns-recursor pdns_recursor", "bind9-dnsutils dig")
def pdns_recursor(lab):
    port, behind = lab.port(), lab.port()
    address = "127.0.0.1", port
    command = ["/usr/sbin/pdns_recursor", "--config-dir=" + lab.dir("conf"), "--local-address=127.0.0.1", f"--local-port={port}",
               f"--forward-zones=test=127.0.0.1:{behind},else=127.0.0.1:{lab.nobody()[1]}", "--socket-dir=" + lab.dir("run"),
               "--dont-query=", "--daemon=no", "--dnssec=off", "--threads=2"]
    with lab.helper(["/usr/sbin/named", "-g", "-c", named(lab, behind)], ("127.0.0.1", behind)), lab.serve(command, address):
        resolve(lab, address)
        datagram(address, QUERY.replace(b"test", b"else"), 1)


@program("dnsmasq", "dnsmasq-base dnsmasq", "bind9-dnsutils dig")
def dnsmasq(lab):
    port = lab.port()
    address = "127.0.0.1", port
    command = ["/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", f"--port={port}", "--listen-address=127.0.0.1",
               "--bind-interfaces", "--no-resolv", f"--server=127.0.0.1#{lab.nobody()[1]}", "--address=/test/127.0.0.1", "--no-hosts",
               f"--pid-file={lab.path('pid')}", "--user=nobody"]
    with lab.serve(command, address) as server:
        resolve(lab, address)
        datagram(address, QUERY.replace(b"test", b"else"), 0.5)
        lab.tell(server, signal.SIGHUP)
        resolve(lab, address)


@program("dig", "bind9-dnsutils dig", "bind9-host host", "bind9 named")
def dig(lab):
    port, nobody = lab.port(), lab.nobody()[1]
    with lab.helper(["/usr/sbin/named", "-g", "-c", named(lab, port)], ("127.0.0.1", port)):
        for more in ([], ["+tcp"], ["axfr", "test"], ["+short", "b.test"]):
            lab.run(["/usr/bin/dig", "+tries=1", "+time=1", "-p", str(port), "@127.0.0.1", "a.test", *more], 0)
        lab.run(["/usr/bin/host", "-W", "1", "-p", str(port), "a.test", "127.0.0.1"])
        lab.run(["/usr/bin/nslookup", "-timeout=1", f"-port={port}", "a.test", "127.0.0.1"])
        lab.run(["/usr/bin/nsupdate"], send=f"server 127.0.0.1 {port}\nzone test\nupdate add b.test 60 A 127.0.0.1\nsend\n")
    for more in ([], ["+tcp"]):
        lab.run(["/usr/bin/dig", "+tries=1", "+time=1", "-p", str(nobody), "@127.0.0.1", "a.test", *more])
    lab.run(["/usr/bin/host", "-W", "1", "-p", str(nobody), "a.test", "127.0.0.1"])


@program("snmpd", "snmpd snmpd", "snmp snmpget")
def snmpd(lab):
    port = lab.port()
    conf = lab.file("snmpd.conf", f"agentAddress udp:127.0.0.1:{port},tcp:127.0.0.1:{port}\nrocommunity public\n"
                                  f"trap2sink 127.0.0.1:{lab.nobody()[1]} public\n")
    get = ["/usr/bin/snmpget", "-v2c", "-t", "1", "-r", "0", "-c"]
    command = ["/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", conf, "-p", lab.path("pid")]
    with lab.serve(command, ("127.0.0.1", port), env={"SNMP_PERSISTENT_DIR": lab.dir("state")}) as server:
        lab.run([*get, "public", f"127.0.0.1:{port}", "1.3.6.1.2.1.1.1.0"], 0)
        lab.run([*get, "public", f"tcp:127.0.0.1:{port}", "1.3.6.1.2.1.1.1.0"], 0)
        lab.run([*get, "wrong", f"127.0.0.1:{port}", "1.3.6.1.2.1.1.1.0"], 1)
        lab.tell(server, signal.SIGHUP, 1)
        lab.run([*get, "public", f"127.0.0.1:{port}", "1.3.6.1.2.1.1.1.0"])
    lab.run([*get, "public", f"tcp:127.0.0.1:{lab.nobody()[1]}", "1.3.6.1.2.1.1.1.0"], 1)
