"""Every edge of promise S2, on real processes and a real line: whoever moved what, the plant itself ends in its safe state, the
record says which edge it was, and the command that was made before acts no more."""
import contextlib
import os
import re
import signal
import sys
import time

import lab as laboratory
from lab import Lab, until

HOLDS = 60000  # ms; a controller that does not drop its outputs by itself meanwhile: what makes safe is the gateway


def quick(text, _):
    session = "session: {resume_window: 20 s, on_handover: safe, teachers: any, teacher_reset: true}"
    assert text.count(session) == 1
    return text.replace(session, session.replace("resume_window: 20 s", "presence: 2 s, resume_window: 2 s")).replace(
        "drops_after: 1 s", f"drops_after: {HOLDS // 1000} s")


class Scene:
    """Anna in control of tank-1 with its outputs away from safe, and everybody who may end that."""

    def __init__(self, lab):
        self.lab = lab
        self.anna, self.wang, self.tian = lab.person("anna"), lab.person("wang", "teacher"), lab.person("tian", "technician")
        for name, value in (("watchdog_ms", HOLDS), ("valve_travel", "0.1"), ("level", "0.2")):
            lab.ctl("force", "tank", name, value)
        self.seen = 0

    def records(self):
        found, more = [], True
        while more:
            page = self.lab.admin(log={"rig": "tank-1", "after": self.seen}).log
            found += [(record.kind, record.text) for record in page.records]
            self.seen, more = page.next, page.more
        return found

    def begin(self, seconds=600, books=True):
        self.anna.close()
        self.anna = self.lab.client().login("anna")
        if books:
            self.booking = self.anna.book("tank-1", seconds=seconds)
        self.anna.take("tank-1")
        for point, value in (("plc.fill", "open"), ("plc.drain", "closed"), ("plc.lamp", True)):
            self.anna.set(point, value)
        assert not self.is_safe(), "there is something to be made safe"
        self.old = self.anna.command("plc.fill", "open")
        self.log = []
        self.records()

    def is_safe(self):
        truth = self.lab.truth()
        return (truth["fill_closed"], truth["drain_open"], int(truth["holding.2"].split()[0], 0) & 7) == ("1", "1", 0)

    def sees(self, edge):
        until(self.is_safe, f"the plant to be safe after {edge}")

        def recorded():
            self.log += self.records()
            return ("safe-begin", edge) in self.log and any(kind == "safe-done" for kind, _ in self.log)

        try:
            until(recorded, "the record")
        except laboratory.Failure:
            raise laboratory.Failure(f"no record of {edge}, but {self.log}") from None

    def end(self):
        self.tian.ask(reset={"rig": "tank-1"})
        if self.anna.status("tank-1").session:
            self.anna.ask(cancel={"booking": self.booking.id})
            until(lambda: not self.tian.status("tank-1").session, "the session to end")
        self.lab.wait_safe("tank-1")


def release(s):
    s.anna.do(release={})


def leave(s):
    s.anna.do(leave={})


def cancel(s):
    s.anna.do(cancel={"booking": s.booking.id})


def nothing(s):
    until(lambda: not s.tian.status("tank-1").session, "the session's time to be up")


def hand_over(s):
    s.wang.join("tank-1")
    s.wang.do(take={"force": True})
    assert s.is_safe(), "control is given when the rig is safe"


def trip(s):
    s.lab.ctl("force", "tank", "guard_closed", "off")
    until(lambda: s.anna.status("tank-1").trips, "the trip")
    s.lab.ctl("force", "tank", "guard_closed", "on")


def stop(s):
    s.anna.do(stop={})


def vanish(s):
    s.anna.close()
    s.anna = s.lab.client().login("anna")


def lock_out(s):
    s.tian.do(lockout={"rig": "tank-1", "reason": "hands in it"})


def unlock(s):
    s.lab.admin(lockout={"rig": "tank-1", "remove": True, "reason": "hands out of it", "whose": "tian"})


def lose_line(s):
    s.lab.ctl("hangup", "tank")
    until(lambda: s.anna.status("tank-1").condition == "UNAVAILABLE", "the loss")
    assert not s.is_safe(), "nothing reaches it"
    s.lab.ctl("restore", "tank")


def lose_answers(s):
    s.lab.ctl("fault", "tank", "lost")  # carried out, and never answered: the safe writes arrive, nobody can know
    until(lambda: s.anna.status("tank-1").condition == "UNAVAILABLE", "the loss")
    s.lab.ctl("clear", "tank")


def go_local(s):
    s.lab.ctl("force", "tank", "panel_drain", "on")
    s.lab.ctl("force", "tank", "local_mode", "on")


def end_local(s):
    s.lab.ctl("force", "tank", "local_mode", "off")


def other_hands(s):
    s.anna.do(release={})
    s.lab.wait_safe("tank-1")
    s.records()
    s.lab.ctl("force", "tank", "fill", "on")  # what the gateway is so quick to undo that nobody sees it open


def quarantine(s):
    s.lab.ctl("fault", "tank", "frozen", "fill_closed")
    s.anna.do(release={})
    until(lambda: s.anna.status("tank-1").condition == "QUARANTINED", "the quarantine")
    s.lab.ctl("clear", "tank")
    s.records()
    s.tian.do(clear={"rig": "tank-1"})


