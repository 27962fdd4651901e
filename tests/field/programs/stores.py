"""Databases, caches, message brokers.

SPDX-License-Identifier: Apache-2.0
"""

import pathlib
import shutil
import signal
import time

from lab import answers, ask, closes, program, resets, says


@program("redis-server", "redis-server redis-server", "redis-tools redis-benchmark")
def redis_server(lab):
    port, second = lab.port(), lab.port()
    address = "127.0.0.1", port
    command = ["/usr/bin/redis-server", "--bind", "127.0.0.1", "--save", "", "--dir", lab.dir("redis", 0o777)]
    with lab.serve([*command, "--port", str(port), "--unixsocket", lab.path("redis.sock")], address):
        lab.clients(address, b"PING\r\n", b"*2\r\n$3\r\nGE", b"garbage\r\n", hello=True)
        lab.clients(lab.path("redis.sock"), b"PING\r\n", b"*2\r\n$3\r\nGE", b"garbage\r\n", hello=True)
        lab.bare(["redis-benchmark", "-p", str(port), "-n", "500", "-c", "10", "-q", "-t", "set,get"])
        with lab.serve([*command, "--port", str(second), "--replicaof", f"127.0.0.1 {port}"], ("127.0.0.1", second)):
            time.sleep(1.5)
            lab.bare(["redis-cli", "-p", str(second), "replicaof", "127.0.0.1", str(lab.nobody()[1])])
            time.sleep(1.5)


@program("redis-cli", "redis-tools redis-cli", "redis-server redis-server")
def redis_cli(lab):
    port = lab.port()
    with lab.helper(["/usr/bin/redis-server", "--bind", "127.0.0.1", "--save", "", "--port", str(port)], ("127.0.0.1", port)):
        lab.run(["/usr/bin/redis-cli", "-p", str(port), "set", "a", "b"], 0)
        lab.run(["/usr/bin/redis-cli", "-p", str(port)], 0, send="get a\nnonsense\nquit\n")
        lab.run(["/usr/bin/redis-benchmark", "-p", str(port), "-n", "500", "-c", "10", "-q", "-t", "set,get"], 0)
    lab.run(["/usr/bin/redis-cli", "-p", str(lab.nobody()[1]), "ping"])
    lab.run(["/usr/bin/redis-benchmark", "-p", str(lab.nobody()[1]), "-n", "10"], seconds=3)
    for behave in closes, resets, says(b"-ERR no\r\n"):
        with lab.peer(behave) as (_, wrong):
            lab.run(["/usr/bin/redis-cli", "-p", str(wrong), "ping"])


@program("memcached", "memcached memcached")
def memcached(lab):
    port = lab.port()
    address = "127.0.0.1", port
    with lab.serve(["/usr/bin/memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", str(port), "-c", "32"], address, signal.SIGUSR1):
        lab.clients(address, b"set a 0 0 1\r\nb\r\nget a\r\n", b"set a 0 0 100\r\nb", b"garbage\r\n", hello=True)
        ask(address, b"get a\r\nquit\r\n")
        ask(address, b"shutdown\r\n", wait=1)


