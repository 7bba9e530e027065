"""What labctl says when something cannot be done: what was attempted, whether it was done, what to do next; and its exit codes."""
import contextlib
import json
import os
import signal
import subprocess
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


def test_a_rig_that_is_not_there_is_said_not_to_be_and_one_that_is_near_is_named():
    with Lab() as lab:
        login(lab, "anna")
        login(lab, "tian", "technician")
        for words in (["stop", "tank1"], ["reset", "tank1"], ["lockout", "tank1", "why"], ["show", "tank1"], ["health", "tank1"],
                      ["book", "tank1", "--for", "20m"], ["bookings", "--rig", "tank1"], ["feed", "make", "--rig", "tank1"],
                      ["timetable", "--ics", "-", "--rig", "tank1"]):
            said = says(lab, *words, status=1, profile="tian")
            assert "there is no rig called 'tank1'; did you mean tank-1? (unknown-rig); next: labctl rigs" in said, said
            assert "may still run" not in said and "see 'labctl rigs'" not in said, said
        said = says(lab, "stop", "nonsense", status=1)
        assert "there is no rig called 'nonsense'" in said and "did you mean" not in said, said
        by_hand = ", and have somebody there press its own emergency stop"
        assert "nothing was stopped: repeat labctl stop with the name of the rig that you mean" + by_hand in said, said
        assert "may still run" not in said, said
        assert json.loads(lab.labctl("--json", "stop", "nonsense", profile="anna", status=1))["reason"] == "unknown-rig"
        # One that is there, and has not said yes, may run.
        said = says(lab, "stop", "tank-1", status=1)
        assert "tank-1 may still run: repeat labctl stop" + by_hand in said, said


def test_a_rule_that_is_not_there_is_said_not_to_be_and_one_that_is_near_is_named():
    with Lab(rigs_safe=False) as lab:
        socket = ["--socket", lab.folder / "state" / "control.sock"]
        for rule, near in (("overheet", "; did you mean overheat?"), ("heater-need-water", "; did you mean heater-needs-water?"),
                           ("nonsense", "")):
            for words in (["--for", "1h", "why"], ["--remove"]):
                said = says(lab, *socket, "bypass", "tank-1", rule, *words, status=1)
                assert (f"cannot bypass {rule} of tank-1: it has no trip and no permissive called '{rule}'{near} "
                        "(unknown-rule); next: labctl show tank-1") in said, said


def test_an_account_that_is_not_there_is_not_offered_to_be_made():
    with Lab(rigs_safe=False) as lab:
        socket = ["--socket", str(lab.folder / "state" / "control.sock")]
        for words in (["disable", "nobody"], ["disable", "--undo", "nobody"]):
            said = says(lab, *socket, "account", *words, status=1)
            assert "there is no account of this name; nothing was stored (bad-account)" in said and "role" not in said, said


