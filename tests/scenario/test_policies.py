"""Every option of a policy, on both sides of its limit, by real people over the bus: one laboratory, a group for each option."""
import datetime
import re
import subprocess
import sys
import time
import zoneinfo

import lab as laboratory
from lab import BUILD, Lab, Refused, until

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3600_000, 24 * 3600_000
ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")  # of configs/demo: quotas are counted in its days and weeks


def now():
    return int(time.time() * 1000)


DEPENDS_ON_TIME = ("too-late", "quota-bookings", "quota-hours", "gap", "person-busy")  # another time could be had


class Person:
    """Somebody of the group that has the option, with weeks of their own on tank-1."""

    def __init__(self, lab, row, week):
        self.lab, self.row = lab, row
        self.client = lab.person(row.name)
        monday = datetime.datetime.now(ZONE).replace(hour=8, minute=0, second=0, microsecond=0) + datetime.timedelta(days=7)
        monday -= datetime.timedelta(days=monday.weekday()) - datetime.timedelta(weeks=2 * week)
        self.monday = int(monday.timestamp() * 1000)
        self.last = None

    def book(self, starts, length=HOUR, rig="tank-1", **more):
        """The answer to a wish that begins so long after 8 o'clock of the person's Monday."""
        begins = self.monday + starts
        return self.client.ask(book={"rig": rig, "starts": begins, "ends": begins + length, "group": self.row.group, **more})

    def ahead(self, time_ahead, length=HOUR, rig="tank-1"):
        """The same, so long after now; 0: at once."""
        begins = now() + time_ahead
        return self.client.ask(book={"rig": rig, "starts": begins if time_ahead else 0, "ends": begins + length,
                                     "group": self.row.group})

    def at_once(self, rig):
        """From now on; what was given back a moment ago is free when the ledger has its end."""
        def answered():
            answer = self.ahead(0, rig=rig)
            return (answer.ok or answer.reason != "overlaps") and answer

        return until(answered, f"{rig} to be free")

    def can(self, answer):
        assert answer.ok, f"{answer.reason}: {answer.message}"
        self.last = answer.bookings.bookings[0]
        return self.last

    def cannot(self, answer, reason):
        assert not answer.ok and answer.reason == reason, f"{answer.reason} instead of {reason}: {answer.message}"
        assert self.row.option in answer.message and answer.alternatives.option == self.row.option, answer
        assert answer.alternatives.alternatives or reason not in DEPENDS_ON_TIME, f"nothing is said to be free: {answer}"
        for instead in answer.alternatives.alternatives:  # what is said to be free instead is granted
            booked = self.client.ask(book={"rig": instead.rig, "starts": instead.starts, "ends": instead.ends,
                                           "group": self.row.group})
            assert booked.ok, f"{instead} was said to be free: {booked.message}"
            self.give_back(booked.bookings.bookings[0])

    def give_back(self, booking):
        """A change of it may be on its way to the ledger, as when it has just begun."""
        until(lambda: self.client.ask(cancel={"booking": booking.id}).ok, "the booking to be cancelled")

    def change(self, booking, kind, by=None, **fields):
        return (by or self.client).ask(change_booking={"booking": booking.id, "kind": kind, **fields})

    def state(self, booking):
        return [one for one in self.client.do(bookings={}).bookings.bookings if one.id == booking.id][0]

    def stands(self, kind, name, remove=False):
        self.lab.shen.do(standing_put={"standings": [{"account": self.row.name, "kind": kind, "name": name}], "remove": remove})


ROWS = []


class Row:
    def __init__(self, option, value, check, more):
        self.option, self.value, self.check, self.more = option, value, check, more
        self.name = option.replace("_", "-") + ("" if option not in [row.option for row in ROWS] else "-2")
        self.group = f"of-{self.name}"


def option(name, value, more=""):
    def add(check):
        ROWS.append(Row(name, value, check, more))
        return check
    return add


@option("horizon", "10 d")
def horizon(person):
    person.can(person.ahead(10 * DAY))
    person.cannot(person.ahead(10 * DAY + MINUTE), "too-far")


@option("latest_start", "2 h")
def latest_start(person):
    person.can(person.ahead(2 * HOUR + MINUTE, rig="tank-2"))
    person.cannot(person.ahead(2 * HOUR - SECOND, rig="tank-2"), "too-late")
    person.cannot(person.ahead(0, rig="tank-2"), "too-late")


@option("shortest", "10 min")
def shortest(person):
    person.can(person.book(0, 10 * MINUTE))
    person.cannot(person.book(2 * HOUR, 10 * MINUTE - 1), "too-short")


@option("longest", "2 h")
def longest(person):
    booking = person.can(person.book(0, 2 * HOUR))
    person.cannot(person.book(3 * HOUR, 2 * HOUR + 1), "too-long")
    answer = person.change(booking, "EXTEND", ends=booking.ends + 1)
    assert answer.reason == "too-long", answer


