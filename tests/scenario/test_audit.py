"""The audit's published heads: anyone with the published key checks them, and the gateway finds what does not fit."""
import base64
import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time

import lab as laboratory
from lab import Lab, until

ED25519_DER = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: the head of a public key's encoding


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signature_holds(folder, key, head):
    """Whether openssl, which knows nothing of labgate, takes the head for signed by the key."""
    words, signature = head.rsplit(" ", 1)
    for name, data in (("key", ED25519_DER + decode(key)), ("words", words.encode()), ("signature", decode(signature))):
        (folder / name).write_bytes(data)
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key",
                           "-rawin", "-in", folder / "words", "-sigfile", folder / "signature"],
                          capture_output=True, text=True, timeout=60)
    return done.returncode == 0


def test_a_published_head_is_checked_with_the_published_key():
    with Lab() as lab:
        key = lab.gate.wait_line(r"labgate-audit-key 1 (\S+)")[1]
        head = lab.gate.wait_line(r"(labgate-audit-head 1 .+)")[1]
        assert signature_holds(lab.folder, key, head), head
        name, version, number, rest = head.split(" ", 3)
        assert not signature_holds(lab.folder, key, f"{name} {version} {int(number) + 1} {rest}"), "another number"


def test_a_head_is_met_by_the_chain_or_said_to_be_missing():
    with Lab() as lab:
        anna = lab.person("anna")
        anna.book("tank-1")
        until(lambda: lab.admin(audit_verify={}).audit_verify.records > 3, "records")
        report = lab.admin(audit_verify={}).audit_verify
        assert report.intact and report.head.startswith("labgate-audit-head 1 "), report
        assert lab.admin(audit_verify={"head": report.head}).audit_verify.intact
        number = report.head.split(" ")[2]
        forged = report.head.replace(f" {number} ", f" {int(number) + 1000} ", 1)
        broken = lab.admin(audit_verify={"head": forged}).audit_verify
        assert not broken.intact and broken.fault, broken


