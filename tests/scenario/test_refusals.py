"""Promise S11: whoever is refused something is on record with it, whatever kind of refusal it was; and nobody fills the audit
with refusals."""
import os
import sys

import lab as laboratory
from lab import Lab, Refused, until


def records(lab, **fields):
    found, after, more = [], 0, True
    while more:
        page = lab.admin(log={"after": after, **fields}).log
        found += page.records
        after, more = page.next, page.more
    return found


def refused_locally(lab, **fields):
    try:
        lab.admin(**fields)
    except Refused as refusal:
        return refusal.answer
    raise AssertionError(f"{fields} was accepted")


def test_every_refusal_is_on_record():
    with Lab() as lab:
        anna, bo, wang = lab.person("anna"), lab.person("bo"), lab.person("wang", "teacher")
        tian = lab.person("tian", "technician")
        code = anna.book("tank-1").join_code
        anna.take("tank-1")
        bo.join("tank-1")
        other = lab.person("other")
        other.book("tank-2")
        other.join("tank-2")
        visitor = lab.client()
        visitor.token = visitor.do(login={"join_code": code}).login.token
        late = lab.person("late")
        late.join("tank-1")
        late.do(logout={})  # the token is void, the seat is there
        here = f"by uid {os.getuid()}"
        operator = None  # on the gateway's own socket, without an account
        bypass = {"rig": "tank-1", "rule": "overheat", "seconds": 60, "reason": "a try"}
        rows = [
            # who, what, why not, and the record: rig, text
            (tian, {"lockout": {"rig": "tank-1", "remove": True, "reason": "done"}}, "not-allowed", "tank-1", "lockout"),
            (tian, {"lockout": {"rig": "tank-1"}}, "no-reason", "tank-1", "lockout"),
            (operator, {"bypass": dict(bypass, reason="")}, "no-reason", "tank-1", f"bypass overheat {here}"),
            (operator, {"join": {"rig": "tank-1"}}, "not-allowed", "tank-1", f"join {here}"),
            (operator, {"stop": {"rig": "tank-9"}}, "unknown-rig", "", f"stop tank-9 {here}"),
            (anna, {"take": {"to": other.seat}}, "no-seat", "tank-1", "take"),
            (anna, {"capture": {"waveform": "no.such", "sequence": 9, "epoch": 1}}, "unknown-waveform", "tank-1", "capture no.such"),
            (bo, {"capture_state": {"capture": 77}}, "unknown-capture", "tank-1", "capture-state"),
            (bo, {"bypass": bypass}, "not-allowed", "tank-1", "bypass overheat"),
            (bo, {"hold_heartbeat": {"rig": "tank-1", "seconds": 1}}, "not-allowed", "tank-1", "hold-heartbeat"),
            (bo, {"proof_test": {"rig": "tank-1", "by": "bo"}}, "not-allowed", "tank-1", "proof-test"),
            (tian, {"account_put": {"account": {"name": "eve", "role": "TECHNICIAN"}}}, "not-allowed", "", "account-put"),
            (late, {"stop": {"rig": "tank-1"}}, "token-void", "tank-1", "stop"),
            (visitor, {"get": {"rig": "tank-2"}}, "not-allowed", "tank-2", "get by a spectator"),
            (visitor, {"stop": {"rig": "tank-1"}}, "not-allowed", "tank-1", "stop by a spectator"),
            (bo, {"join": {"rig": "no-such-rig"}}, "unknown-rig", "", "join no-such-rig"),
            (bo, {"clear": {"rig": "tank-1"}}, "not-allowed", "tank-1", "clear"),
            (wang, {"stop": {"rig": "tank-1"}}, "no-seat", "tank-1", "stop"),
            (wang, {"maintain": {"rigs": ["tank-1"], "reason": "tea"}}, "not-allowed", "", "maintain"),
            (anna, anna.command("plc.pump", "fast"), "wrong-type", "tank-1", "set plc.pump"),
            (anna, anna.command("plc.nothing", 1.0), "unknown-point", "tank-1", "plc.nothing"),
            (anna, {"log": {"rig": "tank-1"}}, "not-allowed", "tank-1", "log"),
        ]
        wanted = set()
        for who, fields, reason, rig, text in rows:
            answer = who.refused(**fields) if who else refused_locally(lab, **fields)
            assert answer.reason == reason, (fields, answer)
            name = "labgate" if who in (operator, visitor) else who.name
            wanted.add((name, rig, text, reason))

        def on_record():
            found = {(record.who, record.rig, record.text, record.reason) for record in records(lab) if record.kind == "refusal"}
            return wanted - found

        try:
            until(lambda: not on_record(), "the records", patience=15)
        except laboratory.Failure:
            raise AssertionError(f"not on record: {sorted(on_record())}") from None


def test_whoever_acts_without_an_account_is_on_record_by_uid():
    with Lab() as lab:
        lab.admin(lockout={"rig": "tank-1", "reason": "my hands are in"})
        until(lambda: ("tank-1", f"lockout by uid {os.getuid()}") in
              {(record.rig, record.text) for record in records(lab) if record.kind == "operator"}, "the operator's record")


def test_the_same_refusal_again_is_counted():
    with Lab() as lab:
        anna = lab.person("anna")
        stranger = lab.client()
        before = len(records(lab))
        for number in range(300):
            assert anna.refused(clear={"rig": "tank-1"}).reason == "not-allowed"
            assert stranger.refused(stop={"rig": "tank-1"}).reason == "no-token"
            assert anna.refused(join={"rig": f"rig-{number}"}).reason == "unknown-rig"
        found = until(lambda: [record for record in records(lab)[before:] if record.kind == "refusal"], "a record")
        assert len(found) <= 32, f"{len(found)} records of 900 refusals"
        assert not [record for record in found if record.reason == "no-token"], found
        lab.gate.stop()  # which concludes the counts
        lab.start_gate()
        texts = [record.text for record in records(lab)[before:] if record.kind == "refusal"]
        assert "clear, 299 times more" in texts, texts
        assert "300 refusals of strangers" in texts, texts
        assert any(text.startswith("269 refusals, each of a kind of its own") for text in texts), texts


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
