"""The HTML page in a real browser: what it shows, that it works by keyboard and by mouse, that names from a trace stay text, that it stays
small however much there is to show, and that an accessibility checker finds nothing.

Screenshots are kept among the test's outputs under Bazel, else in SOCKSAN_SCREENSHOTS.
SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, program, shim, socksan  # pylint: disable=wrong-import-position

STORY = str(find("tests/page/story.py").resolve())
PYTHON = "/usr/bin/python3"
WIDTHS = ((400, 800), (1280, 900), (3840, 2160))
THEMES = ("light", "dark")
NASTY = ["<script>window.pwned=1</script>", "<img src=x onerror='window.pwned=1'>", "</script><script>window.pwned=1</script>", "\"'><b id=pwned>", "]]>", "<!-- c",
         "javascript:window.pwned=1", "&lt;&amp;", "\u202ereversed\u2066", "\u2028\u2029", "\x1b[31m\x07", "${window.pwned=1}", "{{ x }}", "__proto__", "é 漢字 \U0001f600"]


def screenshots():
    """Where to; None: nowhere."""
    return os.environ.get("SOCKSAN_SCREENSHOTS") or os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR")


browser = None


def setUpModule():
    """One browser for all tests, each in a context of its own."""
    global browser  # pylint: disable=global-statement
    if not os.environ.get("SOCKSAN_NPM"):
        raise AssertionError("expected SOCKSAN_NPM to name a folder with the npm packages of tests/formats/package.json")
    home = tempfile.TemporaryDirectory(prefix="socksan-browser-")
    unittest.addModuleCleanup(home.cleanup)
    environment = {**os.environ, "HOME": home.name, "XDG_CONFIG_HOME": home.name, "XDG_CACHE_HOME": home.name}
    browser = subprocess.Popen(["node", str(find("tests/page/browser.js"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    unittest.addModuleCleanup(browser.communicate)


class PageTest(SockSanTest):
    def write(self, name, text):
        path = pathlib.Path(self.tmp) / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def report(self, *args, command="report"):
        """The page that socksan makes of its arguments."""
        path = f"{self.tmp}/page-{len(os.listdir(self.tmp))}.html"
        status, _, stderr = self.finish(self.start([socksan(), command, f"--output=html={path}", *args]))
        self.assertIn(status, (0, 23, 24), stderr)
        return path

    def browse(self, page, body, **options):
        """What the body of a JavaScript function of {page, context, axe} returns for that page, whose console stays empty."""
        browser.stdin.write(json.dumps({"file": page, "options": options, "body": body}) + "\n")
        browser.stdin.flush()
        line = browser.stdout.readline()
        self.assertTrue(line, "expected the browser to live; what it said is above")
        told = json.loads(line)
        self.assertNotIn("failure", told, f"expected the page to be shown, and worked\n{told.get('failure')}")
        self.assertEqual([], told["problems"], "expected no error, and nothing asked of the network")
        return told["result"]


def process(pid, t=1, **more):
    return {"ev": "process", "t": t, "pid": pid, "schema": 1, "wall": 1700000000, "ppid": 1, "exe": "/x/server", "argv": ["server", "--port=80"],
            "how": "exec", "nofile": 1024, "boot": "b", "host": "h", **more}


def lines(events):
    return "".join(json.dumps(event) + "\n" for event in events)


def opened(t, pid, fd, sock, stack, tid=None, **more):
    return {"ev": "fd", "t": t, "pid": pid, "tid": tid or pid, "op": "socket", "fd": fd, "sock": sock, "from": None, "to": "CLOSED", "ret": fd,
            "family": "AF_INET", "type": "SOCK_STREAM", "stack": stack, **more}


def closed(t, pid, fd, sock, stack):
    return {"ev": "fd", "t": t, "pid": pid, "tid": pid, "op": "close", "fd": fd, "sock": sock, "from": "CLOSED", "to": "CLOSED", "ret": 0, "stack": stack}


def stack(pid, number, t=2):
    return {"ev": "stack", "t": t, "pid": pid, "id": number, "frames": [], "py": [f"/srv/app.py:{number} open_{number}", "/srv/app.py:1 <module>"]}


def leak(t, pid, fd, sock):
    return {"ev": "leak", "t": t, "pid": pid, "fd": fd, "sock": sock, "state": "CLOSED", "violation": "never-closed"}


class Story(PageTest):
    """The page of a real run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pages = {}

    def page(self):
        if "story" not in self.pages:
            path = f"{self.tmp}/story.html"
            status, _, stderr = self.finish(self.start([socksan(), "run", f"--output=html={path}", "--", PYTHON, STORY, "0.8"]))
            self.assertEqual(23, status, stderr)
            self.pages["story"] = pathlib.Path(path).read_text(encoding="utf-8")
        return self.write("story.html", self.pages["story"])

    def test_the_title_says_program_command_date_and_verdict(self):
        title, heading, header = self.browse(self.page(), "return [await page.title(), await page.textContent('h1'), await page.textContent('header')];")
        self.assertRegex(title, r"^4 errors: /usr/bin/python3 \S*story\.py 0\.8, \d{4}-\d\d-\d\d \d\d:\d\d UTC - SockSan$")
        self.assertEqual("4 errors", heading)
        self.assertIn("story.py 0.8", header)
        self.assertRegex(header, r"4 errors in 3 processes, \d+ sockets")

    def test_a_violation_in_full(self):
        detail = self.browse(self.page(), "return await page.innerText('#violations article');")
        for words in ("never-closed", "(4 times)", "story.py:", "in leak", "What to do", "If it is intended", "never-closed:^leak$", "socksan run --write-baseline=socksan-baseline.json"):
            self.assertIn(words, detail)
        self.assertRegex(detail, r">\s+\d+ \|\s+connection = socket\.create_connection\(address\)", "expected the line of the place, marked")
        self.assertRegex(detail, r"\d frames that are not your own", "expected what is not the user's to be folded away")

    def test_the_life_of_its_descriptor_as_a_strip(self):
        steps = self.browse(self.page(), "return await page.locator('#violations .strip .step').allInnerTexts();")
        self.assertEqual("socket", steps[0])
        self.assertIn("connect: connected", steps)
        self.assertIn("2 B in, 1.2 kB out", steps)
        self.assertRegex(steps[-1], r"^never closed, open for [\d.]+ s$")

    def test_what_is_meant_is_copied_at_a_click(self):
        copied = self.browse(self.page(), """
            await context.grantPermissions(["clipboard-read", "clipboard-write"]);
            const read = () => page.evaluate(() => navigator.clipboard.readText()), found = [];
            for (const name of ["copy the suppression", "copy the baseline command", "copy link"]) {
                await page.getByRole("button", { name }).click();
                found.push(await read());
            }
            return found;""")
        self.assertEqual("never-closed:^leak$", copied[0])
        self.assertTrue(copied[1].startswith("socksan run --write-baseline="), copied)
        self.assertRegex(copied[2], r"^file://.*story\.html#[0-9a-f]{16}$")

    def test_the_timeline_by_keys(self):
        told = self.browse(self.page(), """
            const told = () => page.innerText("#timeline .told"), found = {};
            await page.locator(".lanes").focus();
            await page.keyboard.press("ArrowDown");
            found.lane = await told();
            await page.keyboard.press("ArrowRight");
            found.call = await told();
            for (let i = 0; i < 3; i++) await page.keyboard.press("+");
            await page.keyboard.press("Enter");
            found.life = await page.innerText("#timeline article");
            await page.keyboard.press("0");
            await page.keyboard.press("End");
            found.last = await told();
            return found;""")
        self.assertRegex(told["lane"], r"^descriptor 3 of \d+ python3 story\.py: opened \d+ times?$")
        self.assertRegex(told["call"], r"socket, thread \d+, \S*story\.py:\d+ in main\s")
        self.assertIn("bind: bound", told["life"])
        self.assertIn("listen: listening", told["life"])
        self.assertIn("Opened by", told["life"])
        self.assertRegex(told["last"], r"^descriptor \d+ of \d+ python3")

    def test_threads_crossings_and_states_are_told_apart(self):
        legend, ends = self.browse(self.page(), """
            await page.locator(".lanes").focus();
            return [await page.innerText("#timeline .legend"), await page.innerText("#processes")];""")
        for words in ("ESTABLISHED", "LISTENING", "violation", "call in thread 2", "fork", "SCM_RIGHTS"):
            self.assertIn(words, legend)
        self.assertRegex(ends, r"by fork, ended: exit, status 3")

    def test_hovering_tells_the_line(self):
        told = self.browse(self.page(), """
            const box = page.locator(".lanes canvas");
            await box.scrollIntoViewIfNeeded();
            const { x, y, width } = await box.boundingBox();
            await page.mouse.move(x + width * 0.6, y + 24 + 22 * 1.5);
            return await page.innerText("#timeline .told");""")
        self.assertRegex(told, r"descriptor 3 of \d+ python3 story\.py: TCP socket 127\.0\.0\.1:\d+, opened by socket at \S*story\.py:\d+ in main, open for")

    def test_filters_of_the_timeline(self):
        counts = self.browse(self.page(), """
            const told = async () => Number((await page.innerText("#timeline .bar > span.dim")).replace(",", "").split(" ")[0]), found = {};
            found.all = await told();
            for (const [label, value] of [["place", "in leak"], ["process", "no such"], ["address", "127.0.0.1"]]) {
                await page.locator("#timeline").getByLabel(label, { exact: true }).fill(value);
                found[label] = await told();
                await page.locator("#timeline").getByLabel(label, { exact: true }).fill("");
            }
            await page.locator("#timeline").getByLabel("state").selectOption("LISTENING");
            found.listening = await told();
            await page.locator("#timeline").getByLabel("state").selectOption("");
            await page.locator("#timeline").getByLabel("kind").selectOption("socket");
            found.sockets = await told();
            await page.locator("#timeline").getByLabel("only misused").check();
            found.wrong = await told();
            return found;""")
        self.assertEqual((8, 0, counts["all"], 4), (counts["place"], counts["process"], counts["sockets"], counts["wrong"]), counts)
        self.assertLess(0, counts["address"])
        self.assertLess(counts["address"], counts["all"])
        self.assertIn(counts["listening"], (1, 2))

    def test_zoom_and_pan(self):
        views = self.browse(self.page(), """
            const box = page.locator(".lanes"), found = [];
            const picture = () => page.evaluate(() => document.querySelector(".lanes canvas").toDataURL());
            await box.scrollIntoViewIfNeeded();
            found.push(await picture());
            await page.getByRole("button", { name: "zoom in" }).click();
            await page.waitForTimeout(100);
            found.push(await picture());
            const { x, y, width } = await box.boundingBox();
            await page.mouse.move(x + width * 0.7, y + 60);
            await page.mouse.down();
            await page.mouse.move(x + width * 0.5, y + 60, { steps: 4 });
            await page.mouse.up();
            await page.waitForTimeout(100);
            found.push(await picture());
            await page.keyboard.down("Control");
            await page.mouse.wheel(0, -300);
            await page.keyboard.up("Control");
            await page.waitForTimeout(100);
            found.push(await picture());
            return found;""")
        self.assertEqual(4, len(set(views)), "expected each way of moving to change the picture")

    def test_growth(self):
        self.assertRegex(self.browse(self.page(), "return await page.innerText('#growth');"), r"story\.py:\d+ in \d+ python3 story\.py\s+at most 4, at the end 4")

    def test_an_accessibility_checker_finds_nothing(self):
        looks = [[theme, *size] for theme in THEMES for size in WIDTHS]
        found = self.browse(self.page(), """
            await page.locator("summary").first().click();
            const found = [];
            for (const [colorScheme, width, height] of LOOKS) {
                await page.setViewportSize({ width, height });
                await page.emulateMedia({ colorScheme });
                await page.waitForTimeout(200);
                found.push([`${colorScheme} ${width}`, await axe(), await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
                    await page.evaluate(() => [...document.querySelectorAll(".row")].map((row) => row.scrollHeight - row.clientHeight).reduce((most, n) => Math.max(most, n)))]);
                if (KEEP) await page.screenshot({ path: `${KEEP}/page-${colorScheme}-${width}.png`, fullPage: true });
            }
            return found;""".replace("LOOKS", json.dumps(looks)).replace("KEEP", json.dumps(screenshots())), bypassCSP=True)
        for look, faults, over, cut in found:
            with self.subTest(look):
                self.assertEqual([], faults)
                self.assertLessEqual(over, 0, "expected no part to be wider than the window")
                self.assertLessEqual(cut, 0, "expected a row to hold what is in it")

    def test_a_command_is_copied_as_a_shell_takes_it(self):
        name = "$(touch pwned); `touch pwned` 'x' \" & \n" + "long " * 100
        events = [process(7, argv=["server", name]), stack(7, 1), opened(10, 7, 5, 1, 1), leak(20, 7, 5, 1),
                  {"ev": "exit", "t": 30, "pid": 7, "status": 0, "open": 1, "events": 1, "dropped": 0}]
        title, command = self.browse(self.report(self.write("t.jsonl", lines(events))), """
            return [await page.title(), await page.locator("#violations .copy code").nth(1).textContent()];""")
        self.assertLess(len(title), 200)
        self.assertIn("...", title)
        words = self.finish(self.start(["sh", "-c", "set -- " + command + "; printf '%s|' \"$@\""]))[1].split("|")
        self.assertEqual(["socksan", "run", "--write-baseline=socksan-baseline.json", "--", "server", name.replace("\n", "\\x0a"), ""], words)
        self.assertFalse(os.path.exists(f"{self.tmp}/pwned"))

    def test_the_theme_is_chosen(self):
        themes = self.browse(self.page(), """
            const theme = () => page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]), found = [await theme()];
            await page.getByRole("button", { name: "switch to the light theme" }).click();
            return found.concat([await theme()]);""", colorScheme="dark")
        self.assertEqual(["dark", "light"], [theme for theme, _ in themes])
        self.assertNotEqual(*(colour for _, colour in themes))

    def test_print_has_every_violation(self):
        printed = self.browse(self.page(), """
            await page.emulateMedia({ media: "print" });
            await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
            return await page.innerText("main");""")
        self.assertIn("TCP socket", printed)
        self.assertIn("in leak", printed)
        self.assertNotIn("search", printed, "expected no controls on paper")

    def test_without_scripts_there_is_a_list(self):
        text = self.browse(self.page(), "return await page.innerText('body');", javaScriptEnabled=False)
        self.assertIn("4 errors in 3 processes", text)
        self.assertIn("never-closed", text)
        self.assertIn("in leak", text)

    def test_no_other_script_runs(self):
        ran = self.browse(self.page(), """
            await page.evaluate(() => {
                const script = document.createElement("script");
                script.textContent = "window.other = 1";
                document.body.append(script);
            });
            problems.length = 0; // the browser tells that it refused
            return await page.evaluate(() => window.other ?? null);""")
        self.assertIsNone(ran, "expected the policy to allow the script of the page alone")


