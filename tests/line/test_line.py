#!/usr/bin/env python3
"""The bad line itself: what it promises to the tests that use it. Only lower bounds of times: a loaded machine is late."""
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from far import NEAR, at_far_end, line  # noqa: E402

TOOL = pathlib.Path(os.environ.get("BUILD", "build")) / "tests/line/shaped_line"
ECHO = """
import socket, sys
s = socket.create_connection(("10.77.0.1", int(sys.argv[1])), timeout=30)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for text in iter(lambda: s.recv(65536), b""):
    s.sendall(text)
"""


class Line(unittest.TestCase):
    def setUp(self):
        line(delay=0, rate=0, loss=0, down=0, queue=64)
        listener = socket.create_server((NEAR, 0))
        listener.settimeout(30)
        self.far = subprocess.Popen(at_far_end(sys.executable, "-c", ECHO, str(listener.getsockname()[1])))
        self.near, _ = listener.accept()
        listener.close()
        self.near.settimeout(30)
        self.near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def tearDown(self):
        line(delay=0, rate=0, loss=0, down=0)
        self.near.close()
        self.far.wait()

    def echo(self, size):
        """Seconds until all came back."""
        start, missing = time.monotonic(), size
        sender = threading.Thread(target=self.near.sendall, args=(bytes(size),))
        sender.start()
        while missing:
            missing -= len(self.near.recv(65536))
        sender.join()
        return time.monotonic() - start

    def test_delay_is_each_way(self):
        line(delay=100)
        self.assertGreaterEqual(self.echo(1), 0.2)

    def test_rate_is_each_way(self):
        line(rate=800)  # 100 kB/s
        self.assertGreaterEqual(self.echo(100_000), 0.9)

    def test_everything_arrives_though_packets_are_lost(self):
        before = line(loss=0.2)
        self.echo(200_000)
        after = line()
        self.assertGreater(after["down"]["lost"], before["down"]["lost"])

    def test_a_full_queue_drops_its_tail(self):
        line(rate=800, queue=4)
        self.echo(100_000)
        self.assertGreater(line()["down"]["overflowed"], 0)

    def test_nothing_crosses_a_line_that_is_down(self):
        line(down=1)
        self.near.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            self.echo(1)

    def test_counts_bytes_with_their_headers(self):
        before = line()
        self.echo(10_000)
        crossed = line()["up"]["bytes"] - before["up"]["bytes"]
        self.assertGreaterEqual(crossed, 10_000 + 7 * 40)  # at least seven segments


class Command(unittest.TestCase):
    def test_ends_as_its_command_did(self):
        self.assertEqual(subprocess.run([TOOL, "--", "sh", "-c", "exit 7"], check=False).returncode, 7)

    def test_what_it_does_not_know_is_refused(self):
        for words in (["speed=3", "--", "true"], ["loss=2", "--", "true"], ["delay=soon", "--", "true"], ["--"]):
            self.assertEqual(subprocess.run([TOOL, *words], check=False, stderr=subprocess.DEVNULL).returncode, 2, words)


if "SHAPED_LINE_FAR" not in os.environ:
    os.execv(TOOL, [str(TOOL), "--", sys.executable, *sys.argv])
unittest.main()
