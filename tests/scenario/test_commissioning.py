"""Proof tests and bypasses: what a technician does before and between the sessions of others (promise S15)."""
import sys

import lab as laboratory
from lab import Lab, Refused, until

FORCE = """# how labsim brings each condition about
overheat on force tank2 temperature 85
overheat off force tank2 temperature 20
heater-needs-water on force tank2 level 0.05
heater-needs-water off force tank2 level 0.3
"""


def with_proof_test(text, lab):
    """tank-2 wants its interlocks tried twice a year."""
    line = "    heartbeat: {point: plc.heartbeat, every: 200 ms, drops_after: 1 s}\n\n  drive-1:"
    assert text.count(line) == 1
    return text.replace(line, "    proof_test: {every: 180 d}\n" + line)


def on_the_spot(lab, *words, **options):
    return lab.labctl("--socket", lab.folder / "state" / "control.sock", *words, **options)


def proof(lab):
    rig, = [rig for rig in lab.admin(rigs={}).rigs.rigs if rig.name == "tank-2"]
    return rig.status.proof


def counter(lab, name):
    return next((one.value for one in lab.admin(health={}).health.counters if one.name == name), 0)


def prove(lab, force, status=0):
    path = lab.folder / "tank.force"
    path.write_text(force)
    return on_the_spot(lab, "prooftest", "tank-2", "--by", "Tian Wei", "--force", path, "--simulator",
                       lab.folder / "sim.sock", status=status)


def restart(lab):
    lab.kill_gate()
    lab.start_gate()
    lab.wait_safe()


def test_a_proof_test_is_kept_until_it_is_due_or_the_interlocks_change():
    with Lab(edit=with_proof_test) as lab:
        assert proof(lab).overdue and "never" in proof(lab).why, proof(lab)
        assert counter(lab, "proof-tests-overdue") == 1
        until(lambda: lab.gate.find(r"rig tank-2: its interlocks were never proof-tested"), "staff to be told")
        assert "PROOF TEST OVERDUE" in on_the_spot(lab, "rigs")

        said = prove(lab, FORCE)
        assert "2 of 2 interlocks passed" in said, said
        done = proof(lab)
        assert not done.overdue and done.passed and done.by == "Tian Wei" and done.tested, done
        assert counter(lab, "proof-tests-overdue") == 0
        assert "PROOF TEST" not in on_the_spot(lab, "rigs")
        records = [record for record in lab.admin(log={"rig": "tank-2", "most": 200}).log.records if record.kind == "proof-test"]
        assert {record.rule for record in records} == {"overheat", "heater-needs-water", ""}, records
        assert all(record.text.startswith("passed by Tian Wei") for record in records), records

        restart(lab)
        assert not proof(lab).overdue and proof(lab).tested == done.tested, "it is durable"

        config = lab.config / "lab.yaml"
        before = config.read_text()
        config.write_text(before.replace("plc.level > 0.15 m and age(plc.level) < 2 s", "plc.level > 0.16 m and age(plc.level) < 2 s"))
        assert config.read_text() != before
        restart(lab)
        assert proof(lab).overdue and "changed" in proof(lab).why, proof(lab)


def test_a_rule_that_was_not_tried_leaves_the_proof_test_open():
    with Lab(edit=with_proof_test) as lab:
        said = prove(lab, "\n".join(line for line in FORCE.splitlines() if not line.startswith("overheat")), status=8)
        assert "1 of 2 interlocks passed" in said, said
        assert proof(lab).overdue and "failed" in proof(lab).why, proof(lab)


def test_a_rule_that_does_not_act_fails():
    with Lab(edit=with_proof_test) as lab:
        harmless = FORCE.replace("overheat on force tank2 temperature 85", "overheat on force tank2 temperature 60")
        path = lab.folder / "tank.force"
        path.write_text(harmless)
        said = on_the_spot(lab, "prooftest", "tank-2", "--by", "Tian", "--wait", "2s", "--force", path, "--simulator",
                           lab.folder / "sim.sock", status=8)
        assert "did not act" in said and "1 of 2 interlocks passed" in said, said


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
        bypass(lab, "--remove")
        until(lambda: "guard-open" in tian.status("tank-1").trips, "the rule to act once it is in force again")
        assert not tian.status("tank-1").bypasses
        kinds = [(record.kind, record.rule) for record in lab.admin(log={"rig": "tank-1", "most": 200}).log.records]
        assert ("bypass", "guard-open") in kinds and ("bypass-ended", "guard-open") in kinds, kinds
        assert any(kind == "bypass-reason" for kind, _ in kinds), kinds


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
