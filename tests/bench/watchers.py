#!/usr/bin/env python3
"""Two thousand watchers of one rig over WebSocket, five updates a second each: how long the controller's commands take beside
them, against the same commands with nobody watching. Rows as tests/bench/run wants them; WATCHERS=N for other numbers."""
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))
import lab as laboratory  # noqa: E402
from lab import BUILD, Lab  # noqa: E402

WATCHERS = int(os.environ.get("WATCHERS", 2000))
EVERY = 200  # ms between two frames of a watcher
CREDIT = 16
COMMANDS = 200
BETWEEN = 0.05  # s, so that each meets another moment of the watchers' turn
OBSERVED = 10.0  # s of frames
OPENED_WITHIN = 60.0
RIG, SWITCH = "tank-1", "plc.lamp"


def row(figure, value, bound, unit, good):
    print(f"{figure}\t{value:.3g} {unit}\t{bound} {unit}\t{'ok' if good else 'short'}", flush=True)


def latencies(student):
    """Of commands that go to and fro, each until it is confirmed by its read-back, ms."""
    took = []
    for i in range(COMMANDS):
        began = time.monotonic()
        student.set(SWITCH, i % 2 == 0)
        took.append((time.monotonic() - began) * 1000)
        time.sleep(BETWEEN)
    return sorted(took)


def in_words(took):
    return f"median {statistics.median(took):.2f} ms, 95th {took[int(len(took) * 0.95)]:.2f}, worst {took[-1]:.2f}"


class Watchers:
    """The load, as a process of its own: the gateway's speed is measured, not Python's."""

    def __init__(self, lab, person):
        request = person.message(seat=0, seen=0, elapsed=0, watch={"rig": RIG, "credit": CREDIT, "every": EVERY})
        port = urllib.parse.urlsplit(lab.urls["ws"]).port
        self.process = subprocess.Popen([str(BUILD / "tests/bench/load/watchers"), str(WATCHERS), str(port), request.hex()],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        assert self.process.stdout.readline() == "watching\n", "the watchers ended"
        return self

    def counts(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return [int(word) for word in self.process.stdout.readline().split()]

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=20)


def main():
    wanted = 2 * WATCHERS + 1000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, wanted)), hard))
    with Lab() as lab:
        student = lab.person("anna", scheme="ws")
        viewer = lab.person("tian", "technician", scheme="ws")
        student.book(RIG)
        student.take(RIG)
        alone = latencies(student)
        began = time.monotonic()
        with Watchers(lab, viewer) as watchers:
            opened = time.monotonic() - began
            watchers.counts()
            began = time.monotonic()
            beside = latencies(student)
            time.sleep(max(0.0, began + OBSERVED - time.monotonic()))
            answers, size, least, lost = watchers.counts()
            seconds = time.monotonic() - began
        print(f"watchers: alone {in_words(alone)}; beside {WATCHERS} {in_words(beside)}; opened in {opened:.1f} s; "
              f"{answers / seconds:.0f} frames/s, {size / seconds / 1000:.0f} kB/s, {lost} lost", file=sys.stderr)
        rate, slowest = answers / seconds / WATCHERS, least / seconds
        row(f"{WATCHERS} watchers of one rig: frames for each", rate, ">= 4.5", "1/s", rate >= 4.5)
        row("  for the one that has fewest", slowest, ">= 4", "1/s", slowest >= 4)
        row("  that lost their connection", lost, "<= 0", "", lost == 0)
        for name, part in (("median", 0.5), ("95th", 0.95)):
            ratio = beside[int(COMMANDS * part)] / alone[int(COMMANDS * part)]
            row(f"  a command of the controller, {name}, beside nobody watching", ratio, "<= 2", "x", ratio <= 2)


main()
