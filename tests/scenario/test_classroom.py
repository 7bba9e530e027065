"""One rig, a teacher, many watchers: hands, hand-over, the feed of presses, rooms, and who lost the line."""
import lab as laboratory
from lab import Lab, until

SCHOOLS = """
schools:
  shihezi: {title: {en: Shihezi University, zh: 石河子大学}}
  xidian: {title: {en: Xidian University, zh: 西安电子科技大学}}
groups:
  ee-1: {school: shihezi, policy: free}
  me-1: {school: xidian, policy: free}
policies:
  free: {horizon: 14 d}
"""


def schools(text, _lab, rooms="shared"):
    return (text + SCHOOLS).replace("teachers: any,", f"teachers: any, rooms: {rooms},")


def apart(text, lab):
    return schools(text, lab, "apart")


def put_in(lab, group, *names):
    lab.admin(standing_put={"standings": [{"account": name, "kind": "MEMBER", "name": group} for name in names]})


def lesson(lab, teacher="li", students=("anna", "bo")):
    """A teacher's session on tank-1 with students in it: clients by name."""
    people = {teacher: lab.person(teacher, "teacher")}
    people[teacher].book("tank-1")
    people[teacher].join("tank-1")
    for name in students:
        people[name] = lab.person(name)
        people[name].join("tank-1")
    return people


def hands(client):
    return list(client.status("tank-1").hands)


def feed(client, after=0):
    """What people pressed: on a loaded machine interlocks may act as well, on samples that have grown old."""
    return [press for press in client.do(feed={"rig": "tank-1", "after": after}).feed.presses if press.who]


def frames(client, cursor=None):
    """One answer to a watch by somebody who can have one only."""
    watch = {"rig": "tank-1", "credit": 1}
    if cursor:
        watch["cursor"] = cursor
    return client.do(watch=watch).frame


def test_hands_are_seen_in_order_and_lower_themselves():
    with Lab() as lab:
        people = lesson(lab, students=("anna", "bo", "chen"))
        li, anna, bo, chen = people["li"], people["anna"], people["bo"], people["chen"]
        for client in (bo, anna, chen, bo):  # twice is once
            client.do(hand={"up": True})
        for client in people.values():
            assert hands(client) == [bo.seat, anna.seat, chen.seat]
        assert anna.refused(hand={"up": False, "seat": bo.seat}).reason == "not-allowed"
        assert li.refused(hand={"up": True, "seat": bo.seat}).reason == "not-allowed"
        li.do(hand={"seat": chen.seat})  # a teacher lowers another's
        assert hands(bo) == [bo.seat, anna.seat]
        li.wait_condition("tank-1", "SAFE")
        li.do(take={"to": bo.seat})
        assert hands(li) == [anna.seat]  # who has control has no hand up
        assert bo.refused(hand={"up": True}).reason == "in-control"
        anna.do(leave={})
        assert hands(li) == []
        li.do(take={"force": True})  # back to the teacher
        assert li.status("tank-1").controller == li.seat


def test_the_hand_of_who_is_lost_goes_down():
    def quick(text, _lab):
        return text.replace("session: {resume_window: 20 s, ", "session: {resume_window: 1 s, presence: 2 s, ")

    with Lab(edit=quick) as lab:
        people = lesson(lab)
        people["anna"].do(hand={"up": True})
        seen = frames(people["li"])
        assert list(seen.status.hands) == [people["anna"].seat]
        status = None
        while not status or list(status.hands):  # nobody asks for anna, and the stream says so
            seen = frames(people["li"], seen.cursor)
            status = seen.status if "status" in seen else status
        assert not next(seat for seat in status.seats if seat.id == people["anna"].seat).present


def test_everybody_sees_what_was_pressed_and_what_it_did():
    with Lab() as lab:
        people = lesson(lab)
        li, anna, bo = people["li"], people["anna"], people["bo"]
        li.wait_condition("tank-1", "SAFE")
        li.do(take={"to": anna.seat})
        anna.epoch = anna.status("tank-1").epoch
        start = frames(bo)
        assert start.full and not start.presses and start.press >= feed(bo)[0].number
        assert anna.set("plc.fill", "open").verified
        assert anna.ask(**anna.command("plc.heater", True)).rule == "heater-needs-water"
        assert anna.ask(**anna.command("plc.heater", True)).rule == "heater-needs-water"
        assert bo.ask(**bo.command("plc.fill", "closed")).reason == "not-controller"
        assert anna.set("plc.pump", 45).ramping
        until(lambda: feed(bo)[3].outcome == "VERIFIED", "the ramp to end")
        bo.do(stop={"rig": "tank-1"})
        presses = feed(bo)
        story = [(press.who, press.kind, press.point, press.outcome) for press in presses]
        assert story[:4] == [("anna", "grant", "", "OUTCOME_NOT_SAID"), ("anna", "command", "plc.fill", "VERIFIED"),
                             ("anna", "command", "plc.heater", "REFUSED"), ("anna", "command", "plc.pump", "VERIFIED")], story
        assert ("bo", "stop", "", "OUTCOME_NOT_SAID") in story[4:] and ("anna", "revoke", "", "OUTCOME_NOT_SAID") in story[4:]
        refused = presses[2]
        assert (refused.reason, refused.rule, refused.times) == ("not-permitted", "heater-needs-water", 2)
        assert presses[3].value == 45
        assert [press.number for press in feed(bo, after=presses[-2].number)] == [presses[-1].number]
        # The stream has told the same, each outcome after its beginning.
        told, cursor = {}, start.cursor
        while not {press.number for press in presses if press.number > start.press} <= set(told) or told[presses[3].number].outcome != "VERIFIED":
            frame = frames(bo, cursor)
            told.update({press.number: press for press in frame.presses})
            cursor = frame.cursor
        told, kept = ([(press.number, press.kind, press.outcome) for press in each if press.who and press.number > start.press]
                      for each in (told.values(), presses))
        assert sorted(told) == kept, (told, kept)
        # A spectator sees it, and is no part of it.
        watcher = lab.client()
        code = li.do(bookings={}).bookings.bookings[0].join_code
        watcher.token = watcher.do(login={"join_code": code}).login.token
        assert [press.number for press in feed(watcher)] == [press.number for press in presses]
        assert watcher.refused(people={"rig": "tank-1"}).reason == "not-allowed"


