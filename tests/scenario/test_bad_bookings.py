"""What cannot be booked, and names that do harm: each a refusal with a name, or handled right. Real processes throughout."""
import calendar
import datetime
import subprocess
import sys
import time
import zoneinfo

import lab as laboratory
from lab import BUILD, ROOT, Lab, as_json
from school import HOUR, MONDAY, day, enroll, instant, login, with_term

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


def now():
    return int(time.time() * 1000)


def plan(client, dry_run=True, **course):
    fields = {"name": "C", "weeks": "1", "slots": [{"weekday": 1, "first_period": 1, "last_period": 1}], "rigs": ["tank-1"],
              "students": ["s1"]}
    return client.ask(plan_course={"term": course.pop("term", "term-1"), "courses": [{**fields, **course}], "dry_run": dry_run})


def test_each_impossible_request_has_a_name():
    with Lab(edit=with_term, rigs_safe=False) as lab:
        shen = lab.person("shen", "scheduler")
        enroll(lab, 8)
        login(lab, "shen")
        starts = instant(1, 1, 9)
        book = {"rig": "tank-1", "starts": starts, "ends": starts + HOUR}
        # One booking.
        for changed, reason in (({"ends": starts - 1}, "empty-interval"), ({"ends": starts}, "empty-interval"),
                                ({"starts": 1000, "ends": 2000}, "past"), ({"starts": 0, "ends": now() - HOUR}, "past"),
                                ({"ends": 2**62}, "too-far"),
                                ({"starts": 2**63 + 5}, "past"), ({"rig": "tank-9"}, "unknown-rig"), ({"rig": ""}, "unknown-rig"),
                                ({"rig": "", "capability": "x"}, "unknown-capability"), ({"group": "x"}, "unknown-group"),
                                ({"key": "short"}, "bad-key"), ({"key": "k" * 100}, "bad-key"),
                                # The laboratory is closed: at night, on Sunday, on a holiday; on its make-up day it is not.
                                ({"starts": instant(1, 1, 23), "ends": instant(1, 2, 1)}, "closed"),
                                ({"starts": instant(1, 7, 9), "ends": instant(1, 7, 10)}, "closed"),
                                ({"starts": instant(3, 2, 9), "ends": instant(3, 2, 10)}, "closed")):
            answer = shen.refused(book={**book, **changed})
            assert answer.reason == reason, (changed, answer)
        assert shen.ask(book={**book, "starts": instant(3, 6, 9), "ends": instant(3, 6, 10)}).ok
        # People who are not there, too many of them, and a holder who is nobody.
        wish = {**book, "holder": "nobody"}
        assert shen.refused(book={"wishes": [wish]}).reason == "unknown-account"
        assert shen.refused(book={"wishes": [{**book, "party": [f"s{i % 8 + 1}" for i in range(17)]}]}).reason == "bad-value"
        # A course.
        for changed, reason in (({"term": "term-2"}, "unknown-term"), ({"weeks": "17"}, "unknown-week"), ({"weeks": "1-17"}, "unknown-week"),
                                ({"weeks": "3,1-4"}, "unknown-week"), ({"weeks": "4-1"}, "bad-weeks"), ({"weeks": ""}, "bad-weeks"),
                                ({"weeks": "week 1"}, "bad-weeks"), ({"weeks": "99999999999999999999"}, "unknown-week"),
                                ({"slots": []}, "bad-value"), ({"slots": [{"weekday": 8, "first_period": 1, "last_period": 1}]}, "unknown-weekday"),
                                ({"slots": [{"weekday": 1, "first_period": 2, "last_period": 1}]}, "unknown-period"),
                                ({"slots": [{"weekday": 1, "first_period": 1, "last_period": 5}]}, "unknown-period"),
                                ({"slots": [{"weekday": 1, "first_period": 2**31, "last_period": 2**31 + 1}]}, "unknown-period"),
                                ({"slots": [{"weekday": 1, "from": 700, "until": 600}]}, "empty-interval"),
                                ({"slots": [{"weekday": 1, "from": 700, "until": 5000}]}, "empty-interval"),
                                ({"students": ["s1", "s2", "s1"], "group_size": 3}, "duplicate-account"), ({"students": []}, "bad-value"),
                                ({"students": ["s1", "s99", "s98"], "group_size": 3}, "unknown-account"),
                                ({"students": ["s1", "s2"]}, "too-many-students"), ({"rigs": ["tank-1", "tank-1"]}, "bad-value"),
                                ({"rigs": ["tank-9"]}, "unknown-rig"), ({"rigs": [], "capability": "x"}, "unknown-capability"),
                                ({"rigs": [], "capability": "process-control", "rig_count": 99}, "bad-value"),
                                ({"students": [f"s{i + 1}" for i in range(8)], "group_size": 99}, "bad-value"),
                                ({"group": "x"}, "unknown-group"), ({"name": "x" * 500}, "bad-value"),
                                ({"weeks": "3", "slots": [{"weekday": 4, "first_period": 1, "last_period": 1}]}, "holiday")):
            answer = plan(shen, **changed)
            assert not answer.ok and answer.reason == reason, (changed, answer)
        unknown = plan(shen, students=["s99", "s1", "s98"], group_size=3)
        assert list(unknown.plan_course.unknown) == ["s99", "s98"], unknown
        assert plan(shen).ok
        assert lab.person("anna").ask(plan_course={"term": "term-1", "courses": []}).reason == "not-allowed"
        # Ten thousand at once, however they are written.
        eight = [f"s{i + 1}" for i in range(8)]
        part = {"name": "C", "weeks": "1-16", "rigs": ["tank-1", "tank-2", "drive-1", "bench-1"], "students": eight,
                "slots": [{"weekday": 1, "first_period": 1, "last_period": 1}, {"weekday": 2, "first_period": 1, "last_period": 1}]}
        answer = shen.ask(plan_course={"term": "term-1", "courses": [part] * 64, "dry_run": True})
        assert answer.reason == "too-many-at-once", answer
        answer = shen.refused(book={"wishes": [{"rig": "tank-1"}] * 5001})
        assert answer.reason == "too-many-at-once", answer
        assert shen.refused(book={"wishes": [{"rig": ""}] * 10_000}).reason == "too-many-at-once"
        slots = [{"weekday": 1, "from": i, "until": i + 1} for i in range(1, 64)]
        answer = shen.refused(book={"wishes": [{"rig": "tank-1"}] * 10, "meetings": {"term": "term-1", "weeks": "1-16", "slots": slots}})
        assert answer.reason == "too-many-at-once", answer
        assert shen.do(rigs={}).ok, "and the line is still there"
        # On the command line.
        for options in (("--from", "2030-02-30 10:00", "--for", "1h"), ("--from", "2030-03-01 10:00", "--until", "2030-03-01 09:00"),
                        ("--from", "2030-13-01 10:00", "--for", "1h"), ("--from", "25:00", "--for", "1h"),
                        ("--from", "2030-03-01 10:00+25:00", "--for", "1h"), ("--from", "2030-03-01 10:00", "--for", "-1h")):
            lab.labctl("book", "tank-1", *options, profile="shen", status=2)
        assert len(shen.do(bookings={"everyone": True}).bookings.bookings) == 1, "none of it was booked"
        # What is asked for after the refused one cannot be had either, and takes no alternative away; nor is a booking moved there.
        taken = shen.do(book=book).bookings.bookings[0]
        answer = shen.refused(book={"wishes": [book, {"rig": "tank-1", "starts": 1, "ends": 2**63 - 1}]})
        assert answer.reason == "overlaps" and len(answer.alternatives.alternatives) == 3, answer
        for far in (2**63 - 1, 2**62):
            answer = shen.refused(change_booking={"booking": taken.id, "kind": "MOVE", "starts": far})
            assert answer.reason == "too-far", answer


