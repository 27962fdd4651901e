"""Web servers and proxies.

SPDX-License-Identifier: Apache-2.0
"""

import os
import signal
import time

from lab import GET, ask, answers, program

KEPT = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2 + b"GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
FORM = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\nConnection: close\r\n\r\n" + b"x" * 70000
THROUGH = "GET http://127.0.0.1:{}/ HTTP/1.0\r\n\r\n"
CONNECT = "CONNECT 127.0.0.1:{} HTTP/1.0\r\n\r\n"


def site(lab):
    lab.file("www/index.html", "hello\n" * 100)
    return lab.dir("www")


def browse(lab, address):
    """What every web server is asked; again and again it is sent a form that it may not want."""
    for _ in range(3):
        ask(address, FORM, wait=3)
    lab.clients(address)
    ask(address, KEPT, wait=3)
    for _ in range(3):
        ask(address, FORM, wait=3)


def proxied(lab, proxy, backend):
    """What every proxy is asked, with a backend that answers, one that refuses."""
    nobody = lab.nobody()[1]
    lab.clients(proxy, THROUGH.format(backend).encode())
    lab.expect(ask(proxy, THROUGH.format(nobody).encode()), "the proxy says nothing about a refused backend")
    ask(proxy, CONNECT.format(backend).encode() + GET, wait=3)
    ask(proxy, CONNECT.format(nobody).encode(), wait=3)


def backend(lab):
    """A web server that is not tried, for a proxy that is."""
    port = lab.port()
    return lab.helper(["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", site(lab), str(port)],
                      ("127.0.0.1", port)), port


@program("nginx", "nginx-light nginx")
def nginx(lab):
    port, nobody = lab.port(), lab.nobody()[1]
    conf = lab.file("nginx.conf", f"""
daemon off; master_process on; worker_processes 2; pid {lab.path("pid")}; error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {lab.path("b")}; proxy_temp_path {lab.path("p")}; fastcgi_temp_path {lab.path("f")};
  uwsgi_temp_path {lab.path("u")}; scgi_temp_path {lab.path("s")};
  server {{
    listen 127.0.0.1:{port};
    location / {{ root {site(lab)}; }}
    location /refused {{ proxy_pass http://127.0.0.1:{nobody}; }}
    location /self {{ proxy_pass http://127.0.0.1:{port}/; }}
  }}
}}
""")
    address = "127.0.0.1", port
    with lab.serve(["/usr/sbin/nginx", "-e", "stderr", "-c", conf], address, signal.SIGQUIT) as server:
        browse(lab, address)
        ask(address, b"GET /refused HTTP/1.0\r\n\r\n")
        ask(address, b"GET /self HTTP/1.0\r\n\r\n")
        lab.tell(server, signal.SIGHUP, 1)
        browse(lab, address)


@program("apache2", "apache2 apache2")
def apache2(lab):
    port = lab.port()
    modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
                      for name in ("mpm_event", "authz_core", "dir", "mime", "proxy", "proxy_http"))
    conf = lab.file("apache.conf", f"""
{modules}ServerRoot {lab.folder}
PidFile {lab.path("pid")}
ServerName localhost
DefaultRuntimeDir {lab.folder}
Listen 127.0.0.1:{port}
ErrorLog {lab.path("error.log")}
DocumentRoot {site(lab)}
TypesConfig /etc/mime.types
StartServers 2
User www-data
Group www-data
ProxyPass /refused http://127.0.0.1:{lab.nobody()[1]}/
<Directory />
Require all granted
</Directory>
""")
    address = "127.0.0.1", port
    with lab.serve(["/usr/sbin/apache2", "-DFOREGROUND", "-f", conf], address) as server:
        browse(lab, address)
        ask(address, b"GET /refused/ HTTP/1.0\r\n\r\n")
        lab.tell(server, signal.SIGUSR1, 1.5)  # graceful
        browse(lab, address)


@program("lighttpd", "lighttpd lighttpd")
def lighttpd(lab):
    port = lab.port()
    conf = lab.file("lighttpd.conf", f"""
server.document-root = "{site(lab)}"
server.port = {port}
server.bind = "127.0.0.1"
server.modules = ("mod_proxy")
index-file.names = ("index.html")
$HTTP["url"] =~ "^/refused" {{ proxy.server = ("" => (("host" => "127.0.0.1", "port" => {lab.nobody()[1]}))) }}
""")
    address = "127.0.0.1", port
    with lab.serve(["/usr/sbin/lighttpd", "-D", "-f", conf], address, signal.SIGINT) as server:
        browse(lab, address)
        ask(address, b"GET /refused HTTP/1.0\r\n\r\n")
        lab.tell(server, signal.SIGUSR1, 1)  # graceful restart
        browse(lab, address)


