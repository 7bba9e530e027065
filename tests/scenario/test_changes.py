"""What becomes of bookings after they were made: rigs that go out of service (promise B3), and changes over labctl."""
import datetime
import sys

import lab as laboratory
from lab import Lab, as_json, until
from school import enroll, instant, with_term
from test_queue import people
from test_timetable import HOUR, now

MINUTE = 60_000

GROUPS = """
timetable: {rehome_ahead: 4 h, grace: 0 s}
groups:
  movable: {school: here, policy: movable}
  fixed: {school: here, policy: fixed}
  asking: {school: here, policy: asking}
schools:
  here: {}
policies:
  movable: {bookings_per_day: 1, grace: 0 s}
  fixed: {bookings_per_day: 1, substitute: false, grace: 0 s}
  asking: {approval: teacher, horizon: 0 d, longest: 0 h}
"""

FIRST = datetime.date.today() + datetime.timedelta(days=200)  # far from everything else that is booked


def with_groups(text, _):
    # What cannot be made safe is given up sooner than in a real laboratory.
    return text.replace("within: 10 s", "within: 3 s") + GROUPS


def of(person, booking):
    return [one for one in person.do(bookings={}).bookings.bookings if one.id == booking.id][0]


def told(person, booking):
    return [one.kind for one in person.do(notices={}).notices.get("notices", []) if one.booking == booking.id]


def book(person, starts, ends, **what):
    return person.do(book={"starts": starts, "ends": ends, **what}).bookings.bookings[0]


