"""labctl as people and scripts use it."""
import time
import json
import os
import re
import signal
import socket
import subprocess
import sys

import lab as laboratory
from lab import BUILD, PASSWORD, Lab, until


def labctl(*words):
    return subprocess.run([BUILD / "labctl", *words], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, LC_ALL="C.UTF-8", NO_COLOR="1"))


def commands():
    """Every command that the help lists."""
    listed = labctl("--help").stdout
    return re.findall(r"^  ([a-z]+(?: [a-z]+)?)  +\S", listed.split("Options of every command")[0], re.M)


def test_every_command_explains_itself():
    names = commands()
    assert len(names) > 25 and "account import" in names, names
    for name in names:
        done = labctl(*name.split(), "--help")
        assert done.returncode == 0 and done.stdout.startswith(f"usage: labctl {name}"), (name, done)
        assert not done.stderr and "\x1b" not in done.stdout, (name, done)
        wrong = labctl(*name.split(), "--no-such-option")
        assert wrong.returncode == 2 and "--no-such-option" in wrong.stderr, (name, wrong)
    assert labctl("fly").returncode == 2
    assert labctl().returncode == 2


def test_completion_scripts_parse():
    for shell in ("bash", "zsh", "fish"):
        done = labctl("completion", shell)
        assert done.returncode == 0 and "capture" in done.stdout, (shell, done)
        if shell == "bash":
            parsed = subprocess.run(["bash", "-n"], input=done.stdout, capture_output=True, text=True, timeout=60)
            assert parsed.returncode == 0 and not parsed.stderr, parsed.stderr
            assert all(name.split()[0] in done.stdout for name in commands())
    assert labctl("completion", "tcsh").returncode == 2


def login(lab, name="anna", role="student"):
    if name not in lab.people:
        lab.add_account(name, role)
    lab.labctl("login", name, "--password-stdin", text=PASSWORD + "\n", profile=name)


def test_a_session_in_json_and_its_exit_codes():
    with Lab() as lab:
        lab.labctl("rigs", profile="anna", status=4)
        lab.add_account("anna", "student")
        lab.labctl("login", "anna", "--password-stdin", text="not her password\n", profile="anna", status=None)
        assert lab.last.returncode in (1, 4) and "password" in lab.last.stderr
        login(lab)

        def say(*words, status=0):
            text = lab.labctl("--json", *words, profile="anna", status=status)
            return [json.loads(line) for line in text.splitlines() if line.strip()] if text.count("\n") != 1 else json.loads(text)

        assert say("whoami")
        for words in (("rigs",), ("show", "tank-1"), ("book", "tank-1", "--for", "10m"), ("bookings",)):
            assert say(*words), words
        until(lambda: lab.admin(show={"rig": "tank-1"}).show.rig.status.session, "the session")
        for words in (("join", "tank-1"), ("set", "plc.fill", "open"), ("get", "plc.level"), ("get",), ("log",)):
            assert say(*words), words
        assert lab.truth()["fill_open"] == "1"
        lab.labctl("set", "plc.heater", "on", profile="anna", status=1)
        assert "heater-needs-water" in lab.last.stderr, lab.last.stderr
        lab.labctl("set", "plc.pump", profile="anna", status=2)
        lab.labctl("set", "plc.pump", "250", profile="anna", status=1)
        assert "90" in lab.last.stderr, "the nearest legal value"
        say("release")
        lab.wait_safe("tank-1")
        assert lab.truth()["fill_closed"] == "1"
        say("leave")
        lab.labctl("rigs", "--server", f"tcp://127.0.0.1:{laboratory.free_port()}", "--timeout", "1s", profile="anna", status=3)
        say("logout")
        lab.labctl("rigs", profile="anna", status=4)


def patient(text, _):
    """The tank's line waits long enough for a late answer; no reaction is promised with that."""
    text = re.sub(r"\n *reaction: .*", "", text)
    return text.replace("timeout: 100 ms, turnaround: 5 ms", "timeout: 240 ms, turnaround: 5 ms")