def edited(lab, original, *statements):
    """The stopped gateway's ledger, changed behind its back; the triggers that forbid it are no obstacle."""
    target = lab.folder / "state" / "ledger.sqlite"
    for end in ("-wal", "-shm"):
        target.with_name(target.name + end).unlink(missing_ok=True)
    shutil.copy(original, target)
    with contextlib.closing(sqlite3.connect(target)) as store:
        for (name,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            store.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            store.execute(statement)
        store.commit()
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")


SWAP = ("UPDATE audit SET number = -1 WHERE number = 5", "UPDATE audit SET number = 5 WHERE number = 6",
        "UPDATE audit SET number = 6 WHERE number = -1")


def test_whatever_is_done_to_the_stored_audit_is_found():
    with Lab() as lab:
        anna = lab.person("anna")
        anna.book("tank-1")
        anna.take("tank-1")
        anna.set("plc.fill", "open")
        anna.release()
        head = until(lambda: (lambda report: report.intact and report.records > 12 and report.head)(
            lab.admin(audit_verify={}).audit_verify), "some records")
        last = int(head.split(" ")[2])
        journal = lab.folder / "journal"
        journal.write_text(f"Nov 27 21:00:01 lab labgate[7]: labgate-audit-head 1 0 an old one\n"
                           f"Nov 27 21:01:01 lab labgate[7]: {head}\nNov 27 21:01:02 lab labgate[7]: rig tank-1: stop\n")
        lab.gate.stop()
        original = lab.folder / "original"
        with contextlib.closing(sqlite3.connect(lab.folder / "state" / "ledger.sqlite")) as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(lab.folder / "state" / "ledger.sqlite", original)

        def verified(*words):
            """Of a gateway started on what is there now, through labctl on its own socket."""
            lab.start_gate()
            said = json.loads(lab.labctl("--socket", lab.folder / "state" / "control.sock", "--json", "audit", "verify", *words,
                                         status=None))
            status = lab.last.returncode
            lab.gate.stop()
            assert status == (0 if said["intact"] else 8), (status, said)
            return said

        # The gateway has written on after the cut, so the head's record is missing or is another one by now.
        cut = r"the end was cut off|record \d+ is not the one that the signed head is of"
        edited(lab, original)
        assert verified("--head", journal)["intact"], "nothing but the triggers is gone"
        for what, statements, words, fault in (
                ("removed", ["DELETE FROM audit WHERE number = 5"], [], "record 5 is missing"),
                ("of another time", ["UPDATE audit SET wall = wall + 1 WHERE number = 5"], [], "record 5 was altered"),
                ("altered", [f"UPDATE audit SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'21' AS BLOB) WHERE number = {last}"],
                 [], f"record {last} was altered"),
                ("reordered", SWAP, [], "record 5 was altered"),
                ("cut", [f"DELETE FROM audit WHERE number >= {last}"], ["--head", head], cut),
                ("cut, by the journal", [f"DELETE FROM audit WHERE number >= {last - 3}"], ["--head", journal],
                 cut)):
            edited(lab, original, *statements)
            said = verified(*words)
            assert not said["intact"] and re.search(fault, said["fault"]), (what, said)
        lab.start_gate()
        empty = lab.folder / "empty"
        empty.write_text("nothing of the kind\n")
        for wrong in (empty, lab.folder / "missing"):
            lab.labctl("--socket", lab.folder / "state" / "control.sock", "audit", "verify", "--head", wrong, status=2)


def altered_copy(original, target, *statements):
    """What somebody who has write access to a copy, and no key, makes of it."""
    shutil.copy(original, target)
    with contextlib.closing(sqlite3.connect(target)) as store:
        for (name,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            store.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            store.execute(statement)
        store.commit()
    return target


def recorded(lab):
    """Until something is in the audit, a published head, and a copy that was made later."""
    anna = lab.person("anna")
    anna.book("tank-1")
    anna.take("tank-1")
    anna.set("plc.fill", "open")
    anna.release()
    head = until(lambda: (lambda report: report.intact and report.records > 12 and report.head)(
        lab.admin(audit_verify={}).audit_verify), "some records")
    original = lab.folder / "backup.sqlite"
    lab.labctl("--socket", lab.folder / "state" / "control.sock", "backup", original)
    command = [word if word != "run" else "audit-key" for word in lab.gate_command()]
    key = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return head, original, key


def unreadable(original, target, key, lab):
    """What can be told of a copy that gives no verdict: a script is not to take damage for a slip in its line."""
    whole = original.read_bytes()
    broken, newer = target.with_name("broken.sqlite"), target.with_name("newer.sqlite")
    altered_copy(original, newer, "INSERT INTO schema_version VALUES (99, 0)")
    for content, copy, status, named in ((whole[:20000] + b"?" * (len(whole) - 20000), broken, 8, "damaged"), (b"?" * 4096, broken, 8, "damaged"),
                                         (None, newer, 8, "use the newer labgate"), (None, lab.folder / "no-such", 2, "No such file")):
        if content:
            copy.write_bytes(content)
        lab.labctl("audit", "verify", "--copy", copy, "--key", key, status=status)
        assert f"the copy {copy}: " in lab.last.stderr and named in lab.last.stderr, lab.last
    alone = lab.folder / "alone" / "labctl"
    alone.parent.mkdir()
    shutil.copy(laboratory.BUILD / "labctl", alone)
    for program, descriptors, named in ((alone, 64, "install it here"), (laboratory.BUILD / "labctl", 4, "Too many open files")):
        done = subprocess.run(["prlimit", f"--nofile={descriptors}", str(program), "audit", "verify", "--copy", str(original),
                               "--key", str(key)], capture_output=True, text=True, timeout=60, env=dict(os.environ, XDG_STATE_HOME=str(lab.folder / "people")))
        assert done.returncode == 6 and named in done.stderr, done


def test_a_copy_is_verified_without_a_gateway():
    with Lab() as lab:
        head, original, key_text = recorded(lab)
        lab.gate.stop()
        shutil.rmtree(lab.folder / "state")
        last = int(head.split(" ")[2])
        keys = {name: lab.folder / f"{name}.key" for name in ("right", "foreign", "secret", "empty")}
        keys["right"].write_text(key_text)
        name, version, public, chain = key_text.split()
        keys["foreign"].write_text(f"{name} {version} {public} {chain[::-1]}\n")
        keys["secret"].write_text(f"labgate-keys 1\ntoken {chain}\n")
        keys["empty"].write_text("\n")
        journal, copy = lab.folder / "journal", lab.folder / "elsewhere.sqlite"
        journal.write_text(f"Nov 27 21:01:01 lab labgate[7]: {head}\nNov 27 21:01:02 lab labgate[7]: rig tank-1: stop\n")

        def verified(*words, key="right", status=None):
            said = lab.labctl("--json", "audit", "verify", "--copy", copy, "--key", keys[key], *words, status=status)
            assert lab.last.returncode in (0, 8) or status, lab.last
            told = json.loads(said)
            return told if "fault" in told else dict(told, fault=told["message"])

        altered_copy(original, copy)
        assert verified("--head", journal, status=0) == {
            "intact": True, "compared": True, "records": verified()["records"], "fault": ""}
        assert verified("--head", head)["records"] >= last
        for what, statements, fault in (
                ("removed", ["DELETE FROM audit WHERE number = 5"], "record 5 is missing"),
                ("the first altered", ["UPDATE audit SET wall = wall + 1 WHERE number = 1"], "record 1 was altered"),
                ("altered", [f"UPDATE audit SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'21' AS BLOB) WHERE number = {last}"],
                 f"record {last} was altered"),
                ("reordered", SWAP, "record 5 was altered"),
                ("cut", [f"DELETE FROM audit WHERE number >= {last}"], "the end was cut off")):
            copy.unlink()
            altered_copy(original, copy, *statements)
            said = verified("--head", journal, status=8)
            assert not said["intact"] and fault in said["fault"], (what, said)
        copy.unlink()
        altered_copy(original, copy)
        assert "is not of the gateway that wrote" in verified(key="foreign", status=8)["fault"]
        assert "own key file" in verified(key="secret", status=2)["fault"]
        assert "labgate audit-key" in verified(key="empty", status=2)["fault"]
        assert "labgate audit-key" in lab.labctl("audit", "verify", "--copy", copy, status=2) + lab.last.stderr
        number = head.split(" ")[2]
        unreadable(original, copy, keys["right"], lab)
        forged = head.replace(f" {number} ", f" {int(number) - 1} ", 1)
        assert "mistyped, or signed by another gateway" in verified("--head", forged, status=8)["fault"]


def test_a_session_is_played_again():
    with Lab() as lab:
        anna, wang = lab.person("anna"), lab.person("wang", "teacher")
        anna.book("tank-1")
        anna.take("tank-1")
        session = anna.status("tank-1").session
        wang.join("tank-1")
        anna.set("plc.fill", "open")
        refused = anna.refused(**anna.command("plc.stirrer", True))
        assert refused.rule == "filling-or-stirring"
        wang.do(take={"force": True})
        wang.do(stop={})
        anna.wait_condition("tank-1", "SAFE")
        lab.labctl("login", "anna", "--password-stdin", text=laboratory.PASSWORD + "\n")

        def played():
            lines = lab.labctl("replay", session).splitlines()
            # What is not durable yet, or not in the file yet, is not played.
            return lines if "verified safe after stop" in "\n".join(lines) else None

        lines = until(played, "the whole session")
        text = "\n".join(lines)
        at = [float(line.split()[0]) for line in lines]
        assert at == sorted(at), text
        wanted = [r"anna is in control", r"anna sets plc\.fill closed -> open", r"anna reads back plc\.fill closed -> open",
                  r"anna is refused plc\.stirrer off -> on: excluded \(rule filling-or-stirring\)",
                  r"anna is no longer in control", r"making safe after handover", r"verified safe after handover",
                  r"wang is in control", r"wang presses the e-stop", r"verified safe after stop"]
        places = [re.search(line, text) for line in wanted]
        assert all(places) and [place.start() for place in places] == sorted(place.start() for place in places), text
        # The valve is seen to open between the command and its confirmation.
        assert re.search(r"anna sets plc\.fill(.|\n)*plc\.fill_open on(.|\n)*anna reads back plc\.fill", text), text

        assert "plc.uptime" not in text and "plc.pump_speed" in text, "what changes by itself, and what shows an output"
        assert "plc.uptime" in lab.labctl("replay", session, "--all")

        items = laboratory.as_json(lab.labctl("replay", session, "fill_open", "--json"))
        values = [item["value"] for item in items if item.get("point") == "plc.fill_open" and "quality" in item]
        assert values[:3] == [False, True, False], values
        assert {item["point"] for item in items if "quality" in item} == {"plc.fill_open"}
        command = next(item for item in items if item.get("kind") == "command")
        assert command["who"] == command["controller"] == "anna" and command["after"] == 1, command
        lab.person("bo")
        lab.labctl("--profile", "bo", "login", "bo", "--password-stdin", text=laboratory.PASSWORD + "\n")
        lab.labctl("--profile", "bo", "replay", session, status=1)
        lab.labctl("replay", session + 100, status=1)


def test_the_log_is_searched():
    with Lab(rigs_safe=False) as lab:
        anna, tian = lab.person("anna"), lab.person("tian", "technician")
        begun = int(time.time() * 1000)
        for rig in ("tank-1", "tank-2", "drive-1"):
            assert anna.refused(clear={"rig": rig}).reason == "not-allowed"
        tian.do(lockout={"rig": "bench-1", "reason": "hands inside"})

        def log(**wanted):
            return tian.do(log=wanted).log.get("records", [])

        until(lambda: len(log(person="anna", refusals=True)) == 3, "her refusals to be on record")
        refused = log(person="anna", refusals=True, newest_first=True)
        assert [entry.rig for entry in refused] == ["drive-1", "tank-2", "tank-1"] and refused[0].number > refused[1].number, refused
        assert [entry.rig for entry in log(refusals=True, rig="tank-2")] == ["tank-2"]
        assert {entry.kind for entry in log(kinds=["lockout"])} == {"lockout"}
        assert {entry.kind for entry in log(kinds=["lockout", "login"])} == {"lockout", "login"}
        assert all(entry.who == "labgate" for entry in log(person="labgate")) and log(person="labgate")
        assert not log(person="anna", until=begun - 60_000) and log(person="anna", **{"from": begun - 60_000})
        assert tian.refused(log={"person": "nobody"}).reason == "unknown-account"
        # Page by page back, nothing is left out and nothing comes twice.
        numbers, before = [], 0
        while True:
            page = tian.do(log={"newest_first": True, "before": before, "most": 5}).log
            numbers += [entry.number for entry in page.get("records", [])]
            before = page.next
            if not page.more:
                break
        assert numbers == list(range(numbers[0], 0, -1)), numbers
        shown = lab.labctl("--socket", lab.folder / "state" / "control.sock", "log", "--person", "anna", "--refusals", "--kind", "refusal",
                           "--from", "today 00:00" if time.localtime().tm_hour else "now")
        assert len(shown.splitlines()) == 3 or not time.localtime().tm_hour, shown


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
