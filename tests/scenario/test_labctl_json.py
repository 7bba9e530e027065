"""Every command of labctl with --json: what comes out is JSON, whether the gateway said yes or no, and the exit code is one that is
documented. A command that is not in STEPS fails the test."""
import json
import re
import sys
import time

import lab as laboratory
from lab import PASSWORD, ROOT, Lab, until

WORDS = r"[a-z]+(?: [a-z]+)?"


def listed(lab):
    """Commands and exit codes, as the help says."""
    text = lab.labctl("--help")
    commands = re.findall(rf"^  ({WORDS})  +\S", text.split("Options of every command")[0], re.M)
    codes = {int(code) for code in re.findall(r"^  (\d+) +\S", text.split("Exit codes")[1], re.M)}
    return set(commands), codes


def documented():
    section = (ROOT / "docs" / "names.md").read_text(encoding="utf-8").split("Exit codes of labctl\n")[1].split("\n#")[0]
    return {int(code) for code in re.findall(r"^\| `?(\d+)`? \|", section, re.M)}


def steps(lab):
    """(profile, command, other words, exit code, standard input), in an order in which each finds something to do. "": the command
    needs nobody who is logged in."""
    folder = lab.folder
    (folder / "class.csv").write_text("name,role,password\nlina,student,a long password of lina\n")
    (folder / "force").write_text("")
    later = time.strftime("%Y-%m-%dT10:%M:00+08:00", time.gmtime(time.time() + 3 * 86400))
    password = PASSWORD + "\n"
    return [
        ("", "account add", ["anna", "--role", "student", "--password-stdin"], 0, password),
        ("", "account add", ["tian", "--role", "technician", "--password-stdin"], 0, password),
        ("", "account add", ["shen", "--role", "scheduler", "--password-stdin"], 0, password),
        ("", "account import", [folder / "class.csv"], 0, ""),
        ("", "account list", [], 0, ""),
        ("", "account disable", ["lina"], 0, ""),
        ("", "rigs", [], 0, ""),
        ("anna", "rigs", [], 4, ""),
        ("anna", "login", ["anna", "--password-stdin"], 1, "not her password\n"),
        ("anna", "login", ["anna", "--password-stdin"], 0, password),
        ("tian", "login", ["tian", "--password-stdin"], 0, password),
        ("shen", "login", ["shen", "--password-stdin"], 0, password),
        ("anna", "passwd", ["--password-stdin"], 0, password + "another long password\n"),
        ("anna", "whoami", [], 0, ""),
        ("anna", "rigs", [], 0, ""),
        ("anna", "show", ["tank-1"], 0, ""),
        ("anna", "show", ["tank-9"], 1, ""),
        ("shen", "group add", ["nobody-knows", "anna"], 1, ""),
        ("shen", "group remove", ["nobody-knows", "anna"], 1, ""),
        ("shen", "group list", [], 0, ""),
        ("anna", "book", ["tank-1", "--for", "30m"], 0, ""),
        ("anna", "book", ["tank-1", "--from", later, "--for", "30m"], 0, ""),
        ("anna", "book", ["tank-1", "--for", "30m"], 1, ""),
        ("anna", "bookings", [], 0, ""),
        ("anna", "timetable", [], 0, ""),
        ("anna", "extend", ["2", "+1000h"], 1, ""),
        ("anna", "shorten", ["2", "+1m"], 1, ""),
        ("shen", "move", ["2", "--rig", "tank-2"], 0, ""),
        ("shen", "transfer", ["2", "shen"], 0, ""),
        ("shen", "approve", ["2"], 1, ""),
        ("shen", "cancel", ["2"], 0, ""),
        ("shen", "maintenance", ["bench-1", "--from", later, "--for", "1h", "--reason", "fuse", "--dry-run"], 0, ""),
        ("shen", "course import", [ROOT / "configs" / "demo" / "circuits.csv", "--term", "spring", "--rigs", "tank-1", "--dry-run"], 1, ""),
        ("anna", "queue join", ["tank-1", "--for", "30m"], None, ""),
        ("anna", "queue list", [], 0, ""),
        ("anna", "queue take", ["77"], 1, ""),
        ("anna", "queue leave", ["77"], 1, ""),
        ("anna", "queue wait", ["77"], None, ""),
        ("anna", "notices", [], 0, ""),
        ("anna", "mail", ["off"], None, ""),
        ("anna", "feed make", [], None, ""),
        ("anna", "feed list", [], 0, ""),
        ("anna", "feed revoke", ["77"], 1, ""),
        ("anna", "join", ["tank-1"], 0, ""),
        ("anna", "hand", [], None, ""),
        ("anna", "take", [], None, ""),
        ("anna", "set", ["plc.fill", "open"], 0, ""),
        ("anna", "set", ["plc.heater", "on"], 1, ""),
        ("anna", "set", ["plc.pump", "250 %"], 1, ""),
        ("anna", "set", ["plc.pump"], 2, ""),
        ("anna", "get", [], 0, ""),
        ("anna", "get", ["plc.level"], 0, ""),
        ("anna", "watch", ["plc.level", "--for", "1s"], 0, ""),
        ("anna", "capture", ["plc.level"], None, ""),
        ("anna", "feed", [], 0, ""),
        ("anna", "stop", [], 0, ""),
        ("anna", "reset", [], 1, ""),
        ("tian", "reset", ["tank-1"], 0, ""),
        ("anna", "release", [], None, ""),
        ("anna", "leave", [], 0, ""),
        ("anna", "session", ["tank-1"], None, "get plc.level\n"),
        ("anna", "practise", ["tank-1"], None, ""),
        ("tian", "log", ["tank-1"], 0, ""),
        ("tian", "log", ["--refusals"], 0, ""),
        ("anna", "export", ["1", "--out", folder / "report"], 0, ""),
        ("anna", "replay", ["1"], 0, ""),
        ("shen", "report", [], 0, ""),
        ("tian", "health", [], 0, ""),
        ("tian", "health", ["tank-1"], 0, ""),
        ("tian", "alerts", [], 0, ""),
        ("tian", "clear", ["tank-1"], 0, ""),
        ("tian", "lockout", ["tank-2", "changing", "the", "belt"], 0, ""),
        ("tian", "lockout", ["tank-2", "--remove", "--of", "tian", "changed"], 0, ""),
        ("tian", "bypass", ["tank-1", "no-such-rule", "--for", "1h", "why", "not"], 1, ""),
        ("tian", "prooftest", ["tank-2", "--list"], None, ""),
        ("tian", "clock", [], 0, ""),
        ("tian", "clock vouch", [], None, ""),
        ("tian", "audit verify", [], 0, ""),
        ("", "backup", [folder / "copy.sqlite"], 0, ""),
        ("", "plan", [lab.config], None, ""),
        ("", "reload", ["--dry-run"], None, ""),
        ("anna", "completion", ["bash"], 0, ""),
        ("anna", "help", [], 0, ""),
        ("anna", "logout", [], 0, ""),
        ("anna", "bookings", [], 4, ""),
    ]


