"""The timetable for many: groups and their policies, capabilities, bundles, changes, the queue, and what people are told."""
import datetime
import sys
import time

import lab as laboratory
from lab import Lab, as_json, until
from school import day, instant, with_term

HOUR = 3600_000

GROUPS = """
schools:
  shihezi: {title: Shihezi University, weight: 3}
groups:
  ee-2024-1: {title: Electrical engineering, school: shihezi, weight: 1, policy: student}
policies:
  student: {longest: 2 h, open_bookings: 3, grace: 2 s}
"""


def with_groups(text, _):
    return text + GROUPS


def now():
    return int(time.time() * 1000)


def people(lab):
    anna, bo, shen = lab.person("anna"), lab.person("bo"), lab.person("shen", "scheduler")
    for name in ("anna", "bo", "shen"):
        lab.labctl("login", name, "--password-stdin", text=laboratory.PASSWORD + "\n", profile=name)
    lab.labctl("group", "add", "ee-2024-1", "anna", profile="shen")
    return anna, bo, shen


def test_groups_bundles_and_changes():
    with Lab(edit=with_groups, rigs_safe=False) as lab:
        anna, bo, shen = people(lab)
        starts = now() + 30 * HOUR

        # Who is a member books by the group's policy; who is not may not use its name.
        booking = anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + HOUR}).bookings.bookings[0]
        assert booking.group == "ee-2024-1", booking
        assert bo.refused(book={"rig": "tank-1", "group": "ee-2024-1", "starts": starts, "ends": starts + HOUR}
                          ).reason == "not-a-member"
        assert anna.refused(book={"rig": "tank-2", "starts": starts, "ends": starts + 3 * HOUR}).reason == "too-long"

        # A no says what would have been possible.
        answer = bo.refused(book={"rig": "tank-1", "starts": starts, "ends": starts + HOUR})
        assert answer.reason == "overlaps", answer
        instead = answer.alternatives.alternatives
        assert instead, answer
        first = instead[0]
        bo.do(book={"rig": first.rig, "starts": first.starts, "ends": first.ends})

        # A capability is bound to a rig that is free; a bundle is all or nothing.
        wish = {"capability": "process-control", "starts": starts, "ends": starts + HOUR}
        assert bo.refused(book={**wish, "capability": "nonsense"}).reason == "unknown-capability"
        wishes = [{"rig": "tank-2", "starts": starts + 5 * HOUR, "ends": starts + 6 * HOUR},
                  {"rig": "tank-1", "starts": starts, "ends": starts + HOUR}]
        answer = bo.refused(book={"wishes": wishes})
        assert answer.reason == "overlaps" and answer.alternatives.wish == 1, answer
        # What is asked for after the one that was refused is to be had, too.
        wishes = [{"rig": "tank-1", "starts": starts, "ends": starts + HOUR},
                  {"rig": "tank-1", "starts": starts + HOUR, "ends": starts + 2 * HOUR},
                  {"rig": "tank-1", "starts": starts - HOUR, "ends": starts}]
        answer = bo.refused(book={"wishes": wishes})
        assert answer.reason == "overlaps" and answer.alternatives.get("wish", 0) == 0, answer
        near = [abs(one.starts - starts) for one in answer.alternatives.alternatives if one.rig == "tank-1"]
        assert near and min(near) >= 2 * HOUR, answer
        ids = {one.id for one in bo.do(bookings={}).bookings.bookings}
        assert len(ids) == 1, "nothing of the bundle is there"
        monday = datetime.date.today() + datetime.timedelta(days=364 - datetime.date.today().weekday())
        out = as_json(lab.labctl("--json", "book", "tank-1", "tank-2", "--from", f"{monday} 10:00", "--for", "1h", "--weekly", "4",
                                 profile="bo"))
        assert len(out) == 8 and len({one["bundle"] for one in out}) == 1, out
        week = {row["rig"]: row["two_hours_each"]
                for row in as_json(lab.labctl("--json", "timetable", "--week", f"{monday} 12:00", profile="bo"))[0]}
        assert week["tank-1"] == week["tank-2"] == "....." + "*" + "." * 78, week
        assert week["bench-1"] == "." * 84, week
        assert "*" not in lab.labctl("timetable", "--week", f"{monday} 12:00", profile="anna").replace("* yours", "")
        beijing = {"TZ": "Asia/Shanghai"}
        beside = lab.labctl("timetable", "--also", "Asia/Urumqi", profile="anna", environment=beijing)
        assert beside.splitlines()[1].split() == ["Asia/Urumqi"] + ["22:00", "10:00"] * 7, beside
        lab.labctl("timetable", "--also", "Asia/Nowhere", profile="anna", status=2)
        lab.kill_gate()
        lab.start_gate()
        bo = lab.client().login("bo")
        anna = lab.client().login("anna")
        again = [one for one in bo.do(bookings={}).bookings.bookings if one.bundle == out[0]["bundle"]]
        assert len(again) == 8, "a bundle that was answered survives the gateway's death"
        assert anna.refused(book={"rig": "tank-2", "starts": starts + 9 * HOUR, "ends": starts + 12 * HOUR}).reason == "too-long", \
            "and so does membership"

        # Changes.
        number = booking.id
        change = {"booking": number, "kind": "EXTEND", "ends": starts + 3 * HOUR}
        assert anna.refused(change_booking=change).reason in ("too-long", "overlaps")
        assert bo.refused(change_booking={**change, "kind": "SHORTEN"}).reason == "not-allowed"
        short = anna.do(change_booking={"booking": number, "kind": "SHORTEN", "ends": starts + HOUR // 2}).bookings.bookings[0]
        assert short.ends == starts + HOUR // 2
        given = anna.do(change_booking={"booking": number, "kind": "TRANSFER", "to": "bo"}).bookings.bookings[0]
        assert not given.mine

        # Whoever gets or loses one by somebody else's doing is told; who did it is not.
        shen = lab.client().login("shen")

        def told(client):
            return [(one.kind, one.booking) for one in client.do(notices={}).notices.get("notices", [])]
        assert until(lambda: told(bo), "a notice") == [("given", number)] and not told(anna)
        back = shen.do(book={"wishes": [{"rig": "bench-1", "starts": starts, "ends": starts + HOUR, "holder": "anna", "party": ["bo"]}]})
        back = back.bookings.bookings[0].id
        until(lambda: ("booked", back) in told(bo) and ("booked", back) in told(anna), "what was booked for them")
        # Who takes part sees it as the holder does.
        part = [one for one in bo.do(bookings={}).bookings.bookings if one.id == back][0]
        assert part.takes_part and not part.mine and part.holder == "anna" and part.join_code, part
        assert "you, with anna" in lab.labctl("bookings", profile="bo")
        shen.do(change_booking={"booking": back, "kind": "TRANSFER", "to": "bo"})
        until(lambda: ("given", back) in told(bo) and ("given-away", back) in told(anna), "what was handed over")
        assert not told(shen)
        assert anna.refused(change_booking={"booking": number, "kind": "APPROVE"}).reason == "not-allowed"
        assert [one.ends for one in bo.do(bookings={}).bookings.bookings if one.id == number] == [starts + HOUR // 2]
        text = lab.labctl("group", "list", profile="anna")
        assert "ee-2024-1" in text and "anna" in text, text


def test_an_unused_session_frees_its_rig_and_the_queue_gets_it():
    with Lab(edit=with_groups) as lab:
        anna, bo, shen = people(lab)
        booking = anna.do(book={"rig": "tank-1", "ends": now() + HOUR}).bookings.bookings[0]
        ticket = bo.do(enqueue={"rig": "tank-1", "length": 600_000, "until": now() + HOUR}).queue.tickets[0]
        assert ticket.place == 1 and ticket.mine, ticket
        assert bo.refused(enqueue={"rig": "tank-1", "length": 600_000, "until": now() + HOUR}).reason == "already-waiting"
        # Nobody comes within the grace time: the session ends, anna is told, bo is offered what is free.
        offer = until(lambda: [one for one in bo.do(queue={}).queue.tickets if one.offered], "an offer")[0]
        assert offer.offered == "tank-1", offer
        ended = [one for one in anna.do(bookings={}).bookings.bookings if one.id == booking.id][0]
        assert ended.state == "ENDED" and ended.why == "no-show", ended
        kinds = until(lambda: [one["kind"] for one in as_json(lab.labctl("--json", "notices", "--keep", profile="anna"))], "a notice")
        assert "no-show" in kinds, kinds
        lab.labctl("notices", profile="anna")
        assert "nothing new" in lab.labctl("notices", profile="anna")
        taken = bo.do(take_offer={"ticket": offer.id}).bookings.bookings[0]
        assert taken.rig == "tank-1" and taken.mine, taken
        assert "nobody waits" in lab.labctl("queue", "list", profile="bo")
        # Whoever joins has used it, and keeps it beyond the grace time.
        bo.join("tank-1")
        time.sleep(3)
        mine = [one for one in bo.do(bookings={}).bookings.bookings if one.id == taken.id][0]
        assert mine.state == "LIVE" and mine.used, mine
        assert bo.refused(change_booking={"booking": taken.id, "kind": "TRANSFER", "to": "anna"}).reason == "begun"
        # The live session can be shortened and extended.
        ends = bo.status("tank-1").ends
        bo.do(change_booking={"booking": taken.id, "kind": "SHORTEN", "ends": ends - 60_000})
        assert until(lambda: bo.status("tank-1").ends == ends - 60_000, "the session to end earlier")


def test_a_week_shows_what_the_laboratorys_calendar_says():
    zones = {"TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8"}
    with Lab(edit=with_term, rigs_safe=False) as lab:
        shen = lab.person("shen", "scheduler")
        lab.person("anna")
        for name in ("shen", "anna"):
            lab.labctl("login", name, "--password-stdin", text=laboratory.PASSWORD + "\n", profile=name)
        shen.do(book={"wishes": [{"rig": "tank-1", "starts": instant(3, 1, 10), "ends": instant(3, 1, 11), "holder": "anna", "party": ["shen"]}]})
        shen.do(maintain={"rigs": ["tank-2"], "starts": instant(3, 5, 8), "ends": instant(3, 5, 22), "reason": "new pump"})
        week = ("timetable", "--week", str(day(3, 1)))
        rows = {row["rig"]: row["two_hours_each"]
                for row in as_json(lab.labctl("--json", *week, profile="anna", environment=zones))[0]}
        closed = " " * 12
        assert rows["bench-1"][:12] == "    " + "." * 7 + " ", rows
        assert rows["bench-1"][12:24] == rows["bench-1"][36:48] == rows["bench-1"][72:] == closed, "holidays and Sunday"
        assert rows["tank-1"][:12] == "    .*..... " and rows["tank-2"][48:60] == "    mmmmmmm ", rows
        out = lab.labctl(*week, profile="anna", environment=zones)
        assert out.startswith("term-1, week 3\n") and "Moon Day" in out and "River Day" in out and f" as {day(3, 2):%m-%d} " in out, out
        chinese = lab.labctl(*week, profile="anna", environment=zones | {"LC_ALL": "zh_CN.UTF-8"})
        assert chinese.startswith("第一学期，第 3 周\n") and "中秋节" in chinese and "Moon Day" not in chinese, chinese
        html = lab.labctl(*week, "--html", "-", "--zone", "Asia/Shanghai", profile="anna", environment=zones)
        assert "term-1, week 3" in html and "<small>Moon Day</small>" in html and f"<small>as {day(3, 2):%m-%d}</small>" in html
        assert "closed" in html and 'class="b maintenance"' in html and "+1" in html, html
        # Whoever booked the maintenance does not have the rig.
        own = as_json(lab.labctl("--json", *week, profile="shen", environment=zones))[0]
        assert [row["two_hours_each"][48:60] for row in own if row["rig"] == "tank-2"] == ["    mmmmmmm "], own
        own = lab.labctl(*week, "--html", "-", "--zone", "Asia/Shanghai", profile="shen", environment=zones)
        assert 'class="b maintenance"' in own and 'class="b mine"' not in own, own
        # On a phone, which leaves days without bookings out, a rig that nobody has booked says so.
        assert html.count('<small class="narrow">nothing is booked this week</small>') == 2, html
        # Students see the calendar, and not which groups there are; whoever is out of service says so.
        anna = lab.client().login("anna")
        days = anna.do(days={"from": instant(3, 1, 0), "until": instant(4, 1, 0)}).days
        assert [one.holiday for one in days.days].count("Moon Day") == 1 and not days.get("groups", [])
        assert shen.do(days={"from": instant(3, 1, 0), "until": instant(4, 1, 0)}).days.groups == ["ee", "careful"]


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
