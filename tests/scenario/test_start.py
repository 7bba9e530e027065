"""Starting: twice, on a taken port, without an instrument, with a wrong configuration."""
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

import lab as laboratory
from lab import BUILD, ROOT, Lab, Process, free_port, until


def run_to_its_end(lab):
    gate = Process(lab.gate_command())
    gate.process.wait(60)
    gate.reader.join(5)
    return gate


def test_started_twice():
    with Lab() as lab:
        anna = lab.person("anna")
        anna.book("tank-1")
        anna.take("tank-1")
        anna.set("plc.fill", "open")
        second = run_to_its_end(lab)
        assert second.process.returncode == 1, second.output
        assert re.search(rf"{re.escape(str(lab.folder / 'state'))}.*(already|another|runs|in use)", second.output), second.output
        assert not second.find("serving"), second.output
        assert lab.truth()["fill_open"] == "1", "the first one's session was not disturbed"
        assert anna.set("plc.lamp", True).verified
        assert lab.admin(rigs={}).rigs.rigs, "its own socket still answers"


def test_a_taken_port():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        with Lab(gate=False, defines={"bus": f"127.0.0.1:{taken}"}) as lab:
            gate = run_to_its_end(lab)
            assert gate.process.returncode == 1, gate.output
            assert re.search(rf"tcp://127\.0\.0\.1:{taken}.*[Aa]ddress.*in use", gate.output), gate.output
            assert "Sanitizer" not in gate.output
            holder.close()
            lab.start_gate()
            lab.wait_safe()


def test_a_state_that_cannot_be_written():
    with Lab(gate=False) as lab:
        (lab.folder / "state").write_text("a file where the directory should be")
        gate = run_to_its_end(lab)
        assert gate.process.returncode == 1 and str(lab.folder / "state") in gate.output, gate.output


def test_a_missing_device_comes_by_itself():
    with Lab(gate=False) as lab:
        lab.ctl("hangup", "tank")
        lab.ctl("hangup", "motor:2")
        lab.start_gate()
        lab.wait_safe("bench-1")
        anna = lab.person("anna")
        for rig, instrument, place in (("tank-1", "tank-1.plc", str(lab.ports["tank"])), ("tank-2", "tank-2.plc", "line"),
                                       ("drive-1", "drive-1.drive", "line")):
            status = until(lambda: (lambda now: now.why and now)(anna.status(rig)), "the reason")
            assert status.condition == "UNAVAILABLE", status
            assert instrument.split(".")[1] in status.why and place in status.why, status.why
            assert lab.gate.find(rf"{rig}.*{re.escape(place)}"), lab.gate.output
        assert anna.get("tank-1", "plc.level").quality == "BAD"
        anna.book("tank-1")
        until(lambda: anna.status("tank-1").session, "the session")
        anna.join("tank-1")
        refused = anna.refused(take={})
        assert refused.reason == "unavailable", refused
        lab.ctl("restore", "tank")
        lab.wait_safe("tank-1")
        lab.ctl("restore", "motor:2")
        lab.wait_safe()
        assert not anna.status("tank-1").why
        anna.take("tank-1")
        assert anna.set("plc.fill", "open").verified


WRONG = (
    ("title: {en: Water tank level control,", "titel: {en: Water tank level control,", r"titel.*title"),
    ("profile: scpi/rigol-dg1000z", "profile: scpi/rigol-dg1000x", r"dg1000x.*dg1000z"),
    ("when: plc.level > 0.45 m\n", "when: plc.levl > 0.45 m\n", r"plc\.levl.*plc\.level"),
    ("when: abs(drive.current) > 10 A", "when: abs(drive.current) > 10 V", r"V"),
    ("slew: 6 V/s", "slew: 6", r"V/s"),
    ("  - url: ws://${page}", "  - url: wss://${page}", r"certificate"),
)


def test_a_wrong_configuration_shows_every_error_and_starts_nothing():
    def spoil(text, _):
        for good, bad, _ in WRONG:
            assert good in text, good
            text = text.replace(good, bad, 1)
        return text

    with Lab(edit=spoil, gate=False) as lab:
        lines = (lab.config / "lab.yaml").read_text().splitlines()
        requests = lab.truth()["requests"]
        gate = run_to_its_end(lab)
        assert gate.process.returncode == 1, gate.output
        places = gate.find(r"lab\.yaml:(\d+):(\d+): ")
        for _, bad, what in WRONG:
            number = next(place for place, line in enumerate(lines, 1) if bad.strip() in line)
            told = [match for match in places if int(match[1]) == number]
            assert told, f"line {number}, {bad!r}, is not told:\n{gate.output}"
            assert any(re.search(what, match.string) for match in told), (what, [match.string for match in told])
            column = int(told[0][2])
            assert 1 <= column <= len(lines[number - 1]) + 1, told[0].string
        assert not gate.find("serving") and not (lab.folder / "state" / "control.sock").exists(), gate.output
        assert lab.truth()["requests"] == requests, "no instrument was spoken to"

        check = subprocess.run([str(word) for word in [BUILD / "labgate", "check", lab.config, "--profiles",
                                                       ROOT / "configs" / "profiles", *lab.defines()]],
                               capture_output=True, text=True, timeout=60)
        assert check.returncode == 1
        assert set(re.findall(r"lab\.yaml:\d+:\d+", check.stdout + check.stderr)) == {match[0][:-2] for match in places}


