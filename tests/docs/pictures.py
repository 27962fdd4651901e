"""Draws the pictures of README anew, from real runs: cast.svg, a terminal at work, and page.png, the HTML report in Chromium.

    pictures.py SOCKSAN [cast|page]     `page` takes the npm packages of tests/formats/package.json, whose folder is SOCKSAN_NPM

SPDX-License-Identifier: Apache-2.0
"""

import html
import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(os.path.abspath(__file__)).resolve().parents[2]
DOCS = TOP / "docs"
COMMANDS = ("gcc -g -pthread -o server server.c", "./server; echo $?", "socksan ./server")
WIDE, HIGH, MARGIN = 7.8, 17, 14  # of a character, of a line, around all, in pixels
TYPED, PAUSE, PRINTED = 0.03, 0.45, 0.03  # seconds for a key, around a command, for a line
COLOURS = {"31": "#ff8080", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff", "36": "#76e3ea", "2": "#9da7b1", "90": "#9da7b1"}
STYLE = """
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #e6edf3; white-space: pre }
.b { font-weight: bold } .p { fill: #7ee787 }
@keyframes show { from { opacity: 0 } to { opacity: 1 } }
.t { animation: show 1ms linear backwards }
@media (prefers-reduced-motion: reduce) { .t { animation: none } }
"""


def terminal(command, folder, environment):
    """What a command prints on a terminal of its own, with its colours."""
    child, fd = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe("bash", ["bash", "-c", command], environment)
    printed = b""
    while True:
        try:
            some = os.read(fd, 65536)
        except OSError:  # the other end is closed
            some = b""
        if not some:
            break
        printed += some
    os.close(fd)
    os.waitpid(child, 0)
    return printed.decode().replace("\r\n", "\n").rstrip("\n").split("\n") if printed else []


def spans(line):
    """A line with escape sequences for colours as SVG."""
    made, style, colour = [], "", ""
    for escape, text in re.findall(r"(?:\x1b\[([\d;]*)[mK])?([^\x1b]*)", line):
        for code in escape.split(";") if escape else (["0"] if made and not escape and text == "" else []):
            if code in ("", "0", "00"):
                style = colour = ""
            elif code in ("1", "01"):
                style = ' class="b"'
            elif code in COLOURS:
                colour = f' fill="{COLOURS[code]}"'
        if text:
            made.append(f"<tspan{style}{colour}>{html.escape(text)}</tspan>" if style or colour else html.escape(text))
    return "".join(made)


def cast(socksan, environment=None):
    """The SVG of a session that types COMMANDS where the examples are."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(DOCS / "examples", f"{folder}/examples")
        os.mkdir(f"{folder}/bin")
        os.symlink(os.path.abspath(socksan), f"{folder}/bin/socksan")
        clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "LD_PRELOAD", "SOCKSAN_OPTIONS")}
        env = {**clean, "PATH": f"{folder}/bin:{os.environ['PATH']}", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(environment or {})}
        shown = [(command, terminal(command, f"{folder}/examples", env)) for command in COMMANDS]
    texts, now, row = [], PAUSE, 0

    def put(inside, at):
        nonlocal row
        row += 1
        texts.append(f'<text class="t" x="{MARGIN}" y="{MARGIN + row * HIGH}" style="animation-delay:{at:.2f}s">{inside}</text>')

    for command, printed in shown:
        keys = "".join(f'<tspan class="t" style="animation-delay:{now + i * TYPED:.2f}s">{html.escape(key)}</tspan>' for i, key in enumerate(command))
        put(f'<tspan class="p">$</tspan> {keys}', now - PAUSE)
        now += len(command) * TYPED + PAUSE
        for line in printed:
            put(spans(line), now)
            now += PRINTED
        now += PAUSE
    columns = max(len(re.sub(r"\x1b\[[\d;]*[mK]", "", line)) for _, printed in shown for line in printed)
    width, height = round(columns * WIDE + 2 * MARGIN), MARGIN * 2 + (row + 1) * HIGH
    title = "A C server runs to its end with status 0; under SockSan, the report says which line closed another client's connection."
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">\n<title>{title}</title>\n'
            f'<style>{STYLE}</style>\n<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>\n' + "\n".join(texts) + "\n</svg>\n")


def page(socksan):
    """page.png and page-dark.png, the top of a report; timeline.png, that of a program with a fork and a socket that is passed on."""
    with tempfile.TemporaryDirectory() as folder:
        reports = {}
        for script in ("tests/programs/example_server.py", "tests/page/story.py 0.2"):
            reports[script] = f"{folder}/{len(reports)}.html"
            subprocess.run([socksan, "run", "-q", f"--output=html={reports[script]}", "--", "/usr/bin/python3", *script.split()], cwd=TOP, stdout=subprocess.DEVNULL, check=False)
        top, timeline = reports.values()
        browser = subprocess.Popen(["node", TOP / "tests/page/browser.js"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   env={**os.environ, "HOME": folder})
        for name, file, theme, what in (("page.png", top, "light", "page"), ("page-dark.png", top, "dark", "page"),
                                        ("timeline.png", timeline, "light", "page.locator('#timeline')")):
            body = f"await {what}.screenshot({{ path: {json.dumps(str(DOCS / name))} }}); return 0;"
            options = {"colorScheme": theme, "viewport": {"width": 1000, "height": 876}}
            browser.stdin.write(json.dumps({"file": file, "options": options, "body": body}) + "\n")
            browser.stdin.flush()
            print(name, browser.stdout.readline().strip())
        browser.communicate()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    wanted = sys.argv[2:] or ["cast", "page"]
    if "cast" in wanted:
        (DOCS / "cast.svg").write_text(cast(sys.argv[1]), encoding="utf-8")
    if "page" in wanted:
        page(sys.argv[1])
