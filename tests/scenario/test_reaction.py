"""Promise S12: no reaction takes longer than `labgate check` says, on TCP and on a serial line with two units.

The simulator's trace has the true times: when the condition came true in the registers, and when the writes were
acknowledged. `total` is held against what happens while another unit of the line fails, `lost_reply` against what happens
when one exchange of the rig's own is lost."""
import json
import re
import struct
import subprocess
import sys
import threading
import time

import lab as laboratory
from lab import BUILD, ROOT, Lab, until

GUARD = "      - trip: overheat\n        when: plc.temperature > 80 degC\n        for: 200 ms\n        reaction: 5 s\n"
HEATER, PUMP, FILL, DRAIN = "05 0000 0000", "06 0000 0000", "05 0001 0000", "05 0002 ff00"
FIRST_STEP = {HEATER, PUMP, FILL}
WHOLE = FIRST_STEP | {DRAIN}
NEIGHBOUR = [("lost", "rate", "50", "seed", "3"), ("silent",), ("garbled",), ("truncated", "rate", "70"), ("unheard",)]
ONE_LOST = [("unheard", "count", "1", "on", "02"), ("lost", "count", "1", "on", "05"), ("unheard", "count", "1", "on", "05"),
            ("garbled", "count", "1", "on", "02"), ("lost", "count", "1", "on", "06")]
GUARD_OPEN = "      - trip: guard-open\n        when: plc.guard == open\n        reset: teacher\n"
TIME_ON = 1.5
TURNAROUND = 20  # ms
INPUTS, SILENT = ("temperature", "level", "guard"), 6  # s; on a busy machine the simulator answers late now and then


def edited(text, lab):
    """tank-2 gets tank-1's trip for the guard, which one read alone shows and in one way; tank-1's heater a time on."""
    assert text.count(GUARD) == 1
    text = text.replace(GUARD, GUARD_OPEN + GUARD).replace(
        "      plc.level: {stale_after: 2700 ms}\n",
        "      plc.level: {stale_after: 2700 ms}\n" +
        "".join(f"      plc.{point}: {{stale_after: 3600 ms}}\n"  # which that read shows, and whose loss would act sooner
                for point in ("guard", "heater_on", "fill_open", "fill_closed", "drain_open", "drain_closed")) +
        "".join(f"      plc.{point}: {{poll: 60 s}}\n" for point in ("local", "level_high", "level_low", "dropped")))
    text = text.replace("unit: 1, baud: 115200,", "unit: 1, gap: 0, baud: 115200,")
    return text.replace("      - limit: plc.heater\n        rate: 1 /s\n",
                        f"      - limit: plc.heater\n        on_for: {TIME_ON} s\n        name: time-on\n")


def crowded(text, lab):
    """Instruments that take their time, so that drive-1's safe writes, five of 28 ms, would fill the line if they were made each
    100 ms. All else is seldom."""
    for profile in (lab.profiles / "modbus").glob("*-trainer.yaml"):
        profile.write_text(re.sub(r"poll: (\d+) ms", lambda match: f"poll: {10 * int(match[1])} ms", profile.read_text()))
    text = text.replace(GUARD, GUARD_OPEN + GUARD).replace("timeout: 100 ms, turnaround: 3 ms", f"timeout: 200 ms, turnaround: {TURNAROUND} ms")
    text = re.sub(r"\n *reaction: .*", "", text)
    text = re.sub(r"every: 200 ms, drops_after: \d+ s", "every: 1 s, drops_after: 10 s", text)
    return re.sub(r"( *plc\.)temperature: {stale_after: 2700 ms}\n.*\n", "".join(rf"\g<1>{point}: {{stale_after: {SILENT} s}}\n" for point in INPUTS), text)


