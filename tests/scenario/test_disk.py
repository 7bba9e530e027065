"""A disk that is full, read-only, broken or stalled: what needs the ledger is refused in words, safety never waits for it,
and a ledger that was copied while it worked can be brought back."""
import contextlib
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import lab as laboratory
from lab import BUILD, ROOT, Lab, Refused, as_json, until
from school import day, enroll, login, with_term
from test_bookings import HOUR, check_bookings, now

LABGATE = BUILD / "labgate"


class FailingLab(Lab):
    failing = ""  # only what begins with this in the state directory

    @property
    def state(self):
        return self.folder / "state"

    def gate_command(self):
        return ["env", f"LD_PRELOAD={BUILD}/tests/shim/failing_disk.so", f"FAILING_FOLDER={self.state}/{self.failing}",
                f"FAILING_HOW={self.folder}/disk", *super().gate_command()]

    def disk(self, word):
        path = self.folder / "disk"
        path.write_text(word)
        path.chmod(0o644)

    def offline(self, command, *words):
        return subprocess.run([LABGATE, command, self.config, *words, "--profiles", ROOT / "configs" / "profiles",
                               *self.defines()], capture_output=True, text=True, timeout=120)


def in_control(lab):
    anna = lab.person("anna")
    anna.book("tank-1")
    anna.take("tank-1")
    return anna


def reasons_until(client, wanted, most=6000):
    """Sends commands until one is refused for the reason that is wanted; the others' reasons."""
    seen = set()
    for i in range(most):
        answer = client.ask(**client.command("plc.lamp", bool(i % 2)))
        if not answer.ok and answer.reason == wanted:
            return seen, answer
        seen.add("" if answer.ok else answer.reason)
    raise AssertionError(f"{most} commands, none refused {wanted}: {seen}")


def test_a_full_disk_refuses_bookings_then_commands_and_never_a_safe_write():
    for word, advice in (("full", "free space"), ("readonly", "check the disk"), ("broken", "check the disk")):
        with FailingLab(edit=lambda text, _: text + "\naudit_buffer: 256\n") as lab:
            anna = in_control(lab)
            lab.disk(word)
            refused = anna.refused(book={"rig": "tank-2", "starts": now() + HOUR, "ends": now() + 2 * HOUR})
            assert refused.reason == "not-stored" and "tell the technician" in refused.message, refused
            until(lambda: lab.gate.find(rf"a booking could not be stored: .*{advice}"), "what the technician reads", 10)
            assert anna.set("plc.fill", "open").verified, "commands go on while the audit's buffer has room"
            seen, answer = reasons_until(anna, "no-record")
            assert seen <= {"", "too-fast", "superseded", "busy"}, seen
            assert answer.message, answer
            # Whatever is in the buffer: the emergency stop acts.
            began = time.monotonic()
            anna.ask(stop={"rig": "tank-1"})
            until(lambda: lab.truth()["fill_closed"] == "1" and lab.truth()["drain_open"] == "1", "the tank to be safe")
            assert time.monotonic() - began < 30
            lab.disk("well")
            lab.wait_safe("tank-1")

            def reset():
                try:
                    return lab.admin(reset={"rig": "tank-1"})
                except Refused as refusal:
                    assert refusal.reason == "no-record", refusal

            until(reset, "the e-stop to be reset once the disk has taken what was in the buffer")
            until(lambda: anna.ask(take={}).ok, "control after the disk's return")
            anna.epoch = anna.status("tank-1").epoch
            until(lambda: anna.ask(**anna.command("plc.fill", "open")).ok, "commands to be recorded again")
            report = lab.admin(audit_verify={}).audit_verify
            assert report.intact, report.fault
            anna.do(book={"rig": "tank-2", "starts": now() + HOUR, "ends": now() + 2 * HOUR})


