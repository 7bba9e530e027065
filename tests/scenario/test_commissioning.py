"""Proof tests and bypasses: what a technician does before and between the sessions of others (promise S15)."""
import contextlib
import os
import re
import sqlite3
import subprocess
import sys
import threading

import lab as laboratory
from lab import Lab, Refused, until

FORCE = """# how labsim brings each condition about
overheat before force tank level 0.3
overheat on force tank temperature 85
overheat off force tank temperature 20
heater-needs-water before force tank level 0.3
heater-needs-water on force tank level 0.05
heater-needs-water off force tank level 0.3
heartbeat before force tank level 0.3
local-mode on force tank local_mode on
local-mode off force tank local_mode off
lost.plc on hangup tank
lost.plc off restore tank
departure on force tank fill on
"""
# Each row of the matrix but the gateway's own start and stop.
CAUSES = ["trip overheat", "permissive heater-needs-water", "limit limit of plc.pump", "e-stop", "lock-out", "local mode plc.local",
          "heartbeat plc.heartbeat", "lost plc", "edge end of control", "edge hand-over", "edge departure"]


def with_proof_test(text, lab):
    """tank-2 wants its interlocks tried twice a year. It is on TCP here, in the place of tank-1: on a loaded machine samples of a
    serial line grow old, and its rigs trip."""
    line = "    heartbeat: {point: plc.heartbeat, every: 200 ms, drops_after: 1 s}\n\n  drive-1:"
    assert text.count(line) == 1
    text = re.sub(r"(?ms)^  tank-1:.*?(?=^  tank-2:)", "", text.replace(line, "    proof_test: {every: 180 d}\n" + line))
    serial = 'link: "serial:${line}", unit: 1, baud: 115200, timeout: 100 ms, turnaround: 3 ms'
    assert text.count(serial) == 1
    text = text.replace(serial, 'link: "tcp://${tank}", unit: 1, timeout: 100 ms, turnaround: 5 ms')
    return text.replace('link: "serial:${line}", unit: 2}', 'link: "serial:${line}", unit: 2, baud: 115200, timeout: 100 ms, turnaround: 3 ms}')


def on_the_spot(lab, *words, **options):
    return lab.labctl("--socket", lab.folder / "state" / "control.sock", *words, **options)


def proof(lab):
    rig, = [rig for rig in lab.admin(rigs={}).rigs.rigs if rig.name == "tank-2"]
    return rig.status.proof


def counter(lab, name):
    return next((one.value for one in lab.admin(health={}).health.counters if one.name == name), 0)


class Colleague:
    """Wang, who takes a seat as soon as there is a session, and stays in it."""

    def __init__(self, lab):
        self.wang = lab.person("wang", "teacher")
        self.gone = threading.Event()
        self.thread = threading.Thread(target=self.sit, daemon=True)

    def sit(self):
        while not self.gone.wait(0.5):
            if not self.wang.ask(presence={}).ok and self.wang.status("tank-2").session:
                answer = self.wang.ask(join={"rig": "tank-2"})
                self.wang.seat = answer.join.seat if answer.ok else 0

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.gone.set()
        self.thread.join(30)


def technician(lab):
    if "tian" not in lab.people:
        lab.add_account("tian", "technician")
    lab.labctl("login", "tian", "--password-stdin", text=laboratory.PASSWORD + "\n")


def prove(lab, force, *options, status=0, **others):
    path = lab.folder / "tank.force"
    path.write_text(force)
    lab.ctl("force", "tank", "valve_travel", "0.1")
    return on_the_spot(lab, "prooftest", "tank-2", "--force", path, "--simulator", lab.folder / "sim.sock", *options,
                       status=status, **others)


def plan(lab):
    return {f"{item.kind} {item.name}".strip(): item for item in lab.admin(proof_plan={"rig": "tank-2"}).proof_plan["items"]}


def whole_log(lab, rig):
    found, after, more = [], 0, True
    while more:
        page = lab.admin(log={"rig": rig, "after": after}).log
        found += page.records
        after, more = page.next, page.more
    return found


def only(*keys):
    return "\n".join(line for line in FORCE.splitlines() if line.split()[0] in keys) + "\n"


def restart(lab):
    lab.kill_gate()
    lab.start_gate()
    lab.wait_safe()