def test_who_may_do_what_about_control_is_said_to_whom_it_concerns():
    with Lab() as lab:
        begin(lab)  # anna's session; she has control
        for name, role in (("bo", "student"), ("wang", "teacher"), ("tian", "technician")):
            login(lab, name, role)
            lab.labctl("join", "tank-1", "--observe", profile=name)
        # Somebody else is in control: what staff may do, and what others may.
        for name in ("wang", "tian"):
            assert "labctl take --force" in says(lab, "take", profile=name, status=1), lab.last.stderr
            assert "labctl take --force" in says(lab, "set", "fill", "open", profile=name, status=1), lab.last.stderr
        said = says(lab, "take", profile="bo", status=1)
        assert "whoever booked the session" in said and "your role" not in said and "--force" not in said, said
        said = says(lab, "set", "fill", "open", profile="bo", status=1)
        assert "somebody else is in control" in said and "labctl take" not in said, said
        # Hers, and somebody else has it.
        lab.labctl("take", "--force", profile="wang")
        seat = json.loads(lab.labctl("--json", "whoami", profile="anna"))["seat"]["seat"]
        said = says(lab, "take", status=1)
        assert f"labctl take --to {seat}" in said and "--force" not in said, said
        said = says(lab, "release", status=1)
        assert "you are not in control; 'labctl leave' gives your seat back" in said, said
        lab.labctl("release", "--wait", "30s", profile="wang")
        said = says(lab, "set", "fill", "open", status=1)
        assert "nobody is in control; 'labctl take' asks for it" in said and "RIG" not in said, said
        # After an emergency stop taking control is no help before its reset, which here is a teacher's in their own session, too.
        lab.labctl("stop", profile="anna")
        for words in (["set", "fill", "open"], ["take"]):
            said = says(lab, *words, status=1)
            assert "emergency stop is pressed" in said and "labctl reset tank-1" in said and "next:" not in said, said
            assert "a technician, or the teacher whose session it is, resets it" in said, said
        said = says(lab, "reset", status=1)
        assert "a technician, or the teacher whose session it is, resets it" in said, said
        lab.labctl("reset", "tank-1", profile="tian")
        lab.wait_safe("tank-1")
        lab.labctl("take", profile="anna")
        # A trip names who resets it.
        lab.ctl("force", "tank", "guard_closed", "off")
        until(lambda: lab.admin(show={"rig": "tank-1"}).show.rig.status.get("trips"), "the trip")
        until(lambda: lab.admin(show={"rig": "tank-1"}).show.rig.status.condition == "CONTROLLED", "her control")
        lab.labctl("take", profile="anna")  # she has it: this learns the epoch
        said = says(lab, "set", "fill", "open", status=1)
        assert "guard-open" in said and "a teacher resets it ('labctl reset tank-1')" in said, said
        # Elsewhere only a technician resets the stop.
        lab.labctl("stop", "tank-2", profile="tian")
        lab.labctl("book", "tank-2", "--for", "10m", profile="bo")
        until(lambda: lab.admin(show={"rig": "tank-2"}).show.rig.status.session, "the session")
        lab.labctl("leave", profile="bo")
        said = says(lab, "join", "tank-2", profile="bo", status=1)
        assert "cannot take control of tank-2 (your seat there is kept): " in said and "you watch" in lab.last.stdout, said
        assert "; a technician resets it ('labctl reset tank-2')" in said, said
        # For a program it is one document that says both.
        lab.labctl("leave", profile="bo")
        lab.labctl("--json", "join", "tank-2", profile="bo", status=1)
        told = json.loads(lab.last.stdout)
        assert (told["ok"], told["reason"], told["seat"]["rig"]) == (False, "stopped", "tank-2"), told
        assert told["seat"]["seat"] == json.loads(lab.labctl("--json", "whoami", profile="bo"))["seat"]["seat"], told
        # What comes next names the rig.
        said = says(lab, "show", "no-such-rig", status=1)
        assert said.rstrip().endswith("next: labctl rigs"), said
        said = says(lab, "join", "drive-1", profile="wang", status=1)
        assert "labctl book drive-1 --for 45m" in said, said


def strict(text, _):
    return text + ("schools: {school: {}}\n"
                   "groups: {class-1: {school: school, policy: strict}, class-2: {school: school, policy: early},\n"
                   " class-3: {school: school, policy: skilled}, class-4: {school: school, policy: rehearsed}}\n"
                   "policies: {skilled: {qualification: laser}, rehearsed: {rehearsal: drives}, early: {latest_start: 7 d}, strict: {shortest: 5 min, longest: 2 h, horizon: 1 d, bookings_per_day: 2}}\n")