def test_a_stalled_disk_delays_no_command_and_no_safe_write():
    with FailingLab() as lab:
        anna = in_control(lab)
        lab.disk("stalled")
        other = lab.client()
        other.token = anna.token
        asked = other.bus.send(other.message(book={"rig": "tank-2", "starts": now() + HOUR, "ends": now() + 2 * HOUR}))
        for value in ("open", "closed") * 20:
            assert anna.set("plc.fill", value).verified
        anna.set("plc.fill", "open")
        lab.ctl("force", "tank", "guard_closed", "off")
        until(lambda: lab.truth()["fill_closed"] == "1", "the trip to act")
        lab.disk("well")
        assert other.understand(other.bus.receive(asked)[1]).ok, "the booking waited, and is there"
        assert lab.admin(audit_verify={}).audit_verify.intact


def test_refusals_leave_others_their_places_and_say_what_is_not_stored():
    with FailingLab(rigs_safe=False) as lab:
        anna, bo, shen = lab.person("anna"), lab.person("bo"), lab.person("shen", "scheduler")
        day = now() // (24 * HOUR) * 24 * HOUR + 48 * HOUR
        shen.do(book={"wishes": [{"rig": "tank-1", "holder": "anna", "starts": day, "ends": day + HOUR}]})
        seen = anna.do(notices={}).notices.notices[0].number
        lab.disk("stalled")
        for i in range(150):  # each time for a little longer, which is something new
            assert bo.refused(book={"rig": "tank-1", "starts": day, "ends": day + HOUR + i * 1000}).reason == "overlaps"
        asked = shen.bus.send(shen.message(book={"rig": "tank-2", "starts": day, "ends": day + HOUR}))
        shen.do(rigs={})  # the booking was looked at
        lab.disk("well")
        assert shen.understand(shen.bus.receive(asked)[1]).ok, "refusals fill no queue of others'"
        lab.disk("broken")
        anna.do(notices={"seen": seen})
        bo.refused(book={"rig": "tank-1", "starts": day, "ends": day + 2 * HOUR})
        until(lambda: lab.gate.find("notices that were seen are shown again after the next start: .*check the disk"), "the notice", 10)
        until(lambda: lab.gate.find("the report will not count everybody who finds no room: .*check the disk"), "the report", 10)


def test_what_the_operator_does_to_an_account_stays_whatever_its_owner_asks_meanwhile():
    """A disk keeps the operator's word waiting, and behind it comes another from the account's owner."""
    with FailingLab(rigs_safe=False) as lab, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as local:
        people = [lab.person(name) for name in ("anna", "bo", "chen")]
        for person in people:
            lab.admin(account_put={"account": {"name": person.name, "role": "STUDENT", "email": f"{person.name}@example.edu"}})
        local.settimeout(laboratory.PATIENCE)
        local.connect(str(lab.state / "control.sock"))
        lab.disk("stalled")
        for account, password in (({"name": "anna", "disabled": True}, ""), ({"name": "bo"}, "a wholly new one"),
                                  ({"name": "chen", "role": "TEACHER"}, "")):
            account.setdefault("role", "ROLE_NOT_SAID")
            local.send(laboratory.SCHEMA.Request(version=1, account_put={"account": account, "password": password}))
        # Who is hashed after the new password is answered after it was handed to the ledger.
        assert lab.client().refused(login={"name": "chen", "password": "a wrong one"}).reason == "wrong-password"
        asked = [person.bus.send(person.message(mail_wish={"none": True})) for person in people]
        for person in people:
            person.do(rigs={})  # the wish was looked at
        lab.disk("well")
        for _ in people:
            assert laboratory.SCHEMA.decode("Answer", local.recv(300000)).ok
        for person, request in zip(people, asked):
            assert person.understand(person.bus.receive(request)[1]).ok
        for restarted in (False, True):
            if restarted:
                lab.kill_gate()
                lab.start_gate()
            accounts = {account.name: account for account in lab.admin(accounts={}).accounts.accounts}
            assert all(account.no_mail for account in accounts.values()), accounts
            assert accounts["anna"].disabled and accounts["chen"].role == "TEACHER", accounts
            late = lab.client()
            for person in people[:2]:
                late.token = person.token
                assert late.refused(rigs={}).reason == "token-void", person.name
                assert late.refused(login={"name": person.name, "password": laboratory.PASSWORD}).reason == "wrong-password"
            late.login("bo", "a wholly new one")