def test_a_walk_tries_every_cause_of_the_matrix_and_goes_on_where_it_ended():
    with Lab(edit=with_proof_test) as lab:
        assert proof(lab).overdue and "never" in proof(lab).why, proof(lab)
        assert counter(lab, "proof-tests-overdue") == 1
        until(lambda: lab.gate.find(r"rig tank-2: its interlocks were never proof-tested"), "staff to be told")
        assert "PROOF TEST OVERDUE" in on_the_spot(lab, "rigs")
        assert list(plan(lab)) == CAUSES, plan(lab)
        prove(lab, FORCE, status=4)  # nobody is logged in
        technician(lab)

        said = prove(lab, only("overheat", "heater-needs-water"), "--wait", "3s", status=8)
        assert "nobody sat in another seat" in said and "not tested" in said, said
        done = {name for name, item in plan(lab).items() if item.passed}
        assert done == {"trip overheat", "permissive heater-needs-water", "limit limit of plc.pump", "e-stop", "lock-out",
                        "heartbeat plc.heartbeat", "edge end of control"} or print(said, lab.last.stderr), done
        assert "of a new test 7 of 11 causes are done" in proof(lab).why, proof(lab)
        overheat = plan(lab)["trip overheat"]
        assert overheat.by == "tian" and overheat.tested, overheat
        for seen in ("plc.fill open", "plc.pump ", "plc.temperature 8", "a command was refused: tripped"):
            assert seen in overheat.note, overheat.note
        assert not lab.admin(bookings={"rig": "tank-2"}).bookings.bookings, "its session is given back"

        restart(lab)
        technician(lab)
        assert plan(lab)["trip overheat"].tested == overheat.tested, "each result is durable"
        with Colleague(lab):
            said = prove(lab, FORCE)
        assert "7 of 11 causes have passed already" in said and "trip overheat" not in said, said
        assert "tank-2: 11 of 11 causes passed; recorded for tian" in said, said
        done = proof(lab)
        assert not done.overdue and done.passed and done.by == "tian" and done.tested == overheat.tested, done
        assert counter(lab, "proof-tests-overdue") == 0
        assert "PROOF TEST" not in on_the_spot(lab, "rigs")
        records = [record for record in whole_log(lab, "tank-2") if record.kind == "proof-test"]
        assert len(records) == 12 and all(record.who == "tian" for record in records), records
        assert any("heartbeat passed by tian: from plc.pump 30 %, plc.heater on, plc.fill open" in record.text for record in records), records
        assert "FAILED" not in on_the_spot(lab, "prooftest", "tank-2", "--list")

        restart(lab)
        assert not proof(lab).overdue and proof(lab).tested == done.tested, "it is durable"
        config = lab.config / "lab.yaml"
        before = config.read_text()
        config.write_text(before.replace("plc.level > 0.15 m and age(plc.level) < 3 s", "plc.level > 0.16 m and age(plc.level) < 3 s"))
        assert config.read_text() != before
        restart(lab)
        assert proof(lab).overdue and "changed" in proof(lab).why, proof(lab)
        assert not any(item.tested for item in plan(lab).values()), "nothing of it counts any more"


def test_what_does_not_act_fails():
    with Lab(edit=with_proof_test) as lab:
        technician(lab)
        lab.ctl("force", "tank", "watchdog_ms", "60000")  # a controller that does not drop its outputs in time
        harmless = only("overheat", "heater-needs-water", "heartbeat").replace("temperature 85", "temperature 60")
        said = prove(lab, harmless, "--wait", "3s", status=8)
        assert "did not act" in said and "did not drop its outputs" in said, said
        failed = {name for name, item in plan(lab).items() if item.tested and not item.passed}
        assert failed == {"trip overheat", "heartbeat plc.heartbeat"}, plan(lab)
        assert proof(lab).overdue and "failed" in proof(lab).why, proof(lab)
        assert "8.0" not in on_the_spot(lab, "prooftest", "tank-2", "--list")


def test_only_the_cause_itself_passes():
    """A command that a limit refuses shows nothing of the permissive, an output that did not move nothing of the trip."""
    def with_rate(text, lab):
        text = with_proof_test(text, lab)
        rule = "    interlocks:\n      - trip: overheat\n        when: plc.temperature > 80 degC\n"
        assert text.count(rule) == 1
        profile = lab.folder / "lab" / "profiles" / "modbus" / "tank-trainer.yaml"
        profile.parent.mkdir(parents=True)
        points = (lab.profiles / "modbus" / "tank-trainer.yaml").read_text()
        assert points.count("  inflow: ") == 1
        profile.write_text(points.replace("  inflow: ", "  flow_rate: "))
        return text.replace(rule, "    interlocks:\n      - {limit: plc.heater, rate: 1 /s}\n"
                            "      - {limit: plc.fill, total: 1000 L, totalizes: plc.flow_rate}\n      - trip: overheat\n"
                            "        drives: {plc.heater: off}\n        when: plc.temperature > 80 degC\n")

    with Lab(edit=with_rate) as lab:
        technician(lab)
        said = prove(lab, only("overheat", "heater-needs-water"), "--wait", "3s", status=8)
        for cause, reason in (("trip overheat", "tripped"), ("permissive heater-needs-water", "not-permitted")):
            item = plan(lab)[cause]
            assert item.passed and f"a command was refused: {reason}, {cause.split()[1]}" in item.note, (item, said)
        assert plan(lab)["limit limit of plc.heater"].passed, said
        assert not plan(lab)["limit limit of plc.fill"].tested, "a total is nobody's rate, whatever its point is called"

        lab.ctl("force", "tank", "level", "0.05")
        lab.client().login("tian").wait_value("tank-2", "plc.level", lambda value: value.number < 0.1)
        dry = only("overheat", "heater-needs-water").replace("overheat before force tank level 0.3", "")
        said = prove(lab, dry, "--anew", "--wait", "3s", status=8)
        assert "no output could be moved before" in said, said
        assert not plan(lab)["trip overheat"].tested, "of the round before, and not tried in this one"
        assert plan(lab)["permissive heater-needs-water"].passed, said