@program("haproxy", "haproxy haproxy")
def haproxy(lab):
    port, (server, behind) = lab.port(), backend(lab)
    conf = lab.file("haproxy.cfg", f"""
global
  stats socket {lab.path("stats")} expose-fd listeners level admin
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
  retries 1
frontend f
  bind 127.0.0.1:{port}
  use_backend refused if {{ path_beg /refused }}
  default_backend b
backend b
  server s 127.0.0.1:{behind} check inter 200ms
backend refused
  server s 127.0.0.1:{lab.nobody()[1]}
""")
    address = "127.0.0.1", port
    with server, lab.serve(["/usr/sbin/haproxy", "-W", "-db", "-f", conf], address, signal.SIGTERM) as process:
        browse(lab, address)
        ask(address, b"GET /refused HTTP/1.0\r\n\r\n")
        ask(lab.path("stats"), b"show info\n")
        lab.tell(process, signal.SIGUSR2, 1.5)
        browse(lab, address)


@program("squid", "squid squid")
def squid(lab):
    port, (server, behind) = lab.port(), backend(lab)
    conf = lab.file("squid.conf", f"""
http_port 127.0.0.1:{port}
http_access allow all
pid_filename {lab.path("pid")}
access_log none
cache_log {lab.path("cache.log")}
cache_store_log none
coredump_dir {lab.folder}
shutdown_lifetime 1 seconds
pinger_enable off
cache_effective_user proxy
netdb_filename none
icp_port 0
""")
    lab.folder.chmod(0o777)
    address = "127.0.0.1", port
    with server, lab.serve(["/usr/sbin/squid", "-N", "-f", conf], address) as process:
        proxied(lab, address, behind)
        lab.tell(process, signal.SIGHUP, 1)
        proxied(lab, address, behind)


@program("tinyproxy", "tinyproxy-bin tinyproxy")
def tinyproxy(lab):
    port, (server, behind) = lab.port(), backend(lab)
    conf = lab.file("tinyproxy.conf", f"Port {port}\nListen 127.0.0.1\nTimeout 5\nMaxClients 20\nLogFile \"{lab.path('log')}\"\n")
    address = "127.0.0.1", port
    with server, lab.serve(["/usr/bin/tinyproxy", "-d", "-c", conf], address) as process:
        proxied(lab, address, behind)
        lab.tell(process, signal.SIGUSR1)
        proxied(lab, address, behind)


@program("privoxy", "privoxy privoxy")
def privoxy(lab):
    port, (server, behind) = lab.port(), backend(lab)
    conf = lab.file("privoxy.conf", f"listen-address 127.0.0.1:{port}\nconfdir /etc/privoxy\nlogdir {lab.folder}\nlogfile log\n")
    address = "127.0.0.1", port
    with server, lab.serve(["/usr/sbin/privoxy", "--no-daemon", conf], address) as process:
        proxied(lab, address, behind)
        lab.tell(process, signal.SIGHUP)
        proxied(lab, address, behind)


@program("varnish", "varnish varnishd")
def varnish(lab):
    port, (server, behind) = lab.port(), backend(lab)
    vcl = lab.file("site.vcl", f"""vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{behind}"; }}
backend refused {{ .host = "127.0.0.1"; .port = "{lab.nobody()[1]}"; }}
sub vcl_recv {{ if (req.url ~ "^/refused") {{ set req.backend_hint = refused; }} }}
""")
    address = "127.0.0.1", port
    command = ["/usr/sbin/varnishd", "-F", "-a", f"127.0.0.1:{port}", "-f", vcl, "-n", lab.path("v"), "-s", "malloc,16m", "-j", "none",
               "-T", "127.0.0.1:0"]
    with server, lab.serve(command, address):
        browse(lab, address)
        ask(address, b"GET /refused HTTP/1.0\r\n\r\n")
        lab.bare(["varnishadm", "-n", lab.path("v"), "status"])


@program("mini-httpd", "mini-httpd mini_httpd")
def mini_httpd(lab):
    port = lab.port()
    address = "127.0.0.1", port
    with lab.serve(["/usr/sbin/mini_httpd", "-D", "-d", site(lab), "-p", str(port), "-h", "127.0.0.1", "-i", lab.path("pid")], address):
        browse(lab, address)