def last_sunday(year, month):
    date = datetime.date(year, month, calendar.monthrange(year, month)[1])
    return date - datetime.timedelta(days=(date.weekday() + 1) % 7)


def test_the_days_on_which_clocks_change():
    year = datetime.date.today().year + 1
    spring, autumn = last_sunday(year, 3), last_sunday(year, 10)

    def berlin(text, lab):
        monday = spring - datetime.timedelta(days=6)
        later = autumn - datetime.timedelta(days=6)
        text = text.replace("time_zone: Asia/Shanghai", "time_zone: Europe/Berlin")
        return text + f"\ntimetable:\n  terms:\n    spring: {{start: {monday}, weeks: 2}}\n    autumn: {{start: {later}, weeks: 2}}\n"

    with Lab(edit=berlin, rigs_safe=False) as lab:
        shen = lab.person("shen", "scheduler")
        enroll(lab, 1)
        login(lab, "shen")
        night = {"weekday": 7, "from": 150, "until": 170}  # 02:30 to 02:50
        answer = plan(shen, term="spring", weeks="1", slots=[night])
        assert answer.reason == "skipped-time" and str(spring) in answer.message, answer
        assert plan(shen, term="spring", weeks="2", slots=[night]).ok
        twice = plan(shen, term="autumn", weeks="1", slots=[night]).plan_course.meetings[0]
        first = datetime.datetime(autumn.year, autumn.month, autumn.day, 2, 30, tzinfo=BERLIN, fold=0)
        assert twice.starts == int(first.timestamp() * 1000), twice
        # labctl: what does not exist is refused; of what comes twice the first, and with an offset either.
        berlin_time = {"TZ": "Europe/Berlin"}
        lab.labctl("book", "tank-1", "--from", f"{spring} 02:30", "--for", "10m", profile="shen", status=2, environment=berlin_time)
        assert "clocks are put forward over that time" in lab.last.stderr, lab.last
        lab.labctl("book", "tank-1", "--from", f"{year}-02-30 02:30", "--for", "10m", profile="shen", status=2, environment=berlin_time)
        assert "the calendar has no such day" in lab.last.stderr, lab.last
        starts = [as_json(lab.labctl("--json", "book", "tank-1", "--from", f"{autumn} 02:30{offset}", "--for", "10m", profile="shen",
                                     environment=berlin_time))[0]["starts"] for offset in ("", "+01:00")]
        assert starts == [f"{autumn}T00:30:00.000Z", f"{autumn}T01:30:00.000Z"], starts
        lab.labctl("book", "tank-1", "--from", f"{autumn}T02:30+02:00", "--for", "10m", profile="shen", status=1)
        assert "overlaps" in lab.last.stderr, lab.last