def changed_ledger(lab, statement, *values):
    lab.gate.stop()
    with contextlib.closing(sqlite3.connect(lab.folder / "state" / "ledger.sqlite")) as store:
        found = store.execute(statement, values).fetchone()
        store.commit()
    return found


def test_a_proof_test_is_dated_by_a_plausible_clock():
    with Lab(edit=with_proof_test) as lab:
        def results():
            return {"rig": "tank-2", "by": "tian", "fingerprint": proof(lab).fingerprint,
                    "results": [{"kind": item.kind, "rule": item.name, "passed": True} for item in plan(lab).values()]}

        lab.admin(proof_test=results())
        assert not proof(lab).overdue, proof(lab)
        before, = changed_ledger(lab, "SELECT last_wall FROM gateway")
        month = 30 * 86400000
        changed_ledger(lab, "UPDATE gateway SET last_wall = ?", before + month)
        lab.start_gate()
        lab.gate.wait_line("the clock is earlier than the newest record")
        try:
            lab.admin(proof_test=results())
            raise AssertionError("dated by a clock that is not plausible")
        except Refused as refusal:
            assert refusal.reason == "clock", refusal
        # One that was dated while the clock was ahead.
        changed_ledger(lab, "UPDATE gateway SET last_wall = ?", before)
        state, = changed_ledger(lab, "SELECT state FROM rig WHERE name = 'proof-test tank-2'")
        state = state[:2] + (int.from_bytes(state[2:10], "little") + month).to_bytes(8, "little") + state[10:]
        changed_ledger(lab, "UPDATE rig SET state = ? WHERE name = 'proof-test tank-2'", state)
        lab.start_gate()
        assert proof(lab).overdue and "in the future" in proof(lab).why, proof(lab)