def check(lab):
    done = subprocess.run([str(BUILD / "labgate"), "check", str(lab.config), "--json", "--profiles", str(lab.profiles), *lab.defines()],
                          capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


def computed(lab):
    """By rig and rule: the times in milliseconds."""
    report = check(lab)
    assert report["good"], report["errors"]
    return {(rig["name"], rule["name"]): rule for rig in report["rigs"] for rule in rig["rules"]}


# ---- what the trace shows

def events(trace):
    """(ns, "content", (table, address), value) and (ns, "done", request) for each write that was acknowledged as asked."""
    asked = None
    for words in (line.split() for line in trace.read_text().splitlines()):
        if words[1] == "content" and words[2] != "variable":
            yield int(words[0]), "content", (words[2], int(words[3])), int(words[4])
        elif words[1] == "request":
            asked = "".join(words[2:]).lower()
        elif words[1] in ("reply", "no-reply") and asked:
            lost = len(words) > 3 and words[-1] in ("unheard", "lost", "garbled")
            if not lost:
                yield int(words[0]), "done", asked, None


def reactions(trace, began, writes):
    """From each time that `began` says so of an event until all of `writes` were acknowledged since, in ms."""
    wanted = {write.replace(" ", "") for write in writes}
    waiting, since, found = set(), 0, []
    for at, kind, what, value in events(trace):
        if began(kind, what, value):
            waiting, since = set(wanted), at
        elif kind == "done" and what in waiting:
            waiting.discard(what)
            if not waiting:
                found.append((at - since) / 1e6)
    return found


def guard_opens():
    """The register's first content in a trace is no change."""
    before = {}

    def began(kind, what, value):
        if kind != "content" or what != ("discrete", 5):
            return False
        opened = before.get("guard") == 1 and value == 0
        before["guard"] = value
        return opened
    return began


def level_passes(bound, upwards):
    """Input registers 2 and 3 hold a float; both have changed when the second has."""
    words, before = {}, {}

    def began(kind, what, value):
        if kind != "content" or what not in (("input", 2), ("input", 3)):
            return False
        words[what[1]] = value
        if len(words) < 2:
            return False
        level = struct.unpack(">f", struct.pack(">HH", words[2], words[3]))[0]
        passed = (level > bound) == upwards
        fresh = passed and not before.get("passed", True)
        before["passed"] = passed
        return fresh
    return began


# ---- the cases

class Case:
    def __init__(self, lab, technician, rig, tank):
        self.lab, self.person, self.rig, self.tank, self.turn = lab, technician, rig, tank, 0

    def traced(self, rounds, action, began, writes):
        self.turn += 1
        trace = self.lab.folder / f"trace-{self.tank}-{self.turn}-{time.monotonic_ns()}"
        self.lab.ctl("trace", self.tank, trace)
        for turn in range(rounds):
            action(turn)
        self.lab.ctl("trace", self.tank, "off")
        return reactions(trace, began, writes)

    def trip(self, name):
        until(lambda: name in self.person.status(self.rig).trips, f"the trip {name}")
        self.person.wait_condition(self.rig, "SAFE")

    def reset(self):
        until(lambda: self.person.ask(reset={"rig": self.rig}).ok, "the reset")
        until(lambda: not self.person.status(self.rig).trips, "no trip")

    def guard(self, faults=(), victim=None, before=None):
        def action(turn):
            if before:
                before()
            if faults:
                self.lab.ctl("fault", victim, *faults[turn % len(faults)])
            self.lab.ctl("force", self.tank, "guard_closed", "off")
            self.trip("guard-open")
            self.lab.ctl("force", self.tank, "guard_closed", "on")
            self.person.wait_value(self.rig, "plc.guard", lambda value: value.number == 1)
            self.reset()
            if faults:
                self.lab.ctl("clear", victim)
        return action


def held(name, found, limit, rounds, slack=25):
    print(f"{name}: {', '.join(f'{took:.0f}' for took in found)} ms; computed {limit:.0f} ms", flush=True)
    assert len(found) == rounds, (name, found)
    assert max(found) <= limit, (name, found, limit)
    # Polls and faults are met at any moment, so a few rounds need not show the worst one.
    assert max(found) * slack > limit, (name, found, limit)


def test_no_reaction_is_slower_than_computed():
    with Lab(edit=edited) as lab:
        times, tian = computed(lab), lab.person("tian", "technician")
        tcp, rtu = Case(lab, tian, "tank-1", "tank"), Case(lab, tian, "tank-2", "tank2")
        held("TCP", tcp.traced(5, tcp.guard(), guard_opens(), FIRST_STEP), times["tank-1", "guard-open"]["total"], 5)
        held("TCP, the last step", tcp.traced(2, tcp.guard(), guard_opens(), WHOLE), times["tank-1", "guard-open"]["last_write"], 2)
        held("RTU, the other unit fails", rtu.traced(25, rtu.guard(NEIGHBOUR, "motor:2"), guard_opens(), FIRST_STEP),
             times["tank-2", "guard-open"]["total"], 25, slack=40)  # the worst has every failure at once: few rounds meet few


def test_one_lost_exchange_costs_no_more_than_computed():
    with Lab(edit=edited) as lab:
        times, tian = computed(lab), lab.person("tian", "technician")
        rounds = len(ONE_LOST)
        for name, rig, tank in (("TCP", "tank-1", "tank"), ("RTU", "tank-2", "tank2")):
            case, limit = Case(lab, tian, rig, tank), times[rig, "guard-open"]["lost_reply"]
            held(f"{name}, one lost", case.traced(rounds, case.guard(ONE_LOST, tank), guard_opens(), FIRST_STEP), limit, rounds,
                 slack=30)

        def shows_late_answers():
            lab.ctl("fault", "tank2", "late", "150ms", "count", "1", "on", "02")
            until(lambda: "faults_armed=0" in lab.ctl("state", "tank2"), "the late answer")
            time.sleep(2)  # no doubt is left of it, but the line is known for late answers

        case, found = Case(lab, tian, "tank-2", "tank2"), []
        in_doubt = case.guard([("unheard", "count", "1", "on", "02")], "tank2", shows_late_answers)
        while len(found) < 8 and max(found, default=0) < 1000:  # a late answer that comes into a silence is not seen
            found += case.traced(1, in_doubt, guard_opens(), FIRST_STEP)
        held("RTU in doubt", found, times["tank-2", "guard-open"]["lost_reply"], len(found))
        assert max(found) > 1000, found  # it was waited for


class Leaning:
    """Somebody presses the e-stop of their rig as fast as they are answered."""

    def __init__(self, person):
        self.person, self.presses, self.ends, self.failed = person, 0, False, None
        self.thread = threading.Thread(target=self.press, daemon=True)

    def press(self):
        try:
            while not self.ends:
                self.person.do(stop={})
                self.presses += 1
        except Exception as failure:  # pylint: disable=broad-exception-caught
            self.failed = failure

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends = True
        self.thread.join()
        assert not self.failed, self.failed


def test_who_leans_on_a_neighbours_stop_delays_no_reaction():
    with Lab(edit=crowded, baud=f"115200,turnaround={TURNAROUND}ms") as lab:
        times, tian, anna = computed(lab), lab.person("tian", "technician"), lab.person("anna", "student")
        anna.book("drive-1")
        anna.join("drive-1")
        case, limit = Case(lab, tian, "tank-2", "tank2"), times["tank-2", "guard-open"]["total"]
        for name in ("tank2", "motor:2"):
            lab.ctl("force", name, "watchdog_ms", "10000")
        with Leaning(anna) as leaning:
            began = time.monotonic()
            while time.monotonic() < began + 2 * SILENT or leaning.presses < 100:
                unread = [point for point in INPUTS if tian.get("tank-2", f"plc.{point}").quality != "GOOD"]
                assert not unread and not tian.status("tank-2").trips, (leaning.presses, unread, lab.gate.output)
            found = case.traced(5, case.guard(), guard_opens(), FIRST_STEP)
            held(f"RTU, {leaning.presses} presses of its neighbour's stop", found, limit, 5)
        assert not lab.gate.find(r"tank-2: trip.* because"), lab.gate.output


def test_what_drives_single_outputs_and_the_stop_keep_their_times():
    with Lab(edit=edited) as lab:
        times, tian = computed(lab), lab.person("tian", "technician")
        case = Case(lab, tian, "tank-1", "tank")
        tian.book("tank-1")
        tian.take("tank-1")

        def overflows(_):
            lab.ctl("force", "tank", "level", "0.3")
            tian.wait_value("tank-1", "plc.level", lambda value: value.number < 0.4)
            case.reset() if tian.status("tank-1").trips else None
            lab.ctl("force", "tank", "level", "0.48")
            until(lambda: "overflow" in tian.status("tank-1").trips, "the trip")
            tian.wait_value("tank-1", "plc.drain_open", lambda value: value.number == 1)

        held("a trip of some outputs", case.traced(3, overflows, level_passes(0.45, True), {PUMP, FILL, DRAIN}),
             times["tank-1", "overflow"]["total"], 3)
        lab.ctl("force", "tank", "level", "0.3")
        tian.wait_value("tank-1", "plc.level", lambda value: value.number < 0.4)
        case.reset()

        def heat():
            tian.epoch = tian.do(take={}).control.epoch  # what was driven has moved it on
            until(lambda: tian.ask(**tian.command("plc.heater", True)).ok, "the heater")

        def runs_dry(_):
            lab.ctl("force", "tank", "level", "0.3")
            heat()
            lab.ctl("force", "tank", "level", "0.1")
            tian.wait_value("tank-1", "plc.heater_on", lambda value: value.number == 0)

        held("a permissive", case.traced(3, runs_dry, level_passes(0.15, False), {HEATER}),
             times["tank-1", "heater-needs-water"]["total"], 3)
        lab.ctl("force", "tank", "level", "0.3")

        def stays_on(_):
            heat()
            tian.wait_value("tank-1", "plc.heater_on", lambda value: value.number == 1)
            tian.wait_value("tank-1", "plc.heater_on", lambda value: value.number == 0)

        found = case.traced(2, stays_on, lambda kind, what, value: kind == "done" and what == "050000ff00", {HEATER})
        held("a limit's time on", [took - TIME_ON * 1000 for took in found], times["tank-1", "time-on"]["total"], 2, slack=100000)

        pressed = []

        def press(_):
            pressed.append(time.monotonic_ns())
            tian.do(stop={})
            tian.wait_condition("tank-1", "SAFE")

        trace = lab.folder / "trace-stop"
        lab.ctl("trace", "tank", trace)
        press(0)
        lab.ctl("trace", "tank", "off")
        done = {what: at for at, kind, what, _ in reversed(list(events(trace))) if kind == "done" and at > pressed[0]}
        found = [(max(done[write.replace(" ", "")] for write in FIRST_STEP) - pressed[0]) / 1e6]
        held("the e-stop", found, times["tank-1", ""]["total"], 1, slack=1000)


def test_a_reaction_is_taken_from_its_worst_on():
    """For each rule of the demo that has one: its worst time is taken, and a millisecond less is refused."""
    with Lab(gate=False) as lab:
        file = lab.config / "lab.yaml"
        text = file.read_text()
        wanted = [(rig["name"], rule) for rig in check(lab)["rigs"] for rule in rig["rules"] if "wanted" in rule]
        assert len(wanted) == 8, wanted
        for rig, rule in wanted:
            start = text.index(f"{rule['kind']}: {rule['name']}\n", text.index(f"\n  {rig}:\n"))
            start = text.index("reaction: ", start)
            end = text.index("\n", start)
            worst = int(rule["lost_reply"]) + 1
            for allowed, good in ((worst, True), (worst - 1, False)):
                file.write_text(f"{text[:start]}reaction: {allowed} ms{text[end:]}")
                report = check(lab)
                assert report["good"] == good, (rig, rule["name"], allowed, report["errors"])
                assert good or f"{allowed} ms cannot be met" in report["errors"][0]["text"].replace("1 s cannot", "1000 ms cannot"), report


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
