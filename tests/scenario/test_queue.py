"""The queue with real processes: places and offers outlive the gateway, fair shares decide, who is away is passed over, and
an unused session frees its rig."""
import signal
import sys

import lab as laboratory
from lab import Lab, as_json, until
from test_timetable import HOUR, now

TIMETABLE = """
timetable: {offer: 3 s, grace: 2 s}
"""
GROUPS = TIMETABLE + """
schools:
  shihezi: {title: Shihezi University, weight: 1}
  xidian: {title: Xidian University, weight: 1}
groups:
  ee-1: {school: shihezi, policy: student}
  cs-1: {school: xidian, policy: student}
policies:
  student: {longest: 2 h, grace: 0 s, shortest: 1 s}
"""


def people(lab, **groups):
    """Everybody by name, members of their groups, logged in to the bus and for labctl."""
    lab.person("shen", "scheduler")
    lab.labctl("login", "shen", "--password-stdin", text=laboratory.PASSWORD + "\n", profile="shen")
    found = []
    for name, group in groups.items():
        found.append(lab.person(name))
        lab.labctl("login", name, "--password-stdin", text=laboratory.PASSWORD + "\n", profile=name)
        if group:
            lab.labctl("group", "add", group, name, profile="shen")
    return found


def again(lab, *names):
    return [lab.client().login(name) for name in names]


def wait_in_line(person, rig="tank-1", length=600_000, capability="", until_=None):
    return person.do(enqueue={"rig": rig, "capability": capability, "length": length,
                              "until": until_ or now() + HOUR}).queue.tickets[0]


def queue(person):
    return person.do(queue={}).queue.get("tickets", [])


def offered(person):
    return [ticket for ticket in queue(person) if ticket.offered]


def wait_offer(person):
    return until(lambda: [ticket for ticket in offered(person) if ticket.mine], f"an offer to {person.name}")[0]


def kinds(lab, name):
    return [one["kind"] for one in as_json(lab.labctl("--json", "notices", "--keep", profile=name))]