def test_a_walk_by_hand_sees_for_itself():
    with Lab(edit=with_proof_test) as lab:
        technician(lab)
        lab.ctl("force", "tank", "valve_travel", "0.1")
        walk = subprocess.Popen([str(laboratory.BUILD / "labctl"), "--profile", "test", "--socket",
                                 str(lab.folder / "state" / "control.sock"), "prooftest", "tank-2"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env=dict(os.environ, XDG_STATE_HOME=str(lab.folder / "people"), LC_ALL="C.UTF-8", NO_COLOR="1",
                                         XDG_CONFIG_HOME=str(lab.folder / "people"), LABGATE_SERVER=lab.urls["tcp"]))
        said = []

        def hear(pattern):
            while not said or pattern not in said[-1]:
                line = walk.stdout.readline()
                assert line, said
                said.append(line)

        try:
            hear("make this true: plc.temperature > 80 degC")
            for slip in ("d" * 79 + "q", "d", "skip"):  # none is "done": the test would fail after the wait
                walk.stdin.write(slip + "\n")
                walk.stdin.flush()
                said.append(f"(typed {slip})")
                hear("that is no answer here")
            lab.ctl("force", "tank", "temperature", "85")
            hear("end that")
            lab.ctl("force", "tank", "temperature", "20")
            hear("passed")
            hear("make this true first: plc.level > 0.15 m")
            lab.ctl("force", "tank", "level", "0.3")
            hear("make this false")
            walk.stdin.write("s\n")
            walk.stdin.flush()
            hear("not tested: ")
            hear("switch the rig to local operation")
            walk.stdin.write("s\n")
            walk.stdin.flush()
            hear("unplug the line of plc")
            walk.stdin.close()  # whoever it was has gone home
            hear("causes passed")
            assert walk.wait(60) == 130, said
        finally:
            walk.kill()
            walk.wait()
            walk.stdout.close()
        assert plan(lab)["trip overheat"].passed and not plan(lab)["lost plc"].tested
        lab.wait_safe("tank-2")


def test_nothing_is_tested_in_anothers_session():
    with Lab(edit=with_proof_test) as lab:
        technician(lab)
        anna = lab.person("anna")
        anna.book("tank-2")
        anna.take("tank-2")
        assert prove(lab, FORCE, status=1) == "" and "in use" in lab.last.stderr, lab.last.stderr
        tian = lab.client().login("tian")
        try:
            lab.admin(hold_heartbeat={"rig": "tank-2", "seconds": 5})
            raise AssertionError("a heartbeat was held in a student's session")
        except Refused as refused:
            assert refused.reason == "students-session", refused
        assert tian.refused(hold_heartbeat={"rig": "tank-2", "seconds": 5}).reason == "not-allowed", "not over the bus"
        assert anna.status("tank-2").controller == anna.seat


def bypass(lab, *words, **options):
    return on_the_spot(lab, "bypass", "tank-1", "guard-open", *words, **options)


def test_a_bypass_is_seen_by_all_and_ends():
    with Lab() as lab:
        tian = lab.person("tian", "technician")
        answer = tian.ask(bypass={"rig": "tank-1", "rule": "guard-open", "seconds": 60, "reason": "mine"})
        assert answer.reason == "not-allowed", "not over the bus"
        assert bypass(lab, "--for", "2h", status=2) == "", "a reason is wanted"
        bypass(lab, "--for", "9h", "too", "long", status=1)
        assert "too-long" in lab.last.stderr or "8 h" in lab.last.stderr, lab.last.stderr
        bypass(lab, "--for", "2h", "aligning the pump")
        shown, = tian.status("tank-1").bypasses
        assert (shown.rule, shown.reason) == ("guard-open", "aligning the pump") and shown.until, shown
        assert "guard-open is bypassed until" in on_the_spot(lab, "show", "tank-1")
        assert counter(lab, "bypasses") == 1

        lab.ctl("force", "tank", "guard_closed", "off")
        tian.wait_value("tank-1", "plc.guard", lambda value: value.number == 0)
        assert not tian.status("tank-1").trips, "the rule is out of force"
        assert "in force again" in bypass(lab, "--remove")
        assert "was not bypassed, so nothing was done" in bypass(lab, "--remove")
        until(lambda: "guard-open" in tian.status("tank-1").trips, "the rule to act once it is in force again")
        assert not tian.status("tank-1").bypasses
        lab.labctl("login", "tian", "--password-stdin", text=laboratory.PASSWORD + "\n")
        bypass(lab, "--for", "1h", "the cover is off again")
        records = lab.admin(log={"rig": "tank-1", "most": 200}).log.records
        assert {record.who for record in records if record.kind == "bypass"} == {"labgate", "tian"}, records
        kinds = [(record.kind, record.rule) for record in records]
        assert ("bypass", "guard-open") in kinds and ("bypass-ended", "guard-open") in kinds, kinds
        assert any(kind == "bypass-reason" for kind, _ in kinds), kinds


def test_a_bypass_expires_and_everybody_sits_before_it():
    """With the rule out of force everybody at the rig knows; at its end the rule is judged at once."""
    with Lab() as lab:
        wang = lab.person("wang", "teacher")
        wang.book("tank-1")
        wang.take("tank-1")
        lab.admin(bypass={"rig": "tank-1", "rule": "guard-open", "seconds": 3, "reason": "aligning the pump"})
        until(lambda: wang.status("tank-1").bypasses, "the bypass to show")
        lab.ctl("force", "tank", "guard_closed", "off")
        assert wang.set("plc.fill", "open").verified and not wang.status("tank-1").trips
        until(lambda: "guard-open" in wang.status("tank-1").trips, "the rule to act when the time is over", patience=20)
        until(lambda: lab.truth()["fill_closed"] == "1", "what it drives")
        assert not wang.status("tank-1").bypasses
        lab.admin(bypass={"rig": "tank-1", "rule": "overheat", "seconds": 600, "reason": "measuring"})
        lab.person("anna").join("tank-1")  # a student sits down: it is a student's session from now on
        assert not wang.status("tank-1").bypasses
        lab.kill_gate()
        lab.start_gate()
        assert not lab.client().login("wang").status("tank-1").bypasses, "none outlives the gateway"


def test_no_rule_is_bypassed_in_a_students_session():
    with Lab() as lab:
        bypass(lab, "--for", "2h", "aligning the pump")
        lab.ctl("force", "tank", "guard_closed", "off")
        anna = lab.person("anna")
        anna.wait_value("tank-1", "plc.guard", lambda value: value.number == 0)
        assert not anna.status("tank-1").trips
        anna.book("tank-1")
        until(lambda: anna.status("tank-1").session, "the session")
        until(lambda: "guard-open" in anna.status("tank-1").trips, "the bypass to end with the student's session")
        assert not anna.status("tank-1").bypasses
        try:
            lab.admin(bypass={"rig": "tank-1", "rule": "guard-open", "seconds": 60, "reason": "again"})
            raise AssertionError("a bypass in a student's session")
        except Refused as refused:
            assert refused.reason == "students-session", refused


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
