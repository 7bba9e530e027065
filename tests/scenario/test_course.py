"""A term's classes: planned over the bus, imported from a registrar's list, booked by week and period, and maintenance over
them."""
import sys
import time

import lab as laboratory
from lab import Lab, as_json, until
from test_disk import FailingLab
from school import HOUR, day, enroll, instant, login, never_closed, with_term


def course(students, **fields):
    return {"name": "Circuits", "weeks": "1-4", "slots": [{"weekday": 2, "first_period": 3, "last_period": 4}],
            "rigs": ["tank-1", "tank-2"], "students": students, "group_size": 2, **fields}


def plan(client, *courses, ok=True, **fields):
    answer = client.ask(plan_course={"term": "term-1", "courses": list(courses), **fields})
    assert answer.ok == ok, answer
    return answer.plan_course if ok else answer


def everything(client):
    return client.do(bookings={"everyone": True}).bookings.bookings


def test_a_course_is_planned_whole_or_not_at_all():
    with Lab(edit=with_term, rigs_safe=False) as lab:
        shen, tech = lab.person("shen", "scheduler"), lab.person("tech", "technician")
        students = enroll(lab, 4)

        # A dry run tells every meeting: one falls out, one is held on the make-up workday. Nothing is booked.
        dry = plan(shen, course(students), course(students[:2], name="Drives", rigs=["drive-1"],
                                                  slots=[{"weekday": 4, "from": 14 * 60, "until": 15 * 60}], weeks="odd"), dry_run=True)
        first = dry.meetings[:4]
        assert [one.result for one in first] == ["accepted", "accepted", "moved", "accepted"], first
        assert first[2].date == str(day(3, 6)) and first[2].starts == instant(3, 6, 10), first[2]
        assert first[0].starts == instant(1, 2, 10) and first[0].ends == instant(1, 2, 11, 40), first[0]
        drives = dry.meetings[4:]
        assert [(one.week, one.result) for one in drives] == \
            [(week, "holiday" if week == 3 else "accepted") for week in range(1, 17, 2)], drives
        assert (drives[1].why, drives[1].why_zh) == ("River Day", "江河日") and drives[1].starts == 0
        assert (dry.booking_count, dry.meeting_count, dry.fallen_count, dry.conflict_count) == (8 + 7, 4 + 7, 1, 0), dry
        assert not dry.stored and not everything(shen)
        assert dry.rig_time == 8 * 100 * 60_000 + 7 * HOUR

        # Somebody is there already: the conflict says who, and what is free; nothing is stored.
        taken = tech.do(book={"rig": "tank-1", "starts": instant(2, 2, 10, 30), "ends": instant(2, 2, 11)}).bookings.bookings[0]
        answer = plan(shen, course(students), ok=False)
        assert answer.reason == "conflicts", answer
        conflict = answer.plan_course.conflicts[0]
        assert (conflict.reason, conflict.booking, conflict.holder, conflict.week, conflict.rig) == \
            ("overlaps", taken.id, "tech", 2, "tank-1"), conflict
        assert len(conflict.people) == 2 and answer.plan_course.conflict_count == 1
        free = conflict.alternatives
        assert free and all((one.rig, one.starts) != ("tank-2", instant(2, 2, 10)) for one in free), \
            "the other group's rig is not offered"
        assert len(everything(shen)) == 1

        # With its alternative it is stored, in one bundle; the same request again is the same course.
        key = "k" * 20
        done = plan(shen, course(students, group="ee"), take_alternatives=True, key=key)
        assert done.stored and done.conflicts[0].taken and done.booking_count == 8, done
        again = plan(shen, course(students, group="ee"), take_alternatives=True, key=key)
        assert again.stored and again.bundle == done.bundle, again
        bundle = [one for one in everything(shen) if one.bundle == done.bundle]
        assert len(bundle) == 8 and {one.group for one in bundle} == {"ee"}, bundle
        chosen = done.conflicts[0].alternatives[0]
        assert [1 for one in bundle if (one.rig, one.starts) == (chosen.rig, chosen.starts)], bundle
        # Groups rotate over the rigs.
        week1, week2 = ([(one.rig, one.holder) for one in bundle if one.starts == instant(week, 2, 10)] for week in (1, 4))
        assert {rig for rig, _ in week1} == {"tank-1", "tank-2"} and dict(week1) != dict(week2), (week1, week2)
        lab.kill_gate()
        lab.start_gate()
        shen = lab.client().login("shen")
        assert len([one for one in everything(shen) if one.bundle == done.bundle]) == 8, "a yes survives"

        # Nobody can be in two places: the same students, another rig, the same time.
        answer = plan(shen, course(students[:1], rigs=["drive-1"], weeks="1", group_size=1), ok=False)
        busy = answer.plan_course.conflicts[0]
        assert busy.reason == "person-busy" and list(busy.people) == ["s1"] and busy.booking, busy
        assert busy.alternatives and all(one.starts != instant(1, 2, 10) for one in busy.alternatives), busy
        assert plan(shen, course(students[:1], capability="electronics", rigs=[], weeks="2", group_size=1,
                                 slots=[{"weekday": 1, "first_period": 1, "last_period": 1}])).stored

        # Each holder is judged, whoever asks.
        lab.labctl  # (accounts below have no login)
        careful = course(students[2:], weeks="5", group="careful")
        answer = plan(shen, careful, ok=False)
        assert answer.plan_course.conflicts[0].reason == "not-qualified", answer
        shen.do(standing_put={"standings": [{"account": "s3", "kind": "QUALIFIED", "name": "high-voltage"}]})
        lacking = plan(shen, careful, ok=False).plan_course.conflicts[0]
        assert list(lacking.people) == ["s4"], lacking
        shen.do(standing_put={"standings": [{"account": "s4", "kind": "QUALIFIED", "name": "high-voltage"}]})
        assert plan(shen, careful).stored