def test_a_rig_in_quarantine_gives_its_bookings_to_others():
    with Lab(edit=with_groups) as lab:
        anna, bo, carl, dora = people(lab, anna="movable", bo="movable", carl="fixed", dora="movable")
        begins = now()
        floating = book(bo, begins + HOUR, begins + HOUR + 30 * MINUTE, capability="process-control")
        assert floating.rig == "tank-1", floating
        live = book(anna, 0, begins + HOUR // 2, rig="tank-1")
        named = book(dora, begins + 2 * HOUR, begins + 2 * HOUR + 30 * MINUTE, rig="tank-1")
        fixed = book(carl, begins + 3 * HOUR, begins + 3 * HOUR + 30 * MINUTE, rig="tank-1")
        later = book(anna, begins + 30 * HOUR, begins + 31 * HOUR, rig="tank-1")
        anna.take("tank-1")
        anna.set("plc.fill", "open")
        lab.ctl("fault", "tank", "frozen", "fill_closed")
        anna.ask(release={})
        until(lambda: anna.status("tank-1").condition == "QUARANTINED", "the quarantine", patience=120)

        # What floats moves, and so does what was booked by name where the policy has it so; both are told.
        for person, booking in ((bo, floating), (dora, named)):
            until(lambda: of(person, booking).rig == "tank-2", f"{person.name}'s booking on another rig")
            until(lambda: "moved" in told(person, booking), "a notice of that")
        # What can be nowhere else stays and is told; what is far ahead stays.
        until(lambda: "rig-out" in told(carl, fixed), "a notice that the rig is out")
        assert of(carl, fixed).rig == of(anna, later).rig == "tank-1"
        # Whoever was at it has the quota back: one booking a day, and this is another one of today.
        until(lambda: "refunded" in told(anna, live), "the refund")
        anna.do(cancel={"booking": live.id})
        assert book(anna, 0, now() + 10 * MINUTE, rig="drive-1").rig == "drive-1"
        assert bo.refused(book={"rig": "drive-1", "starts": begins + HOUR, "ends": begins + 2 * HOUR}).reason == "quota-bookings"

        # The week says so, too.
        lab.labctl("login", "bo", "--password-stdin", text=laboratory.PASSWORD + "\n", profile="bo")
        out = lab.labctl("timetable", profile="bo", environment={"LC_ALL": "C.UTF-8"})
        assert [line[:6] for line in out.splitlines() if line.endswith("  quarantined now")] == ["tank-1"], out
        assert '<small class="out">quarantined now</small>' in lab.labctl("timetable", "--html", "-", profile="bo", environment={"LC_ALL": "C.UTF-8"})

        # Nothing that was told is forgotten.
        lab.kill_gate()
        lab.start_gate()
        bo = lab.client().login("bo")
        assert of(bo, floating).rig == "tank-2" and "moved" in told(bo, floating)


def test_changes_over_labctl():
    with Lab(edit=with_groups, rigs_safe=False) as lab:
        anna, bo = people(lab, anna="", bo="asking")
        lab.person("wang", "teacher")
        lab.labctl("login", "wang", "--password-stdin", text=laboratory.PASSWORD + "\n", profile="wang")

        def ask(profile, *words, status=0):
            return lab.labctl("--json", *words, profile=profile, status=status)

        def make(profile, day, rig="tank-1", hours="1h"):
            return as_json(ask(profile, "book", rig, "--from", f"{FIRST + datetime.timedelta(days=day)} 10:00", "--for", hours))[0]

        third = FIRST + datetime.timedelta(days=3)
        first = make("anna", 3)
        number = first["id"]
        rows = as_json(ask("anna", "extend", number, f"{third} 12:30"))
        assert rows[0]["id"] == number and rows[0]["ends"] > first["ends"], rows
        make("anna", 4)
        make("anna", 3, hours="30min", rig="tank-2")
        ask("bo", "extend", number, f"{third} 14:00", status=None)
        assert "somebody else's" in lab.last.stderr + lab.last.stdout
        ask("anna", "extend", number, f"{third} 12:00", status=1)
        assert "(empty-interval)" in lab.last.stderr, "an earlier end is no extension"
        rows = as_json(ask("anna", "shorten", number, f"{third} 10:30"))
        assert rows[0]["ends"] < first["ends"], rows
        ask("anna", "shorten", number, f"{third} 11:30", status=1)
        assert "(empty-interval)" in lab.last.stderr, "a later end is no shortening"
        ask("anna", "transfer", number, "nobody", status=1)
        assert "(unknown-account)" in lab.last.stderr
        ask("anna", "transfer", number, "bo")
        assert number in [one.id for one in bo.do(bookings={}).bookings.bookings]
        assert number not in [one.id for one in anna.do(bookings={}).bookings.bookings]

        asked = {}
        for day, verb in ((8, "approve"), (9, "decline")):
            booking = bo.do(book={"rig": "tank-1", "starts": now() + day * 24 * HOUR, "ends": now() + day * 24 * HOUR + HOUR}
                            ).bookings.bookings[0]
            assert booking.state == "PENDING", booking
            words = ("approve", booking.id, *(["--decline"] if verb == "decline" else []))
            ask("anna", *words, status=None)
            assert lab.last.returncode, "not anna's to say"
            ask("wang", *words)
            asked[verb] = of(bo, booking).state
        assert asked == {"approve": "CONFIRMED", "decline": "CANCELLED"}, asked


def test_a_refused_transfer_names_the_bound_of_whom_it_was_for():
    with Lab(edit=lambda text, rig: with_groups(text, rig).replace("approval: teacher, ", "approval: teacher, bookings_per_week: 2, "),
             rigs_safe=False) as lab:
        anna, bo = people(lab, anna="movable", bo="asking")
        mine = book(anna, now() + 30 * HOUR, now() + 31 * HOUR, rig="tank-1")
        for after in (1, 2):
            book(bo, mine.ends + after * HOUR, mine.ends + after * HOUR + 10 * MINUTE, rig="tank-2")
        refused = anna.refused(change_booking={"booking": mine.id, "kind": "TRANSFER", "to": "bo"})
        assert refused.reason == "quota-bookings", refused
        assert "the policy's bookings_per_week is 2" in refused.message, refused.message


def test_a_transfer_is_no_way_round_an_approval():
    with Lab(edit=with_groups, rigs_safe=False) as lab:
        anna, bo = people(lab, anna="movable", bo="asking")
        wang = lab.person("wang", "teacher")

        def transfer(person, to):
            return person.do(change_booking={"booking": booking.id, "kind": "TRANSFER", "to": to}).bookings.bookings[0].state

        booking = book(anna, now() + HOUR, now() + 2 * HOUR, rig="tank-1")
        assert booking.state == "CONFIRMED", booking
        assert transfer(anna, "bo") == of(bo, booking).state == "PENDING"
        until(lambda: told(wang, booking) == ["to-approve"], "the teacher to be asked")
        wang.do(change_booking={"booking": booking.id, "kind": "APPROVE"})
        assert of(bo, booking).state == "CONFIRMED"
        assert transfer(bo, "anna") == of(anna, booking).state == "CONFIRMED", "her group's policy asks for none"
        asked = book(bo, now() + 4 * HOUR, now() + 5 * HOUR, rig="tank-1")
        assert asked.state == "PENDING"
        booking = asked
        anna.do(cancel={"booking": [one.id for one in anna.do(bookings={}).bookings.bookings][0]})
        assert transfer(bo, "anna") == of(anna, booking).state == "CONFIRMED"
        # A group that has a teacher of its own asks nobody else's.
        mei = lab.person("mei", "teacher")
        lab.admin(standing_put={"standings": [{"account": "mei", "kind": "MEMBER", "name": "asking"}]})
        booking = book(bo, now() + 7 * HOUR, now() + 8 * HOUR, rig="tank-1")
        until(lambda: told(mei, booking) == ["to-approve"], "the group's teacher to be asked")
        assert told(wang, booking) == []


def test_what_people_are_to_be_told_is_stored_before_an_orderly_stop():
    with Lab(rigs_safe=False) as lab:
        shen, anna = lab.person("shen", "scheduler"), lab.person("anna")
        lab.sim.stop()  # rigs that cannot be reached keep no stop waiting
        until(lambda: all(rig.status.condition == "UNAVAILABLE" for rig in anna.do(rigs={}).rigs.rigs), "all rigs to be away")
        first, count = now() + HOUR, 500
        wishes = [{"rig": "tank-1", "starts": first + i * HOUR, "ends": first + i * HOUR + HOUR // 2, "holder": "anna"}
                  for i in range(count)]
        shen.do(book={"wishes": wishes})
        until(lambda: anna.do(notices={}).notices.get("notices", []), "what was booked for her")
        shen.do(maintain={"rigs": ["tank-1"], "starts": first, "ends": first + count * HOUR, "reason": "new pump"})
        lab.gate.stop()
        assert "notices are lost" not in lab.gate.output
        lab.start_gate()
        anna, kinds, after = lab.client().login("anna"), [], 0
        while news := anna.do(notices={"after": after}).notices.get("notices", []):
            kinds += [one.kind for one in news]
            after = news[-1].number
        assert len(kinds) == 1 + count and set(kinds[1:]) <= {"moved", "cancelled"}, (len(kinds), set(kinds))


def test_a_scheduler_moves_over_labctl():
    # What staff plan and move is not bound by how far ahead students may book.
    with Lab(edit=lambda text, it: with_term(text, it).replace("student: {horizon: 300 d", "student: {horizon: 3 d")) as lab:
        shen, anna = lab.person("shen", "scheduler"), lab.person("anna")
        lab.labctl("login", "shen", "--password-stdin", text=laboratory.PASSWORD + "\n", profile="shen")
        lab.labctl("login", "anna", "--password-stdin", text=laboratory.PASSWORD + "\n", profile="anna")
        first = book(anna, instant(2, 1, 9), instant(2, 1, 10), rig="tank-1")
        other = book(shen, instant(2, 1, 14), instant(2, 1, 15), rig="tank-1")

        def move(*words, profile="shen", status=0):
            return lab.labctl("--json", "move", first.id, *words, profile=profile, status=status)

        def place(rows):
            one = as_json(rows)[0]
            return one["rig"], *(int(datetime.datetime.fromisoformat(one[key]).timestamp() * 1000) for key in ("starts", "ends"))

        def written(ms):
            return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).isoformat()

        # As long as it was; on another rig at the same time; longer.
        assert place(move(written(instant(2, 2, 9)))) == ("tank-1", instant(2, 2, 9), instant(2, 2, 10))
        assert place(move("--rig", "tank-2")) == ("tank-2", instant(2, 2, 9), instant(2, 2, 10))
        assert place(move("--until", written(instant(2, 2, 11)))) == ("tank-2", instant(2, 2, 9), instant(2, 2, 11))
        assert of(anna, first).rig == "tank-2" and told(anna, first) == ["rescheduled"] * 3
        # What is in the way, and what is free instead.
        move("--rig", "tank-1", written(instant(2, 1, 14)), status=1)
        assert "(overlaps)" in lab.last.stderr and as_json(lab.last.stdout)[-1]["alternatives"], lab.last
        lab.labctl("move", first.id, written(instant(2, 1, 14)), "--rig", "tank-1", profile="shen", status=1)
        assert "free instead: tank-1 from" in lab.last.stderr, lab.last
        assert f"the time is taken: booking {other.id} of shen is in the way" in lab.last.stderr, lab.last
        assert of(anna, first).starts == instant(2, 2, 9)
        move(written(instant(2, 3, 9)), profile="anna", status=1)
        assert "(not-allowed)" in lab.last.stderr
        move(status=2)
        # A class goes where all of its people are free: on Wednesday one of them is elsewhere, on whichever rig.
        enroll(lab, 2)
        course = {"name": "Circuits", "weeks": "2", "slots": [{"weekday": 4, "from": 480, "until": 540}], "rigs": ["tank-1"],
                  "students": ["s1", "s2"], "group_size": 2, "group": "ee"}
        shen.do(standing_put={"standings": [{"account": name, "kind": "MEMBER", "name": "ee"} for name in ("s1", "s2")]})
        shen.do(plan_course={"term": "term-1", "courses": [course]})
        lesson = [one for one in shen.do(bookings={"everyone": True, "rig": "tank-1"}).bookings.bookings if one.kind == "CLASS"][0]
        busy = shen.do(book={"wishes": [{"rig": "bench-1", "starts": instant(2, 3, 9), "ends": instant(2, 3, 12), "holder": "s2"}],
                             "planned": True}).bookings.bookings[0]
        refused = shen.ask(change_booking={"booking": lesson.id, "kind": "MOVE", "starts": instant(2, 3, 10)})
        assert refused.reason == "person-busy" and f"booking {busy.id} of s2 is in the way" in refused.message, refused
        others = refused.alternatives.alternatives
        assert others and all(one.ends <= busy.starts or one.starts >= busy.ends for one in others), others
        again = shen.do(change_booking={"booking": lesson.id, "kind": "MOVE", "starts": others[0].starts, "rig": others[0].rig})
        assert again.bookings.bookings[0].starts == others[0].starts


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