def parse(text):
    """One document, or one on each line."""
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


NOT_JSON = ("completion", "help")  # what they write is for a shell and for people


def run(lab, profile, command, words, code, text):
    socket = lab.folder / "state" / "control.sock"
    lab.labctl("--json", *([] if profile else ["--socket", socket]), *command.split(), *words, profile=profile or "nobody", text=text,
               status=code, environment={"LABGATE_SOCKET": str(socket)})
    return lab.last


def test_every_command_answers_in_json():
    with Lab() as lab:
        commands, codes = listed(lab)
        assert codes == documented(), f"the help has {sorted(codes)}, docs/names.md has {sorted(documented())}"
        used, wrong = set(), []
        for profile, command, words, code, text in steps(lab):
            used.add(command)
            try:
                done = run(lab, profile, command, words, code, text)
                assert done.returncode in codes, "the exit code is not documented"
                if command in NOT_JSON:
                    continue
                said = parse(done.stdout)
                if done.returncode:
                    refusals = [document for document in said if document.get("ok") is False]
                    assert refusals and refusals[-1]["exit"] == done.returncode and refusals[-1]["message"], said
                    assert "labctl: " in done.stderr, "and people read why"
                else:
                    assert not said or not (isinstance(said[-1], dict) and said[-1].get("ok") is False), said[-1]
                    assert said or command in ("replay", "notices", "feed", "alerts", "log"), "nothing was said"
            except (AssertionError, ValueError, LookupError, TypeError) as error:
                wrong.append(f"labctl --json {command} {' '.join(map(str, words))}: {type(error).__name__} {error}: "
                             f"{lab.last.returncode} {lab.last.stdout[-300:]!r} {lab.last.stderr[-300:]!r}")
            if command == "book" and used.isdisjoint({"join"}):
                until(lambda: lab.admin(show={"rig": "tank-1"}).show.rig.status.session, "the session")
        assert not wrong, "\n".join(wrong)
        assert used == commands, f"not tried: {sorted(commands - used)}; no command: {sorted(used - commands)}"


def test_a_wrong_line_and_a_gateway_that_is_away_are_told_in_json():
    with Lab(gate=False) as lab:
        lab.urls = {"tcp": f"tcp://127.0.0.1:{laboratory.free_port()}"}
        lab.labctl("--json", "book", "--no-such-option", status=2)
        assert parse(lab.last.stdout)[-1]["exit"] == 2, lab.last
        lab.labctl("--json", "fly", status=2)
        assert parse(lab.last.stdout)[-1]["exit"] == 2, lab.last
        lab.labctl("--json", "login", "anna", "--password-stdin", "--timeout", "1s", text=PASSWORD + "\n", status=3)
        assert parse(lab.last.stdout)[-1]["exit"] == 3, lab.last


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