@option("open_bookings", "2")
def open_bookings(person):
    first = person.can(person.book(0))
    person.can(person.book(DAY))
    person.cannot(person.book(2 * DAY), "too-many")
    person.give_back(first)
    person.can(person.book(2 * DAY))


@option("bookings_per_day", "2")
def bookings_per_day(person):
    first = person.can(person.book(0))
    person.can(person.book(14 * HOUR))       # 22:00 of the same day
    person.cannot(person.book(4 * HOUR), "quota-bookings")
    person.can(person.book(16 * HOUR))       # midnight: another day
    person.give_back(first)
    person.can(person.book(4 * HOUR))


@option("bookings_per_week", "2")
def bookings_per_week(person):
    person.can(person.book(0))
    person.can(person.book(6 * DAY))          # Sunday
    person.cannot(person.book(3 * DAY), "quota-bookings")
    person.can(person.book(7 * DAY))          # Monday after


@option("hours_per_day", "2 h")
def hours_per_day(person):
    person.can(person.book(0, 90 * MINUTE))
    person.cannot(person.book(4 * HOUR, 30 * MINUTE + 1), "quota-hours")
    person.can(person.book(4 * HOUR, 30 * MINUTE))
    person.cannot(person.book(8 * HOUR, 10 * MINUTE), "quota-hours")
    person.can(person.book(DAY, 2 * HOUR))


@option("hours_per_week", "3 h")
def hours_per_week(person):
    person.can(person.book(0, 2 * HOUR))
    person.cannot(person.book(2 * DAY, HOUR + 1), "quota-hours")
    person.can(person.book(2 * DAY, HOUR))
    person.can(person.book(7 * DAY, 3 * HOUR))


@option("gap", "2 h")
def gap(person):
    person.can(person.book(4 * HOUR))
    person.cannot(person.book(7 * HOUR - 1), "gap")
    person.cannot(person.book(HOUR + 1), "gap")
    person.can(person.book(7 * HOUR))
    person.can(person.book(HOUR))
    person.can(person.book(5 * HOUR, rig="bench-1"))  # another thing may follow at once


@option("one_at_a_time", "true")
def one_at_a_time(person):
    person.can(person.book(4 * HOUR))
    person.cannot(person.book(5 * HOUR - 1, rig="bench-1"), "person-busy")
    person.cannot(person.book(3 * HOUR + 1, rig="bench-1"), "person-busy")
    person.can(person.book(5 * HOUR, rig="bench-1"))
    person.can(person.book(3 * HOUR, rig="bench-1"))


@option("qualification", "laser")
def qualification(person):
    person.cannot(person.book(0), "not-qualified")
    person.stands("QUALIFIED", "lathe")
    person.cannot(person.book(0), "not-qualified")
    person.stands("QUALIFIED", "laser")
    person.can(person.book(0))
    person.stands("QUALIFIED", "laser", remove=True)
    person.cannot(person.book(DAY), "not-qualified")


@option("rehearsal", "drives")
def rehearsal(person):
    person.cannot(person.ahead(DAY, rig="tank-2"), "not-rehearsed")
    # A session on the rig for it that nobody came to is no rehearsal; one that was used is.
    for used in (False, True):
        rehearse = {"rig": "drive-1", "group": "of-grace", "ends": now() + HOUR}
        booking = until(lambda: (lambda answer: answer.ok and answer.bookings.bookings[0])(person.client.ask(book=rehearse)),
                        "the rig to be free again")
        until(lambda: person.state(booking).state == "LIVE", "the session")
        if used:
            person.client.join("drive-1")
        person.give_back(booking)
        answer = person.ahead(DAY, rig="tank-2")
        if used:
            person.can(answer)
        else:
            person.cannot(answer, "not-rehearsed")


@option("no_show_penalty", "4 s", more=", grace: 1 s")
def no_show_penalty(person):
    person.can(person.ahead(DAY + 2 * HOUR, rig="tank-2"))
    missed = person.can(person.at_once("tank-2"))
    ended = until(lambda: (lambda found: found.state == "ENDED" and found)(person.state(missed)), "the end of the session")
    assert ended.why == "no-show", ended
    person.cannot(person.ahead(DAY + 4 * HOUR, rig="tank-2"), "no-show")
    walk_in = person.can(person.at_once("tank-2"))
    person.give_back(walk_in)
    until(lambda: person.ahead(DAY + 4 * HOUR, rig="tank-2").ok, "the end of the penalty")
    assert now() >= ended.ends + 4 * SECOND, "not before its time"


@option("grace", "2 s")
def grace(person):
    booking = person.can(person.at_once("bench-1"))
    ended = until(lambda: (lambda found: found.state == "ENDED" and found)(person.state(booking)), "the end of the session")
    assert ended.why == "no-show" and 2 * SECOND <= ended.ends - ended.starts < 20 * SECOND, ended
    booking = person.can(person.at_once("bench-1"))
    person.client.join("bench-1")
    until(lambda: now() > booking.starts + 3 * SECOND, "the time after the grace")
    assert person.state(booking).state == "LIVE"
    person.give_back(booking)