def test_the_configuration_is_refused_with_a_place():
    with Lab(gate=False, edit=with_term) as lab:
        base = (lab.config / "lab.yaml").read_text()

        def check(text):
            (lab.config / "lab.yaml").write_text(text)
            done = subprocess.run([BUILD / "labgate", "check", lab.config, "--profiles", ROOT / "configs" / "profiles", *lab.defines()],
                                  capture_output=True, text=True, timeout=60)
            return done.returncode, done.stdout + done.stderr

        assert check(base)[0] == 0
        for before, after, part in ((f"from: {day(3, 2)}, until: {day(3, 2)}", "from: 2030-02-30, until: 2030-03-01", "2030-02-30"),
                                    (f"from: {day(3, 2)}, until: {day(3, 2)}", f"from: {day(3, 2)}, until: {day(3, 1)}", "until"),
                                    (f"start: {MONDAY},", f"start: {day(1, 2)},", "Monday"),
                                    ("weight: 1, policy: student}", "weight: 1}", "policy is missing"),
                                    ("policy: student}", "policy: studnet}", "student")):
            code, out = check(base.replace(before, after))
            assert code == 1 and part in out and "lab.yaml:" in out, (after, out)


NASTY = {
    "quotes": "O'Brien \"Bobby\" \\ ; DROP TABLE",
    "newline": "line\nfeed\r\n\ttab",
    "bidi": "abc\u202edlrow\u2066x\u200f",
    "escape": "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "emoji": "👩‍🔬🇨🇳 實驗",
    "long": "漢" * 80,
}
RAW = ["\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\u200f", "\r"]