def test_on_behalf_of_others():
    with Lab(edit=with_term, rigs_safe=False) as lab:
        shen, anna = lab.person("shen", "scheduler"), lab.person("anna")
        enroll(lab, 2)
        shen.do(standing_put={"standings": [{"account": "s1", "kind": "MEMBER", "name": "careful"}]})
        times = {"starts": instant(1, 1, 9), "ends": instant(1, 1, 10)}
        wish = {"rig": "tank-1", **times, "holder": "s1"}
        assert anna.refused(book={"wishes": [wish]}).reason == "not-allowed"
        # Its holder's group and qualification count, not the scheduler's.
        answer = shen.refused(book={"wishes": [wish]})
        assert answer.reason == "not-qualified" and "s1" in answer.message, answer
        shen.do(standing_put={"standings": [{"account": "shen", "kind": "QUALIFIED", "name": "high-voltage"}]})
        assert shen.refused(book={"wishes": [wish]}).reason == "not-qualified"
        shen.do(standing_put={"standings": [{"account": "s1", "kind": "QUALIFIED", "name": "high-voltage"}]})
        # Nor may somebody take part who is not qualified.
        assert shen.refused(book={"wishes": [{**wish, "party": ["s2"]}]}).reason == "not-qualified"
        # Everybody once.
        for twice in (["anna", "anna"], ["s1"]):
            answer = shen.refused(book={"wishes": [{**wish, "party": twice}]})
            assert answer.reason == "duplicate-account" and twice[0] in answer.message, answer
        key = "b" * 16
        booking = shen.do(book={"wishes": [wish], "key": key}).bookings.bookings[0]
        assert booking.group == "careful" and not booking.mine, booking
        repeated = shen.do(book={"wishes": [wish], "key": key}).bookings.bookings[0]
        assert repeated.id == booking.id, "a repeat of a request for somebody else is known"


HEADING = "课程,班级,姓名,学号,周次,星期,节次"


def write(lab, name, text, encoding="utf-8"):
    path = lab.folder / name
    path.write_bytes(text.encode(encoding))
    return path


def imports(lab, path, *options, status=0):
    return lab.labctl("course", "import", path, "--term", "term-1", "--rigs", "tank-1,tank-2", "--group-size", "2", *options,
                      profile="shen", status=status)


