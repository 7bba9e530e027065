"""A reload: rigs that did not change go on, rigs that did are made safe first, errors keep what runs."""
import json
import re
import signal
import sys

import lab as laboratory
from lab import Lab, Refused, until
from school import HOUR, enroll, instant, never_closed

LEVEL = "when: plc.level > 0.45 m"


def rewrite(lab, *changes):
    """Changes lab.yaml; returns the text that was."""
    path = lab.config / "lab.yaml"
    before = text = path.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text)
    return before


def controls(lab, name, rig):
    person = lab.person(name)
    person.book(rig)
    person.take(rig)
    return person


def records(lab, kind=None, rig=""):
    found, after = [], 0
    while True:
        page = lab.admin(log={"rig": rig, "after": after}).log
        found += [record for record in page.records if kind in (None, record.kind)]
        if not page.more:
            return found
        after = page.next


def reload(lab, *options, status=0):
    return lab.labctl("reload", "--socket", lab.folder / "state" / "control.sock", *options, status=status)


def test_errors_keep_what_runs():
    with Lab() as lab:
        anna = controls(lab, "anna", "tank-1")
        anna.set("plc.fill", "open")
        before = rewrite(lab, (LEVEL, "when: plc.lvel > 0.45 m"), ("range: 0 % .. 90 %", "range: 0 V .. 90 V"))
        out = reload(lab, status=1)
        assert re.search(r"lab\.yaml:\d+:\d+: .*plc\.lvel.*did you mean plc\.level", out), out
        assert len(re.findall(r"lab\.yaml:\d+:\d+: ", out)) >= 2, out  # all of them
        assert "configuration-errors" in lab.last.stderr, lab.last.stderr
        assert anna.set("plc.fill", "closed").verified and anna.status("tank-1").condition == "CONTROLLED"
        [refused] = until(lambda: records(lab, "reload"), "the audit's record")
        assert refused.reason == "configuration-errors", refused

        # The same by a signal: the journal has the errors, and a good one afterwards is taken up.
        lab.gate.process.send_signal(signal.SIGHUP)
        lab.gate.wait_line(r"lab\.yaml:\d+:\d+: .*plc\.lvel")
        (lab.config / "lab.yaml").write_text(before.replace("token_life", "# token_life") + "token_life: 3 h\n")
        lab.gate.process.send_signal(signal.SIGHUP)
        lab.gate.wait_line(r"configuration [0-9a-f]{32} takes the place of [0-9a-f]{32}$")
        assert anna.set("plc.fill", "open").verified


def test_a_dry_run_changes_nothing():
    with Lab() as lab:
        anna = controls(lab, "anna", "tank-1")
        rewrite(lab, ("80 degC", "70 degC"), ("name: demo", "name: demo\naudit_buffer: 5000"))
        out = reload(lab, "--dry-run")
        assert "rig tank-1, trip overheat: changed" in out and "needs a restart: audit_buffer" in out, out
        assert "its rig is made safe, and the session ends" in out, out
        assert anna.set("plc.fill", "open").verified
        assert not records(lab, "reload")
        assert json.loads(reload(lab, "--dry-run", "--json"))["taken"] is False


# The new safe sequence closes the drain, the one that runs opens it; the pump has less of a range; and it trips.
ANOTHER_TANK = (("plc.pump: {range: 0 % .. 90 %}", "plc.pump: {range: 0 % .. 50 %}\n      plc.drain: {safe: closed}"),
                ("set: {plc.drain: open,", "set: {plc.drain: closed,"), ("plc.drain_open: on}", "plc.drain_closed: on}"),
                ("when: plc.temperature > 80 degC", "when: plc.temperature > 5 degC"))


