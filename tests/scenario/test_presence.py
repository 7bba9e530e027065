"""Who is there: offers of the queue go to whoever is heard, and a session is used by whoever has a part in it."""
import signal
import sys
import time

import lab as laboratory
from lab import Lab, as_json, until

HOUR = 3600_000

GROUPS = """
schools:
  shihezi: {title: Shihezi University, weight: 3}
groups:
  ee-2024-1: {title: Electrical engineering, school: shihezi, weight: 1, policy: student}
policies:
  student: {longest: 2 h, grace: 4 s}
timetable: {presence: 5 s}
"""


def with_groups(text, _):
    return text + GROUPS


def now():
    return int(time.time() * 1000)


def offered(person):
    return [one for one in person.do(queue={}).queue.tickets if one.mine and one.offered]


def test_offers_go_to_who_is_there():
    with Lab(edit=with_groups) as lab:
        anna, bo, cai = (lab.person(name) for name in ("anna", "bo", "cai"))
        booking = anna.do(book={"rig": "tank-1", "ends": now() + HOUR}).bookings.bookings[0]
        for person in (bo, cai):
            person.do(enqueue={"rig": "tank-1", "length": 600_000, "until": now() + HOUR})
        # bo was first and says nothing any more; cai only waits for notices.
        gone = time.monotonic() + 6.5
        while time.monotonic() < gone:
            cai.do(notices={"wait": True})
        anna.do(cancel={"booking": booking.id})
        assert until(lambda: offered(cai), "an offer for who is there")[0].offered == "tank-1"
        until(lambda: [one.kind for one in cai.do(notices={}).notices.notices] == ["offer"], "the notice of it")
        # bo kept the place, and is served as soon as they are heard again.
        lab.labctl("login", "bo", "--password-stdin", text=laboratory.PASSWORD + "\n", profile="bo")
        cai.do(leave_queue={"ticket": offered(cai)[0].id})
        out = as_json(lab.labctl("--json", "queue", "wait", profile="bo"))
        assert out[0]["offered"] == "tank-1" and out[0]["mine"], out
        told = lab.labctl("notices", "--keep", profile="bo")
        assert "booking 0" not in told and "labctl queue take takes it" in told, told
        lab.labctl("queue", "take", profile="bo")
        lab.labctl("queue", "take", profile="bo", status=1)
        assert "nothing is offered to you now" in lab.last.stderr
        lab.labctl("queue", "wait", profile="bo", status=8)


def test_notices_are_followed():
    with Lab(edit=with_groups, rigs_safe=False) as lab:
        anna, tec = lab.person("anna"), lab.person("tec", "technician")
        lab.labctl("login", "anna", "--password-stdin", text=laboratory.PASSWORD + "\n", profile="anna")
        starts = now() + 30 * HOUR
        booking = anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + HOUR}).bookings.bookings[0]
        other = anna.do(book={"rig": "tank-1", "starts": starts + HOUR + 60_000, "ends": starts + 2 * HOUR}).bookings.bookings[0]
        follower = lab.labctl_process("notices", "--follow", profile="anna")
        try:
            anna.do(cancel={"booking": other.id})  # one's own doing is no news
            tec.do(cancel={"booking": booking.id})
            line = follower.wait_line(r"booking (\d+), .* cancel")
            assert int(line[1]) == booking.id, follower.output
        finally:
            follower.stop(signal.SIGINT)
        gone = [one for one in anna.do(bookings={"from": starts}).bookings.bookings if one.id == booking.id][0]
        assert gone.state == "CANCELLED" and gone.why == "staff", gone


def test_who_uses_a_session():
    with Lab(edit=with_groups) as lab:
        anna, shen = lab.person("anna"), lab.person("shen", "scheduler")
        bo, tec = lab.person("bo"), lab.person("tec", "technician")
        shen.do(standing_put={"standings": [{"account": "anna", "kind": "MEMBER", "name": "ee-2024-1"}]})

        def used(person, booking):
            return [one for one in person.do(bookings={"everyone": True}).bookings.bookings if one.id == booking.id][0]

        # A class is used by any member of its group; somebody else's seat is not enough.
        lesson = shen.do(book={"rig": "tank-1", "ends": now() + HOUR, "group": "ee-2024-1", "planned": True}).bookings.bookings[0]
        bo.join("tank-1")
        bo.do(presence={})
        assert not used(shen, lesson).used
        anna.join("tank-1")
        assert until(lambda: used(shen, lesson).used, "the class to be used")
        # So it is by a command that acts, whoever gives it.
        alone = shen.do(book={"rig": "tank-2", "ends": now() + HOUR, "group": "ee-2024-1"}).bookings.bookings[0]
        tec.take("tank-2", force=True)
        assert not used(shen, alone).used
        tec.set("plc.pump", "0 %")
        assert until(lambda: used(shen, alone).used, "the session to be used")
        # What nobody uses ends.
        idle = shen.do(book={"rig": "bench-1", "ends": now() + HOUR, "group": "ee-2024-1"}).bookings.bookings[0]
        assert until(lambda: used(shen, idle).why == "no-show", "the grace time to end")


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
