"""Processes in containers: the recipes of docs/ with kernel namespaces, without Docker or Kubernetes.

A container here has its own processes, mounts, name and network; a pod is what shares the last three and, for its sidecar, the first.
SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time
import unittest

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from live_test_base import SERVER, LiveTest, Server, shim, socksan  # noqa: E402  pylint: disable=wrong-import-position
from documents import recipe  # noqa: E402  pylint: disable=wrong-import-position
from watch_test import Busy  # noqa: E402  pylint: disable=wrong-import-position

MOUNT = "/mnt"  # a folder that there is, in place of the recipe's


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


class Containers(LiveTest):
    def setUp(self):
        super().setUp()
        tried = subprocess.run(["unshare", "-p", "-m", "-u", "-n", "--fork", "--mount-proc", "true"], stderr=subprocess.PIPE, text=True, check=False)
        if tried.returncode:
            self.skipTest(f"no namespaces here: {tried.stderr}")
        self.pod = yaml.safe_load(recipe("pod.yaml"))["spec"]
        self.volume = self.folder("volume")
        shutil.copy(shim(), f"{self.volume}/libsocksan.so")

    def container(self, name):
        [found] = [one for one in self.pod["containers"] if one["name"] == name]
        self.assertEqual(["/socksan"], [mount["mountPath"] for mount in found["volumeMounts"]])
        return found

    def env(self, name):
        return {one["name"]: one["value"].replace("/socksan", MOUNT) for one in self.container(name)["env"]}

    def server_in_pod(self, host):
        script = (f"ip link set lo up 2>/dev/null || ifconfig lo up; mount --bind {shlex.quote(self.volume)} {MOUNT}; hostname {host}; "
                  + "exec env " + " ".join(shlex.quote(f"{key}={value}") for key, value in self.env("shop").items()) + f" /usr/bin/python3 {shlex.quote(SERVER)}")
        process = self.start(["unshare", "-p", "-m", "-u", "-n", "--fork", "--mount-proc", "--kill-child", "sh", "-c", script], stdin=-1)
        server = Server(process, self.volume)
        said = process.stdout.readline().strip()
        self.assertEqual("ready", said, process.stderr.read() if not said else "")
        [server.inside] = map(int, read(f"/proc/{process.pid}/task/{process.pid}/children").split())
        return server

    def end(self, *servers):
        for server in servers:
            server.process.stdin.close()
        for server in servers:
            server.process.wait()

    def test_pods_of_one_folder_are_told_apart(self):
        pods = [self.server_in_pod(host) for host in ("pod-a", "pod-b")]
        for pod in pods:
            pod.tell("leak", 3)
        self.assertEqual(["shop.1-2.jsonl", "shop.1.jsonl"], sorted(path.name for path in pathlib.Path(self.volume).glob("*.jsonl")))
        snapshot = self.snapshot(self.volume)
        self.assertEqual({("pod-a", 1, "running", 4), ("pod-b", 1, "running", 4)},
                         {(one["host"], one["pid"], one["end"], one["open"]) for one in snapshot["processes"]}, "expected both to be known to run")
        self.assertEqual(6, self.place(snapshot, "leak")["open"])
        text = self.say("snapshot", self.volume)[1]
        self.assertIn("   = in processes 1 on pod-a (3), 1 on pod-b (3)\n", text)
        self.assertRegex(self.say("top", "--batch", "-n", "1", self.volume)[1], r"(?m)^process 1 \(python3 live_server.py\) on pod-b: 4 open, \d+ of \d+ descriptors")
        self.end(*pods)
        result = self.socksan_report(self.volume)
        self.assertEqual({"pod-a", "pod-b"}, {process["host"] for process in result.report["processes"]})
        [leak] = [one for one in result.report["violations"] if any(frame.get("function") == "leak" for frame in one["stacks"]["opened"])]
        self.assertEqual((6, [1], ["pod-a", "pod-b"]), (leak["count"], leak["pids"], leak["hosts"]))
        self.assertIn("in process 1 (python3 live_server.py) on pod-a, pod-b\n", result.stdout)

    def test_merged_reports_name_the_pods(self):
        reports = []
        for host in ("pod-a", "pod-b"):
            pod = self.server_in_pod(host)
            pod.tell("leak", 2)
            self.end(pod)
            [trace] = pathlib.Path(self.volume).glob("*.jsonl")
            result = self.socksan_report(str(trace))
            self.assertNotIn(" on pod-", result.stdout, "expected no name where there is one alone")
            reports.append(self.write(f"{host}.json", [json.dumps(result.report)]))
            trace.unlink()
        status, out, _ = self.say("merge", "--format=json", *reports)
        self.assertEqual(23, status)
        merged = json.loads(out)
        [leak] = [one for one in merged["violations"] if any(frame.get("function") == "leak" for frame in one["stacks"]["opened"])]
        self.assertEqual((4, ["pod-a", "pod-b"]), (leak["count"], leak["hosts"]))
        self.assertEqual(["pod-a", "pod-b"], [process["host"] for process in merged["processes"]])

    def test_a_sidecar_watches(self):
        self.assertTrue(self.pod["shareProcessNamespace"])
        pod = self.server_in_pod("shop")
        busy = Busy(self, pod, "use", "leak")
        [command] = re.findall(r"socksan watch [^;]*", self.container("socksan")["command"][2])
        command = command.replace("/socksan", MOUNT).replace("1min", "200ms").replace("socksan watch", shlex.quote(socksan()) + " watch")
        sidecar = self.start(["nsenter", "-t", str(pod.inside), "-p", "-m", "-u", "-n", "sh", "-c", command])
        for line in sidecar.stdout:
            if "leak-suspect: " in line:
                break
        else:
            self.fail(f"expected the sidecar to name the leak: {sidecar.stderr.read()}")
        self.assertIn("in leak, accept4", line)
        status, out, err = self.finish(self.start(["nsenter", "-t", str(pod.inside), "-p", "-m", "-u", "-n", socksan(), "snapshot", "1"]))
        self.assertEqual(0, status, err)
        self.assertRegex(out, r"(?m)^process 1 \(python3 live_server.py\): \d+ open of \d+ opened; \d+ of \d+ descriptors in use")
        busy.stop()
        os.killpg(sidecar.pid, 15)

    def test_what_it_writes_itself_is_beside_its_trace(self):
        pod = self.server_in_pod("shop")
        self.assertIn("dump_at=80%", self.env("shop")["SOCKSAN_OPTIONS"])
        subprocess.run(["prlimit", "--pid", str(pod.inside), "--nofile=60:60"], check=True)
        pod.process.stdin.write("files 100\n")
        pod.process.stdin.flush()
        path = pathlib.Path(self.volume, "shop.1.open.json")
        deadline = time.monotonic() + 60
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        snapshot = self.snapshot(path)
        self.assertEqual(("shop", 1), (snapshot["processes"][0]["host"], snapshot["processes"][0]["pid"]))

    def test_the_number_of_a_process_is_that_of_the_place_where_it_is_asked(self):
        pod = self.server_in_pod("shop")
        pod.tell("leak", 2)
        self.assertEqual(2, self.place(self.snapshot(pod.inside), "leak")["open"], "expected a process of a container, by its number here")
        status, out, err = self.say("snapshot", 1)
        self.assertEqual((2, ""), (status, out), "expected no process 1 here that is traced")
        self.assertIn(f"socksan: the traced process that a container calls 1 is process {pod.inside} here\n", err)

    def test_where_its_processes_cannot_be_seen(self):
        pod = self.server_in_pod("shop")
        pod.tell("leak", 2)
        beside = ["unshare", "-p", "-m", "-u", "--fork", "--mount-proc", socksan()]
        status, _, err = self.finish(self.start([*beside, "watch", "--every=200ms", self.volume]))
        self.assertEqual(2, status)
        self.assertIn("none of its processes can be seen running from here", err)
        status, out, err = self.finish(self.start([*beside, "snapshot", self.volume]))
        self.assertEqual((0, ""), (status, err))
        self.assertIn("whether the processes still run is not known here", out)


if __name__ == "__main__":
    unittest.main()