def test_a_changed_rig_is_made_safe_first_and_others_go_on():
    with Lab() as lab:
        anna, ben = controls(lab, "anna", "tank-1"), controls(lab, "ben", "bench-1")
        anna.set("plc.drain", "closed")
        anna.set("plc.fill", "open")
        ben.set("generator.amplitude", 0.5)
        before, seat, epoch, session = ben.do(show={"rig": "bench-1"}).show, ben.seat, ben.epoch, ben.status("bench-1").session
        cursor = ben.do(watch={"rig": "bench-1", "credit": 1}).frame.cursor
        booking = anna.status("tank-1").session

        rewrite(lab, *ANOTHER_TANK)
        trace = lab.folder / "trace"
        lab.ctl("trace", "tank", trace)
        out = reload(lab)
        lab.ctl("trace", "tank", "off")
        assert "rig tank-1, trip overheat: changed" in out and "rig tank-1: verified safe" in out, out
        assert not re.search("^rig (tank-2|drive-1|bench-1)", out, re.M), out

        # On the line: the old sequence, whole, and then the new one.
        drain = [value.lower() for value in re.findall(r"^\d+ request 050002(....)$", trace.read_text(), re.M)]
        assert {"ff00", "0000"} == set(drain) and drain == sorted(drain, reverse=True), drain
        truth = lab.truth()
        assert truth["fill_open"] == "0" and truth["drain_open"] == "0", truth

        # In the audit: made safe and verified, exchanged, made safe and verified.
        def edges():
            told = [one.kind for one in records(lab, rig="tank-1") if one.kind in ("session-end", "safe-done", "rig-changed")]
            after = told[told.index("session-end"):] if "session-end" in told else []
            return "rig-changed" in after and "safe-done" in after[after.index("rig-changed"):] and after

        after = until(edges, "the audit")
        assert "safe-done" in after[:after.index("rig-changed")], after
        [exchange] = records(lab, "reload")
        assert re.fullmatch("configuration [0-9a-f]{32} takes the place of [0-9a-f]{32}", exchange.text), exchange

        # Whoever was at the untouched rig goes on, with seat, lease, samples and history.
        assert ben.set("generator.amplitude", 0.6).verified and (ben.seat, ben.epoch) == (seat, epoch)
        assert ben.status("bench-1").session == session and ben.do(show={"rig": "bench-1"}).show.layout == before.layout
        more = ben.do(watch={"rig": "bench-1", "credit": 1, "cursor": dict(cursor)}).frame
        assert not more.gap and not more.full, more

        # The session of the changed one has ended, says why, and costs nothing.
        assert booking and not anna.status("tank-1").session
        [ended] = [one for one in anna.do(bookings={}).bookings.bookings if one.rig == "tank-1"]
        assert ended.why == "rig-changed", ended
        assert "rig-changed" in [notice.kind for notice in anna.do(notices={}).notices.notices]

        # The new one counts: the trip, the range, and what is read.
        assert anna.status("tank-1").trips == ["overheat"], anna.status("tank-1")
        points = {point.name: point for point in anna.do(show={"rig": "tank-1"}).show.points}
        assert points["plc.pump"].maximum == 50, points["plc.pump"]

        # And back: the trip is remembered by its name, and what it says now is not so.
        rewrite(lab, *[(new, old) for old, new in ANOTHER_TANK])
        assert "rig tank-1: verified safe" in reload(lab)
        assert anna.status("tank-1").trips == ["overheat"], anna.status("tank-1")
        lab.person("tech", "technician").do(reset={"rig": "tank-1"})
        anna.seat = 0
        anna.book("tank-1")
        anna.take("tank-1")
        anna.set("plc.fill", "open")
        assert anna.set("plc.pump", 15).verified
        assert anna.refused(**anna.command("plc.pump", 95)).reason == "out-of-range"
        assert ben.set("generator.amplitude", 0.7).verified and ben.epoch == epoch


def test_neighbours_on_a_line_change_together():
    with Lab() as lab:
        rewrite(lab, ("abs(drive.current) > 10 A", "abs(drive.current) > 9 A"))
        out = reload(lab)
        assert "rig drive-1, trip overcurrent: changed" in out, out
        assert "rig tank-2, line shared with a rig that changes: changed" in out, out
        assert re.findall(r"^rig (\S+): ", out, re.M) == ["tank-2", "drive-1"], out
        lab.wait_safe()
        assert [one.rig for one in records(lab, "rig-changed")] == ["tank-2", "drive-1"]


