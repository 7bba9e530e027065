"""Practice: simulators of a rig, each with a plant of its own, at once or in the order of asking; and what it counts for."""
import os
import pathlib
import signal
import time

from lab import Lab, Refused, main, until

SIMULATORS = "practice: {at_most: %d, longest: 30 min, capability: tank-practice, instruments: {plc: tank}}\n    safe:"


def practising(at_most, more=""):
    def edit(text, _lab):
        return text.replace("safe:", SIMULATORS % at_most, 1) + more
    return edit


def ask(client, **fields):
    return client.do(practice={"rig": "tank-1", **fields}).practice


def practise(client):
    """In control of a simulator of their own; its name."""
    state = ask(client)
    assert state.rig, state
    client.join(state.rig)
    client.take(state.rig)
    return state.rig


def simulators(lab):
    """Pids of the labsims that labgate started."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[:1] == [b"labsim"] and lab.is_ours(int(entry.name)):
                found.append(int(entry.name))
        except (OSError, ValueError):
            continue
    return found


def test_everybody_has_a_plant_of_their_own():
    with Lab(edit=practising(3)) as lab:
        anna, bo = lab.person("anna"), lab.person("bo")
        assert [rig.name for rig in anna.do(rigs={}).rigs.rigs] == ["tank-1", "tank-2", "drive-1", "bench-1"]
        offer = anna.do(show={"rig": "tank-1"}).show.rig.practice
        assert (offer.at_most, offer.available, offer.capability) == (3, 3, "tank-practice")
        assert not simulators(lab)
        first, second = practise(anna), practise(bo)
        assert first != second and len(simulators(lab)) == 2
        assert anna.do(show={"rig": first}).show.rig.practice_of == "tank-1"
        assert ask(anna).rig == first and ask(anna).available == 1  # asked again it is the same one
        # What one does is seen there and nowhere else; the rules are those of the real rig.
        assert anna.set("plc.fill", "open").verified
        anna.wait_value(first, "plc.fill_open", lambda value: value.number == 1)
        assert bo.get(second, "plc.fill_open").number == 0
        assert lab.truth("tank")["fill_open"] == "0"
        assert anna.ask(**anna.command("plc.heater", True)).rule == "heater-needs-water"
        assert not anna.status("tank-1").session
        # Nobody else presses there; an emergency stop is one's own to reset.
        assert bo.refused(join={"rig": first}).reason == "not-allowed"
        anna.do(stop={"rig": first})
        anna.wait_condition(first, "SAFE")
        anna.do(reset={"rig": first})
        assert not anna.status(first).stopped
        # Given back, everything of it is gone; the next begins with a fresh plant, also after a stop.
        anna.do(stop={"rig": first})
        assert ask(anna, leave=True).rig == ""
        until(lambda: len(simulators(lab)) == 1, "the simulator to end")
        until(lambda: ask(bo).available == 2, "the lines to end")
        assert anna.status(first).condition == "UNAVAILABLE"
        anna.seat = 0
        again = practise(anna)
        assert again != second and not anna.status(again).stopped
        assert anna.get(again, "plc.fill_open").number == 0
        assert bo.set("plc.fill", "open").verified


def test_the_timetable_is_of_real_rigs():
    """Whoever closes the laboratory throws nobody out of a simulator, and a report counts none."""
    with Lab(edit=practising(3)) as lab:
        anna, tech = lab.person("anna"), lab.person("tech", "technician")
        mine = practise(anna)
        begins = int(time.time() * 1000)
        ends = begins + 24 * 3600 * 1000
        real = ["bench-1", "drive-1", "tank-1", "tank-2"]
        closed = tech.do(maintain={"every_rig": True, "ends": ends, "reason": "closed"}).maintain
        assert sorted(booking.rig for booking in closed.bookings) == real, closed
        until(lambda: all(tech.status(rig).session for rig in real), "the maintenance to begin")
        assert anna.set("plc.fill", "open").verified and ask(anna).rig == mine

        def report(per):
            return tech.do(report={"from": begins, "until": begins + 3600 * 1000, "per": per}).report.rows
        rigs, weeks = [row for row in report("RIG") if not row.get("capability")], report("WEEK")
        assert sorted(row.name for row in rigs) == real, rigs
        assert sum(row.open for row in rigs) == sum(row.open for row in weeks) > 0, (rigs, weeks)


def test_who_comes_later_waits_in_order():
    with Lab(edit=practising(1)) as lab:
        anna, bo, chen = (lab.person(name) for name in ("anna", "bo", "chen"))
        practise(anna)
        assert (ask(bo).place, ask(chen).place, ask(bo).waiting) == (1, 2, 2)
        assert ask(chen).rig == ""
        ask(anna, leave=True)
        until(lambda: ask(bo).rig, "bo's turn")
        assert ask(chen).place == 1
        assert ask(chen, leave=True).place == 0 and ask(bo).waiting == 0
        assert anna.refused(practice={"rig": "drive-1"}).reason == "no-practice"
        assert anna.refused(book={"rig": "tank-1-practice-1", "ends": int(time.time() * 1000) + 60000}).reason == "unknown-rig"


def test_a_simulator_that_dies_is_no_end_of_the_lab():
    with Lab(edit=practising(2)) as lab:
        anna = lab.person("anna")
        rig = practise(anna)
        os.kill(simulators(lab)[0], signal.SIGKILL)
        anna.wait_condition(rig, "UNAVAILABLE")
        until(lambda: ask(anna).rig != "" and anna.status(ask(anna).rig).condition == "SAFE", "another simulator")
        assert {each.name: each.status.condition for each in lab.admin(rigs={}).rigs.rigs}["tank-1"] == "SAFE"


def test_a_rehearsal_opens_the_real_rig():
    policy = ("\nschools:\n  shihezi: {title: Shihezi}\ngroups:\n  ee-1: {school: shihezi, policy: student}\n"
              "policies:\n  student: {horizon: 14 d, rehearsal: tank-practice}\n")
    with Lab(edit=practising(1, policy)) as lab:
        anna = lab.person("anna")
        lab.admin(standing_put={"standings": [{"account": "anna", "kind": "MEMBER", "name": "ee-1"}]})
        try:
            anna.book("tank-1")
            raise AssertionError("booked without a rehearsal")
        except Refused as refused:
            assert refused.reason == "not-rehearsed"
        rig = ask(anna).rig
        anna.join(rig)
        ask(anna, leave=True)  # looking is no rehearsal
        until(lambda: ask(anna).rig, "a simulator")
        anna.seat = 0
        assert anna.refused(book={"rig": "tank-1", "ends": int(time.time() * 1000) + 600000}).reason == "not-rehearsed"
        rig = ask(anna).rig
        anna.join(rig)
        anna.take(rig)
        assert anna.set("plc.fill", "open").verified
        ask(anna, leave=True)
        assert anna.book("tank-1").rig == "tank-1"


def test_a_restart_leaves_no_simulator_behind():
    with Lab(edit=practising(2)) as lab:
        anna = lab.person("anna")
        practise(anna)
        left = simulators(lab)
        lab.kill_gate()
        until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in left), "simulators to end with the gateway")
        lab.start_gate()
        lab.wait_safe()
        anna = lab.client().login("anna")
        assert practise(anna)
        assert anna.set("plc.lamp", True).verified


main(__import__("__main__"))