def test_a_registrars_list_is_imported():
    with Lab(edit=with_term, rigs_safe=False) as lab:
        shen = lab.person("shen", "scheduler")
        enroll(lab, 4)
        login(lab, "shen")
        rows = [HEADING] + [f'电路,"电气\n2024-1",学生{i},s{i},1-8周(单),星期二,第3-4节' for i in (1, 2, 3)] + \
            ['电路,"电气""2024""-1",学生4, s4 ,"1-8周(单)",2,"3,4"']
        text = "\r\n".join(rows) + "\r\n"
        seen = []
        for name, encoding in (("utf.csv", "utf-8"), ("bom.csv", "utf-8-sig"), ("gb.csv", "gb18030"), ("wide.csv", "utf-16")):
            dry = as_json(imports(lab, write(lab, name, text, encoding), "--json", "--dry-run"))[0]
            seen.append((dry["bookings"], dry["meetings_held"], dry["conflict_count"],
                         [(one["course"], one["week"], one["result"]) for one in dry["meetings"]]))
        assert seen == [(8, 4, 0, [("电路", week, "moved" if week == 3 else "accepted") for week in (1, 3, 5, 7)])] * 4, seen
        # English headings in another order, and what people read.
        english = "Weekday,PERIODS,weeks,Student_Number,course\ntue,3-4,\"1,3,5,7\",s1,Circuits\nTuesday,3-4,1-7odd,s2,Circuits\n"
        out = imports(lab, write(lab, "english.csv", english), "--dry-run", "--also", "Asia/Urumqi")
        assert "Circuits, Tue periods 3-4, week 1:" in out and "08:00 Asia/Urumqi" in out and "nothing was booked" in out, out
        assert "meetings: 4, of which 0 fall out; bookings: 4" in out, out

        # Every mistake in one run, each with its line and column; nothing is asked of the gateway.
        wrong = HEADING + "\n电路,,王,s1,1-99周,星期二,3-4\n电路,,李,,1-8,星期八,3-4\n电路,,张,s3,1-8,2,4-3\n电路,,赵,s4,1-8,2,3-4\n电路,,赵,s4,1-8,2,3-4\n"
        imports(lab, write(lab, "wrong.csv", wrong), "--dry-run", status=2)
        told = lab.last.stderr
        for part in ('wrong.csv:2: column 5 "周次" (王): "1-99周"', 'wrong.csv:3: column 4 "学号" (李): is empty',
                     'wrong.csv:3: column 6 "星期" (李): "星期八"', 'wrong.csv:4: column 7 "节次" (张): "4-3"',
                     'wrong.csv:6: column 4 "学号" (赵): "s4": is in this class already, in line 5', "5 mistakes"):
            assert part in told, (part, told)
        imports(lab, write(lab, "head.csv", "学号,课程\ns1,x\n"), status=2)
        assert lab.last.stderr.count("no column is called") == 3, lab.last.stderr
        imports(lab, write(lab, "quote.csv", HEADING + '\n"电路,,王,s1,1,2,3\n'), status=2)
        assert "quote.csv:2: a quotation mark is not closed" in lab.last.stderr, lab.last.stderr
        (lab.folder / "junk.csv").write_bytes(b"\x80\xff\x00\xfe,\n")
        imports(lab, lab.folder / "junk.csv", status=2)
        imports(lab, write(lab, "empty.csv", ""), status=2)
        imports(lab, write(lab, "nobody.csv", HEADING + "\n电路,,王,s1,1-8,2,3-4\n电路,,孙,x7,1-8,2,3-4\n电路,,周,x8,1-8,2,3-4\n"), status=1)
        assert "line 3: there is no account called 'x7'" in lab.last.stderr and "line 4" in lab.last.stderr, lab.last.stderr
        imports(lab, write(lab, "weeks.csv", HEADING + "\n电路,,王,s1,1-17,2,3-4\n电路,,王,s1,1-8,2,3-9\n"), status=1)
        assert "unknown-week" in lab.last.stderr and "unknown-period" in lab.last.stderr, lab.last.stderr

        # A conflict: the dry run shows it and what is free; nothing, or with the alternatives all of it, is booked.
        shen.do(book={"rig": "tank-2", "starts": instant(1, 2, 10), "ends": instant(1, 2, 11)})
        path = lab.folder / "gb.csv"
        out = imports(lab, path, "--dry-run", status=1)
        assert "conflict: 电路, Tue periods 3-4, week 1" in out and "free: " in out and "conflicts: 1" in out, out
        imports(lab, path, status=1)
        assert len(everything(shen)) == 1
        out = imports(lab, path, "--take-alternatives", "--dry-run", status=1)
        assert "would be booked instead:" in out and "nothing was booked" in out, out
        out = imports(lab, path, "--take-alternatives")
        assert "booked instead:" in out and "booked: " in out, out
        assert len(everything(shen)) == 9