def test_what_cannot_be_booked_names_the_bound_and_what_was_asked_for():
    with Lab(edit=strict, rigs_safe=False) as lab:
        login(lab, "anna")
        lab.person("shen", "scheduler").do(standing_put={"standings": [{"account": "anna", "kind": "MEMBER", "name": "class-1"}]})
        # The way to the gateway takes nothing from what begins now: five minutes are five minutes.
        lab.labctl("book", "tank-1", "--for", "5m", profile="anna")
        for words, bound, asked in ((["--for", "4m"], "the policy's shortest is 5 min", "asked for is 4 min"),
                                    (["--for", "3h"], "the policy's longest is 2 h", "asked for is 3 h"),
                                    (["--from", "+48h", "--for", "1h"], "the policy's horizon is 1 d", "asked for is 2 d"),
                                    (["--from", "+200h", "--for", "1h"], "the policy's horizon is 1 d", "asked for is 9 d")):
            said = says(lab, "book", "tank-2", *words, status=1)
            assert bound in said and asked in said, said
        # Rounded, it never looks as if it kept the bound.
        anna, soon = lab.client().login("anna"), int(time.time() * 1000) + 3600_000
        for starts, length, asked in ((soon, 7200_001, "2 h, asked for is a little more"), (soon, 7220_000, "2 h, asked for is a little more"),
                                      (soon, 299_999, "5 min, asked for is a little less"), (soon, 7240_000, "2 h, asked for is 121 min"),
                                      (soon + 23 * 3600_000 + 20_000, 600_000, "1 d, asked for is a little more")):
            said = anna.refused(book={"rig": "tank-2", "starts": starts, "ends": starts + length}).message
            assert said.endswith(asked), said
        said = says(lab, "queue", "join", "tank-2", "--for", "3h", status=1)
        assert "the policy's longest is 2 h (too-long)" in said, said
        lab.labctl("book", "tank-2", "--for", "5m", profile="anna")
        said = says(lab, "book", "drive-1", "--for", "5m", status=1)
        assert "the policy's bookings_per_day is 2 (quota-bookings)" in said, said
        # What comes too soon is never said to be as far ahead as it had to be.
        login(lab, "bo")
        lab.person("wu", "scheduler").do(standing_put={"standings": [{"account": "bo", "kind": "MEMBER", "name": "class-2"}]})
        for hours, asked in ((156, "6 d"), (144, "6 d"), (71, "71 h"), (2, "2 h")):
            said = says(lab, "book", "tank-2", "--from", f"+{hours}h", "--for", "1h", status=1, profile="bo")
            assert f"the policy's latest_start is 7 d, asked for is {asked} (" in said, said
        # What is missing is named, and what to do about it.
        login(lab, "carl")
        lab.client().login("wu").do(standing_put={"standings": [{"account": "carl", "kind": "MEMBER", "name": name} for name in ("class-3", "class-4")]})
        said = says(lab, "book", "tank-2", "--from", "+2h", "--for", "1h", "--group", "class-3", status=1, profile="carl")
        assert "a scheduler grants it; the policy's qualification is laser (not-qualified)" in said, said
        said = says(lab, "book", "tank-2", "--from", "+2h", "--for", "1h", "--group", "class-4", status=1, profile="carl")
        assert "use the session; the policy's rehearsal is drives (not-rehearsed)" in said, said
        # The past, by either end.
        assert "that time is past" in says(lab, "book", "drive-1", "--from", "2026-01-05 08:00", "--for", "1h", status=2)
        assert "that time is past" in says(lab, "book", "drive-1", "--until", "2026-01-05 08:00", status=2)
        earlier = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() - 3600))
        assert "(past)" in says(lab, "book", "drive-1", "--from", earlier, "--for", "2h", status=1)
        assert "--for 0m is no time at all" in says(lab, "book", "drive-1", "--for", "0m", status=2)
        later = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() + 3600))
        assert "end when it starts" in says(lab, "book", "drive-1", "--from", "+3h", "--until", later, status=2)
        login(lab, "tian", "technician")
        said = says(lab, "maintenance", "drive-1", "--for", "0m", "--reason", "x", profile="tian", status=2)
        assert "booking" not in said and "--for 0m is no time at all" in said, said
        # One rig twice, by labctl and by another client.
        said = says(lab, "book", "tank-1", "tank-2", "tank-1", "--from", "+2h", "--for", "10m", status=2)
        assert "tank-1 is named twice" in said, said
        begins = int(time.time() * 1000) + 7_200_000
        wishes = [{"rig": rig, "starts": begins, "ends": begins + 600_000} for rig in ("bench-1", "tank-1", "bench-1")]
        answer = lab.person("wang", "teacher").refused(book={"wishes": wishes})
        assert answer.reason == "bad-value" and "names bench-1 twice" in answer.message, answer
        assert not answer.get("alternatives", {}).get("alternatives"), "another time would be no help"


def test_what_could_not_be_read_is_named_and_nobodys_doing():
    with Lab() as lab:
        with silent(lab.gate.process.pid):
            time.sleep(2.5)  # longer than any value of the tank stays fresh
        texts = until(lambda: [alert.text for alert in lab.admin(alerts={}).alerts.alerts if "rule guard-open" in alert.text], "the trip")
        assert "trip, rule guard-open, because plc.guard is stale" in texts, texts

        def records(kind):
            return [record for record in lab.admin(log={"rig": "tank-1", "most": 500}).log.records if record.kind == kind]

        trip = until(lambda: [record for record in records("trip") if record.rule == "guard-open"], "its record")[0]
        assert (trip.point, trip.text) == ("plc.guard", "stale"), trip
        local = until(lambda: records("lockout"), "the record of local mode")[0]
        assert (local.point, local.text) == ("plc.local", "stale"), local
        lab.wait_safe("tank-1")  # by itself
        # Somebody's own switch is told as that.
        login(lab, "tian", "technician")
        lab.labctl("book", "tank-1", "--for", "10m", profile="tian")
        until(lambda: lab.admin(show={"rig": "tank-1"}).show.rig.status.session, "the session")
        lab.ctl("force", "tank", "local_mode", "1")
        until(lambda: "local operation (plc.local)" in lab.admin(show={"rig": "tank-1"}).show.rig.status.why, "local operation")
        said = says(lab, "join", "tank-1", profile="tian", status=1)
        assert "the rig's own switch says local operation (plc.local); whoever switched it there switches it back (locked-out)" in said, said


