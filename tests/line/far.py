"""The ends of a shaped line, for Python: what runs at the far end, and what the line is asked to be."""
import json
import os
import socket
import tempfile

NEAR, FAR = "10.77.0.1", "10.77.0.2"


def at_far_end(*command):
    return ["nsenter", "-t", os.environ["SHAPED_LINE_FAR"], "-n", *command]


def line(**conditions):
    """Changes the line; its counters since the start."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as control:
        control.bind(folder + "/answer")
        control.settimeout(10)
        words = " ".join(f"{key}={value}" for key, value in conditions.items())
        control.sendto(words.encode() or b" ", os.environ["SHAPED_LINE_CONTROL"])
        counters = json.loads(control.recv(1024))
        assert counters, f"shaped_line: not a condition: {words}"
        return counters