# What happens, the name of its edge in the audit, whether the controller keeps the lease, and what ends it.
EDGES = [
    (release, "release", False, None),
    (leave, "release", False, None),
    (cancel, "session-end", False, None),
    (nothing, "session-end", False, None),
    (hand_over, "handover", False, None),
    (trip, "trip", True, None),
    (stop, "stop", False, None),
    (vanish, "controller-lost", False, None),
    (lock_out, "lockout", False, (unlock, "lockout")),
    (lose_line, "instrument-back", False, None),
    (lose_answers, "instrument-back", False, None),
    (go_local, "lockout", False, (end_local, "lockout")),
    (other_hands, "departed", False, None),
    (quarantine, "clear", False, None),
]


def test_every_edge_makes_the_plant_safe():
    with Lab(edit=quick) as lab:
        scene = Scene(lab)
        for happens, edge, keeps, end in EDGES:
            scene.begin(seconds=6 if happens is nothing else 600)
            happens(scene)
            scene.sees(edge)
            assert happens is lock_out or ("lockout", "hands in it") not in scene.log, "local mode has no such reason"
            # Made before, however it arrives now: as a packet that was late, or again under the number it had.
            refused = scene.anna.ask(**scene.old)
            assert not refused.ok and scene.is_safe(), (happens.__name__, refused)
            if end:
                scene.log = []
                end[0](scene)
                scene.sees(end[1])
            lab.wait_safe("tank-1") if not keeps else scene.anna.wait_condition("tank-1", "CONTROLLED")
            controller = scene.tian.status("tank-1").controller
            assert (controller == scene.anna.seat) == keeps or happens is vanish and not controller, (happens.__name__, controller)
            scene.end()


def test_a_gateway_that_starts_or_stops_makes_the_plant_safe():
    with Lab(edit=quick) as lab:
        scene = Scene(lab)
        scene.begin()
        lab.kill_gate()
        assert not scene.is_safe(), "the outputs are as they were when it died"
        lab.start_gate()
        watcher = lab.client().login("tian")

        def safe_is_true():
            condition = watcher.status("tank-1").condition
            assert condition in ("UNAVAILABLE", "MAKING_SAFE") or scene.is_safe(), f"{condition}, and the plant is not safe"
            return condition == "SAFE"

        until(safe_is_true, "the start to make it safe")
        scene.sees("start")
        scene = Scene(lab)
        scene.begin(books=False)  # the session goes on
        assert lab.gate.stop(signal.SIGTERM) == 0, lab.gate.output
        assert scene.is_safe(), "after an orderly stop"
        # A changed configuration is an orderly stop of the old rig and a start of the new one: it begins with nobody in control.
        config = lab.config / "lab.yaml"
        config.write_text(config.read_text().replace("plc.temperature > 80 degC", "plc.temperature > 70 degC"))
        lab.ctl("force", "tank", "watchdog_ms", HOLDS)
        lab.ctl("force", "tank", "fill", "on")  # whatever moved it meanwhile
        lab.start_gate()
        lab.wait_safe("tank-1")
        assert scene.is_safe()
        status = lab.client().login("tian").status("tank-1")
        assert not status.controller and status.condition == "SAFE", status


def test_a_hand_over_may_keep_what_is_on():
    """on_handover: keep; every other edge makes that rig safe as well."""
    def keep(text, lab):
        return quick(text, lab).replace("on_handover: safe", "on_handover: keep")

    with Lab(edit=keep) as lab:
        scene = Scene(lab)
        scene.begin()
        scene.wang.join("tank-1")
        epoch = scene.wang.do(take={"force": True}).control.epoch
        assert not scene.is_safe() and lab.truth()["fill_open"] == "1", "it is as it was"
        refused = scene.anna.ask(**scene.old)
        assert not refused.ok and epoch > scene.anna.epoch, "what the last one sent acts no more all the same"
        assert not [record for record in scene.records() if record[0] == "safe-begin"]
        scene.wang.epoch = epoch
        assert scene.wang.set("plc.lamp", False).verified or True
        scene.wang.do(release={})
        scene.sees("release")


