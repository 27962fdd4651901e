"""Real ClickHouse servers on free ports of loopback, started and ended by the test.

    servers = clickhouse.start(self)         # one
    servers = clickhouse.start(self, 2)      # two, which know each other as the cluster "fleet"
    servers[0].url, .query("SELECT 1"), .kill(), .begin(), .stop()

Their files are in a folder of the test's own, and they end with the test. User "default" has no password; "shipper" has PASSWORD.
SPDX-License-Identifier: Apache-2.0
"""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

PASSWORD = "a pass&word"
CLUSTER = "fleet"
DATABASE = "fleet"
PATIENCE = 60  # seconds until a server that does not answer is called broken

CONFIG = """<?xml version="1.0"?>
<yandex>
  <logger><level>warning</level><log>{folder}/server.log</log><errorlog>{folder}/server.err.log</errorlog></logger>
  <http_port>{http}</http_port>
  <tcp_port>{tcp}</tcp_port>
  <listen_host>127.0.0.1</listen_host>
  <path>{folder}/data/</path>
  <tmp_path>{folder}/tmp/</tmp_path>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <max_concurrent_queries>50</max_concurrent_queries>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <users_config>{folder}/config.xml</users_config>
  <remote_servers><{cluster}>{shards}</{cluster}></remote_servers>
  <profiles><default><max_threads>2</max_threads><log_queries>0</log_queries>{settings}</default></profiles>
  <users>
    <default><password></password>{common}</default>
    <shipper><password_sha256_hex>{password}</password_sha256_hex>{common}</shipper>
  </users>
  <quotas><default></default></quotas>
</yandex>
"""
SHARD = "<shard><replica><host>127.0.0.1</host><port>{tcp}</port></replica></shard>"
COMMON = "<networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>"


def program():
    """The path of the server; None: it is not installed."""
    return shutil.which("clickhouse-server", path="/usr/sbin:/usr/bin:" + os.environ.get("PATH", ""))


def free_ports(count):
    """Ports of loopback that nobody has at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Failed(Exception):
    """The server refused; the text is its own."""


class Server:
    """One server. Its ports stay the same when it is started again."""

    def __init__(self, folder, http, tcp):
        self.folder, self.http, self.tcp = folder, http, tcp
        self.process = None
        os.makedirs(folder)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.http}"

    @property
    def url(self):
        """For --to and --from."""
        return f"{self.address}/{DATABASE}"

    def configure(self, ports, settings=""):
        shards = "".join(SHARD.format(tcp=tcp) for tcp in ports)
        text = CONFIG.format(folder=self.folder, http=self.http, tcp=self.tcp, cluster=CLUSTER, shards=shards, common=COMMON,
                             settings=settings, password=hashlib.sha256(PASSWORD.encode()).hexdigest())
        with open(os.path.join(self.folder, "config.xml"), "w", encoding="utf-8") as file:
            file.write(text)

    def begin(self):
        """Starts it, without waiting."""
        with open(os.path.join(self.folder, "output"), "ab") as output:
            self.process = subprocess.Popen([program(), "--config-file=" + os.path.join(self.folder, "config.xml")], cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)

    def wait(self):
        """Until it answers."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.query("SELECT 1")
                return self
            except (OSError, Failed) as error:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise AssertionError(f"the server in {self.folder} does not answer ({error}); it said:\n{self.said()}") from error
                time.sleep(0.1)

    def said(self):
        text = ""
        for name in ("output", "server.err.log"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += file.read()[-4000:]
        return text

    def query(self, sql, data=None, database=None, **settings):
        """The answer as text; Failed with the server's own words."""
        words = urllib.parse.urlencode({"query": sql, "database": database or "default", **settings})
        request = urllib.request.Request(f"{self.address}/?{words}", data=data if data is not None else b"")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            raise Failed(error.read().decode("utf-8", "replace")) from error

    def rows(self, sql):
        """The answer as lists of words, a row each."""
        return [line.split("\t") for line in self.query(sql, database=DATABASE).splitlines()]

    def number(self, sql):
        return int(self.query(sql, database=DATABASE))

    def kill(self):
        """As a crash does; begin() and wait() bring it back."""
        self.end(signal.SIGKILL)

    def stop(self):
        self.end(signal.SIGTERM)

    def end(self, number):
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def start(test, count=1, settings=""):
    """Servers that answer; the test skips where none is installed. `settings`: elements of the users' profile."""
    if program() is None:
        test.skipTest("clickhouse-server is not installed")
    for _ in range(3):
        ports = free_ports(2 * count)
        top = os.path.join(test.tmp, f"clickhouse-{ports[0]}")
        servers = [Server(os.path.join(top, str(i)), ports[i], ports[count + i]) for i in range(count)]
        for server in servers:
            server.configure(ports[count:], settings)
            server.begin()
            test.addCleanup(server.kill)
        try:
            return [server.wait() for server in servers]
        except AssertionError:
            if not any("already in use" in server.said() for server in servers):
                raise
    raise AssertionError("no free ports for the servers in three tries")