def test_a_course_is_cancelled_together():
    with Lab(edit=with_term, rigs_safe=False) as lab:
        lab.person("shen", "scheduler")
        enroll(lab, 4)
        login(lab, "shen", "s1")

        def course(students):
            rows = "".join(f"电路,x,,{name},1-4,星期一,1-2\n" for name in students)
            return write(lab, "course.csv", f"{HEADING}\n{rows}")

        def to_come():
            return {row["id"]: row["bundle"] for row in as_json(lab.labctl("--json", "bookings", "--all", profile="shen"))[0]
                    if row["state"] == "confirmed"}
        imports(lab, course(["s1", "s2", "s3", "s4"]))
        first = sorted(to_come())
        assert len(first) == 8, first
        other = as_json(lab.labctl("--json", "book", "drive-1", "--from", f"{day(1, 3)} 10:00", "--for", "1h", "--weekly", "2", profile="s1"))
        # Whoever cancels their own leaves the rest of the class.
        mine = min(row["id"] for row in as_json(lab.labctl("--json", "bookings", profile="s1"))[0] if row["mine"])
        lab.labctl("cancel", mine, "--together", profile="s1")
        left = sorted(set(to_come()) - {row["id"] for row in other})
        assert len(left) == 4, left
        lab.labctl("cancel", left[0], 99999, "--together", profile="shen", status=1)
        assert "4 of 5 bookings are cancelled" in lab.last.stderr, lab.last
        assert sorted(to_come()) == sorted(row["id"] for row in other), "what was booked apart from it stays"
        # Somebody left.
        imports(lab, course(["s2", "s3", "s4"]))
        assert len(to_come()) == 10


def test_nothing_is_said_to_be_booked_instead_that_the_ledger_refused():
    with FailingLab(edit=with_term, rigs_safe=False) as lab:
        shen = lab.person("shen", "scheduler")
        enroll(lab, 4)
        login(lab, "shen")
        path = write(lab, "four.csv", "\n".join([HEADING, *(f"电路,,王,s{i},1,2,3-4" for i in range(1, 5))]) + "\n")
        shen.do(book={"rig": "tank-2", "starts": instant(1, 2, 10), "ends": instant(1, 2, 11)})
        lab.disk("full")
        out = imports(lab, path, "--take-alternatives", status=1)
        assert "(not-stored)" in lab.last.stderr and "nothing was booked" in out, (out, lab.last.stderr)
        assert "  free: " in out and "booked instead:" not in out, out