def test_a_rig_without_a_safe_sequence_is_refused():
    def unsafe(text, _):
        begin = text.index("    safe:\n", text.index("drive-1:"))
        return text[:begin] + text[text.index("    interlocks:", begin):]

    with Lab(edit=unsafe, gate=False) as lab:
        gate = run_to_its_end(lab)
        assert gate.process.returncode == 1
        assert gate.find(r"lab\.yaml:\d+:\d+: .*safe"), gate.output


def test_there_is_no_such_laboratory():
    done = subprocess.run([BUILD / "labgate", "run", "/nonexistent"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "/nonexistent" in done.stderr, done
    done = subprocess.run([BUILD / "labgate", "run"], capture_output=True, text=True, timeout=60)
    assert done.returncode not in (0, 139) and "labgate" in done.stderr, done


# ---- real-time priority

def priorities(pid):
    """SCHED_FIFO priority of each thread; 0: ordinary scheduling."""
    tasks = [int(task) for task in os.listdir(f"/proc/{pid}/task")]
    return [os.sched_getparam(task).sched_priority if os.sched_getscheduler(task) == os.SCHED_FIFO else 0 for task in tasks]


def may_set_priorities():
    return subprocess.run(["chrt", "-f", "10", "true"], capture_output=True).returncode == 0


class Unprivileged(Lab):
    def gate_command(self):
        return ["setpriv", "--bounding-set", "-sys_nice,-sys_resource", "--inh-caps", "-sys_nice,-sys_resource",
                *super().gate_command()]


def counter(lab):
    return {each.name: each.value for each in lab.admin(health={}).health.counters}["realtime-priority"]


def test_the_loop_and_the_lines_go_first_and_the_bus_last():
    if not may_set_priorities():
        return
    with Lab() as lab:
        found = priorities(lab.gate.process.pid)
        lines = len(lab.admin(health={}).health.links)
        assert found.count(10) == 1 + lines and set(found) == {0, 10}, found
        assert counter(lab) == 10
        bus = lab.bus_process()
        assert set(priorities(bus)) == {0} and os.getpriority(os.PRIO_PROCESS, bus) == 10
        assert os.getsid(bus) != os.getsid(lab.gate.process.pid)
        group = pathlib.Path(f"/proc/{bus}/autogroup")
        assert not group.exists() or group.read_text().endswith("nice 10\n"), group.read_text()


def test_ordinary_scheduling_where_it_is_wanted():
    with Lab(edit=lambda text, _: "realtime_priority: 0\n" + text) as lab:
        assert set(priorities(lab.gate.process.pid)) == {0} and counter(lab) == 0
        assert not lab.gate.find("real-time")


def test_a_command_takes_its_own_options_and_no_others():
    for words, says in ((("run", "configs/demo", "--svg"), "--svg"), (("matrix", "configs/demo"), "RIG"), (("check",), "lab.yaml"),
                        (("restore", "configs/demo", "copy", "more"), "more"), (("check", "configs/demo", "--define"), "--define"),
                        (("fly",), "fly")):
        done = subprocess.run([BUILD / "labgate", *words], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and says in done.stderr and "labgate help" in done.stderr and not done.stdout, (words, done)


def test_what_the_system_does_not_permit_is_said_and_done_without():
    if os.geteuid() != 0:
        raise laboratory.Skipped("needs root, from whom it takes a right away")
    with Unprivileged() as lab:
        assert set(priorities(lab.gate.process.pid)) == {0} and counter(lab) == 0
        assert lab.gate.find("does not permit real-time scheduling.*LimitRTPRIO=10"), lab.gate.output


def test_the_first_answer_does_not_wait_for_the_rigs():
    with Lab(gate=False, defines={"tank": f"127.0.0.1:{free_port()}"}) as lab:
        for instrument in ("tank2", "scope:A", "generator:A"):
            lab.ctl("hangup", instrument)
        lab.start_gate()
        started = time.monotonic()
        anna = lab.person("anna")
        assert {rig.status.condition for rig in anna.do(rigs={}).rigs.rigs} <= {"UNAVAILABLE", "MAKING_SAFE"}
        assert time.monotonic() - started < 30
        assert lab.gate.stop() == 0, "it ends in order without them"
        assert lab.gate.find("safe or out of reach"), lab.gate.output


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
