"""Notices as letters, handed to a sendmail that is a script."""
import base64
import email
import email.header
import os
import re
import signal
import sys
import time

import lab as laboratory
from lab import Failure, Lab, Refused, until

HOUR = 3600_000

# It keeps each letter with its arguments, and fails while there is a file called "broken"; with "slow" it never ends.
SENDMAIL = """#!/bin/sh
cd {folder}
if [ -e broken ]; then echo x >> attempts; exit 75; fi
number=$(ls letters | wc -l)
{{ printf '%s\\n' "$*"; cat; }} > letters/.$number && mv letters/.$number letters/$number
"""

GROUPS = """
groups:
  ee: {title: Electrical engineering, policy: student}
  lab: {title: With approval, policy: careful}
policies:
  everybody: {}
  student: {grace: 2 s}
  careful: {approval: teacher}
"""


def with_mail(text, lab):
    box = lab.folder / "box"
    (box / "letters").mkdir(parents=True)
    for folder in (box, box / "letters"):
        folder.chmod(0o777)
    script = box / "sendmail"
    script.write_text(SENDMAIL.format(folder=box))
    script.chmod(0o755)
    return text + GROUPS.replace("groups:", "schools:\n  all: {title: All, weight: 1}\ngroups:", 1).replace(
        "policy:", "school: all, weight: 1, policy:") + f"\nmail: {{sendmail: {script}, from: lab@example.edu, retry: 1 s}}\n"


def letters(lab):
    found = []
    for path in sorted((lab.folder / "box" / "letters").glob("[0-9]*"), key=lambda path: int(path.name)):
        arguments, _, text = path.read_text().partition("\n")
        found.append((arguments, email.message_from_string(text)))
    return found


def subject(letter):
    return str(email.header.make_header(email.header.decode_header(letter["Subject"])))


def account(lab, name, role, address):
    lab.admin(account_put={"account": {"name": name, "role": role, "email": address}, "password": laboratory.PASSWORD})
    lab.people.add(name)
    return lab.person(name)


def now():
    return int(time.time() * 1000)


def test_letters():
    with Lab(edit=with_mail, rigs_safe=False) as lab:
        anna = account(lab, "anna", "STUDENT", "anna@example.edu")
        tian = account(lab, "tian", "TEACHER", "tian@example.edu")
        shen = account(lab, "shen", "SCHEDULER", "shen@example.edu")
        shen.do(standing_put={"standings": [{"account": "anna", "kind": "MEMBER", "name": "lab"}]})
        starts = now() + 30 * HOUR
        booking = anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + HOUR}).bookings.bookings[0]
        assert booking.state == "PENDING", booking
        # Whoever may approve is asked, and the answer is told.
        until(lambda: len(letters(lab)) == 1, "the teacher's letter")
        tian.do(change_booking={"booking": booking.id, "kind": "APPROVE"})
        until(lambda: len(letters(lab)) == 2, "the student's letter")
        shen.do(cancel={"booking": booking.id})
        until(lambda: len(letters(lab)) == 3, "the letter of what the laboratory did")
        (asked, first), (_, second), (arguments, third) = letters(lab)
        assert asked == "-i -f lab@example.edu -- tian@example.edu" and arguments == "-i -f lab@example.edu -- anna@example.edu"
        assert "approval" in subject(first) and "approved" in subject(second) and subject(third).startswith("tank-1: "), subject(third)
        assert third["To"] == "anna@example.edu" and third["Auto-Submitted"] == "auto-generated"
        assert len({letter["Message-ID"] for letter in (first, second, third)}) == 3
        body = base64.b64decode(third.get_payload()).decode()
        assert "取消" in body and f"{booking.id}: tank-1, 20" in body and "Asia/Shanghai" in body, body
        assert all(len(line) <= 76 for line in third.as_string().split("\n")), third.as_string()
        # Who wants none gets none; the notice is there.
        lab.labctl("login", "anna", "--password-stdin", text=laboratory.PASSWORD + "\n", profile="anna")
        lab.labctl("mail", "off", profile="anna")
        other = anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + HOUR}).bookings.bookings[0]
        until(lambda: len(letters(lab)) == 4, "the teacher's letter")
        shen.do(cancel={"booking": other.id})
        until(lambda: [one for one in anna.do(notices={}).notices.notices if one.booking == other.id], "the notice")
        again = anna.do(book={"rig": "tank-2", "starts": starts, "ends": starts + HOUR}).bookings.bookings[0]
        until(lambda: len(letters(lab)) == 5, "the teacher's next letter")
        assert [letter["To"] for _, letter in letters(lab)].count("anna@example.edu") == 2 and again


def test_a_sendmail_that_fails():
    with Lab(edit=with_mail, rigs_safe=False) as lab:
        anna, shen = account(lab, "anna", "STUDENT", "anna@example.edu"), lab.person("shen", "scheduler")
        broken = lab.folder / "box" / "broken"
        broken.touch()
        starts = now() + 30 * HOUR
        booking = anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + HOUR}).bookings.bookings[0]
        shen.do(cancel={"booking": booking.id})
        attempts = lab.folder / "box" / "attempts"
        until(lambda: attempts.exists() and attempts.read_text().count("x") >= 2, "a second try")
        broken.unlink()
        assert until(lambda: letters(lab), "the letter, later")[0][1]["To"] == "anna@example.edu"
        assert len(letters(lab)) == 1, "once"


def test_a_mailer_that_ended():
    with Lab(edit=with_mail, rigs_safe=False) as lab:
        anna, shen = account(lab, "anna", "STUDENT", "anna@example.edu"), lab.person("shen", "scheduler")
        starts = now() + 30 * HOUR
        mailer = lab.mailer_process()
        os.kill(mailer, signal.SIGHUP)
        for count in (1, 2):
            booking = anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + HOUR}).bookings.bookings[0]
            shen.do(cancel={"booking": booking.id})
            until(lambda: len(letters(lab)) == count, "the letter after what is meant for control")
        os.kill(mailer, signal.SIGKILL)
        lab.gate.wait_line("the mailer process has ended")
        booking = anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + HOUR}).bookings.bookings[0]
        shen.do(cancel={"booking": booking.id})
        lab.gate.wait_line("is not mailed: the mailer has ended")
        assert [one for one in anna.do(notices={}).notices.notices if one.booking == booking.id], "the notice is on the bus"
        told = [alert.text for alert in lab.admin(alerts={}).alerts.alerts if "mailer" in alert.text]
        assert len(told) == 1, told


def test_addresses():
    with Lab(edit=with_mail, rigs_safe=False) as lab:
        for wrong in ("anna", "anna@", "@host", "anna@host\nBcc: bo@host", "anna <a@host>", "a b@host", "-f@host", "a@b@c", "x" * 260 + "@h"):
            try:
                account(lab, "anna", "STUDENT", wrong)
            except Refused as refused:
                assert refused.reason == "bad-account", refused
            else:
                raise Failure(f"{wrong!r} was taken")
        account(lab, "anna", "STUDENT", "anna@example.edu")
        path = lab.folder / "people.csv"
        path.write_text(f"name,role,password,email\nbo,student,{laboratory.PASSWORD},bo@example.edu\n")
        lab.labctl("--socket", lab.folder / "state" / "control.sock", "account", "import", path)
        known = {one.name: one.email for one in lab.admin(accounts={}).accounts.accounts}
        assert known == {"anna": "anna@example.edu", "bo": "bo@example.edu"}, known
        assert re.search(r"mail", lab.gate.output) is None


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