class Open(PageTest):
    def test_what_is_open_now(self):
        folder = self.folder("trace")
        server = self.start([PYTHON, STORY, "0"], stdin=subprocess.PIPE, env=self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t"))
        self.assertEqual("ready\n", server.stdout.readline())
        time.sleep(1.5)
        page = self.report(folder)
        title, text, told = self.browse(page, """
            await page.locator("#timeline").getByLabel("place", { exact: true }).fill("in leak");
            await page.locator("#timeline").getByLabel("process", { exact: true }).fill("PID");
            await page.locator(".lanes").focus();
            await page.keyboard.press("ArrowDown");
            await page.keyboard.press("ArrowRight");
            return [await page.title(), await page.innerText('#open'), await page.innerText("#timeline .told")];""".replace("PID", str(server.pid)))
        self.assertRegex(told, r"still open after [1-9][\d.]* s$", "expected what is open in a running process to be so until now")
        self.assertRegex(title, r"^no violations, 4 open now: ")
        self.assertRegex(text, r"open: 4 TCP sockets, the oldest for .* \S*story\.py:\d+")
        status, _, stderr = self.finish(server)
        self.assertEqual(0, status, stderr)

    def test_a_place_that_seems_to_leak_is_marked(self):
        folder = self.folder("trace")
        server = self.start([program("leak_suspect")], stdin=subprocess.PIPE, env=self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t"))
        said = server.stdout.readline()
        self.assertRegex(said, r"^ready \d+\n$")
        marked, led = self.browse(self.report(f"--limit=leak-suspect={said.split()[1]}ms", folder), """
            const places = await page.locator("#open > div > details > summary").allInnerTexts(), place = page.locator("#open > div > details").last();
            await place.locator("summary").first().click();
            await place.locator("button").click();
            return [places, await page.innerText("#violations article")];""")
        self.assertEqual([False, True, True], sorted(place.endswith(" leak-suspect") for place in marked), "expected the two places that grow to be marked, and not the listener")
        self.assertIn("leak-suspect", led, "expected a place to lead to its violation")
        self.finish(server)


class Explored(PageTest):
    """The page of `socksan explore`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pages = {}

    def page(self):
        """Of a program that hangs when a send fails."""
        if "explored" not in self.pages:
            path = self.report("--errno=EPIPE,EMFILE", "--timeout=1s", "--", program("explore_spin"), command="explore")
            self.pages["explored"] = pathlib.Path(path).read_text(encoding="utf-8")
        return self.write("explored.html", self.pages["explored"])

    def rows(self, page):
        return self.browse(page, "return await page.locator('#explored tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText)));")

    def test_the_call_that_was_let_fail_and_what_repeats_it(self):
        detail, copied = self.browse(self.page(), """
            await context.grantPermissions(["clipboard-read", "clipboard-write"]);
            await page.getByRole("button", { name: "copy the command that repeats it" }).click();
            return [await page.innerText("#violations article"), await page.evaluate(() => navigator.clipboard.readText())];""")
        self.assertIn("hang-after-fault", detail)
        self.assertRegex(detail, r"After send failed with EPIPE\s+\S*explore_spin\.h:\d+ in send_all", "expected the stack of the call that was let fail")
        self.assertRegex(detail, r"Where thread \d+ was\s", "expected the stack of the thread that hangs")
        self.assertRegex(copied, r"^socksan run --inject=send:EPIPE@[0-9a-f]{16} -- \S*explore_spin$")
        self.assertIn("socksan explore --write-baseline=", detail, "expected the command that finds it to write the baseline")

    def test_what_was_tried(self):
        rows = self.rows(self.page())
        self.assertEqual(["found hang-after-fault", "send", "EPIPE"], rows[0][:3], "expected what led to violations first")
        self.assertRegex(rows[0][3], r"^\S*explore_spin\.h:\d+ in send_all$")
        self.assertIn(["silent", "socket", "EMFILE"], [row[:3] for row in rows], "expected what led to nothing as well")
        summary, silent, address = self.browse(self.page(), """
            const found = [await page.innerText("#explored p")];
            await page.locator("#explored tbody button").click();
            await page.getByLabel("result").selectOption("silent");
            return [...found, await page.locator("#explored tbody tr").count(), await page.innerText("#violations article")];""")
        self.assertRegex(summary, rf"^explored: {len(rows)} failures at \d+ places in \d+ runs and .*; 1 led to violations")
        self.assertEqual(len([row for row in rows if row[0] == "silent"]), silent, "expected the filter to leave what was silent")
        self.assertIn("hang-after-fault", address, "expected a code to lead to its violation")

    def test_what_was_not_reached_and_not_tried(self):
        count = f"{self.tmp}/count"
        page = self.report("--calls=connect", "--errno=ECONNREFUSED", "--", "/bin/sh", "-c",
                           f"echo >> {count}; [ $(wc -l < {count}) -gt 3 ] || exec {program('explore_connect')}", command="explore")
        self.assertEqual(["not reached", "connect", "ECONNREFUSED"], self.rows(page)[0][:3], "expected a place that was met in undisturbed runs alone")
        page = self.report("--calls=connect", "--budget=1ms", "--", program("explore_connect"), command="explore")
        self.assertEqual({"not tried"}, {row[0] for row in self.rows(page)})

    def test_an_accessibility_checker_finds_nothing(self):
        for theme in THEMES:
            faults, over = self.browse(self.page(), "return [await axe(), await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)];",
                                       bypassCSP=True, colorScheme=theme, viewport={"width": 400, "height": 800})
            self.assertEqual([], faults)
            self.assertLessEqual(over, 0, "expected no part to be wider than the window")


class Hosts(PageTest):
    """Traces of one host, and of several."""

    def page(self, *hosts):
        for host in hosts:
            events = [process(7, host=host, boot=host), stack(7, 1), opened(10, 7, 5, 1, 1), leak(20, 7, 5, 1),
                      {"ev": "exit", "t": 30, "pid": 7, "status": 0, "open": 1, "events": 1, "dropped": 0}]
            self.write(f"{host}.jsonl", lines(events))
        return self.report(*(f"{self.tmp}/{host}.jsonl" for host in hosts))

    def test_they_are_told_where_there_are_several(self):
        parts = ("#violations article", "#processes", "#timeline .told")
        told = self.browse(self.page("red", "blue"), f"""
            await page.locator(".lanes").focus();
            await page.keyboard.press("ArrowDown");
            const found = [];
            for (const part of {json.dumps(parts)}) found.push(await page.innerText(part));
            await page.locator("#timeline").getByLabel("process", {{ exact: true }}).fill("on red");
            return [...found, await page.innerText("#timeline .bar > span.dim")];""")
        self.assertRegex(told[0], r"hosts\s+blue, red\s")
        self.assertRegex(told[1], r"7 server on red[^$]*7 server on blue|7 server on blue[^$]*7 server on red")
        self.assertRegex(told[2], r" on (red|blue)")
        self.assertRegex(told[3], r"^1 ", "expected one of two lives to be left")
        text = self.browse(self.page("red", "blue"), "return await page.innerText('body');", javaScriptEnabled=False)
        self.assertRegex(text, r"dropped\s+host\s", "expected the list to tell them as well")

    def test_of_one_host_nothing_is_said(self):
        for scripts in (True, False):
            self.assertNotIn("red", self.browse(self.page("red"), "return await page.innerText('body');", javaScriptEnabled=scripts).replace("suppressed", "").replace("shared", ""))


class Links(PageTest):
    def page(self):
        pid = 50
        events = [process(pid)] + [stack(pid, n + 1) for n in range(30)]
        for n in range(30):
            events += [opened(10 + n, pid, 5 + n, n + 1, n + 1)]
        events += [leak(1000 + n, pid, 5 + n, n + 1) for n in range(30)]
        return self.report(self.write("t.jsonl", lines(events + [{"ev": "exit", "t": 2000, "pid": pid, "status": 0, "open": 30, "events": 30, "dropped": 0}])))

    def test_a_link_leads_to_a_violation(self):
        page = self.page()
        data = json.loads(re.search(r'id="data">(.*?)</script>', pathlib.Path(page).read_text(encoding="utf-8"), re.S)[1])
        for violation in data["violations"][::7]:
            selected, shown = self.browse(page, """return [await page.innerText("[aria-selected=true]"), await page.innerText("#violations article")];""", hash="#" + violation["print"])
            function = data["strings"][data["frames"][violation["place"]][0]]
            self.assertIn(f"in {function}\n", shown + "\n", "expected the violation that the address names")
            self.assertIn("never-closed", selected)

    def test_keys_and_search(self):
        found = self.browse(self.page(), """
            const place = () => page.innerText("#violations dd"), found = {};
            await page.locator(".list").focus();
            for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowDown");
            found.fourth = await place();
            await page.keyboard.press("End");
            found.last = await page.getAttribute("[aria-selected=true]", "aria-posinset");
            found.active = await page.evaluate(() => document.getElementById(document.querySelector(".list").getAttribute("aria-activedescendant"))?.getAttribute("aria-selected"));
            await page.getByLabel("search").fill("open_17");
            found.one = [await page.innerText("#violations > p.dim"), await place()];
            await page.getByLabel("search").fill("nothing like this");
            found.none = await page.innerText("#violations .pair");
            return found;""")
        self.assertRegex(found["fourth"], r"app\.py:\d+ in open_")
        self.assertEqual(("30", "true"), (found["last"], found["active"]))
        self.assertEqual(["1 of 30 violations", "/srv/app.py:17 in open_17"], found["one"])
        self.assertIn("nothing matches this filter", found["none"])

    def test_a_place_leads_to_its_violations(self):
        told = self.browse(self.page(), """
            await page.locator("#overview td button").first().click();
            return [await page.innerText("#violations > p.dim"), await page.inputValue("#violations select >> nth=1")];""")
        self.assertEqual(["30 of 30 violations", "never-closed"], told)


class Much(PageTest):
    """10 000 violations and 100 000 lives: what is drawn is bounded by what is in view."""

    MOST_ELEMENTS = 2500
    PROCESSES = 20

    def events(self):
        t = 1000
        for n in range(self.PROCESSES):
            pid = 100 + n
            yield process(pid, t, ppid=1 if n == 0 else 100, how="exec" if n == 0 else "fork")
            for number in range(1, 501):
                t += 1
                yield stack(pid, number, t) | {"py": [f"/srv/{n}.py:{number} open_{number}"]}
        for n in range(100000):
            pid, fd, number = 100 + n % self.PROCESSES, 5 + n * 7 % 400, 1 + n // self.PROCESSES % 500
            yield opened(t := t + 1000, pid, fd, n + 1, number, tid=pid + n % 3)
            yield closed(t := t + 5000, pid, fd, n + 1, number)
            if n % 10 == 0:
                yield {"ev": "fd", "t": (t := t + 1), "pid": pid, "tid": pid, "op": "close", "fd": fd, "ret": -1, "errno": "EBADF", "stack": 1 + n // 200,
                       "violation": "double-close"}
        for n in range(self.PROCESSES):
            yield {"ev": "exit", "t": t + 1 + n, "pid": 100 + n, "status": 0, "open": 0, "events": 1, "dropped": 0}

    def test_elements_and_marks_are_few(self):
        with open(f"{self.tmp}/much.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(event) + "\n" for event in self.events())
        page = self.report(f"{self.tmp}/much.jsonl")
        found = self.browse(page, """
            const count = () => page.evaluate(() => document.querySelectorAll("*").length);
            const drawn = () => page.evaluate(() => { const { drawn, lanes } = document.querySelector(".lanes canvas").dataset; return [Number(drawn), Number(lanes), innerWidth]; });
            const found = { elements: [await count()], drawn: [] };
            found.violations = await page.innerText("#violations > p.dim");
            found.lives = await page.innerText("#timeline .bar > span.dim");
            await page.locator(".list").focus();
            for (const key of ["PageDown", "PageDown", "End", "PageUp", "Home"]) {
                await page.keyboard.press(key);
                found.elements.push(await count());
            }
            await page.evaluate(() => { document.querySelector(".list").scrollTop = 1e9; });
            await page.waitForTimeout(100);
            found.lastRow = await page.locator(".row").last().getAttribute("aria-posinset");
            await page.getByLabel("search").fill("open_77 ");
            found.search = await page.innerText("#violations > p.dim");
            for (const lanes of ["place", "fd"]) {
                await page.locator("#timeline").getByLabel("lanes").selectOption(lanes);
                await page.waitForTimeout(100);
                found.drawn.push(await drawn());
                await page.evaluate(() => { document.querySelector(".lanes").scrollTop = 3000; });
                await page.locator(".lanes").focus();
                for (const key of ["+", "+", "+", "ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
                await page.waitForTimeout(100);
                found.drawn.push(await drawn());
            }
            found.elements.push(await count());
            return found;""")
        self.assertEqual("10,000 of 10,000 violations", found["violations"])
        self.assertTrue(found["lives"].startswith("100,000 lives"), found["lives"])
        self.assertLess(max(found["elements"]), self.MOST_ELEMENTS, f"expected a list to have elements for what is in view alone: {found['elements']}")
        self.assertEqual("10000", found["lastRow"])
        self.assertRegex(found["search"], r"^\d+ of 10,000 violations$")
        for drawn, lanes, width in found["drawn"]:
            self.assertLess(drawn, 40 * width, f"expected at most a mark a pixel in each lane that is in view, of {lanes}")

    def test_more_lives_than_fit_are_thinned_out_and_told(self):
        def events():
            yield process(7)
            yield stack(7, 1)
            for n in range(130000):
                yield opened(100 + 3 * n, 7, 5, n + 1, 1)
                yield closed(101 + 3 * n, 7, 5, n + 1, 1)
            yield opened(1000000, 7, 6, 200000, 1)
            yield leak(1000001, 7, 6, 200000)
            yield {"ev": "exit", "t": 1000002, "pid": 7, "status": 0, "open": 1, "events": 1, "dropped": 0}

        with open(f"{self.tmp}/more.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(event) + "\n" for event in events())
        told, wrong = self.browse(self.report(f"{self.tmp}/more.jsonl"), """
            const told = await page.innerText("#timeline .banner");
            await page.locator("#timeline").getByLabel("only misused").check();
            return [told, await page.innerText("#timeline .bar > span.dim")];""")
        self.assertRegex(told, r"^\d\d,\d{3} of 130,001 lives are shown")
        self.assertEqual("1 life in 1 lane", wrong, "expected what was misused to stay")


class Hostile(PageTest):
    """Whatever a trace names is shown, as text."""

    def test_names_stay_text(self):
        events = []
        for number, name in enumerate(NASTY):
            pid = 10 + number
            events += [process(pid, exe="/x/" + name, argv=[name, name], boot=name, host=name),
                       {"ev": "module", "t": 2, "pid": pid, "id": 1, "path": "/m/" + name, "base": "0x0"},
                       {"ev": "stack", "t": 3, "pid": pid, "id": 1, "frames": ["1+0x10"], "py": [f"{name}:3 {name}", f"/p/{name}:4 f"]},
                       opened(4, pid, 4, 1, 1) | {"op": "accept", "to": "ESTABLISHED", "family": name, "type": name, "local": "unix:" + name, "peer": name},
                       {"ev": "fd", "t": 5, "pid": pid, "tid": pid, "op": name, "fd": 5, "ret": -1, "errno": name, "stack": 1, "violation": "bad-fd"},
                       leak(6, pid, 4, 1), {"ev": "exit", "t": 7, "pid": pid, "status": 0, "open": 1, "events": 2, "dropped": 0}]
        for number, name in enumerate(NASTY):
            self.write(f"{number}.jsonl", lines(event for event in events if event["pid"] == 10 + number))
        page = self.report(self.tmp)
        found = self.browse(page, """
            const found = { text: [] };
            await page.locator(".list").focus();
            const items = await page.getAttribute(".row", "aria-setsize");
            for (let n = 0; n < Number(items); n++) {
                found.text.push(await page.innerText("#violations article"));
                await page.keyboard.press("ArrowDown");
            }
            await page.locator(".lanes").focus();
            for (let n = 0; n < 40; n++) {
                await page.keyboard.press("ArrowDown");
                await page.keyboard.press("ArrowRight");
                await page.keyboard.press("Enter");
                found.text.push(await page.innerText("#timeline"));
            }
            found.text.push(await page.innerText("#processes"), await page.title());
            found.pwned = await page.evaluate(() => [window.pwned ?? null, document.getElementById("pwned"), document.images.length, document.scripts.length]);
            found.tags = await page.evaluate(() => [...new Set([...document.querySelectorAll("*")].map((one) => one.tagName.toLowerCase()))]);
            found.controls = await page.evaluate(() => /[\\u202a-\\u202e\\u2066-\\u2069\\u001b\\u0007]/.test(document.body.innerText));
            return found;""")
        text = "\n".join(found["text"])
        for name in NASTY:
            shown = re.sub("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", lambda m: "".join(f"\\x{b:02x}" for b in m[0].encode()), name)
            self.assertIn("unix:" + shown, text, "expected the name to be told as it is")
        self.assertEqual([None, None, 0, 2], found["pwned"], "expected no name to become markup or a script")
        self.assertFalse(set(found["tags"]) & {"img", "iframe", "object", "embed", "form", "link"}, found["tags"])
        self.assertFalse(found["controls"], "expected nothing that turns text around")


class Merged(PageTest):
    def run_report(self, name, functions):
        pid = 60
        events = [process(pid)] + [stack(pid, number) for number in functions]
        events += [opened(10 + number, pid, 5 + number, number, number) for number in functions]
        events += [leak(100 + number, pid, 5 + number, number) for number in functions]
        trace = self.write("t.jsonl", lines(events + [{"ev": "exit", "t": 900, "pid": pid, "status": 0, "open": 1, "events": 1, "dropped": 0}]))
        self.finish(self.start([socksan(), "report", f"--output=json={self.tmp}/{name}", trace]))
        os.unlink(trace)
        return f"{self.tmp}/{name}"

    def test_new_still_there_and_gone(self):
        reports = [self.run_report("monday.json", [1, 2, 3]), self.run_report("tuesday.json", [1, 2]), self.run_report("today.json", [2, 4])]
        page = self.report(*reports, command="merge")
        told, rows, timeline = self.browse(page, """
            const rows = await page.locator("#runs tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText)));
            return [await page.innerText("#runs p"), rows, await page.innerText("#timeline")];""")
        self.assertRegex(told, r"^In \S*today\.json, the last of 3 reports: 1 new, 1 still there, 2 gone\.$")
        self.assertEqual([["new", ["–", "–", "1"]], ["still there", ["1", "1", "1"]], ["gone", ["1", "1", "–"]], ["gone", ["1", "–", "–"]]],
                         [[kind, times] for kind, _, *times in rows])
        self.assertIn("merged from JSON reports, which have no lives", timeline)
        self.assertEqual([], self.browse(page, "return await axe();", bypassCSP=True))


if __name__ == "__main__":
    unittest.main()