def test_places_and_offers_outlive_the_gateway():
    with Lab(edit=lambda text, _: text + GROUPS.replace("offer: 3 s", "offer: 10 min")) as lab:
        anna, bo, carl = people(lab, anna="ee-1", bo="ee-1", carl="cs-1")
        ends = now() + HOUR
        live = anna.do(book={"rig": "tank-1", "ends": ends}).bookings.bookings[0]
        tickets = [wait_in_line(person).id for person in (bo, carl)]
        before = [(ticket.id, ticket.place, ticket.until, ticket.length) for ticket in queue(bo)]
        assert [row[0] for row in before] == [tickets[1], tickets[0]], "who is of a school that used nothing is first"
        # The estimate is what happens if nobody leaves early: each in turn, with the length that was asked for.
        first, second = (ticket.estimate for ticket in queue(bo))
        assert 0 <= first - ends < 400_000, (first, ends)
        assert 600_000 <= second - first < 1_000_000, (first, second)
        rows = as_json(lab.labctl("--json", "queue", "list", profile="bo"))[0]
        assert [(row["place"], row["mine"]) for row in rows] == [(1, False), (2, True)], rows
        assert "you" in lab.labctl("queue", "list", profile="bo")

        lab.kill_gate()
        lab.start_gate()
        anna, bo, carl = again(lab, "anna", "bo", "carl")
        assert [(ticket.id, ticket.place, ticket.until, ticket.length) for ticket in queue(bo)] == before
        # Nobody's place is lost because they are away, but it is offered to who is there.
        anna.do(cancel={"booking": live.id})
        offer = wait_offer(bo)
        assert [ticket.id for ticket in offered(bo)] == [offer.id]
        # It is stored before who it is made to is told.
        until(lambda: [one for one in bo.do(notices={}).notices.get("notices", []) if one.kind == "offer"], "the notice of it")
        lab.kill_gate()
        lab.start_gate()
        anna, bo, carl = again(lab, "anna", "bo", "carl")
        kept = [ticket for ticket in queue(carl) if ticket.id == offer.id][0]
        assert (kept.offered, kept.take_until) == (offer.offered, offer.take_until), (kept, offer)
        assert anna.refused(book={"rig": "tank-1", "ends": now() + HOUR // 4}).reason == "overlaps", "it is kept"
        taken = bo.do(take_offer={"ticket": offer.id}).bookings.bookings[0]
        lab.kill_gate()
        lab.start_gate()
        bo, carl = again(lab, "bo", "carl")
        mine = [one for one in bo.do(bookings={}).bookings.bookings if one.id == taken.id]
        assert len(mine) == 1 and mine[0].rig == "tank-1", mine
        assert [ticket.id for ticket in queue(carl)] == [tickets[1]], "a place is gone with what was taken for it"

        # What was given back stays given back, and its number is used no more.
        lab.labctl("queue", "leave", tickets[1], profile="carl")
        lab.kill_gate()
        lab.start_gate()
        bo, carl = again(lab, "bo", "carl")
        assert not queue(carl)
        assert carl.refused(leave_queue={"ticket": tickets[1]}).reason == "unknown-ticket"
        assert wait_in_line(carl).id > max(tickets)


def test_offers_go_by_fair_share_until_somebody_takes_one():
    with Lab(edit=lambda text, _: text + GROUPS) as lab:
        anna, bo, carl, dora = people(lab, anna="ee-1", bo="ee-1", carl="cs-1", dora="cs-1")
        live = anna.do(book={"rig": "tank-1", "ends": now() + HOUR}).bookings.bookings[0]
        until(lambda: anna.status("tank-1").session, "the session")
        # Of anna's school somebody asked first, but the other school has had nothing.
        waits = {person.name: wait_in_line(person).id for person in (bo, carl, dora)}
        assert [ticket.id for ticket in queue(bo)] == [waits["carl"], waits["dora"], waits["bo"]]
        anna.do(cancel={"booking": live.id})
        assert wait_offer(carl).offered == "tank-1"
        assert anna.refused(book={"rig": "tank-1", "ends": now() + HOUR // 4}).reason == "overlaps", "a walk-in waits, too"
        lab.labctl("book", "tank-1", "--for", "15m", profile="anna", status=1)
        assert "or wait for it: labctl queue join tank-1 --for 15m" in lab.last.stderr, lab.last
        # Declined, it goes to the next; not taken in time, to the one after, and the place goes with it.
        lab.labctl("queue", "leave", waits["carl"], profile="carl")
        assert wait_offer(dora).id == waits["dora"]
        assert bo.refused(take_offer={"ticket": waits["dora"]}).reason == "unknown-ticket", "an offer is one person's"
        assert bo.refused(take_offer={"ticket": waits["bo"]}).reason == "no-offer"
        assert wait_offer(bo).id == waits["bo"]
        assert "offer-over" in kinds(lab, "dora") and [ticket.id for ticket in queue(bo)] == [waits["bo"]]
        assert "offer" in kinds(lab, "bo")
        rows = as_json(lab.labctl("--json", "queue", "take", waits["bo"], profile="bo"))
        assert "tank-1" in str(rows), rows
        assert not queue(bo)


def test_who_is_away_is_passed_over_and_who_waits_gives_up():
    with Lab(edit=lambda text, _: text + GROUPS.replace("grace: 2 s", "grace: 0 s")) as lab:
        anna, bo, carl = people(lab, anna="", bo="ee-1", carl="cs-1")
        live = [anna.do(book={"rig": rig, "ends": now() + HOUR}).bookings.bookings[0] for rig in ("tank-1", "tank-2")]
        first, second = wait_in_line(bo).id, wait_in_line(carl).id
        assert [ticket.id for ticket in queue(bo)] == [first, second]
        lab.kill_gate()
        lab.start_gate()
        anna, carl = again(lab, "anna", "carl")
        assert [ticket.id for ticket in queue(carl)] == [first, second]
        lab.wait_safe("tank-1")
        anna.do(cancel={"booking": live[0].id})
        assert wait_offer(carl).id == second, "bo was not heard since"
        carl.do(leave_queue={"ticket": second})
        (bo,) = again(lab, "bo")
        assert wait_offer(bo).id == first, "and kept the place"
        bo.do(take_offer={"ticket": first})
        # A capability that nothing of becomes free: the place ends, its holder is told, and the gateway lives.
        wait_in_line(carl, rig="", capability="process-control", until_=now() + 1500)
        until(lambda: not queue(carl), "the end of the wait")
        told = until(lambda: [one for one in carl.do(notices={}).notices.notices if one.kind == "gave-up"], "a notice")
        assert told[0].text.startswith("process-control"), told


def test_who_waits_hears_when_place_or_time_changes():
    with Lab(edit=lambda text, _: text + GROUPS, rigs_safe=False) as lab:
        anna, bo, carl = people(lab, anna="", bo="ee-1", carl="ee-1")
        taken = anna.do(book={"rig": "drive-1", "starts": now() + HOUR // 30, "ends": now() + 2 * HOUR}).bookings.bookings[0]
        first = wait_in_line(bo, "drive-1", HOUR).id
        wait_in_line(carl, "drive-1", HOUR)
        waits = lab.labctl_process("queue", "wait", profile="carl")
        far = waits.wait_line(r"^place 2, about (\d{4}-.*)")[1]
        bo.do(leave_queue={"ticket": first})
        near = waits.wait_line(r"^place 1, about (\d{4}-.*)")[1]
        assert near < far, waits.output
        # The place is the same, and its time comes nearer.
        anna.do(change_booking={"booking": taken.id, "kind": "SHORTEN", "ends": taken.ends - HOUR // 2})
        sooner = until(lambda: [match[1] for match in waits.find(r"^place 1, about (\d{4}-.*)") if match[1] != near], "the news")
        assert sooner[0] < near and len(waits.lines) == 3, waits.output
        waits.stop(signal.SIGINT)


def test_an_unused_session_frees_its_rig_without_any_policy():
    with Lab(edit=lambda text, _: text + TIMETABLE) as lab:
        anna, bo = people(lab, anna="", bo="")
        unused = anna.do(book={"rig": "tank-1", "ends": now() + HOUR}).bookings.bookings[0]
        used = bo.do(book={"rig": "tank-2", "ends": now() + HOUR}).bookings.bookings[0]
        bo.join("tank-2")

        def of(person, number):
            return [one for one in person.do(bookings={}).bookings.bookings if one.id == number][0]

        ended = until(lambda: (lambda found: found.state == "ENDED" and found)(of(anna, unused.id)), "the end of the session")
        assert ended.why == "no-show" and ended.ends < now(), ended
        assert "no-show" in until(lambda: kinds(lab, "anna"), "a notice")
        bo.do(book={"rig": "tank-1", "ends": now() + HOUR})
        assert of(bo, used.id).state == "LIVE" and of(bo, used.id).used, "who joined keeps the rig"


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
