#!/usr/bin/env python3
"""Sixty-four clients ask for one free hour at once, and one gets it. Then they book and cancel the same hours while the daemon is killed with -9 at random moments, again and again: no
booking that was answered with yes is lost, none is doubled, none comes back, and the audit's chain is whole.

usage: tests/scenario/soak.py [--kills N] [--seed N]
"""
import argparse
import contextlib
import random
import signal
import sys
import threading
import time

import sp
from lab import Client, Failure, Lab, until
from test_bookings import HOUR, no_overlaps, now

CLIENTS = 64
HOURS = 100  # that they want, far fewer than they ask for
REASONS = ("overlaps", "busy", "reused-key")


class Booker(threading.Thread):
    """Asks for hours that others want too and gives some of them back. A wish whose answer was lost is asked again with its
    key; of a cancellation whose answer was lost either outcome is right, and it is asked for again, so that the hours don't
    fill up with what nobody holds any more."""

    def __init__(self, lab, token, number, seed, begins, done):
        super().__init__(daemon=True)
        self.lab, self.token, self.number, self.begins, self.done = lab, token, number, begins, done
        self.random = random.Random(seed * 1000 + number)
        self.acknowledged, self.cancelled, self.refused, self.asked, self.wrong = {}, set(), 0, 0, []
        self.key = None
        self.returning = None  # key and booking: it is being cancelled
        self.at_work = threading.Lock()

    def run(self):
        while not self.done.is_set():
            client = None
            try:
                client = Client(self.lab.urls["tcp"])
                client.token = self.token
                while not self.done.is_set():
                    with self.at_work:
                        if self.returning or (self.key is None and self.acknowledged and self.random.random() < 0.4):
                            self.cancel(client)
                        else:
                            self.ask(client)
            except (sp.Closed, ConnectionError, OSError, TimeoutError, KeyError):
                self.done.wait(0.05)  # the gateway is down
            except Exception as problem:  # said by the test, not lost with the thread
                self.wrong.append(problem)
                return
            finally:
                if client:
                    client.close()

    def ask(self, client):
        if self.key is None:
            self.asked += 1
            self.key = f"client-{self.number:03}-wish-{self.asked:06}"
            starts = self.begins + self.random.randrange(HOURS) * HOUR
            self.wish = {"rig": f"tank-{self.random.choice('12')}", "starts": starts, "ends": starts + HOUR - 120_000}
        answer = client.ask(book={**self.wish, "key": self.key})
        if answer.ok:
            self.acknowledged[self.key] = answer.bookings.bookings[0]
        elif answer.reason not in REASONS:
            raise Failure(f"{self.key} was refused {answer.reason}: {answer.message}")
        else:
            self.refused += 1
        self.key = None


    def cancel(self, client):
        again = self.returning is not None
        self.returning = key, booking = self.returning or self.acknowledged.popitem()
        answer = client.ask(cancel={"booking": booking.id})
        if answer.ok or (again and answer.reason == "over"):
            self.cancelled.add(booking.id)
        elif answer.reason in REASONS:
            self.acknowledged[key] = booking
        else:
            raise Failure(f"cancelling {key} was refused {answer.reason}: {answer.message}")
        self.returning = None


def race_for_one_hour(lab, token, starts):
    """All at once, each with a connection of its own: one yes, and a no that says what else there is for everybody else."""
    together, answers = threading.Barrier(CLIENTS), []

    def ask():
        client = Client(lab.urls["tcp"])
        client.token = token
        try:
            together.wait(60)
            answers.append(client.ask(book={"rig": "tank-1", "starts": starts, "ends": starts + HOUR}))
        finally:
            client.close()

    racers = [threading.Thread(target=ask, daemon=True) for _ in range(CLIENTS)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)
    assert len(answers) == CLIENTS, f"{CLIENTS - len(answers)} clients were not answered"
    granted = [answer.bookings.bookings[0] for answer in answers if answer.ok]
    assert len(granted) == 1, f"{len(granted)} clients got the same hour"
    for answer in answers:
        if not answer.ok:
            assert answer.reason == "overlaps", (answer.reason, answer.message)
            others = answer.alternatives.alternatives
            assert others and all(other.rig != "tank-1" or other.starts != starts for other in others), answer
    return granted[0]


def all_bookings(client, rig):
    found, more, last = {}, True, 0
    while more:
        page = client.do(bookings={"rig": rig, "everyone": True, "after": last}).bookings
        assert page.bookings or not page.more
        found.update({booking.id: booking for booking in page.bookings if booking.state == "CONFIRMED"})
        assert len({booking.id for booking in page.bookings}) == len(page.bookings)
        more, last = page.more, page.bookings[-1].id if page.bookings else last
    return list(found.values())


def check(lab, bookers):
    """While nobody is at work: a list of many pages is of no one instant otherwise."""
    with contextlib.ExitStack() as quiet:
        for booker in bookers:
            quiet.enter_context(booker.at_work)
        return check_in_peace(lab, bookers)


def check_in_peace(lab, bookers):
    client = lab.client().login("anna")
    found = {rig: all_bookings(client, rig) for rig in ("tank-1", "tank-2")}
    by_id = {booking.id: booking for bookings in found.values() for booking in bookings}
    for rig, bookings in found.items():
        assert no_overlaps(bookings), f"{rig} has bookings that overlap"
    acknowledged = {}
    for booker in bookers:
        assert not booker.cancelled & set(by_id), "a booking that was cancelled is there again"
        for key, booking in booker.acknowledged.items():
            assert booking.id in by_id, f"{key} was acknowledged as booking {booking.id} and is gone"
            kept = by_id[booking.id]
            assert (kept.rig, kept.starts, kept.ends) == (booking.rig, booking.starts, booking.ends), (key, kept)
            assert acknowledged.setdefault(booking.id, key) == key, f"booking {booking.id} was given to two wishes"
    report = lab.admin(audit_verify={}).audit_verify
    assert report.intact, report.fault
    return len(by_id), len(acknowledged)


def soak(kills, seed):
    chance = random.Random(seed)
    with Lab(rigs_safe=False) as lab:
        token = lab.person("anna").token
        begins = now() // HOUR * HOUR + 24 * HOUR
        raced = race_for_one_hour(lab, token, begins - 2 * HOUR)
        lab.client().login("anna").do(cancel={"booking": raced.id})
        done = threading.Event()
        bookers = [Booker(lab, token, number, seed, begins, done) for number in range(CLIENTS)]
        for booker in bookers:
            booker.start()
        for kill in range(kills):
            time.sleep(chance.uniform(0.0, 0.7))  # when the blow falls is what is random here
            lab.gate.process.send_signal(signal.SIGKILL)
            lab.kill_gate()
            lab.start_gate()
            check(lab, bookers)
            wrong = [problem for booker in bookers for problem in booker.wrong]
            assert not wrong, wrong[0]
        until(lambda: sum(booker.asked for booker in bookers) > 500, "enough to be asked")
        done.set()
        for booker in bookers:
            booker.join(60)
        stored, acknowledged = check(lab, bookers)
        refused = sum(booker.refused for booker in bookers)
        assert acknowledged > 20 and refused > acknowledged, (acknowledged, refused)
        cancelled = sum(len(booker.cancelled) for booker in bookers)
        print(f"{kills} kills: {stored} bookings, {acknowledged} acknowledged, {cancelled} cancelled, {refused} refused; none lost, "
              "doubled or back again")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    given = options.parse_args()
    print(f"seed {given.seed}", flush=True)
    soak(given.kills, given.seed)


if __name__ == "__main__":
    sys.exit(main())