def test_names_reach_nobody_as_control():
    with Lab(edit=with_term) as lab:
        names = list(NASTY)
        lab.admin(account_put={"import": [{"name": name, "role": "STUDENT", "title": NASTY[name]} for name in names],
                               "passwords": [laboratory.PASSWORD] * len(names)})
        lab.people.update(names)
        shen = lab.person("shen", "scheduler")
        login(lab, "shen")
        # 4 kB of Chinese are no person's name, and neither is what is no text.
        for title in ("汉" * 1365, "汉" * 100):
            try:
                lab.admin(account_put={"account": {"name": "much", "role": "STUDENT", "title": title}, "password": laboratory.PASSWORD})
                raise AssertionError("it was stored")
            except laboratory.Refused as refused:
                assert refused.reason == "bad-account", refused.answer
        for number, name in enumerate(names):
            starts = instant(1, 1, 8) + 2 * number * HOUR  # the rig is made safe between two
            shen.do(book={"wishes": [{"rig": "tank-1", "starts": starts, "ends": starts + HOUR, "holder": name}]})
        # Over the bus they are what they are.
        told = {one.holder for one in shen.do(bookings={"everyone": True}).bookings.bookings}
        assert told == set(NASTY.values()), told
        # On a terminal they are text on one line, and in JSON they are escaped and come back whole.
        listing = lab.labctl("bookings", "--all", profile="shen")
        assert len(listing.splitlines()) == 1 + len(names), listing
        assert not [mark for mark in RAW if mark in listing], listing
        assert "\\u{202e}" in listing and "O'Brien" in listing and "👩" in listing, listing
        raw = lab.labctl("--json", "bookings", "--all", profile="shen")
        assert {one["holder"] for one in as_json(raw)[0]} == set(NASTY.values())
        assert not [mark for mark in RAW if mark in raw], raw
        # The same in what is refused, and in what maintenance moves.
        for odd in (NASTY["bidi"], NASTY["escape"], "汉" * 1365, "\udcff".encode("utf-8", "surrogateescape").decode("latin-1")):
            lab.labctl("book", odd, "--for", "1h", profile="shen", status=1)
            assert not [mark for mark in RAW if mark in lab.last.stderr + lab.last.stdout], lab.last
            assert len(lab.last.stderr) < 6000
        tech = lab.person("tech", "technician")
        login(lab, "tech")
        out = lab.labctl("maintenance", "tank-1", "--from", f"{day(1, 1)} 00:00+08:00", "--for", "24h", "--reason", NASTY["escape"],
                         "--dry-run", profile="tech")
        assert f"bookings affected: {len(names)}," in out and not [mark for mark in RAW if mark in out], out
        assert tech.refused(maintain={"rigs": ["tank-1"], "ends": now() + HOUR, "reason": "汉" * 1365}).reason == "bad-value"
        # A course's name.
        answer = plan(shen, name=NASTY["bidi"] + NASTY["escape"], students=["quotes"], weeks="99")
        assert answer.reason == "unknown-week", answer
        path = lab.folder / "nasty.csv"
        path.write_text(f'学号,课程,周次,星期,节次\nquotes,"{NASTY["escape"]}{NASTY["bidi"]}",2,2,3-4\n"{NASTY["escape"]}",x,1,1,1\n')
        lab.labctl("course", "import", path, "--term", "term-1", "--rigs", "tank-2", "--dry-run", profile="shen", status=1)
        assert not [mark for mark in RAW if mark in lab.last.stderr + lab.last.stdout], lab.last
        lab.labctl("audit", "verify", "--socket", lab.folder / "state" / "control.sock")


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
