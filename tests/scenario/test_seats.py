"""Control from the command line: request, grant, take back, resume, expiry, and what the last student still had on its way (S4)."""
import json
import sys

import lab as laboratory
from lab import PASSWORD, Lab, until


class Person:
    """Somebody with a labctl of their own."""

    def __init__(self, lab, name, role):
        self.lab, self.name = lab, name
        lab.add_account(name, role)
        self.say("login", name, "--password-stdin", text=PASSWORD + "\n")

    def say(self, *words, **options):
        return self.lab.labctl(*words, profile=self.name, **options)

    def json(self, *words, **options):
        return json.loads(self.say("--json", *words, **options).splitlines()[-1])

    def refused(self, *words):
        answer = self.json(*words, status=1)
        return answer["reason"]

    def join(self):
        return self.json("join", "tank-1", "--no-keeper")


def status(lab):
    return lab.admin(show={"rig": "tank-1"}).show.rig.status


def test_request_grant_take_back_resume_and_expiry():
    with Lab() as lab:
        lab.ctl("force", "tank", "valve_travel", "0.1")
        anna, bo, wang = Person(lab, "anna", "student"), Person(lab, "bo", "student"), Person(lab, "wang", "teacher")
        anna.say("book", "tank-1", "--for", "10m")
        until(lambda: status(lab).session, "the session")
        first = anna.join()
        assert first["control"], "it is hers"
        anna.say("set", "plc.fill", "open")
        seats = {bo.name: bo.join()["seat"], wang.name: wang.join()["seat"]}

        # Request: of a student while somebody has it, of a teacher without and with force.
        assert bo.refused("take", "--no-keeper") == "not-allowed"
        assert bo.refused("take", "--force", "--no-keeper") == "not-allowed"
        assert wang.refused("take", "--no-keeper") == "not-controller", "not by accident"
        assert lab.truth()["fill_open"] == "1", "asking moves nothing"
        # Take back: the rig is safe before the teacher has it.
        assert wang.json("take", "--force", "--no-keeper")["control"]
        assert lab.truth()["fill_closed"] == "1" and status(lab).controller == seats["wang"]
        assert anna.refused("set", "plc.fill", "open") in ("not-controller", "old-epoch")
        # Grant: to a student who has only watched; then back to whose session it is.
        wang.say("set", "plc.fill", "open")
        wang.say("take", "--to", seats["bo"])
        until(lambda: status(lab).controller == seats["bo"] and status(lab).condition == "CONTROLLED", "bo's control")
        assert lab.truth()["fill_closed"] == "1"
        bo.say("take", "--no-keeper")  # he has it: this learns the epoch
        bo.say("set", "plc.fill", "open")
        assert wang.refused("set", "plc.lamp", "on") in ("not-controller", "old-epoch")
        wang.say("take", "--force", "--to", first["seat"])
        until(lambda: status(lab).controller == first["seat"] and status(lab).condition == "CONTROLLED", "anna's control")
        # Resume: another run, another connection, the same seat and the numbers that it had.
        again = anna.join()
        assert again["seat"] == first["seat"] and again["control"], again
        anna.say("set", "plc.fill", "open")
        # A packet of bo's that was on its way: under his seat and the epoch that he had.
        late = lab.client().login("bo")
        late.seat, late.sequence = seats["bo"], 50
        refused = late.refused(**late.command("plc.fill", "closed", epoch=status(lab).epoch))
        assert refused.reason == "not-controller" and lab.truth()["fill_open"] == "1", refused
        # Expiry: nobody has it until the rig was verified safe.
        booking, = lab.client().login("anna").do(bookings={}).bookings.bookings
        anna.say("cancel", booking.id)
        until(lambda: not status(lab).session, "the end")
        assert anna.refused("set", "plc.fill", "open") in ("no-session", "no-seat")
        bo.say("book", "tank-1", "--for", "10m")
        until(lambda: status(lab).session, "the next session")
        assert bo.join()["control"] and lab.truth()["fill_closed"] == "1"
        assert anna.refused("set", "plc.fill", "open") in ("no-seat", "not-controller")
        bo.say("release", "--wait", "20s")
        assert status(lab).condition == "SAFE"


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