def test_the_timetable_is_taken_up_while_sessions_go_on():
    with Lab(edit=never_closed) as lab:
        shen = lab.person("shen", "scheduler")
        enroll(lab, 2)
        shen.do(standing_put={"standings": [{"account": "s1", "kind": "MEMBER", "name": "ee"},
                                            {"account": "s2", "kind": "MEMBER", "name": "careful"}]})
        one = lab.person("s1")
        starts = instant(1, 1, 9)

        def wish(client, hours, **fields):
            return client.ask(book={"rig": "tank-1", "starts": starts, "ends": starts + hours * HOUR, **fields})

        held = wish(one, 3, group="ee")
        assert held.ok, held
        anna = controls(lab, "anna", "tank-2")
        # Another group before the others, so that all have other numbers; shorter bookings; another term and holiday.
        before = rewrite(lab, ("groups:\n", "groups:\n  aaa: {title: New, school: shihezi, weight: 1, policy: careful}\n"),
                         ("longest: 4 h", "longest: 2 h"), ("weeks: 16", "weeks: 15"),
                         ("schools:\n", "schools:\n  early: {title: Early, weight: 1}\n"))
        out = reload(lab)
        assert "policy student, longest: 4 h -> 2 h" in out and "group aaa: added" in out, out
        assert f"booking {held.bookings.bookings[0].id} of s1 on tank-1" in out and "(too-long: the policy's longest)" in out, out
        assert anna.set("plc.fill", "open").verified
        [mine] = [one for one in one.do(bookings={}).bookings.bookings]
        assert (mine.group, mine.state) == ("ee", "CONFIRMED"), mine  # what is booked stays booked
        starts += 5 * HOUR
        assert wish(one, 3, group="ee").reason == "too-long"
        assert wish(one, 2, group="ee").ok
        # A group that is no more is none.
        (lab.config / "lab.yaml").write_text(re.sub(r"  ee: .*\n", "", before))
        assert "group ee: removed" in reload(lab)
        assert {one.group for one in one.do(bookings={}).bookings.bookings} == {""}
        assert wish(one, 1, group="ee").reason == "unknown-group"
        assert anna.set("plc.fill", "closed").verified


def test_a_rig_that_goes_on_is_proof_tested_from_now_on_or_no_more():
    with Lab() as lab:
        anna = controls(lab, "anna", "tank-1")

        def wants_none():
            try:
                lab.admin(proof_plan={"rig": "tank-1"})
            except Refused as refused:
                return refused.answer.reason == "no-proof-test"
            return False

        assert wants_none()
        beat = "    heartbeat: {point: plc.heartbeat"
        rewrite(lab, (beat, "    proof_test: {every: 180 d}\n" + beat))
        for _ in range(2):
            reload(lab)
            causes = [(item.kind, item.name) for item in lab.admin(proof_plan={"rig": "tank-1"}).proof_plan["items"]]
            assert ("trip", "guard-open") in causes, causes
            assert anna.status("tank-1").proof.why == "its interlocks were never proof-tested", anna.status("tank-1")
            changed = rewrite(lab, ("    proof_test: {every: 180 d}\n", ""))
            reload(lab)
            assert wants_none()
            (lab.config / "lab.yaml").write_text(changed)
        assert anna.set("plc.fill", "open").verified, "it has gone on all the time"


def test_what_needs_a_restart_is_named():
    with Lab() as lab:
        anna = controls(lab, "anna", "tank-1")
        before = rewrite(lab, ("  tank-2:\n", "  tank-3:\n"), ("80 degC", "70 degC"))
        reload(lab, status=1)
        assert "rig tank-2 was removed" in lab.last.stderr and "needs-restart" in lab.last.stderr, lab.last.stderr
        assert anna.set("plc.fill", "open").verified

        # Of what is read at the start the rest is taken up, and it goes on to be named.
        (lab.config / "lab.yaml").write_text(before.replace("name: demo", "name: demo\naudit_buffer: 5000"))
        for _ in range(2):
            assert "needs a restart: audit_buffer\nconfiguration" in reload(lab)
        assert anna.set("plc.fill", "closed").verified


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
