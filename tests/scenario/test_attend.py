"""While the gateway works on a course of many bookings it trips and stops at once: neither waits for the end of that."""
import sqlite3
import sys
import threading
import time

import lab as laboratory
from lab import BUILD, Lab, until
from school import never_closed

STUDENTS, WEEKS = 60, 12  # 360 bookings, each of which the shim makes take 4 ms
HEATER_OFF = "0500000000"  # the first write of the safe sequence
WELL_BEFORE = 300_000_000  # ns


class SlowLab(Lab):
    def gate_command(self):
        return ["env", f"LD_PRELOAD={BUILD}/tests/shim/slow_codes.so", f"SLOW_CODES={self.folder}/slow", *super().gate_command()]


def enroll_unseen(lab):
    """Nobody of them logs in, so no passwords need to be hashed."""
    names = [f"s{i + 1}" for i in range(STUDENTS)]
    lab.gate.stop()
    ledger = sqlite3.connect(lab.folder / "state" / "ledger.sqlite")
    ledger.executemany("INSERT INTO account(name, role, hash, password_version, disabled) VALUES (?, 0, '', 1, 0)",
                       [(name,) for name in names])
    ledger.commit()
    ledger.close()
    lab.start_gate()
    lab.wait_safe()
    return names


class Planning:
    """A course that cannot be booked is asked for: nothing is stored, but all of it is made and tried. During that the loop
    comes to nothing else by itself."""

    def __init__(self, lab, client, students):
        self.slow, self.begun = lab.folder / "slow", lab.folder / "slow.begun"
        slots = [{"weekday": 1 + i % 5, "from": 480 + i // 5 * 60, "until": 500 + i // 5 * 60} for i in range(STUDENTS // 4)]
        self.course = {"name": "Large", "weeks": f"1-{WEEKS}", "slots": slots, "rigs": ["tank-1", "tank-2"],
                       "students": students, "group_size": 2, "group": "careful"}
        self.client, self.answer = client, None

    def __enter__(self):
        self.begun.write_text("")
        self.begun.chmod(0o666)
        self.slow.touch()
        self.thread = threading.Thread(target=self.ask, daemon=True)
        self.thread.start()
        until(self.begun.read_text, "the plan to begin")
        return self

    def ask(self):
        self.answer = self.client.ask(plan_course={"term": "term-1", "courses": [self.course]})
        self.answered = time.monotonic_ns()

    def __exit__(self, *_):
        self.thread.join(60)
        self.slow.unlink()
        assert self.answer.reason == "conflicts" and self.answer.plan_course.booking_count > 300, self.answer

    def outlasted(self, when):
        return when + WELL_BEFORE < self.answered


def safe_write(trace):
    for line in trace.read_text().splitlines() if trace.exists() else []:
        words = line.split()
        if words[1:2] == ["request"] and words[2] == HEATER_OFF:
            return int(words[0])
    return None


def trip(lab, planning):
    trace = lab.folder / "trace"
    trace.unlink(missing_ok=True)
    lab.ctl("trace", "tank", trace)
    with planning:
        lab.ctl("force", "tank", "guard_closed", "off")
        written = until(lambda: safe_write(trace), "the safe write")
    lab.ctl("trace", "tank", "off")
    lab.ctl("force", "tank", "guard_closed", "on")
    return planning.outlasted(written)


def stop(anna, planning):
    with planning:
        assert anna.ask(stop={}).ok
        answered = time.monotonic_ns()
    return planning.outlasted(answered)


def test_neither_a_trip_nor_an_e_stop_waits_for_a_plan():
    with SlowLab(edit=never_closed) as lab:
        students = enroll_unseen(lab)
        anna, tech, shen = lab.person("anna"), lab.person("tech", "technician"), lab.person("shen", "scheduler")
        anna.book("tank-1")
        anna.take("tank-1")
        planning = Planning(lab, shen, students)
        for what, act in (("trip", lambda: trip(lab, planning)), ("e-stop", lambda: stop(anna, planning))):
            for _ in range(5):  # on a machine that is held up, the plan may end first once
                acted = act()
                until(lambda: tech.ask(reset={"rig": "tank-1"}).ok, "the reset")
                if acted:
                    break
            assert acted, f"every {what} waited for the end of a plan"


if __name__ == "__main__":
    sys.exit(laboratory.main(sys.modules[__name__]))