@program("webfs", "webfs webfsd")
def webfs(lab):
    port = lab.port()
    address = "127.0.0.1", port
    with lab.serve(["/usr/bin/webfsd", "-F", "-p", str(port), "-i", "127.0.0.1", "-r", site(lab), "-f", "index.html"], address):
        browse(lab, address)


@program("python3-http.server", "python3 python3")
def python_server(lab):
    port = lab.port()
    address = "127.0.0.1", port
    command = ["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", site(lab), str(port)]
    with lab.serve(command, address, signal.SIGINT):
        browse(lab, address)


WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello" * 100]
"""


@program("gunicorn", "gunicorn gunicorn")
def gunicorn(lab):
    port = lab.port()
    lab.file("app.py", WSGI)
    address = "127.0.0.1", port
    command = ["/usr/bin/gunicorn", "-b", f"127.0.0.1:{port}", "-w", "2", "--graceful-timeout", "2", "--chdir", str(lab.folder), "app:application"]
    with lab.serve(command, address) as server:
        browse(lab, address)
        lab.tell(server, signal.SIGHUP, 2)
        browse(lab, address)


@program("php", "php-cli php")
def php(lab):
    port = lab.port()
    lab.file("www/index.php", "<?php $s = @fsockopen('127.0.0.1', 1); echo 'hello';\n")
    address = "127.0.0.1", port
    with lab.serve(["/usr/bin/php", "-S", f"127.0.0.1:{port}", "-t", lab.dir("www")], address, signal.SIGINT):
        browse(lab, address)
    lab.run(["/usr/bin/php", "-r", f"echo @file_get_contents('http://127.0.0.1:{lab.nobody()[1]}/') === false ? 'no' : 'yes';"], 0)


@program("ruby-puma", "puma puma", "ruby ruby")
def puma(lab):
    port = lab.port()
    rackup = lab.file("config.ru", "run lambda { |env| [200, {'Content-Type' => 'text/plain'}, ['hello' * 100]] }\n")
    address = "127.0.0.1", port
    with lab.serve(["/usr/bin/puma", "-b", f"tcp://127.0.0.1:{port}", rackup], address, cwd=lab.folder):
        browse(lab, address)


@program("libhttp-daemon-perl", "libhttp-daemon-perl /usr/share/perl5/HTTP/Daemon.pm")
def http_daemon(lab):
    port = lab.port()
    address = "127.0.0.1", port
    script = lab.file("serve.pl", f"""
use HTTP::Daemon; use HTTP::Status;
my $going = 1;
$SIG{{TERM}} = sub {{ $going = 0 }};
$SIG{{PIPE}} = 'IGNORE';
my $daemon = HTTP::Daemon->new(LocalAddr => '127.0.0.1', LocalPort => {port}, ReuseAddr => 1, Timeout => 1) || die;
while ($going) {{
    my $client = $daemon->accept or next;
    $client->timeout(2);
    while (my $request = $client->get_request) {{ $client->send_response(HTTP::Response->new(200, 'OK', [], 'hello' x 100)); }}
    $client->close;
}}
$daemon->close;
""")
    with lab.serve(["/usr/bin/perl", script], address):
        browse(lab, address)


@program("nodejs", "nodejs node")
def nodejs(lab):
    port = lab.port()
    address = "127.0.0.1", port
    script = lab.file("serve.js", f"""