@program("postgresql", "postgresql /usr/lib/postgresql", "postgresql-client psql")
def postgresql(lab):
    port = lab.port()
    address = "127.0.0.1", port
    (tools,) = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
    data = lab.dir("data", 0o700)
    shutil.chown(data, "postgres")
    lab.bare([tools / "initdb", "-D", data, "-A", "trust", "-N"], 60, user="postgres", env={"LC_ALL": "C.UTF-8"})
    command = [tools / "postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
    psql = ["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-c"]

    def ready():
        return (lab.bare([*psql, "select 1"]) or 1) and lab.bare([*psql, "select 1"]).returncode == 0

    with lab.serve(command, ready, user="postgres") as server:
        lab.clients(address, b"\0\0\0\x08\x04\xd2\x16\x2f", b"\0\0\0\x50\0\3", hello=True)
        lab.bare([*psql, "create table t as select generate_series(1, 1000) a; select count(*) from t"])
        lab.bare([*psql, "select pg_reload_conf()"])
        lab.bare(["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "nobody_at_all", "-c", "select 1"])
        lab.tell(server, signal.SIGHUP)
        lab.bare([*psql, "select 1"])
    lab.expect(not answers(address), "postgres is still there")


@program("psql", "postgresql-client psql")
def psql_client(lab):
    for behave in closes, resets, says(b"N"), says(b"HTTP/1.1 200 OK\r\n\r\n"):
        with lab.peer(behave) as (_, port):
            lab.run(["/usr/bin/psql", "-h", "127.0.0.1", "-p", str(port), "-U", "x", "-c", "select 1"])
    lab.run(["/usr/bin/psql", "-h", "127.0.0.1", "-p", str(lab.nobody()[1]), "-U", "x", "-c", "select 1"])
    lab.run(["/usr/bin/psql", "-h", lab.path("none"), "-U", "x", "-c", "select 1"])


@program("mariadb", "mariadb-server mariadbd", "mariadb-client mariadb")
def mariadb(lab):
    port = lab.port()
    address = "127.0.0.1", port
    data = lab.dir("data", 0o755)
    shutil.chown(data, "mysql")
    lab.bare(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=mysql", "--skip-test-db",
              "--auth-root-authentication-method=normal"], 90)
    common = ["--no-defaults", f"--datadir={data}", f"--socket={data}/s", "--innodb-buffer-pool-size=16M"]
    client = ["/usr/bin/mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root", "-e"]
    with lab.serve(["/usr/sbin/mariadbd", *common, "--user=mysql", "--bind-address=127.0.0.1", f"--port={port}"], address):
        lab.clients(address, b"", b"\x20\0\0", b"\0\xff", hello=True)
        lab.run([*client, "create database d; create table d.t (a int); insert d.t values (1); select * from d.t"])
        lab.run([*client, "nonsense"])
        lab.run(["/usr/bin/mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "nobody", "-pwrong", "-e", "select 1"])
        lab.bare(["mariadb-admin", "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root", "flush-hosts", "reload"])
    lab.run(["/usr/bin/mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(lab.nobody()[1]), "-u", "root", "-e", "select 1"])
    for behave in closes, says(b"HTTP/1.1 200 OK\r\n\r\n", True):
        with lab.peer(behave) as (_, wrong):
            lab.run(["/usr/bin/mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(wrong), "-u", "root", "-e", "select 1"])


@program("mosquitto", "mosquitto mosquitto", "mosquitto-clients mosquitto_pub")
def mosquitto(lab):
    port, bridge = lab.port(), lab.port()
    address = "127.0.0.1", port
    conf = lab.file("mosquitto.conf", f"listener {port} 127.0.0.1\nallow_anonymous true\nuser nobody\n")
    bridged = lab.file("bridge.conf", f"""listener {bridge} 127.0.0.1
allow_anonymous true
connection c
address 127.0.0.1:{port}
topic # both
restart_timeout 1
""")
    with lab.serve(["/usr/sbin/mosquitto", "-c", conf], address) as server:
        connect = b"\x10\x0d\0\4MQTT\4\2\0\x05\0\1a"
        lab.clients(address, connect, connect[:5], hello=True)
        with lab.serve(["/usr/sbin/mosquitto", "-c", bridged], ("127.0.0.1", bridge)):
            time.sleep(1)
            lab.run(["/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", str(bridge), "-t", "a", "-m", "b"], 0)
        lab.run(["/usr/bin/mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-t", "a", "-W", "1"])
        lab.tell(server, signal.SIGHUP)
    lab.run(["/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", str(lab.nobody()[1]), "-t", "a", "-m", "b"])
    with lab.peer(closes) as (_, wrong):
        lab.run(["/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", str(wrong), "-t", "a", "-m", "b"], seconds=3)


@program("slapd", "slapd slapd", "ldap-utils ldapsearch")
def slapd(lab):
    port = lab.port()
    address = "127.0.0.1", port
    lab.dir("db")
    conf = lab.file("slapd.conf", f"""
include /etc/ldap/schema/core.schema
pidfile {lab.path("pid")}
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=x"
rootdn "cn=a,dc=x"
rootpw secret
directory {lab.path("db")}
""")
    url = f"ldap://127.0.0.1:{port}"
    with lab.serve(["/usr/sbin/slapd", "-d", "0", "-f", conf, "-h", f"{url} ldapi://{lab.path('ldapi').replace('/', '%2F')}"], address):
        bind = bytes.fromhex("300c020101600702010304008000")
        lab.clients(address, bind, bind[:4], hello=True)
        lab.run(["/usr/bin/ldapsearch", "-x", "-H", url, "-b", "dc=x"])
        lab.run(["/usr/bin/ldapadd", "-x", "-H", url, "-D", "cn=a,dc=x", "-w", "secret"],
                send="dn: dc=x\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: x\n")
        lab.run(["/usr/bin/ldapsearch", "-x", "-H", url, "-D", "cn=a,dc=x", "-w", "wrong", "-b", "dc=x"])
    lab.run(["/usr/bin/ldapsearch", "-x", "-H", f"ldap://127.0.0.1:{lab.nobody()[1]}", "-b", "dc=x"])
    with lab.peer(closes) as (_, wrong):
        lab.run(["/usr/bin/ldapsearch", "-x", "-H", f"ldap://127.0.0.1:{wrong}", "-b", "dc=x"])


@program("beanstalkd", "beanstalkd beanstalkd")
def beanstalkd(lab):
    port = lab.port()
    address = "127.0.0.1", port
    with lab.serve(["/usr/bin/beanstalkd", "-l", "127.0.0.1", "-p", str(port)], address):
        lab.clients(address, b"put 0 0 10 1\r\nx\r\nreserve\r\nstats\r\n", b"put 0 0 10 100\r\nx", b"garbage\r\n", hello=True)
        ask(address, b"quit\r\n")


@program("gearmand", "gearman-job-server gearmand")
def gearmand(lab):
    port = lab.port()
    address = "127.0.0.1", port
    with lab.serve(["/usr/sbin/gearmand", "-L", "127.0.0.1", "-p", str(port), "-l", "stderr"], address):
        lab.clients(address, b"status\n", b"\0REQ\0\0", b"garbage\n", hello=True)
        ask(address, b"shutdown graceful\n", wait=1)


@program("dbus-daemon", "dbus-daemon dbus-daemon", "dbus-bin dbus-send")
def dbus_daemon(lab):
    path = lab.path("bus")
    env = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"}
    with lab.serve(["/usr/bin/dbus-daemon", "--session", "--nofork", "--nopidfile", "--nosyslog", f"--address=unix:path={path}"], path) as server:
        lab.clients(path, b"\0AUTH EXTERNAL\r\nDATA\r\n", b"\0AUTH", b"garbage\r\n", hello=True, times=2)
        call = ["/usr/bin/dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"]
        lab.run([*call, "org.freedesktop.DBus.ListNames"], 0, env=env)
        lab.run([*call, "org.freedesktop.DBus.None"], env=env)
        lab.tell(server, signal.SIGHUP)
    lab.run([*call, "org.freedesktop.DBus.ListNames"], env={"DBUS_SESSION_BUS_ADDRESS": f"unix:path={lab.path('none')}"})