def test_booking_by_the_term():
    with Lab(edit=with_term, rigs_safe=False) as lab:
        lab.person("anna")
        login(lab, "anna")
        out = as_json(lab.labctl("--json", "book", "tank-1", "drive-1", "--term", "term-1", "--weeks", "1-3", "--weekday", "tue",
                                 "--periods", "3-4", profile="anna"))
        assert len(out) == 6 and len({one["bundle"] for one in out}) == 1, out
        assert "make-up workday" in lab.last.stderr and str(day(3, 6)) in lab.last.stderr, lab.last.stderr
        lab.labctl("book", "tank-1", "--term", "term-1", "--weeks", "3", "--weekday", "星期四", "--between", "14:00-15:00",
                   profile="anna", status=1)
        assert "holiday" in lab.last.stderr
        lab.labctl("book", "tank-2", "--term", "term-1", "--weeks", "2-3", "--weekday", "4", "--between", "14:00-15:00",
                   profile="anna", environment={"LC_ALL": "zh_CN.UTF-8"})
        assert "江河日" in lab.last.stderr and "River Day" not in lab.last.stderr, lab.last.stderr
        for options, reason in ((("--term", "term-9", "--weeks", "1", "--weekday", "1", "--periods", "1"), "unknown-term"),
                                (("--term", "term-1", "--weeks", "17", "--weekday", "1", "--periods", "1"), "unknown-week"),
                                (("--term", "term-1", "--weeks", "1", "--weekday", "1", "--periods", "4-5"), "unknown-period"),
                                (("--term", "term-1", "--weeks", "1", "--weekday", "7", "--periods", "1"), "closed")):
            lab.labctl("--json", "book", "tank-2", *options, profile="anna", status=1)
            assert reason in lab.last.stdout + lab.last.stderr, (reason, lab.last)
        assert "term-1" in lab.labctl("book", "tank-2", "--term", "x", "--weeks", "1", "--weekday", "1", "--periods", "1", profile="anna",
                                      status=1) + lab.last.stderr, "which terms there are"
        for options in (("--weeks", "1"), ("--term", "term-1"),
                        ("--term", "term-1", "--weeks", "1", "--weekday", "x", "--periods", "1"),
                        ("--term", "term-1", "--weeks", "1", "--weekday", "1", "--periods", "1", "--for", "1h")):
            lab.labctl("book", "tank-2", *options, profile="anna", status=2)
        # Beijing and Xinjiang time side by side.
        listing = lab.labctl("bookings", "--also", "Asia/Urumqi", profile="anna", environment={"TZ": "Asia/Shanghai"})
        assert "10:00 +08:00 | 08:00 Asia/Urumqi" in listing, listing
        lab.labctl("bookings", "--also", "Asia/Nowhere", profile="anna", status=2)


def test_maintenance_shows_and_tells_who_is_affected():
    with Lab(edit=never_closed) as lab:
        anna, tech = lab.person("anna"), lab.person("tech", "technician")
        login(lab, "anna", "tech")
        lost = anna.do(book={"rig": "drive-1", "starts": instant(1, 1, 9), "ends": instant(1, 1, 10)}).bookings.bookings[0]
        moved = anna.do(book={"capability": "process-control", "starts": instant(1, 1, 9),
                              "ends": instant(1, 1, 10)}).bookings.bookings[0]
        maintain = {"rigs": ["drive-1", moved.rig], "starts": instant(1, 1, 8), "ends": instant(1, 1, 18), "reason": "new pump"}
        assert anna.refused(maintain=maintain).reason == "not-allowed"
        assert tech.refused(maintain={**maintain, "reason": ""}).reason == "bad-value"
        assert tech.refused(maintain={**maintain, "rigs": ["drive-1", "drive-1"]}).reason == "bad-value"
        dry = tech.do(maintain={**maintain, "dry_run": True}).maintain
        other = {"tank-1": "tank-2", "tank-2": "tank-1"}[moved.rig]
        assert {(one.booking.id, one.rig) for one in dry.affected} == {(lost.id, ""), (moved.id, other)}, dry
        assert not dry.stored
        assert all(one.state == "CONFIRMED" and one.rig in ("drive-1", moved.rig) for one in anna.do(bookings={}).bookings.bookings), \
            "a dry run changes nothing"
        out = lab.labctl("maintenance", "drive-1", moved.rig, "--from", "@", "--for", "1h", "--reason", "x", profile="tech", status=2)
        key = "m" * 16
        done = tech.do(maintain={**maintain, "key": key}).maintain
        assert done.stored and len(done.bookings) == 2 and done.affected_count == 2, done
        assert tech.do(maintain={**maintain, "key": key}).maintain.bookings[0].id == done.bookings[0].id, "a repeat is the same"
        mine = {one.id: one for one in anna.do(bookings={}).bookings.bookings}
        assert mine[lost.id].state == "CANCELLED" and mine[lost.id].why == "maintenance", mine
        assert mine[moved.id].state == "CONFIRMED" and mine[moved.id].rig == other, mine
        kinds = until(lambda: (lambda found: len(found) == 2 and found)(
            {one["kind"]: one["text"] for one in as_json(lab.labctl("--json", "notices", "--keep", profile="anna"))}), "two notices")
        assert set(kinds) == {"cancelled", "moved"} and all("maintenance: new pump" in text for text in kinds.values()), kinds
        assert anna.refused(book={"rig": "drive-1", "starts": instant(1, 1, 9), "ends": instant(1, 1, 10)}).reason == "overlaps"
        # A live session is not ended over somebody's head.
        anna.do(book={"rig": "bench-1", "ends": int(time.time() * 1000) + HOUR})
        until(lambda: anna.status("bench-1").session, "a session")
        answer = tech.refused(maintain={"every_rig": True, "ends": int(time.time() * 1000) + HOUR, "reason": "closed"})
        assert answer.reason == "conflicts" and [one.rig for one in answer.maintain.conflicts] == ["bench-1"], answer
        out = lab.labctl("maintenance", "tank-1", "tank-2", "--for", "1h", "--reason", "pipes", "--dry-run", profile="tech")
        assert "bookings affected: 0, in the way: 0" in out and "nothing was booked" in out, out