def test_whatever_the_ledger_refuses_is_as_it_was():
    """Bookings, their changes, places in the queue and a whole course: a clear no, nothing half there, and all goes when there is room."""
    def two_students(lab):
        enroll(lab, 2)
        path = lab.folder / "course.csv"
        path.write_text("course,student number,weeks,weekday,periods\nC,s1,1-16,Tue,3-4\nC,s2,1-16,Tue,3-4\n")
        return path

    with FailingLab(edit=with_term, rigs_safe=False) as lab:
        lab.person("shen", "scheduler")
        lab.person("anna")
        course = two_students(lab)
        login(lab, "shen", "anna")
        beijing = {"TZ": "Asia/Shanghai"}
        at = day(1, 1)
        own, spare = [as_json(lab.labctl("--json", "book", "tank-2", "--from", f"{at} {hour}:00", "--for", "1h", profile="anna",
                                         environment=beijing))[0]["id"] for hour in (13, 19)]
        asked = [("anna", "book", "tank-1", "--from", f"{at} 09:00", "--for", "1h"), ("anna", "extend", own, f"{at} 14:30"),
                 ("anna", "shorten", own, f"{at} 13:30"), ("shen", "move", own, f"{at} 15:00"), ("shen", "transfer", own, "s1"),
                 ("anna", "queue", "join", "bench-1", "--for", "30m"), ("anna", "cancel", spare),
                 ("shen", "course", "import", course, "--term", "term-1", "--rigs", "tank-1", "--group-size", "2"),
                 ("shen", "maintenance", "tank-2", "--from", f"{at} 19:00", "--for", "1h", "--reason", "pump"), ("shen", "group", "add", "ee", "s1")]

        def what_is_there():
            return [lab.labctl("--json", *words, profile="shen") for words in (("bookings", "--all"), ("queue", "list"), ("group", "list"))]
        before = what_is_there()
        for word in ("full", "readonly", "broken"):
            lab.disk(word)
            for who, *words in asked:
                lab.labctl(*words, profile=who, status=1, environment=beijing)
                assert "(not-stored)" in lab.last.stderr, lab.last
            assert what_is_there() == before, word
        lab.disk("well")
        for who, *words in asked:
            lab.labctl(*words, profile=who, environment=beijing)
        after = what_is_there()
        lab.gate.stop()
        lab.start_gate()
        assert what_is_there() == after and after != before


def change(lab, rig, degrees):
    """Another limit for its `overheat`."""
    path = lab.config / "lab.yaml"
    before, name, rest = path.read_text().partition(f"  {rig}:\n")
    path.write_text(before + name + re.sub(r"temperature > \d+ degC", f"temperature > {degrees} degC", rest, count=1))


class UnrecordedLab(FailingLab):
    failing = "recordings"