const http = require('http');
const server = http.createServer((request, response) => {{
    if (request.url !== '/refused') return response.end('hello'.repeat(100));
    http.get('http://127.0.0.1:{lab.nobody()[1]}/').on('error', (error) => response.end(error.code));
}}).listen({port}, '127.0.0.1');
process.on('SIGTERM', () => server.close());
""")
    with lab.serve(["/usr/bin/node", script], address):
        browse(lab, address)
        ask(address, b"GET /refused HTTP/1.0\r\n\r\n")


@program("uwsgi", "uwsgi-core uwsgi", "uwsgi-plugin-python3 /usr/lib/uwsgi/plugins/python3_plugin.so")
def uwsgi(lab):
    port, stats, app = lab.port(), lab.port(), lab.file("app.py", WSGI)
    address = "127.0.0.1", port
    command = ["/usr/bin/uwsgi", "--http-socket", f"127.0.0.1:{port}", "--master", "--processes", "2", 
               "--plugin", "python3", "--wsgi-file", app, "--stats", f"127.0.0.1:{stats}", "--die-on-term"]
    with lab.serve(command, address) as server:
        browse(lab, address)
        ask(("127.0.0.1", stats), b"")
        lab.tell(server, signal.SIGHUP, 1.5)
        browse(lab, address)


@program("nghttpx", "nghttp2-proxy nghttpx")
def nghttpx(lab):
    port, (server, behind) = lab.port(), backend(lab)
    address = "127.0.0.1", port
    command = ["/usr/sbin/nghttpx", "--no-ocsp", f"-f127.0.0.1,{port};no-tls", f"-b127.0.0.1,{behind}",
               f"-b127.0.0.1,{lab.nobody()[1]};/refused", "--workers=2"]
    with server, lab.serve(command, address, signal.SIGQUIT) as process:
        browse(lab, address)
        ask(address, b"GET /refused HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        lab.tell(process, signal.SIGHUP, 1)


def tunnel(lab, command, port, behind, stop=signal.SIGTERM, reload=None):
    """A TCP forwarder with a web server behind, that is killed in between, so that it refuses."""
    address = "127.0.0.1", port
    server, _ = behind
    with lab.serve(command, address, stop) as process:
        with server:
            browse(lab, address)
            if reload:
                lab.tell(process, reload, 1)
                browse(lab, address)
        for _ in range(3):
            ask(address)
        time.sleep(0.2)
        lab.expect(answers(address), f"{os.path.basename(command[0])} is gone when its backend refuses")


@program("redir", "redir redir")
def redir(lab):
    port, behind = lab.port(), backend(lab)
    tunnel(lab, ["/usr/bin/redir", "-n", f"127.0.0.1:{port}", f"127.0.0.1:{behind[1]}"], port, behind)


@program("pen", "pen pen")
def pen(lab):
    port, behind = lab.port(), backend(lab)
    tunnel(lab, ["/usr/bin/pen", "-f", "-r", f"127.0.0.1:{port}", f"127.0.0.1:{behind[1]}"], port, behind)


@program("microsocks", "microsocks microsocks", "curl curl")
def microsocks(lab):
    port, (server, behind) = lab.port(), backend(lab)
    address = "127.0.0.1", port
    curl = ["curl", "-s", "-m", "3", "-x", f"socks5h://127.0.0.1:{port}"]
    with server, lab.serve(["/usr/bin/microsocks", "-i", "127.0.0.1", "-p", str(port)], address):
        for target in (behind, behind, lab.nobody()[1]):
            lab.bare([*curl, f"http://127.0.0.1:{target}/"])
        lab.bare([*curl, "http://nobody.invalid/"])
        lab.clients(address, b"\5\1\0", b"\5", hello=True, times=2)


@program("sslh", "sslh sslh")
def sslh(lab):
    port, behind = lab.port(), backend(lab)
    tunnel(lab, ["/usr/sbin/sslh-select", "-f", "-p", f"127.0.0.1:{port}", "--http", f"127.0.0.1:{behind[1]}", "-n",
                 "-u", "nobody", "-P", lab.path("pid")], port, behind)


@program("socat", "socat socat")
def socat(lab):
    port, behind = lab.port(), backend(lab)
    tunnel(lab, ["/usr/bin/socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", f"TCP:127.0.0.1:{behind[1]}"], port, behind)
    lab.run(["/usr/bin/socat", "-", f"TCP:127.0.0.1:{lab.nobody()[1]}"], 1)


@program("stunnel4", "stunnel4 stunnel", "openssl openssl")
def stunnel(lab):
    port, plain, behind = lab.port(), lab.port(), backend(lab)
    certificate(lab)
    conf = lab.file("stunnel.conf", f"""
foreground = yes
pid =
[server]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{behind[1]}
cert = {lab.path("cert.pem")}
[client]
client = yes
accept = 127.0.0.1:{plain}
connect = 127.0.0.1:{port}
[refused]
client = yes
accept = 127.0.0.1:{lab.port()}
connect = 127.0.0.1:{lab.nobody()[1]}
""")
    lab.folder.joinpath("cert.pem").chmod(0o644)
    tunnel(lab, ["/usr/bin/stunnel", conf], plain, behind, reload=signal.SIGHUP)


def certificate(lab):
    """cert.pem: a key and its certificate."""
    lab.bare(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", lab.path("key.pem"), "-out", lab.path("crt.pem"),
              "-days", "2", "-subj", "/CN=localhost"])
    lab.file("cert.pem", "".join(lab.folder.joinpath(name).read_text(encoding="utf-8") for name in ("key.pem", "crt.pem")), 0o600)
    return lab.path("cert.pem")
