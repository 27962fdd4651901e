"""The JDK's own tests of sockets, from Debian's source, by Debian's jtreg on Debian's JDK 17.

SPDX-License-Identifier: Apache-2.0
"""

import re
import shutil

from others import Suite, package_version, source

JDK = "/usr/lib/jvm/java-17-openjdk-amd64"
# What makes, uses and closes sockets itself: a quarter of an hour on one core.
FOLDERS = """java/net/DatagramSocket java/net/ServerSocket java/net/Socket java/net/SocketOption java/nio/channels/DatagramChannel
             java/nio/channels/Selector java/nio/channels/ServerSocketChannel java/nio/channels/SocketChannel""".split()
# And all that comes to sockets: 540 tests, hours.
ALL = FOLDERS + """com/sun/net/httpserver java/net/Authenticator java/net/DatagramPacket java/net/DatagramSocketImpl
                   java/net/HttpURLConnection java/net/Inet4Address java/net/Inet6Address java/net/InetAddress java/net/InetSocketAddress
                   java/net/MulticastSocket java/net/NetworkInterface java/net/PlainSocketImpl java/net/PortUnreachableException
                   java/net/ProxySelector java/net/ResponseCache java/net/SocketImpl java/net/SocketInputStream java/net/Socks
                   java/net/UnixDomainSocketAddress java/net/URLConnection java/net/ipv6tests
                   java/nio/channels/AsyncCloseAndInterrupt.java java/nio/channels/AsynchronousChannelGroup
                   java/nio/channels/AsynchronousServerSocketChannel java/nio/channels/AsynchronousSocketChannel java/nio/channels/Channels
                   java/nio/channels/ConfigureBlocking.java java/nio/channels/Pipe java/nio/channels/SelectionKey java/nio/channels/etc
                   java/nio/channels/spi java/nio/channels/unixdomain jdk/net jdk/nio sun/net/ftp sun/net/www/http
                   sun/net/www/protocol/http""".split()


def build(folder, do):
    """Of all the source, the tests alone."""
    do(["chmod", "-R", "a+rX", "."])
    for path in folder.iterdir():
        if path.name != "test":
            (shutil.rmtree if path.is_dir() and not path.is_symlink() else type(path).unlink)(path)


def runner(folders):
    def run(side, test=None):
        tests = source("openjdk-17", build) / "test/jdk"
        outcomes, statuses = {}, set()
        for folder in [test] if test else folders:
            report = side.new_folder("jdk")
            # Three at a time: most do little but wait.
            ended = side.run(["/usr/share/jtreg/bin/jtreg", f"-jdk:{JDK}", "-agentvm", "-concurrency:3", "-automatic", "-ignore:quiet",
                              "-verbose:summary", "-timeoutFactor:2", f"-exclude:{tests}/ProblemList.txt", f"-r:{report}/report",
                              f"-w:{report}/work", tests / folder])
            summary = report / "report/text/summary.txt"
            lines = summary.read_text(encoding="utf-8").splitlines() if summary.exists() else []
            for name, word in (re.match(r"(\S+) +(\w+)", line).groups() for line in lines):
                outcomes[name] = "ok" if word == "Passed" else word.lower()
            statuses.add(ended.status)
        outcomes["(exit status)"] = "ok" if statuses == {0} else f"failed: {sorted(map(str, statuses))}"
        return outcomes

    return run


PACKAGES = [f"openjdk-17-jdk-headless {JDK}/bin/javac", "jtreg7 /usr/share/jtreg/bin/jtreg", "dpkg-dev dpkg-source"]
SUITES = [Suite("jdk", runner(FOLDERS), package_version("openjdk-17-jdk-headless"), PACKAGES),
          Suite("jdk-all", runner(ALL), package_version("openjdk-17-jdk-headless"), PACKAGES, by_name=True)]