def open_captures(lab):
    """Files of captures that labgate has open."""
    found = []
    for entry in pathlib.Path(f"/proc/{lab.gate.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(os.readlink(entry))
    return [path for path in found if path.endswith(".capture")]


def test_who_leaves_practice_during_a_capture_leaves_no_file_open():
    def edit(text, _lab):
        head, bench, rest = text.partition("  bench-1:\n")
        simulators = "practice: {at_most: 1, longest: 30 min, instruments: {scope: scope, generator: generator}}\n    safe:"
        return head + bench + rest.replace("safe:", simulators, 1)

    with UnrecordedLab(edit=edit) as lab:
        anna = lab.person("anna")
        rig = anna.do(practice={"rig": "bench-1"}).practice.rig
        anna.join(rig)
        anna.take(rig)
        anna.set("scope.memory_depth", "12000000")
        lab.disk("stalled")  # so that the capture is under way for as long as it takes
        anna.sequence += 1
        anna.do(capture={"waveform": "scope.ch1", "deep": True, "sequence": anna.sequence, "epoch": anna.epoch})
        until(lambda: open_captures(lab), "the capture's file")
        anna.do(practice={"rig": "bench-1", "leave": True})
        lab.disk("well")
        until(lambda: not open_captures(lab), "the capture's file to be closed", 20)


def test_a_capture_that_the_disk_does_not_take_is_not_complete():
    """No room from the start, or while it is read: labctl says why, and that there is no record."""
    with UnrecordedLab() as lab:
        anna = lab.person("anna")
        anna.book("bench-1", seconds=3600)
        anna.take("bench-1")
        login(lab, "anna")
        lab.labctl("join", "bench-1", profile="anna")
        for before in (True, False):
            anna.set("scope.memory_depth", "12000000")
            lab.disk("full" if before else "well")
            anna.sequence += 1
            capture = anna.do(capture={"waveform": "scope.ch1", "deep": True, "sequence": anna.sequence, "epoch": anna.epoch}).capture
            if not before:
                until(lambda: open_captures(lab), "the capture's file")
                lab.disk("full")
            until(lambda: anna.do(capture_state={"capture": capture.capture}).capture.failed, "the capture to fail", 20)
            state = anna.do(capture_state={"capture": capture.capture}).capture
            assert not state.complete and "could not be stored: No space left on device" in state.failed, state
            until(lambda: not open_captures(lab), "the capture's file to be closed", 20)
        lab.disk("well")


class ForgetfulLab(FailingLab):
    failing = "running-configuration"


def test_a_reload_waits_for_no_disk():
    """What runs is written down for labgate plan, and a disk that stalls under that is nobody else's trouble."""
    with ForgetfulLab() as lab:
        anna = in_control(lab)
        lab.disk("stalled")
        for degrees in (81, 82, 83):
            change(lab, "tank-2", degrees)
            out = lab.labctl("reload", "--socket", lab.state / "control.sock")
            assert "rig tank-2: verified safe" in out and "rig tank-1" not in out, out
            assert anna.set("plc.fill", "open").verified
        lab.ctl("force", "tank", "guard_closed", "off")
        until(lambda: lab.truth()["fill_closed"] == "1", "the trip to act")
        lab.disk("well")
        kept = lab.state / "running-configuration"
        until(lambda: "> 83 degC" in kept.read_text(), "what runs to be written down when the disk is back")


def test_a_rig_that_waits_for_its_new_configuration_is_watched_over():
    """The end of its session cannot be stored yet; meanwhile somebody opens the valve by hand."""
    with FailingLab() as lab:
        anna = in_control(lab)
        anna.set("plc.fill", "open")
        lab.disk("stalled")
        change(lab, "tank-1", 81)
        lab.gate.process.send_signal(signal.SIGHUP)
        lab.gate.wait_line("1 rigs change and are made safe first")
        lab.wait_safe("tank-1")
        trace = lab.folder / "trace"
        lab.ctl("trace", "tank", trace)
        until(lambda: trace.read_text().count(" request 06") > 5, "the heartbeat to go on")
        lab.ctl("force", "tank", "fill", "on")
        until(lambda: " request 0500010000" in trace.read_text(), "the valve to be closed again")
        lab.ctl("trace", "tank", "off")
        lab.disk("well")
        lab.gate.wait_line("takes the place of")
        lab.wait_safe("tank-1")


def test_a_copy_that_is_made_while_people_book_brings_the_lab_back():
    with FailingLab(rigs_safe=False) as lab:
        anna = lab.person("anna")
        begins, acknowledged, enough = now() // HOUR * HOUR + 24 * HOUR, {}, threading.Event()

        def book():
            while not enough.is_set():
                starts = begins + len(acknowledged) * 120_000
                key = f"booking-number-{len(acknowledged):08}"
                acknowledged[key] = anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + 60_000,
                                                  "key": key}).bookings.bookings[0]

        booking = threading.Thread(target=book)
        booking.start()
        until(lambda: len(acknowledged) > 50, "some bookings")
        first = dict(acknowledged)
        copy = lab.folder / "copy.sqlite"
        socket = ["--socket", lab.state / "control.sock"]
        said = lab.labctl("backup", copy, *socket)
        assert str(copy) in said, said
        copied = len(acknowledged)
        enough.set()
        booking.join(60)
        assert copy.stat().st_mode & 0o777 == 0o600
        lab.labctl("backup", copy, *socket, status=2)
        running = lab.offline("restore", copy)
        assert running.returncode == 1 and "in use by another labgate" in running.stderr, running.stderr
        lab.gate.stop()
        (lab.state / "ledger.sqlite").write_bytes(b"a disk's bad day" * 1000)
        broken = subprocess.run([str(word) for word in lab.gate_command()], capture_output=True, text=True, timeout=60)
        assert broken.returncode == 1 and "bring a backup back with 'labgate restore DIR FILE'" in broken.stderr, broken.stderr
        assert lab.offline("ledger").returncode == 1
        whole = copy.read_bytes()
        other = lab.folder / "other.sqlite"
        with contextlib.closing(sqlite3.connect(other)) as database:
            database.execute("CREATE TABLE photo(name)")
        for damaged, what in ((whole[:len(whole) // 2], "malformed"), (whole[:100], "malformed"), (other.read_bytes(), "another program")):
            (lab.state / "ledger.sqlite").write_bytes(damaged)
            broken = subprocess.run([str(word) for word in lab.gate_command()], capture_output=True, text=True, timeout=60)
            assert broken.returncode == 1 and what in broken.stderr and "'labgate restore DIR FILE'" in broken.stderr, broken.stderr
            assert (lab.state / "ledger.sqlite").read_bytes() == damaged, "nothing is written to what is no ledger"
        looked = lab.offline("ledger", copy)
        assert looked.returncode == 0 and "is whole" in looked.stdout, looked
        restored = lab.offline("restore", copy)
        assert restored.returncode == 0, restored
        lab.start_gate()
        anna = lab.client().login("anna")
        check_bookings(anna, first, copied + 1)
        assert lab.admin(audit_verify={}).audit_verify.intact
        assert lab.offline("ledger").returncode == 0, "also while the gateway runs"


def conditions(lab):
    return {rig.name: rig.status.condition for rig in lab.admin(rigs={}).rigs.rigs}


def quarantined(lab):
    """Every rig is, and says why; nobody gets one before a technician has cleared it."""
    until(lambda: set(conditions(lab).values()) == {"QUARANTINED"}, f"quarantines; there is {conditions(lab)}")
    status = lab.admin(show={"rig": "tank-1"}).show.rig.status
    assert "labctl clear tank-1" in status.why and "backup" in status.why, status
    assert lab.gate.find(r"rig tank-1: quarantine: the ledger came from a backup or was lost"), lab.gate.output
    assert lab.gate.find(r"bookings and accounts may be missing: .* 'labgate restore DIR FILE'"), lab.gate.output


def test_what_a_lost_or_older_ledger_does_not_know_is_doubted():
    with FailingLab() as lab:
        copy = lab.folder / "copy"
        lab.labctl("--socket", lab.state / "control.sock", "backup", copy)
        lab.admin(lockout={"rig": "tank-1", "reason": "my hands are in"})
        # Copies of the same run, and of one before: as labctl made it, and brought back by other means.
        lab.gate.stop()
        restored = lab.offline("restore", copy)
        assert restored.returncode == 0, restored
        lab.start_gate()
        quarantined(lab)
        lab.kill_gate()
        lab.start_gate()
        until(lambda: set(conditions(lab).values()) == {"QUARANTINED"}, "a quarantine that outlives the gateway")
        for rig in conditions(lab):
            lab.admin(clear={"rig": rig})
        lab.wait_safe()
        # Killed or stopped, a ledger that was not touched is not doubted.
        lab.kill_gate()
        lab.start_gate()
        lab.wait_safe()
        lab.gate.stop()
        earlier = (lab.state / "ledger.sqlite").read_bytes()
        lab.start_gate()
        lab.admin(lockout={"rig": "tank-1", "reason": "my hands are in"})
        lab.gate.stop()
        (lab.state / "ledger.sqlite").write_bytes(earlier)
        lab.start_gate()
        quarantined(lab)
        lab.gate.stop()
        for path in lab.state.glob("ledger.sqlite*"):
            path.unlink()
        lab.start_gate()
        quarantined(lab)


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
