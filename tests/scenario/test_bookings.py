"""The timetable: no double bookings, nothing acknowledged is lost, sessions begin and end by themselves."""
import contextlib
import signal
import sqlite3
import sys
import threading
import time

import lab as laboratory
import sp
from lab import Lab, as_json, until

HOUR = 3600_000


def now():
    return int(time.time() * 1000)


def everyone(client, rig="tank-1"):
    found = client.do(bookings={"rig": rig, "everyone": True}).bookings.bookings
    return [booking for booking in found if booking.state != "CANCELLED"]


def no_overlaps(bookings):
    ordered = sorted(bookings, key=lambda booking: booking.starts)
    return all(first.ends <= second.starts for first, second in zip(ordered, ordered[1:]))


def test_thirty_two_book_the_same_hour_and_one_gets_it():
    with Lab(rigs_safe=False) as lab:
        anna = lab.person("anna")
        clients = [lab.client() for _ in range(32)]
        starts = now() + 3 * HOUR
        together, answers = threading.Barrier(32), [None] * 32

        def book(place):
            client = clients[place]
            client.token = anna.token
            together.wait()
            # Some want the whole hour, some a part of it.
            answers[place] = client.ask(book={"rig": "tank-1", "starts": starts + place % 3 * 60_000, "ends": starts + HOUR})

        threads = [threading.Thread(target=book, args=(place,)) for place in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sum(answer.ok for answer in answers) == 1, [answer.reason for answer in answers]
        assert all(answer.ok or answer.reason in ("overlaps", "busy") for answer in answers), [a.reason for a in answers]
        assert sum(answer.reason == "overlaps" for answer in answers) > 20
        assert len(everyone(anna)) == 1
        # What leaves the rig its tear-down, a minute, does not overlap, and another rig is another matter.
        taken = everyone(anna)[0]
        assert anna.refused(book={"rig": "tank-1", "starts": taken.ends + 59_999, "ends": taken.ends + HOUR}).reason == "overlaps"
        anna.do(book={"rig": "tank-1", "starts": taken.ends + 60_000, "ends": taken.ends + HOUR})
        anna.do(book={"rig": "tank-2", "starts": taken.starts, "ends": taken.ends})


def test_a_repeat_with_the_same_key_is_the_same_booking():
    with Lab(rigs_safe=False) as lab:
        anna, bo = lab.person("anna"), lab.person("bo")
        wish = {"rig": "tank-1", "starts": now() + HOUR, "ends": now() + 2 * HOUR, "key": "k" * 16}
        first = anna.do(book=wish).bookings.bookings[0]
        again = anna.do(book=wish).bookings.bookings[0]
        assert first.id == again.id
        other = anna.refused(book={**wish, "starts": wish["starts"] + 4 * HOUR, "ends": wish["ends"] + 4 * HOUR})
        assert other.reason == "reused-key", other
        assert anna.refused(book={**wish, "key": "short"}).reason == "bad-key"
        assert not bo.ask(book=wish).ok, "somebody else's key opens nothing"
        lab.kill_gate()
        lab.start_gate()
        anna = lab.client().login("anna")
        assert anna.do(book=wish).bookings.bookings[0].id == first.id, "also after the gateway died"
        assert len(everyone(anna)) == 1


def test_a_long_list_comes_in_pages_and_nothing_is_missing_or_twice():
    with Lab(rigs_safe=False) as lab:
        shen = lab.person("shen", "scheduler")
        lab.person("anna")
        ids = []
        for rig in ("tank-1", "bench-1"):
            first = now() + HOUR
            wishes = [{"rig": rig, "starts": first + i * HOUR, "ends": first + i * HOUR + HOUR // 2} for i in range(600)]
            shen.do(book={"wishes": wishes})
        pages, after, more = [], 0, True
        while more:
            page = shen.do(bookings={"after": after}).bookings
            pages.append(len(page.bookings))
            ids += [one.id for one in page.bookings]
            after, more = ids[-1], page.more
        assert len(ids) == 1200 and ids == sorted(set(ids)) and len(pages) > 2, (pages, len(set(ids)))
        # Others' are passed over, page by page; labctl makes one list of them.
        mine = lab.client().login("anna").do(bookings={}).bookings
        assert not mine.get("bookings", []) and not mine.more
        lab.labctl("login", "shen", "--password-stdin", text=laboratory.PASSWORD + "\n", profile="shen")
        listed = as_json(lab.labctl("--json", "bookings", "--rig", "bench-1", profile="shen"))
        listed = listed[0] if isinstance(listed[0], list) else listed
        assert [one["id"] for one in listed] == ids[600:], len(listed)


def test_what_cannot_be_booked():
    with Lab(rigs_safe=False) as lab:
        anna = lab.person("anna")
        soon = now() + HOUR
        assert anna.refused(book={"rig": "tank-1", "starts": soon, "ends": soon}).reason == "empty-interval"
        assert anna.refused(book={"rig": "tank-1", "starts": soon, "ends": soon - 1000}).reason == "empty-interval"
        assert anna.refused(book={"rig": "tank-1", "starts": soon - 3 * HOUR, "ends": soon}).reason == "past"
        assert anna.refused(book={"rig": "tank-9", "starts": soon, "ends": soon + HOUR}).reason == "unknown-rig"
        assert anna.refused(book={"rig": "tank-1", "starts": soon, "ends": (1 << 64) - 1}).reason in ("too-long", "too-far", "past",
                                                                                                   "empty-interval")
        assert anna.refused(cancel={"booking": 4711}).reason == "unknown-booking"
        assert not everyone(anna)


def test_who_may_cancel():
    with Lab(rigs_safe=False) as lab:
        anna, bo, sheng = lab.person("anna"), lab.person("bo"), lab.person("sheng", "scheduler")
        first = anna.book("tank-1", starts=now() + HOUR)
        second = anna.book("tank-1", starts=now() + 3 * HOUR)
        assert bo.refused(cancel={"booking": first.id}).reason == "not-allowed"
        seen = [booking for booking in everyone(bo) if booking.id == first.id][0]
        assert not seen.mine and not seen.holder and not seen.join_code, "others' are shown without names"
        anna.do(cancel={"booking": first.id})
        assert anna.refused(cancel={"booking": first.id}).reason == "over"
        bo.do(book={"rig": "tank-1", "starts": first.starts, "ends": first.ends})
        sheng.do(cancel={"booking": second.id})
        assert [booking.holder for booking in everyone(sheng)] == ["bo"]


def test_a_session_begins_and_ends_by_itself():
    with Lab() as lab:
        anna, bo = lab.person("anna"), lab.person("bo")
        starts = now() + 2500
        booking = anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + 8000}).bookings.bookings[0]
        assert booking.state == "CONFIRMED"
        if now() < starts - 1000:
            assert anna.refused(join={"rig": "tank-1"}).reason == "no-session"
        until(lambda: anna.status("tank-1").session, "the session to begin")
        assert anna.ask(show={"rig": "tank-1"}).wall >= starts, "not before its time"
        anna.take("tank-1")
        anna.set("plc.fill", "open")
        bo.join("tank-1")
        assert lab.truth()["fill_open"] == "1"
        until(lambda: not anna.status("tank-1").session, "the session to end")
        assert anna.ask(show={"rig": "tank-1"}).wall >= starts + 8000
        assert anna.refused(**anna.command("plc.fill", "open")).reason in ("no-session", "no-seat")
        lab.wait_safe("tank-1")
        truth = lab.truth()
        assert truth["fill_closed"] == "1" and truth["drain_open"] == "1"
        ended = [b for b in anna.do(bookings={"rig": "tank-1", "from": starts - 1000}).bookings.bookings if b.id == booking.id]
        assert ended[0].state == "ENDED" and ended[0].session, ended
        # The next session is bo's, and anna's seat is worth nothing in it.
        bo.seat = 0
        bo.book("tank-1")
        bo.take("tank-1")
        assert anna.refused(**anna.command("plc.fill", "open")).reason in ("no-seat", "not-controller")


def test_no_acknowledged_booking_is_lost_when_the_gateway_dies():
    with Lab(rigs_safe=False) as lab:
        lab.person("anna")
        begins = now() + 24 * HOUR
        acknowledged, asked = {}, 0
        for life in range(5):
            anna = lab.client().login("anna")
            enough = threading.Event()
            killer = threading.Thread(target=lambda: (enough.wait(60), lab.gate.process.send_signal(signal.SIGKILL)))
            killer.start()
            sent = []
            try:
                while True:
                    # Eight at a time are under way when it dies.
                    while len(sent) < 8:
                        key = f"booking-number-{asked:08}"
                        starts = begins + asked * 120_000
                        asked += 1
                        wish = {"rig": "tank-1", "starts": starts, "ends": starts + 60_000, "key": key}
                        sent.append((anna.bus.send(anna.message(book=wish)), key))
                    request, key = sent.pop(0)
                    answer = anna.understand(anna.bus.receive(request)[1])
                    assert answer.ok, answer
                    assert key not in acknowledged
                    acknowledged[key] = answer.bookings.bookings[0]
                    if len(acknowledged) > 12 * (life + 1):
                        enough.set()
            except (sp.Closed, ConnectionError):
                pass
            killer.join(60)
            lab.kill_gate()
            lab.start_gate()
            check_bookings(lab.client().login("anna"), acknowledged, asked)
        assert len(acknowledged) > 50, len(acknowledged)


def check_bookings(client, acknowledged, asked):
    """Every booking that was answered with yes is there, once, as it was; of the others at most one each."""
    found = []
    first = min(booking.starts for booking in acknowledged.values())
    while True:  # lists may end early
        page = client.do(bookings={"rig": "tank-1", "from": first}).bookings.bookings
        new = [booking for booking in page if booking.id not in {known.id for known in found}]
        found += new
        if not new:
            break
        first = max(booking.ends for booking in new)
    by_id = {booking.id: booking for booking in found}
    assert len(by_id) == len(found) <= asked, (len(by_id), len(found), asked)
    assert no_overlaps(found)
    for key, booking in acknowledged.items():
        assert booking.id in by_id, f"{key} was acknowledged and is gone"
        kept = by_id[booking.id]
        assert (kept.starts, kept.ends, kept.state) == (booking.starts, booking.ends, "CONFIRMED"), (key, kept)


def test_a_live_session_goes_on_after_a_restart():
    with Lab() as lab:
        anna = lab.person("anna")
        booking = anna.book("tank-1")
        anna.take("tank-1")
        anna.set("plc.fill", "open")
        session = anna.status("tank-1").session
        lab.kill_gate()
        lab.start_gate()
        again = lab.client()
        again.token = anna.token
        lab.wait_safe("tank-1")
        status = until(lambda: (lambda now: now.session and now)(again.status("tank-1")), "the session to go on")
        assert status.condition == "SAFE", "it was made safe first, and nobody is in control"
        assert not status.controller
        assert lab.truth()["fill_closed"] == "1"
        records = lab.admin(log={"rig": "tank-1", "most": 200}).log.records
        assert any(record.kind == "safe-begin" and record.text == "start" for record in records)
        mine = again.do(bookings={"rig": "tank-1"}).bookings.bookings
        assert [(b.id, b.state, b.ends) for b in mine] == [(booking.id, "LIVE", booking.ends)], mine
        assert status.session == session == mine[0].session, (status.session, session)
        old = anna.epoch
        again.take("tank-1")
        assert again.epoch > old, "epochs only grow"
        assert again.refused(**again.command("plc.fill", "open", epoch=old)).reason == "old-epoch"
        assert again.set("plc.fill", "open").verified


def test_a_clock_that_was_once_far_ahead_is_vouched_for():
    with Lab() as lab:
        anna, tian = lab.person("anna"), lab.person("tian", "technician")
        assert anna.refused(clock={}).reason == "not-allowed"
        assert tian.do(clock={}).clock.plausible
        lab.gate.stop()
        # A record that was made by a clock ten years ahead.
        with contextlib.closing(sqlite3.connect(lab.folder / "state" / "ledger.sqlite")) as store:
            ahead = int(time.time() * 1000) + 10 * 365 * 86400000
            store.execute("UPDATE gateway SET last_wall = ?", (ahead,))
            store.commit()
        lab.start_gate()
        lab.wait_safe()
        lab.gate.wait_line("the clock is earlier than the newest record.*labctl clock vouch")
        anna, tian = lab.client().login("anna"), lab.client().login("tian")
        now = int(time.time() * 1000)
        assert anna.refused(book={"rig": "tank-1", "ends": now + 600000}).reason == "clock"
        report = tian.do(clock={}).clock
        assert not report.plausible and report.newest == ahead, report
        assert tian.refused(clock={"vouch": True}).reason == "not-allowed", "over the bus"
        socket = ["--socket", lab.folder / "state" / "control.sock"]
        assert "earlier than its newest record" in lab.labctl("clock", *socket, status=8)
        assert "the gateway's clock says" in lab.labctl("clock", "vouch", *socket)
        anna.book("tank-1", 600)
        until(lambda: anna.status("tank-1").session, "the session to start")
        kinds = [record.kind for record in lab.admin(log={"most": 200, "newest_first": True}).log.records]
        assert "clock-vouched" in kinds, kinds
        lab.kill_gate()
        lab.start_gate()
        assert lab.client().login("tian").do(clock={}).clock.plausible, "a restart does not take it back"


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
