"""What labctl says when something cannot be done: what was attempted, whether it was done, what to do next; and its exit codes."""
import contextlib
import json
import os
import signal
import sys
import time

import lab as laboratory
from lab import PASSWORD, Lab, until


def login(lab, name, role="student"):
    if name not in lab.people:
        lab.add_account(name, role)
    lab.labctl("login", name, "--password-stdin", text=PASSWORD + "\n", profile=name)


def begin(lab, name="anna", rig="tank-1"):
    """A session in which labctl of that name has control."""
    login(lab, name)
    lab.labctl("book", rig, "--for", "10m", profile=name)
    until(lambda: lab.admin(show={"rig": rig}).show.rig.status.session, "the session")
    lab.labctl("join", rig, profile=name)


@contextlib.contextmanager
def silent(pid):
    """A process that takes what comes and answers nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def says(lab, *words, status, profile="anna", **options):
    lab.labctl(*words, status=status, profile=profile, **options)
    return lab.last.stderr


def test_without_an_answer_it_is_said_whether_anything_was_done():
    with Lab() as lab:
        begin(lab)
        with silent(lab.gate.process.pid):
            # Only questions were asked before what was wanted.
            for words in (["set", "pump", "35"], ["book", "tank-1", "--from", "+1h", "--for", "45m"], ["get", "level"], ["rigs"]):
                said = says(lab, "--timeout", "1s", *words, status=3)
                typed = " ".join(word for word in words if not word.startswith("-")).replace(" +1h 45m", "")
                assert f"cannot {typed}: no answer in time" in said and "nothing was done" in said, said
                assert "after 1 s" in said, said
            # What was wanted was sent.
            said = says(lab, "--timeout", "1s", "release", status=5)
            assert "cannot tell whether this was done: release control: no answer in time" in said, said
            assert "no harm to repeat" in said, said
            said = says(lab, "--timeout", "1s", "--json", "cancel", "1", status=5)
            told = json.loads(lab.last.stdout)
            assert told["reason"] == "unknown-outcome" and told["exit"] == 5, told
            assert "cancel booking 1" in told["message"] and "labctl bookings" in told["message"], told
        with silent(lab.gate.process.pid):
            asked = time.monotonic()
            said = says(lab, "--timeout", "4s", "rigs", status=3)
            assert "after 4 s" in said and time.monotonic() - asked >= 4, said
        lab.gate.stop()
        said = says(lab, "--timeout", "1s", "set", "pump", "35", status=3)
        assert "cannot set pump 35: no connection" in said and "is the gateway running?" in said, said


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
