"""Whoever's booking others change is told of it, once, whatever ends the gateway."""
import sys
import time

import lab as laboratory
import sp
from lab import Lab, until

HOUR = 3600_000
GIVEN = 80  # bookings that change hands
AT_ONCE = 12


def news(client, kind):
    """By booking, how often."""
    told, after = {}, 0
    while rows := client.do(notices={"after": after}).notices.get("notices", []):
        for one in rows:
            after = one.number
            if one.kind == kind:
                told[one.booking] = told.get(one.booking, 0) + 1
    return told


def give_until_killed(lab, shen, bookings, kill_after):
    """Hands bookings of anna's to bo, several on their way at once, and kills the gateway in the middle."""
    sent, answered = [], 0
    try:
        for booking in bookings:
            sent.append(shen.bus.send(shen.message(change_booking={"booking": booking, "kind": "TRANSFER", "to": "bo"})))
            if len(sent) < AT_ONCE:
                continue
            assert shen.understand(shen.bus.receive(sent.pop(0))[1]).ok
            answered += 1
            if answered == kill_after:
                lab.kill_gate()
                return
    except (sp.Closed, ConnectionError):
        pass
    raise AssertionError("all were handed over before the gateway was killed")


def test_a_kill_leaves_nobody_untold():
    with Lab(rigs_safe=False) as lab:
        for name in ("anna", "bo"):
            lab.person(name)
        shen = lab.person("shen", "scheduler")
        starts = int(time.time() * 1000) // HOUR * HOUR + 24 * HOUR
        wishes = [{"rig": "tank-1", "holder": "anna", "starts": starts + i * 120_000, "ends": starts + i * 120_000 + 60_000}
                  for i in range(GIVEN)]
        ids = [one.id for one in shen.do(book={"wishes": wishes}).bookings.bookings]
        assert len(ids) == GIVEN
        anna = lab.client().login("anna")
        assert sum(news(anna, "booked").values()) == 1, "of a bundle one is told once, with the yes"
        told = anna.do(notices={}).notices.notices[0]
        assert told.more == GIVEN - 1 and told.text.endswith(f", and {GIVEN - 1} more with it"), told
        given = set()
        for kill_after in (1, 7, 13):
            give_until_killed(lab, shen, [one for one in ids if one not in given], kill_after)
            lab.start_gate()
            anna, bo, shen = (lab.client().login(name) for name in ("anna", "bo", "shen"))
            theirs = {one.id for one in bo.do(bookings={}).bookings.bookings}
            assert len(theirs) >= len(given) + kill_after, (len(theirs), len(given), kill_after)
            given = theirs
            for client, kind in ((bo, "given"), (anna, "given-away")):
                told = news(client, kind)
                assert told == dict.fromkeys(given, 1), f"{kind}: {sorted(told.items())} of {sorted(given)}"
        assert until(lambda: news(bo, "given"), "what is stored") == dict.fromkeys(given, 1), "and nothing comes twice after a start"


def test_whatever_number_is_said_what_was_seen_is_forgotten_and_no_more():
    with Lab(rigs_safe=False) as lab:
        anna, bo, shen = lab.person("anna"), lab.person("bo"), lab.person("shen", "scheduler")
        starts = int(time.time() * 1000) // HOUR * HOUR + 24 * HOUR

        def book(day):
            begins = starts + day * 24 * HOUR
            shen.do(book={"wishes": [{"rig": "tank-1", "holder": "anna", "starts": begins, "ends": begins + HOUR}]})

        for day, seen in enumerate((2**64 - 1, 2**63, 2**40)):
            book(day)
            until(lambda: news(anna, "booked"), "the news")
            assert not anna.do(notices={"seen": seen}).notices.get("notices", []), "seen"
            lab.gate.stop()
            lab.start_gate()
            anna, shen = lab.client().login("anna"), lab.client().login("shen")
            assert not anna.do(notices={}).notices.get("notices", []), f"forgotten up to {seen} for good"
        book(5)
        bo = lab.client().login("bo")
        bo.do(notices={"seen": 2**64 - 1})
        assert len(until(lambda: news(anna, "booked"), "the news")) == 1, "others' are theirs"


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