def test_the_feed_is_bounded_and_says_what_is_gone():
    with Lab() as lab:
        anna = lab.person("anna")
        anna.book("tank-1")
        anna.take("tank-1")
        first = feed(anna)[0].number
        for i in range(70):
            anna.set("plc.lamp", i % 2 == 0)
        page = anna.do(feed={"rig": "tank-1", "after": first}).feed
        assert len(page.presses) == 64 and page.gap
        assert not anna.do(feed={"rig": "tank-1", "after": page.presses[0].number}).feed.gap
        anna.do(cancel={"booking": anna.do(bookings={}).bookings.bookings[0].id})
        until(lambda: not anna.status("tank-1").session, "the session to end")
        assert not feed(anna)  # nobody else's business afterwards


def test_people_of_a_school_are_in_its_room():
    for edit, hidden in ((schools, False), (apart, True)):
        with Lab(edit=edit) as lab:
            for name, role in (("li", "teacher"), ("anna", "student"), ("bo", "student"), ("chen", "student")):
                lab.add_account(name, role)
            put_in(lab, "ee-1", "li", "anna", "bo")
            put_in(lab, "me-1", "chen")
            people = lesson(lab, students=("anna", "bo", "chen"))
            people["chen"].do(hand={"up": True})
            seen = {seat.name: seat.room for seat in people["anna"].do(people={"rig": "tank-1"}).people.seats}
            assert seen == {"li": "shihezi", "anna": "shihezi", "bo": "shihezi"}, seen
            page = people["li"].do(people={"rig": "tank-1"}).people
            assert {seat.name: seat.room for seat in page.seats} == {"li": "shihezi", "anna": "shihezi", "bo": "shihezi",
                                                                     "chen": "xidian"}
            assert [(room.name, room.title_zh, room.people, room.hands) for room in page.rooms] == [
                ("shihezi", "石河子大学", 3, 0), ("xidian", "西安电子科技大学", 1, 1)]
            # What goes to everybody names students of other schools only where the rig lets it, and always who controls.
            named = {seat.name for seat in people["bo"].status("tank-1").seats}
            assert named == ({"li", ""} if hidden else {"li", "anna", "bo", "chen"}), named
            people["li"].wait_condition("tank-1", "SAFE")
            people["li"].do(take={"to": people["chen"].seat})
            status = people["bo"].status("tank-1")
            assert "chen" in {seat.name for seat in status.seats} and status.controller_name == "chen"


def test_two_who_fight_for_control():
    with Lab() as lab:
        anna, bo = lab.person("anna"), lab.person("bo")
        anna.book("tank-1")
        anna.take("tank-1")
        bo.join("tank-1")
        assert bo.refused(take={}).reason == "not-allowed"
        assert bo.refused(take={"force": True}).reason == "not-allowed"
        assert bo.refused(**bo.command("plc.fill", "open")).reason == "not-controller"
        # Whoever was given control once may ask for it again, and gets it only when it is free.
        li = lab.person("li", "teacher")
        li.join("tank-1")
        li.do(take={"to": bo.seat, "force": True})
        bo.epoch = bo.status("tank-1").epoch
        assert anna.refused(take={}).reason == "not-controller"
        assert anna.refused(**anna.command("plc.fill", "open")).reason in ("not-controller", "old-epoch")
        assert bo.set("plc.lamp", True).verified
        bo.release()
        anna.wait_condition("tank-1", "SAFE")
        anna.epoch = anna.do(take={}).control.epoch
        assert bo.refused(take={}).reason == "not-controller"
        assert anna.set("plc.lamp", True).verified


def test_labctl_says_the_same_words():
    with Lab() as lab:
        people = lesson(lab, students=())
        lab.add_account("anna", "student")
        lab.labctl("login", "anna", "--password-stdin", text=laboratory.PASSWORD + "\n")
        lab.labctl("join", "tank-1", "--observe", "--no-keeper")
        assert "raised" in lab.labctl("hand")
        assert len(hands(people["li"])) == 1
        assert "lowered" in lab.labctl("hand", "--down")
        assert hands(people["li"]) == []
        people["li"].take("tank-1")
        people["li"].set("plc.lamp", True)
        text = lab.labctl("feed")
        assert "li" in text and "plc.lamp" in text and "verified" in text, text
        documents = laboratory.as_json(lab.labctl("feed", "--rig", "tank-1", "--json"))
        pressed = [(press["kind"], press.get("value")) for press in documents if press["who"]]
        assert pressed == [("grant", None), ("command", True)], documents
        followed = lab.labctl("feed", "--follow", "--for", "500ms")
        assert "plc.lamp" in followed, followed


laboratory.main(__import__("__main__"))