@option("cancel_until", "1 d", more=", bookings_per_day: 1")
def cancel_until(person):
    early = person.can(person.ahead(DAY + 8 * HOUR, rig="tank-2"))
    person.give_back(early)
    again = person.can(person.ahead(DAY + 8 * HOUR, rig="tank-2"))
    person.give_back(again)
    late = person.can(person.ahead(4 * HOUR, 10 * MINUTE, rig="drive-1"))
    person.give_back(late)
    same_day = person.client.ask(book={"rig": "drive-1", "starts": late.starts, "ends": late.ends, "group": person.row.group})
    assert same_day.reason == "quota-bookings", "cancelled too late it counts as used"


@option("priority", "5")
def priority(person):
    lab, plain = person.lab, person.lab.person("plain")
    other = lab.shen.do(book={"rig": "drive-1", "ends": now() + HOUR}).bookings.bookings[0]
    for who, group in ((plain, "of-grace"), (person.client, person.row.group)):
        who.do(enqueue={"rig": "drive-1", "length": 30 * MINUTE, "until": now() + HOUR, "group": group})
    tickets = person.client.do(queue={}).queue.tickets
    assert [ticket.mine for ticket in tickets] == [True, False], "asked later, served first"
    for who in (plain, person.client):
        who.do(leave_queue={"ticket": [ticket.id for ticket in who.do(queue={}).queue.tickets if ticket.mine][0]})
    lab.shen.do(cancel={"booking": other.id})


@option("approval", "teacher")
def approval_by_teachers(person):
    first, second = (person.can(person.book(day * DAY)) for day in range(2))
    assert first.state == second.state == "PENDING"
    assert person.lab.bo.ask(book={"rig": "tank-1", "starts": first.starts, "ends": first.ends}).reason == "overlaps"
    assert person.change(first, "APPROVE").reason == "not-allowed", "nobody approves their own"
    person.change(first, "APPROVE", by=person.lab.wang)
    person.change(second, "DECLINE", by=person.lab.wang)
    assert person.state(first).state == "CONFIRMED" and person.state(second).state == "CANCELLED"
    assert person.change(first, "APPROVE", by=person.lab.wang).reason == "not-pending"


@option("approval", "scheduler")
def approval_by_schedulers(person):
    booking = person.can(person.book(0))
    assert person.change(booking, "APPROVE", by=person.lab.wang).reason == "not-allowed"
    assert person.change(booking, "APPROVE", by=person.lab.shen).ok
    assert person.state(booking).state == "CONFIRMED"


@option("extend", "false")
def extend(person):
    booking = person.can(person.book(0))
    assert person.change(booking, "EXTEND", ends=booking.ends + HOUR).reason == "no-extension"
    assert person.change(booking, "SHORTEN", ends=booking.ends - HOUR // 2).ok


@option("extend", "true")
def extend_where_it_is_free(person):
    booking = person.can(person.book(0))
    following = person.can(person.book(3 * HOUR))
    assert person.change(booking, "EXTEND", ends=booking.ends + HOUR).ok
    assert person.change(booking, "EXTEND", ends=following.ends).reason == "overlaps"
    assert person.state(booking).ends == booking.ends + HOUR


def configuration(text, _):
    groups = "".join(f"  {row.group}: {{school: school, policy: {row.name}}}\n" for row in ROWS)
    policies = "".join(f"  {row.name}: {{horizon: 400 d, {row.option}: {row.value}{row.more}}}\n".replace("horizon: 400 d, horizon", "horizon")
                       for row in ROWS)
    return text + f"schools: {{school: {{}}}}\ngroups:\n{groups}policies:\n{policies}"


ELSEWHERE = {"substitute"}  # test_changes.py: it takes a rig in quarantine


def test_every_option_has_a_row():
    printed = subprocess.run([str(BUILD / "labgate"), "reference"], capture_output=True, text=True, check=True).stdout
    section = printed[printed.index("An entry of `policies`"):]
    section = section[:section.index("\n#")] if "\n#" in section else section
    options = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert len(options) > 15 and options == {row.option for row in ROWS} | ELSEWHERE, options


def test_both_sides_of_each_limit():
    with Lab(edit=configuration) as lab:
        lab.shen, lab.wang, lab.bo = lab.person("shen", "scheduler"), lab.person("wang", "teacher"), lab.person("bo")
        failed = []
        people = [Person(lab, row, week) for week, row in enumerate(ROWS)]
        members = [{"account": row.name, "kind": "MEMBER", "name": row.group} for row in ROWS]
        lab.person("plain")
        for name in ("plain", "rehearsal"):
            members.append({"account": name, "kind": "MEMBER", "name": "of-grace"})
        lab.shen.do(standing_put={"standings": members})
        for person in people:
            try:
                person.row.check(person)
            except (AssertionError, Refused) as problem:
                failed.append(f"{person.row.option}: {person.row.value}: {problem!r}")
        assert not failed, "\n".join(failed)


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