def test_more_notices_than_an_answer_has_room_for_are_all_shown():
    with Lab(edit=with_term, rigs_safe=False) as lab:
        shen, tech = lab.person("shen", "scheduler"), lab.person("tech", "technician")
        name, = enroll(lab, 1)
        login(lab, name)
        times = [(week, weekday, hour) for week in range(4, 9) for weekday in (1, 2, 5) for hour in range(8, 18)]
        shen.do(book={"wishes": [{"rig": "tank-1", "starts": instant(*time_), "ends": instant(*time_, 50), "holder": name}
                                 for time_ in times], "planned": True})
        tech.do(maintain={"rigs": ["tank-1"], "starts": instant(4, 1, 0), "ends": instant(9, 1, 0), "reason": "new pump"})

        def shown(*options):
            return [one["kind"] for one in as_json(lab.labctl("--json", "notices", *options, profile=name))]
        expected = ["booked"] + len(times) * ["cancelled"]
        until(lambda: shown("--keep") == expected, f"{len(times) + 1} notices")
        assert shown() == expected and shown() == [], "what was shown is seen, and no more"


def test_everybody_is_told_however_many_are_affected():
    with Lab(edit=with_term, rigs_safe=False) as lab:
        shen, tech = lab.person("shen", "scheduler"), lab.person("tech", "technician")
        names = enroll(lab, 10)
        login(lab, names[0])
        # More at once than the ledger's queue takes.
        times = [(week, weekday, hour) for week in range(1, 11) if week != 3 for weekday in (1, 2, 5) for hour in range(8, 18)]
        wishes = [{"rig": "tank-1", "starts": instant(*time_), "ends": instant(*time_, 50), "holder": names[i % 10]}
                  for i, time_ in enumerate(times)]
        key = "b" * 16
        for _ in range(2):  # the repeat tells nobody anew
            shen.do(book={"wishes": wishes, "planned": True, "key": key})
        first = lab.client().login(names[0])
        told = until(lambda: first.do(notices={}).notices.notices, "a notice")
        assert [one.kind for one in told] == ["booked"] and f"and {len(wishes) // 10 - 1} more with it" in told[0].text, told
        assert (told[0].rig, told[0].starts, told[0].state) == ("tank-1", instant(*times[0]), "CONFIRMED"), told
        shown = lab.labctl("notices", "--keep", profile=names[0], environment={"TZ": "Asia/Shanghai"})
        assert f"a booking was made for you, and 26 more with it (tank-1 from {day(1, 1)} 08:00 +08:00 until " in shown, shown
        assert not shen.do(notices={}).notices.get("notices", []), "who did it knows"
        tech.do(maintain={"rigs": ["tank-1"], "starts": instant(1, 1, 0), "ends": instant(12, 1, 0), "reason": "new pump"})

        def all_told(client):
            found = [one for one in client.do(notices={}).notices.notices if one.kind == "cancelled"]
            return len(found) == len(wishes) // 10 and found
        for name in names[:2]:
            found = until(lambda: all_told(lab.client().login(name)), f"what {name} is told")
            assert {(one.state, one.starts) for one in found} == {("CANCELLED", instant(*times[i]))
                                                                  for i in range(names.index(name), len(times), 10)}, found
        assert not lab.gate.find("is lost"), lab.gate.output


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