def test_a_set_sent_across_the_death_of_the_bus_acts_once():
    with Lab(edit=patient) as lab:
        login(lab)
        lab.labctl("book", "tank-1", "--for", "10m", profile="anna")
        until(lambda: lab.admin(show={"rig": "tank-1"}).show.rig.status.session, "the session")
        lab.labctl("join", "tank-1", profile="anna")
        trace = lab.folder / "trace"
        lab.ctl("trace", "tank", trace)
        # The write is carried out at once and acknowledged late: the bus dies while the answer is on its way.
        lab.ctl("fault", "tank", "late", "100ms", "on", "05")
        environment = dict(os.environ, XDG_STATE_HOME=str(lab.folder / "people"), XDG_CONFIG_HOME=str(lab.folder / "people"),
                           NO_COLOR="1", LC_ALL="C.UTF-8")
        command = subprocess.Popen([BUILD / "labctl", "--profile", "anna", "set", "plc.fill", "open"], env=environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until(lambda: lab.truth()["coil.1"].split()[0] == "1", "the write to arrive")
        os.kill(until(lab.bus_process, "the bus"), signal.SIGKILL)
        output, errors = command.communicate(timeout=60)
        lab.ctl("clear", "tank")
        assert command.returncode == 0, (command.returncode, output, errors)
        lab.ctl("trace", "tank", "off")
        writes = [line for line in trace.read_text().splitlines() if re.match(r"\d+ request 050001ff00", line, re.I)]
        assert len(writes) == 1, writes
        assert lab.truth()["fill_open"] == "1"


def test_a_session_fed_from_a_pipe():
    with Lab() as lab:
        login(lab)
        lab.labctl("book", "tank-1", "--for", "10m", profile="anna")
        until(lambda: lab.admin(show={"rig": "tank-1"}).show.rig.status.session, "the session")
        lab.labctl("session", "tank-1", profile="anna", text="set fill open\nget fill_open\nset stirrer on\n", status=1)
        assert "filling-or-stirring" in lab.last.stderr + lab.last.stdout, lab.last
        assert "fill_open" in lab.last.stdout, lab.last.stdout
        lab.wait_safe("tank-1")
        assert lab.truth()["fill_closed"] == "1", "at its end the rig is made safe"
        lab.labctl("session", "tank-1", profile="anna", text="set lamp on\n")
        # Options end with their line, also with one that is wrong.
        lab.labctl("session", "tank-1", profile="anna", text="get plc.lamp --json --timeout 9q\nget plc.lamp\n")
        assert "{" not in lab.last.stdout.splitlines()[-1], lab.last.stdout


def test_a_web_address_without_a_path_asks_for_the_bus():
    """The page is at the root. A proxy in front of the gateway wants a path in any case (RFC 9112, section 3)."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(laboratory.PATIENCE)
        asked = subprocess.Popen([BUILD / "labctl", "--profile", "web", "login", "anna", "--password-stdin", "--server",
                                  f"ws://127.0.0.1:{proxy.getsockname()[1]}"], stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            asked.stdin.write((PASSWORD + "\n").encode())
            asked.stdin.close()
            connection, _ = proxy.accept()
            with connection:
                connection.settimeout(laboratory.PATIENCE)
                assert connection.recv(100).startswith(b"GET /bus HTTP/1.1\r\n")
        finally:
            asked.kill()
            asked.wait()


def test_a_watch_ends_when_nobody_takes_what_it_says():
    with Lab() as lab:
        login(lab, "anna")
        for options in (["--count", "3"], ["--json", "--count", "3"], []):
            command, values = lab.labctl_command(["watch", "--rig", "tank-1", *options], "anna", None)
            with open("/dev/full", "w") as full:
                done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, env=values)
            assert done.returncode == 6 and "could not be" in done.stderr, (options, done)


def test_a_stop_that_is_not_answered_says_what_to_do():
    with Lab() as lab:
        login(lab, "tian", "technician")
        os.kill(lab.gate.process.pid, signal.SIGSTOP)
        try:
            lab.labctl("--timeout", "1s", "stop", "tank-1", profile="tian", status=5)
        finally:
            os.kill(lab.gate.process.pid, signal.SIGCONT)
        assert "tank-1 may still run: repeat labctl stop" in lab.last.stderr, lab.last.stderr


def test_a_report_divides_rigs_without_any_schools():
    with Lab() as lab:
        anna, shen = lab.person("anna"), lab.person("shen", "scheduler")
        begin = int(time.time() * 1000)
        for rig in ("tank-1", "bench-1"):
            anna.do(book={"rig": rig, "starts": begin + 3_600_000, "ends": begin + 7_200_000})
        data = shen.do(report={"from": begin, "until": begin + 86_400_000, "per": "RIG", "of": "SCHOOL"}).report
        assert all(not row.get("of") for row in data.get("rows", [])), data
        shen.do(report={"from": begin, "until": begin + 14 * 86_400_000, "per": "WEEK", "of": "GROUP"})
        assert lab.gate.process.poll() is None


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