def test_a_step_whose_line_is_dead_is_given_up_and_later_ones_run():
    def two_lines(text, _):
        """One rig of two trainers on two lines, the serial one first in its safe sequence."""
        rig = re.search(r"(?ms)^  tank-2:.*?(?=^  drive-1:)", text)[0]
        other = """  pair:
    title: {en: Two tanks, zh: 双水箱}
    instruments:
      a: {profile: modbus/tank-trainer, link: "serial:${line}", unit: 1, baud: 115200, timeout: 100 ms, turnaround: 3 ms}
      b: {profile: modbus/tank-trainer, link: "tcp://${tank}", unit: 1, timeout: 100 ms, turnaround: 5 ms}
    safe:
      - set: {a.heater: off, a.pump: 0 %, a.fill: closed, a.drain: open, a.stirrer: off, a.buzzer: off, a.lamp: off, a.heartbeat: 0}
        within: 1 s
      - set: {b.heater: off, b.pump: 0 %, b.fill: closed, b.drain: open, b.stirrer: off, b.buzzer: off, b.lamp: off, b.heartbeat: 0}
        within: 1 s
      - verify: all
        within: 10 s
    local_mode: b.local

"""
        text = text.replace(rig, other).replace("drive.heartbeat, every: 200 ms", "drive.heartbeat, every: 100 ms")
        tank_1 = re.search(r"(?ms)^  tank-1:.*?(?=^  pair:)", text)[0]
        return text.replace(tank_1, "")

    with Lab(edit=two_lines) as lab:
        for name in ("tank", "tank2"):
            lab.ctl("force", name, "valve_travel", "0.1")
        anna = lab.person("anna")
        anna.book("pair")
        anna.take("pair")
        for point in ("a.fill", "b.fill"):
            assert anna.set(point, "open").verified
        lab.ctl("hangup", "tank2")
        until(lambda: lab.truth("tank")["fill_closed"] == "1", "the living line's outputs to be made safe")
        assert anna.status("pair").condition == "UNAVAILABLE", "and the rig is not available"
        refused = anna.refused(**anna.command("b.fill", "open"))
        assert refused.reason in ("unavailable", "old-epoch"), refused
        lab.ctl("restore", "tank2")
        until(lambda: anna.status("pair").condition == "CONTROLLED", "its return by itself")
        assert lab.truth("tank2")["fill_closed"] == "1" and lab.truth("tank")["fill_closed"] == "1"


def test_a_bus_that_hangs_delays_no_safe_write():
    with Lab(edit=quick) as lab:
        scene = Scene(lab)
        scene.begin()
        bus = lab.bus_process()
        os.kill(bus, signal.SIGSTOP)  # it takes nothing and says nothing, until control ends it
        try:
            lab.ctl("force", "tank", "guard_closed", "off")
            until(scene.is_safe, "the trip to act", patience=10)
            assert lab.bus_process() in (bus, None) or lab.gate.find("bus"), "and the bus was no part of it"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(bus, signal.SIGCONT)


class SlowBusLab(Lab):
    def gate_command(self):
        return ["env", f"LD_PRELOAD={laboratory.BUILD}/tests/shim/slow_bus.so", f"SLOW_BUS={self.folder}/slow",
                *super().gate_command()]


def test_a_bus_that_does_not_begin_delays_no_safe_start():
    with SlowBusLab(edit=quick, gate=False) as lab:
        lab.ctl("force", "tank", "fill", "on")  # what a gateway that died left behind
        until(lambda: lab.truth()["fill_closed"] == "0", "the plant to be on")
        slow = lab.folder / "slow"
        slow.touch()
        slow.chmod(0o644)
        lab.gate = laboratory.Process(lab.gate_command())
        lab.urls = {}
        began = time.monotonic()
        until(lambda: lab.truth()["fill_closed"] == "1", "the safe sequence", patience=15)
        took = time.monotonic() - began
        assert not lab.gate.find("serving "), lab.gate.output
        assert took < 8, f"{took:.1f} s: before the bus is given up and started again, which takes 10 s"
        lab.wait_safe()  # asked on the gateway's own socket
        slow.unlink()
        lab.read_urls(1)
        assert lab.person("anna").status("tank-1").condition == "SAFE"


def test_a_lock_out_admits_nobody_and_outlives_the_gateway():
    """S15: whoever asks, whatever their role; what hands move stays as it is; only the spot ends it."""
    with Lab(edit=quick) as lab:
        scene = Scene(lab)
        scene.begin()
        lock_out(scene)
        scene.sees("lockout")
        for person in (scene.anna, scene.wang, scene.tian):
            person.seat = 0
            person.join("tank-1")
            assert person.refused(take={"force": True}).reason == "locked-out"
            refused = person.refused(**person.command("plc.fill", "open", epoch=person.status("tank-1").epoch))
            assert refused.reason in ("locked-out", "not-controller"), refused
        lab.ctl("force", "tank", "drain", "off")  # hands
        until(lambda: lab.truth()["drain_closed"] == "1", "the hand's valve")
        scene.anna.wait_value("tank-1", "plc.drain_open", lambda value: value.number == 0)
        lab.kill_gate()
        lab.start_gate()
        tian = lab.client().login("tian")
        until(lambda: tian.status("tank-1").condition == "SAFE", "the start, which makes safe all the same")
        assert tian.status("tank-1").locked_out and tian.status("tank-1").why, "with its reason"
        assert "hands in it" in tian.status("tank-1").why, tian.status("tank-1").why
        try:
            lab.admin(lockout={"rig": "tank-1", "remove": True})
            raise AssertionError("removed without a reason")
        except laboratory.Refused as refused:
            assert refused.reason == "no-reason", refused
        unlock(scene)
        lab.wait_safe("tank-1")
        assert not tian.status("tank-1").locked_out
        kinds = [(record.kind, record.text) for record in lab.admin(log={"rig": "tank-1", "after": scene.seen}).log.records]
        assert ("unlock-reason", "hands out of it") in kinds, kinds


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
