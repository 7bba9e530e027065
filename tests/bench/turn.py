#!/usr/bin/env python3
"""For how long the gateway's loop does not look at the lines, as `longest-turn-us` of its health says, in what it does
seldom and at length: taking another configuration up, and starting simulators. Of each reaction time 10 ms are allowed for
the loop (docs/safety.md). Rows as tests/bench/run wants them."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "scenario"))
from lab import Lab  # noqa: E402
from weight import INSTRUMENTS, ManyInstruments  # noqa: E402

ALLOWED = 10.0  # ms
STUDENTS = 16


SIMULATORS = f"practice: {{at_most: {STUDENTS}, longest: 30 min, instruments: {{plc: tank}}}}\n    safe:"


def longest_turn(client):
    return next(one.value for one in client.do(health={}).health.counters if one.name == "longest-turn-us") / 1000


def row(figure, client):
    took = longest_turn(client)
    print(f"{figure}\t{took:.2f} ms\t<= {ALLOWED:.0f} ms\t{'ok' if took <= ALLOWED else 'short'}", flush=True)


def reload():
    """All rigs change: the exchange makes each a new core, and ends and starts each line."""
    with ManyInstruments() as lab:
        lab.wait_safe()
        client = lab.person("tian", "technician")
        print(f"turn: {INSTRUMENTS} rigs: {longest_turn(client):.2f} ms before", file=sys.stderr)
        profile = lab.config / "profiles" / "hundred.yaml"
        profile.write_text(profile.read_text().replace("poll: 100 ms", "poll: 200 ms"))
        out = lab.labctl("reload", "--socket", lab.folder / "state" / "control.sock")
        assert out.count(": verified safe") == INSTRUMENTS, out
        row(f"longest turn of the loop, {INSTRUMENTS} rigs of 100 points change at a reload", client)


def practice():
    with Lab(edit=lambda text, _: text.replace("safe:", SIMULATORS, 1)) as lab:
        students = [lab.person(f"student-{i}") for i in range(STUDENTS)]
        client = lab.person("tian", "technician")
        print(f"turn: demo: {longest_turn(client):.2f} ms before", file=sys.stderr)
        for student in students:
            assert student.do(practice={"rig": "tank-1"}).practice.rig
        row(f"longest turn of the loop, {STUDENTS} simulators are started", client)
        for student in students:
            student.do(practice={"rig": "tank-1", "leave": True})
        row("longest turn of the loop, and are ended", client)


if __name__ == "__main__":
    reload()
    practice()
