"""Who has control, and that nobody else has: resuming, expiry, late packets, and an e-stop before a full queue (S4, S8)."""
import re
import signal
import sys

import lab as laboratory
from lab import SCHEMA, Lab, until


def quick_presence(text, _):
    return re.sub(r"session: \{resume_window: 20 s,", "session: {presence: 2 s, resume_window: 30 s,", text)


def records(lab, rig="tank-1"):
    return [record for record in lab.admin(log={"rig": rig, "most": 200}).log.records]


def test_whoever_comes_back_within_the_window_goes_on():
    with Lab(edit=quick_presence) as lab:
        anna, bo = lab.person("anna"), lab.person("bo")
        anna.book("tank-1")
        anna.take("tank-1")
        bo.join("tank-1")
        assert anna.set("plc.fill", "open").verified
        said = anna.message(**anna.command("plc.drain", "closed"))
        first = SCHEMA.decode("Answer", anna.bus.request(said))
        assert first.ok, first
        anna.close()
        until(lambda: not next(seat for seat in bo.status("tank-1").seats if seat.id == anna.seat).present, "her to be missed")
        assert bo.refused(take={}).reason in ("not-controller", "not-allowed"), "and nobody has control meanwhile"
        again = lab.client()
        again.token = anna.token
        joined = again.do(join={"rig": "tank-1", "resume": anna.seat}).join
        assert joined.seat == anna.seat and joined.sequence == anna.sequence, joined
        status = bo.status("tank-1")
        assert status.controller == joined.seat and status.condition == "CONTROLLED", status
        assert lab.truth()["fill_open"] == "1", "nothing was made safe"
        repeated = SCHEMA.decode("Answer", again.bus.request(said))  # the very bytes of before the drop
        assert repeated.ok and repeated.set.sequence == first.set.sequence, repeated
        again.seat, again.epoch, again.sequence = joined.seat, joined.epoch, joined.sequence
        assert again.set("plc.fill", "closed").verified
        until(lambda: [record.point for record in records(lab) if record.kind == "command"].count("plc.fill") == 2, "the records")
        commands = [record for record in records(lab) if record.kind == "command" and record.point == "plc.drain"]
        assert len(commands) == 1, "it acted once"


def test_a_sessions_end_grants_nothing_and_a_late_packet_never_acts():
    with Lab() as lab:
        anna, bo = lab.person("anna"), lab.person("bo")
        mine = anna.book("tank-1")
        anna.take("tank-1")
        assert anna.set("plc.fill", "open").verified
        session = anna.status("tank-1").session
        late = anna.message(**anna.command("plc.lamp", True))
        anna.do(cancel={"booking": mine.id})  # ends the live session, as its time would
        bo.book("tank-1")  # the yes means that the place is free
        until(lambda: bo.status("tank-1").session not in (0, session), "the next session")
        bo.join("tank-1")
        bo.take("tank-1")

        def recorded():  # both grants: a record takes a moment to be durable
            kinds = [(record.kind, record.session) for record in records(lab)]
            return kinds if [kind for kind, _ in kinds].count("grant") == 2 else None

        kinds = until(recorded, "both grants on record")
        end = kinds.index(("session-end", session))
        grant = max(place for place, (kind, _) in enumerate(kinds) if kind == "grant")
        assert any(kind == "safe-done" for kind, _ in kinds[end:grant]), f"a verified safe state lies between: {kinds[end:grant + 1]}"
        assert lab.truth()["fill_closed"] == "1"
        answer = SCHEMA.decode("Answer", anna.bus.request(late))
        assert not answer.ok and answer.reason in ("no-seat", "no-session", "old-epoch", "not-controller"), answer
        # With everything of bo's that can be seen, and her own name.
        forged = anna.message(seat=bo.seat, set={"point": "plc.lamp", "value": {"boolean": True}, "epoch": bo.epoch,
                                                 "sequence": bo.sequence + 1})
        assert not SCHEMA.decode("Answer", anna.bus.request(forged)).ok
        assert bo.get("tank-1", "plc.lamp_on").number == 0
        assert bo.set("plc.lamp", True).verified


def test_an_e_stop_overtakes_a_full_queue():
    with Lab() as lab:
        anna, bo = lab.person("anna"), lab.person("bo")
        anna.book("tank-1")
        anna.take("tank-1")
        bo.join("tank-1")
        lab.gate.process.send_signal(signal.SIGSTOP)  # control takes nothing; what people send waits before it
        try:
            sent = [anna.bus.send(anna.message(**anna.command("plc.fill" if number % 2 else "plc.lamp", number % 4 < 2)))
                    for number in range(16)]
            full = anna.bus.send(anna.message(presence={}))
            assert SCHEMA.decode("Answer", anna.bus.receive(full)[1]).reason == "busy"
            stop = bo.bus.send(bo.message(stop={}))
            # Its refusal says that the bus has dealt with the stop before it.
            second = [bo.bus.send(bo.message(release={})) for _ in range(2)][1]
            assert SCHEMA.decode("Answer", bo.bus.receive(second)[1]).reason == "busy"
        finally:
            lab.gate.process.send_signal(signal.SIGCONT)
        assert SCHEMA.decode("Answer", bo.bus.receive(stop)[1]).ok
        reasons = [SCHEMA.decode("Answer", anna.bus.receive(request)[1]).reason for request in sent]
        assert all(reasons), f"each of them is after the stop: {reasons}"
        bo.wait_condition("tank-1", "SAFE")
        until(lambda: "safe-done" in [record.kind for record in records(lab)][-3:], "the records")
        commands = [record.kind for record in records(lab) if record.kind == "command"]
        assert not commands and lab.truth()["fill_open"] == "0", commands


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