def to_full(lab, *words):
    command, values = lab.labctl_command(words, "anna", None)
    with open("/dev/full", "w") as full:
        return subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, env=values)


def test_nothing_is_said_to_be_done_that_was_not():
    with Lab() as lab:
        begin(lab)
        login(lab, "tian", "technician")
        # Values: the whole of what was typed counts.
        for typed, status in ((["5", "nosuch"], 1), (["5nosuch"], 1), (["0x10"], 2), (["1e309"], 2), (["+nan"], 2)):
            said = says(lab, "set", "pump", *typed, status=status)
            assert " ".join(typed) in said and "plc.pump" in said, said
        done = to_full(lab, "set", "fill", "open")
        assert done.returncode == 6 and "it was done as asked for, but what should be written" in done.stderr, done
        assert lab.truth()["fill_open"] == "1"
        done = to_full(lab, "get", "fill")
        assert done.returncode == 6 and "it was done" not in done.stderr, done
        # The seat's end follows its booking.
        ends = json.loads(lab.labctl("--json", "whoami", profile="anna"))["seat"]["ends"]
        booking = json.loads(lab.labctl("--json", "bookings", profile="anna"))[0]["id"]
        lab.labctl("extend", booking, "+30m", profile="anna")
        until(lambda: json.loads(lab.labctl("--json", "whoami", profile="anna"))["seat"]["ends"] > ends, "the later end")
        # Staff.
        assert "tank-2 was not quarantined, so nothing was cleared" in lab.labctl("clear", "tank-2", profile="tian")
        for who in ("anna",):
            says(lab, "clear", "tank-2", profile=who, status=1)
        said = says(lab, "lockout", "tank-2", "x" * 70000, profile="tian", status=2)
        assert "larger than a gateway takes, 64 KiB" in said, said
        said = says(lab, "lockout", "tank-2", "x" * 200, profile="tian", status=0)
        assert "only the first 127 of the reason's 200 bytes" in said, said
        assert lab.admin(show={"rig": "tank-2"}).show.rig.status.why == "x" * 127
        login(lab, "shen", "scheduler")
        said = says(lab, "group", "list", "nobody", profile="shen", status=1)
        assert "groups: groups:" not in said and "there is no account called 'nobody'" in said, said
        # Identity.
        assert "the CODE is empty" in says(lab, "login", "--join-code", "", profile="visitor", status=2)
        said = says(lab, "passwd", "--password-stdin", text=f"{PASSWORD}\n{PASSWORD}\n", status=2)
        assert "nothing was changed" in said, said
        # Exports.
        out = lab.folder / "out"
        says(lab, "export", "4711", "--out", out, status=1)
        assert not out.exists()
        session = lab.admin(show={"rig": "tank-1"}).show.rig.status.session
        lab.labctl("export", session, "--out", out, profile="anna")
        before = {path.name: path.read_bytes() for path in out.iterdir()}
        assert before
        said = says(lab, "export", session, "--out", out, status=6)
        assert "is not empty: nothing was exported" in said and "--force" in said, said
        said = says(lab, "export", session, "--out", __file__, status=6)
        assert f"cannot look into {__file__}: Not a directory: nothing was exported" in said, said
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before
        lab.labctl("export", session, "--out", out, "--force", profile="anna")
        # No seat is one thing wherever it is found.
        lab.labctl("leave", profile="anna")
        for words in (["set", "pump", "1"], ["get"], ["stop"], ["take"], ["capture", "ch1"]):
            lab.labctl("--json", *words, profile="anna", status=1)
            assert json.loads(lab.last.stdout)["reason"] == "no-seat", (words, lab.last.stdout)


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
