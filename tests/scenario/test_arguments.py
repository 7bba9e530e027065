"""Silly command lines of the three programs: each gives one clear sentence that names the command and the word, the documented exit
code, and does nothing. What labctl, labgate and labsim call their commands, words and options is read from their help, so that none
is left out."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import lab as laboratory
from lab import BUILD, PASSWORD, ROOT, Lab, until

BIG = "99999999999999999999999"
WORDS = r"[a-z]+(?: [a-z]+)?"
RED, RED_SHOWN = "a\x1b[31m\x9bb\nc", r"a\u{1b}[31m\u{9b}b\u{a}c"
OK, REFUSED, USAGE, NOT_LOGGED_IN, LOCAL = 0, 1, 2, 4, 6


def run(program, words, folder, environment=None, text=""):
    values = dict(os.environ, XDG_STATE_HOME=str(folder / "state"), XDG_CONFIG_HOME=str(folder / "state"), NO_COLOR="1", LC_ALL="C.UTF-8",
                  LABGATE_SERVER="tcp://127.0.0.1:1", LABGATE_SOCKET=str(folder / "no-such-socket"))
    values.pop("LABGATE_PROFILES", None)
    values.update(environment or {})
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return subprocess.run([str(BUILD / program), *map(str, words)], cwd=work, input=text, capture_output=True, text=True, errors="replace",
                          timeout=60, env=values)


def wrong_with(done, code, *named):
    """What is wrong with how a program ended, or ""."""
    said = done.stderr
    if done.returncode not in (code if isinstance(code, tuple) else (code,)):
        return f"ended with {done.returncode}, not {code}"
    if not said.strip() or len(said) > 2000 or re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", said):
        return "says nothing, too much, or what a terminal would obey"
    missing = [name for name in named if name not in said]
    return f"does not name {missing}" if missing else ""


def left_behind(folder):
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


class Findings(list):
    def add(self, program, words, done, problem):
        if problem:
            self.append(f"{program} {' '.join(repr(str(word)) for word in words)}: {problem}:\n  {done.stdout[:300]}\n  {done.stderr[:600]}")

    def none(self):
        assert not self, "\n".join(self)


# ---- what can be seen from the line alone ------------------------------------------------------------------------------------------


def labctl_commands(folder):
    """Name -> (its words, its options as (name, argument or "")), as its help says."""
    text = run("labctl", ["--help"], folder).stdout
    names = re.findall(rf"^  ({WORDS})  +\S", text.split("Options of every command")[0], re.M)
    found = {}
    for name in [*names, "keep"]:
        help_text = run("labctl", [*name.split(), "--help"], folder).stdout
        usage = help_text.splitlines()[0].split(f"labctl {name}", 1)[1].replace("[options]", "").split()
        found[name] = usage, re.findall(r"^  --([a-z-]+)(?: ([A-Z]\S*))? ", help_text.split("\nExamples")[0], re.M)
    general = re.findall(r"^  --([a-z-]+)(?: ([A-Z]\S*))? ", text, re.M)
    return found, general


def lines_of(name, usage, options):
    """(words, what must be named) of lines that are wrong whatever the gateway says."""
    needed = usage[:next((place for place, word in enumerate(usage) if word.startswith("[")), len(usage))]
    base = ["1" for _ in needed]
    endless = any("..." in word for word in usage)
    yield [*base, "--no-such-option"], "--no-such-option"
    yield [*base, "-x"], "-x"
    yield [*base, "--=x"], "--=x"
    yield [*base, "--\x1b[31mred"], "red"
    if not endless:
        more = len(usage) - len(needed) + 2  # help takes two, of which its usage makes one
        yield [*base, *["1"] * more], "too many words"
        yield ["--", *base, *["--json"] * more], "too many words"
    if needed and name != "set":  # which takes POINT=VALUE
        yield base[:-1], "too few words"
    for place in range(len(usage)):
        called = re.split(r"[\].]", usage[place].lstrip("["))[0]
        yield [*(base[:place] + ["1"] * (place - len(needed)))[:place], "", *base[place + 1:]], f"the {called} is empty"
    for option, argument in options:
        if argument:
            yield [*base, f"--{option}"], f"--{option} needs a {argument}"
            yield [*base, f"--{option}="], f"--{option}: the {argument} is empty"
            yield [*base, f"--{option}", ""], f"--{option}: the {argument} is empty"
        else:
            yield [*base, f"--{option}=1"], f"--{option} takes no value"


def test_labctl_sees_a_wrong_line_before_it_asks_anything():
    findings = Findings()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        commands, general = labctl_commands(folder)
        assert len(commands) > 60 and len(general) >= 10, (commands, general)
        for name, (usage, options) in commands.items():
            for number, (words, named) in enumerate(lines_of(name, usage, options)):
                line = [*(["--json"] if number % 2 else []), *name.split(), *words]
                done = run("labctl", line, folder)
                problem = wrong_with(done, USAGE, f"labctl: {name}: ", named)
                told = json.loads(done.stdout) if number % 2 and not problem else None
                if not problem and (told is None) != (done.stdout == ""):
                    problem = "writes to standard output"
                if told and (told["ok"], told["exit"], told["reason"], f"{name}: " in told["message"]) != (False, USAGE, "usage", True):
                    problem = "says something else as JSON"
                findings.add("labctl", line, done, problem)
        for option, argument in general:
            for line in ([[f"--{option}", "", "whoami"], [f"--{option}"], ["whoami", f"--{option}="]] if argument else [[f"--{option}=1", "whoami"]]):
                findings.add("labctl", line, done := run("labctl", line, folder), wrong_with(done, USAGE, f"--{option}"))
        for line, named in (([""], 'no command ""'), (["no-such"], "labctl --help"), (["-x", "rigs"], "-x"), (["account"], "add, import"),
                            (["account", "frob"], "frob"), (["-"], 'no command "-"'), (["captrue"], '"capture"'), (["x" * 5000], "no command"),
                            (["a\x1b[31mb\nc"], "no command"), (["--profile", "../../x", "whoami"], "--profile"),
                            (["--server", "x" * 5000, "rigs"], "--server"), (["--server", "a\nb", "rigs"], "--server"),
                            (["--timeout", "-1", "rigs"], "--timeout"), (["--timeout", "nan", "rigs"], "--timeout"),
                            (["--timeout", BIG, "rigs"], "--timeout"), (["--timeout", f"{BIG}h", "rigs"], "--timeout")):
            findings.add("labctl", line, done := run("labctl", line, folder), wrong_with(done, USAGE, named))
        for line, named in ((["completion", "csh"], "bash, zsh and fish"), (["help", "no-such"], "labctl help"), (["mail", "perhaps"], "perhaps")):
            findings.add("labctl", line, done := run("labctl", line, folder), wrong_with(done, USAGE, f"labctl: {line[0]}: ", named))
        done = run("labctl", [], folder)
        findings.add("labctl", [], done, wrong_with(done, USAGE) if "usage: labctl" not in done.stderr else "")
        assert not left_behind(folder), left_behind(folder)
    findings.none()


# ---- values of the wrong kind --------------------------------------------------------------------------------------------------------

NO_TIME = ["nan", "-1", BIG, "2026-13-01 08:00"]
NO_DURATION = ["nan", "-5m", "5", f"{BIG}h"]
NO_NUMBER = ["nan", " -1", "1.5", BIG]
NO_ZONE = ["Asia/Atlantis", "../../etc/passwd"]
NO_NAME = ["-1", "a\x1b[31mb\nc" + "x" * 300]

# Profile, the line with %s for the word, the words, exit code. Each line is right but for that word.
VALUES = [
    ("anna", "login %s --password-stdin", NO_NAME, REFUSED),
    ("anna", "login --join-code %s", NO_NAME, REFUSED),
    ("anna", "rigs --capability %s", NO_NAME, REFUSED),
    ("anna", "show %s", NO_NAME, REFUSED),
    ("anna", "book %s --for 20m", NO_NAME, REFUSED),
    ("anna", "book drive-1 --from %s --for 20m", NO_TIME, USAGE),
    ("anna", "book drive-1 --for %s", [*NO_DURATION, "0m"], USAGE),
    ("anna", "book drive-1 --until %s", NO_TIME, USAGE),
    ("anna", "book --capability %s --for 20m", NO_NAME, REFUSED),
    ("anna", "book drive-1 --for 20m --group %s", NO_NAME, REFUSED),
    ("anna", "book drive-1 --for 20m --weekly %s", [*NO_NUMBER, "0", "61"], USAGE),
    ("anna", "book drive-1 --for 20m --also %s", NO_ZONE, USAGE),
    ("anna", "book drive-1 --term %s --weeks 1 --weekday tue --between 10:00-11:00", NO_NAME, REFUSED),
    ("anna", "book drive-1 --term t --weeks %s --weekday tue --periods 1-2", ["nan", "-1", "0", "1-", BIG, "3-1"], USAGE),
    ("anna", "book drive-1 --term t --weeks 1 --weekday %s --periods 1-2", ["nan", "-1", "0", "8", BIG], USAGE),
    ("anna", "book drive-1 --term t --weeks 1 --weekday tue --periods %s", ["nan", "-1", "0", "1-", BIG, "3-1"], USAGE),
    ("anna", "book drive-1 --term t --weeks 1 --weekday tue --between %s", ["nan", "-1", "10:00", "25:00-26:00", "11:00-10:00"], USAGE),
    ("shen", "book drive-1 --for 20m --holder %s", NO_NAME, REFUSED),
    ("shen", "book drive-1 --for 20m --party %s", NO_NAME, REFUSED),
    ("anna", "bookings --rig %s", NO_NAME, REFUSED),
    ("anna", "bookings --from %s", NO_TIME, USAGE),
    ("anna", "bookings --until %s", NO_TIME, USAGE),
    ("anna", "bookings --also %s", NO_ZONE, USAGE),
    *[(who, line, [*NO_NUMBER, "0"], USAGE) for who, line in (
        ("anna", "cancel %s"), ("anna", "extend %s +1h"), ("anna", "shorten %s +1m"), ("anna", "transfer %s bo"),
        ("shen", "move %s --rig drive-1"), ("shen", "approve %s"), ("anna", "queue wait %s"), ("anna", "queue leave %s"),
        ("anna", "queue take %s"), ("anna", "feed revoke %s"), ("anna", "take --to %s"), ("anna", "hand --down --seat %s"),
        ("anna", "watch level --count %s"), ("anna", "export %s --out out"), ("anna", "replay %s"))],
    *[(who, line, NO_NUMBER, USAGE) for who, line in (
        ("tian", "log --session %s"), ("tian", "log tank-1 --after %s"), ("tian", "log tank-1 --most %s"))],
    ("anna", "cancel %s", ["18446744073709551615"], REFUSED),
    ("anna", "extend 2 %s", NO_TIME, USAGE),
    ("anna", "shorten 2 %s", NO_TIME, USAGE),
    ("anna", "transfer 2 %s", NO_NAME, REFUSED),
    ("anna", "transfer 2 bo --group %s", NO_NAME, REFUSED),
    ("shen", "move 2 %s", NO_TIME, USAGE),
    ("shen", "move 2 --rig %s", NO_NAME, REFUSED),
    ("shen", "move 2 --until %s", NO_TIME, USAGE),
    ("shen", "move 2 --rig drive-1 --also %s", NO_ZONE, USAGE),
    ("anna", "queue join %s --for 20m", NO_NAME, REFUSED),
    ("anna", "queue join drive-1 --for %s", [*NO_DURATION, "0m"], USAGE),
    ("anna", "queue join drive-1 --for 20m --until %s", NO_TIME, USAGE),
    ("anna", "queue join --capability %s --for 20m", NO_NAME, REFUSED),
    ("anna", "queue join drive-1 --for 20m --group %s", NO_NAME, REFUSED),
    ("anna", "mail %s", NO_NAME, USAGE),
    ("anna", "timetable --week %s", NO_TIME, USAGE),
    ("anna", "timetable --also %s", NO_ZONE, USAGE),
    ("anna", "timetable --html page --zone %s", NO_ZONE, USAGE),
    ("anna", "timetable --html page --beside %s", NO_ZONE, USAGE),
    ("anna", "timetable %s Asia/Shanghai", ["--zone", "--beside"], USAGE),
    ("anna", "timetable %s tank-1", ["--rig"], USAGE),
    ("anna", "timetable --html %s", ["no-such-folder/page"], LOCAL),
    ("anna", "timetable --ics out --rig %s", NO_NAME, REFUSED),
    ("anna", "feed make --rig %s", NO_NAME, REFUSED),
    ("shen", "report --from %s", NO_TIME, USAGE),
    ("shen", "report --until %s", NO_TIME, USAGE),
    ("shen", "report --by %s", NO_NAME, USAGE),
    ("shen", "report --by week --of %s", [*NO_NAME, "rig"], USAGE),
    ("shen", "report --csv %s", ["no-such-folder/use.csv"], LOCAL),
    ("shen", "report --svg %s", ["no-such-folder/use.svg"], LOCAL),
    ("bo", "join %s", NO_NAME, (REFUSED, USAGE)),
    ("anna", "release --wait %s", NO_DURATION, USAGE),
    ("bo", "practise %s", NO_NAME, REFUSED),
    ("anna", "feed --rig %s", NO_NAME, REFUSED),
    ("anna", "feed --follow --for %s", NO_DURATION, USAGE),
    ("anna", "set %s 1", NO_NAME, USAGE),
    ("anna", "set pump %s", ["nan", "inf", "-inf", "1e999", "0x10", "yes", "a\x1b[31mb\nc"], USAGE),
    ("anna", "set pump %s", ["-1", BIG, "1 V", "1 2"], REFUSED),
    ("anna", "set fill %s", ["perhaps", "nan", "2", "-1", BIG], USAGE),
    ("anna", "set level %s", ["1"], REFUSED),
    ("anna", "get %s", NO_NAME, USAGE),
    ("anna", "get level --rig %s", NO_NAME, REFUSED),
    ("anna", "watch %s", NO_NAME, USAGE),
    ("anna", "watch --rig %s", NO_NAME, REFUSED),
    ("anna", "watch level --for %s", NO_DURATION, USAGE),
    ("anna", "capture %s", NO_NAME, USAGE),
    ("anna", "capture ch1 --out %s", [*NO_NAME, "shot.jpg"], USAGE),
    ("bo", "stop %s", NO_NAME, REFUSED),
    ("tian", "reset %s", NO_NAME, REFUSED),
    ("bo", "session %s", NO_NAME, (REFUSED, USAGE)),
    ("tian", "log %s", NO_NAME, OK),
    ("tian", "log tank-1 --person %s", NO_NAME, REFUSED),
    ("tian", "log tank-1 --kind %s", NO_NAME, OK),
    ("tian", "log tank-1 --from %s", NO_TIME, USAGE),
    ("tian", "log tank-1 --until %s", NO_TIME, USAGE),
    ("anna", "export 1 --out out --captures %s", NO_NAME, USAGE),
    ("anna", "replay 2 %s", NO_NAME, OK),
    ("anna", "replay 2 --speed %s", ["nan", "-1", "0", "inf", BIG, "1e-30", "fast"], USAGE),
    ("anna", "replay 2 --every %s", NO_DURATION, USAGE),
    ("tian", "health %s", NO_NAME, REFUSED),
    ("tian", "clear %s", NO_NAME, REFUSED),
    ("tian", "lockout %s because", NO_NAME, REFUSED),
    ("tian", "lockout bench-1 --remove --of %s because", NO_NAME, REFUSED),
    ("tian", "bypass %s guard-open --for 1h because", NO_NAME, REFUSED),
    ("tian", "bypass drive-1 %s --for 1h because", NO_NAME, REFUSED),
    ("tian", "bypass drive-1 guard-open --for %s because", NO_DURATION, USAGE),
    ("tian", "bypass drive-1 %s --for 9h because", ["guard-open"], REFUSED),
    ("tian", "prooftest %s", NO_NAME, REFUSED),
    ("tian", "prooftest drive-1 --wait %s", NO_DURATION, USAGE),
    ("tian", "prooftest drive-1 --force %s --simulator /no-such", ["no-such"], LOCAL),
    ("root", "account add %s --role student --password-stdin", ["a\x1b[31mb\nc", "x" * 300, " a"], REFUSED),
    ("root", "account add new --role %s --password-stdin", NO_NAME, USAGE),
    ("root", "account add %s --role student --title " + "x" * 300 + " --password-stdin", ["new"], REFUSED),
    ("root", "account add %s --role student --email nan --password-stdin", ["new"], REFUSED),
    ("root", "account import %s", ["no-such.csv"], LOCAL),
    ("root", "account disable %s", NO_NAME, REFUSED),
    ("shen", "course import %s --term t --rigs tank-1", ["no-such.csv"], LOCAL),
    ("shen", f"course import {ROOT}/configs/demo/circuits.csv --term %s --rigs tank-1", ["nan", "x" * 300], REFUSED),
    ("shen", f"course import {ROOT}/configs/demo/circuits.csv --term t --rigs %s", NO_NAME, REFUSED),
    ("shen", f"course import {ROOT}/configs/demo/circuits.csv --term t --capability x --rig-count %s", [*NO_NUMBER, "0", "1001"], USAGE),
    ("shen", f"course import {ROOT}/configs/demo/circuits.csv --term t --rigs tank-1 --group-size %s", [*NO_NUMBER, "0", "1001"], USAGE),
    ("shen", f"course import {ROOT}/configs/demo/circuits.csv --term t --rigs tank-1 --also %s", NO_ZONE, USAGE),
    ("shen", "maintenance %s --for 1h --reason r", NO_NAME, REFUSED),
    ("shen", "maintenance drive-1 --from %s --for 1h --reason r", NO_TIME, USAGE),
    ("shen", "maintenance drive-1 --for %s --reason r", [*NO_DURATION, "0m"], USAGE),
    ("shen", "maintenance drive-1 --until %s --reason r", NO_TIME, USAGE),
    ("shen", "maintenance drive-1 --for 1h --reason r --also %s", NO_ZONE, USAGE),
    ("shen", "group add %s anna", NO_NAME, REFUSED),
    ("shen", "group add class %s", NO_NAME, REFUSED),
    ("shen", "group remove %s anna", NO_NAME, REFUSED),
    ("shen", "group list %s", NO_NAME, REFUSED),
    ("root", "audit verify --head %s", NO_NAME, USAGE),
    ("root", "backup %s", ["no-such-folder/copy"], LOCAL),
    ("root", "plan %s", ["no-such-folder"], LOCAL),
]


def with_a_calendar(text, _):
    return text + "schools: {school: {}}\ngroups: {class: {school: school, policy: open}}\npolicies: {open: {longest: 4 h, horizon: 30 d}}\n"


def shown(word):
    """As a terminal gets it: enough of it to know which one is meant."""
    return re.sub(r"[\x00-\x1f\x7f]", lambda match: f"\\u{{{ord(match[0]):x}}}", word)[:40]


def world(lab):
    """What a line that was refused must not change."""
    pictures = {"bookings": [(booking.id, booking.ends, booking.state) for booking in lab.admin(bookings={"everyone": True}).bookings.bookings],
                "accounts": [(account.name, account.get("disabled")) for account in lab.admin(accounts={}).accounts.accounts],
                "rigs": {rig.name: [rig.status.get(what) for what in ("stopped", "locked_out", "controller", "session", "bypasses")]
                         for rig in lab.admin(rigs={}).rigs.rigs}}
    return pictures, {name: lab.truth()[name] for name in ("pump_command", "fill_open", "drain_open", "heater_on") if name in lab.truth()}


def test_a_value_of_the_wrong_kind_is_refused_and_nothing_is_done():
    findings = Findings()
    with Lab(edit=with_a_calendar) as lab:
        for name, role in (("anna", "student"), ("bo", "student"), ("tian", "technician"), ("shen", "scheduler")):
            lab.add_account(name, role)
            lab.labctl("login", name, "--password-stdin", text=PASSWORD + "\n", profile=name)
        lab.labctl("book", "bench-1", "--for", "30m", profile="bo")  # of which nobody has a seat
        lab.labctl("book", "tank-1", "--for", "30m", profile="anna")
        lab.labctl("book", "tank-2", "--from", "+2h", "--for", "30m", profile="anna")
        until(lambda: lab.admin(show={"rig": "tank-1"}).show.rig.status.session, "the session")
        lab.labctl("join", "tank-1", profile="anna")
        assert "tank-2 was not locked out, so nothing was removed" in lab.labctl(
            "--socket", lab.folder / "state" / "control.sock", "lockout", "tank-2", "--remove", "mistaken", profile="tian")
        lab.labctl("lockout", "bench-1", "my hands", profile="tian")
        until(lambda: lab.admin(show={"rig": "bench-1"}).show.rig.status.condition == "SAFE", "it to be safe again")
        before = world(lab)
        folder = lab.folder / "silly"
        folder.mkdir()
        environment = {"XDG_STATE_HOME": str(lab.folder / "people"), "XDG_CONFIG_HOME": str(lab.folder / "people"),
                       "LABGATE_SERVER": lab.urls["tcp"], "LABGATE_SOCKET": str(lab.folder / "state" / "control.sock")}
        untouched = {"login"}  # what such a line is to leave, a login least of all
        for profile, line, words, code in VALUES:
            for word in words:
                typed = [word if part == "%s" else part for part in line.split()]
                who = "nobody" if typed[0] in untouched else profile
                done = run("labctl", ["--profile", who, *typed], folder, environment, text="a password\n" if "--password-stdin" in typed else "")
                named = [] if typed[0] == "login" else [shown(word)]
                findings.add("labctl", typed, done, wrong_with(done, code, "labctl: ", *named))
        findings.none()
        assert world(lab) == before, (before, world(lab))
        assert not left_behind(folder), left_behind(folder)


# What a rig's points are called, and their types, only the gateway knows.
ASKED_FIRST = {"set", "get", "watch", "capture"}


def test_a_wrong_value_is_seen_before_anybody_is_asked():
    """Whoever is not logged in, with a gateway that is not there, hears the same of it."""
    findings = Findings()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        lines = [(line, word) for _, line, words, code in VALUES if code == USAGE and not (line.split()[0] in ASKED_FIRST and " --" not in line)
                 for word in words]
        lines += [("book tank-1 --from %s --for 1h", "25:99"), ("extend 2 %s", "+1"), ("move 2 --rig x --until %s", "2026-02-30"),
                  ("bypass tank-1 overheat --for %s why", "9q"), ("prooftest tank-1 --wait %s", "30")]
        assert len(lines) > 150, len(lines)
        for line, word in lines:
            typed = [word if part == "%s" else part for part in line.split()]
            done = run("labctl", ["--timeout", "1s", *typed], folder)
            findings.add("labctl", typed, done, wrong_with(done, USAGE, f"labctl: {' '.join(typed[:1])}", shown(word)))
        assert not left_behind(folder), left_behind(folder)
    findings.none()


# ---- labgate and labsim --------------------------------------------------------------------------------------------------------------


def labgate_lines(folder):
    """(words, exit code, what must be named)."""
    lab, profiles = ROOT / "configs" / "demo", ROOT / "configs" / "profiles"
    usage = run("labgate", ["help"], folder).stdout
    commands = re.findall(r"^  labgate ([\w-]+)(.*)", usage, re.M)
    assert len(commands) >= 10, usage
    for words, named in (([], "labgate help"), ([""], "no such command"), (["-x"], "-x"), (["no-such"], "no-such"), (["--"], "--"),
                         ([RED], f"no such command: {RED_SHOWN}")):
        yield words, USAGE, named
    for name, rest in commands:
        if name == "prooftest":
            yield [name], USAGE, "labctl: prooftest: too few words"
        elif not rest:
            yield [name, "more"], USAGE, f"labgate {name}: one argument too many: more"
        else:
            second = ["x"] if re.search(r" DIR \[?[A-Z]", rest) else []
            yield [name], USAGE, f"labgate {name}: the directory with lab.yaml is missing"
            yield [name, ""], USAGE, f"labgate {name}: one of the words is empty"
            yield [name, lab, *second, "more"], USAGE, f"labgate {name}: one argument too many: more"
            yield [name, lab, "--no-such"], USAGE, f"labgate {name}: this command has no such option: --no-such"
            yield [name, folder / "nowhere", *second], REFUSED, f"{folder}/nowhere/lab.yaml: cannot be read: No such file"
            yield [name, "x" * 5000, *second], REFUSED, "cannot be read: File name too long"
            yield [name, RED, *second], REFUSED, f"{RED_SHOWN}/lab.yaml: cannot be read: No such file"
            yield [name, lab, f"--{RED}"], USAGE, f"no such option: --{RED_SHOWN}"
            if re.search(r" DIR [A-Z]", rest):
                yield [name, lab], USAGE, f"labgate {name}: this is missing after the directory: "
            for option, value in re.findall(r"\[(--\w+)( [A-Z=]+)?\]", rest):
                if value:
                    yield [name, lab, *second, option], USAGE, f"labgate {name}: this option needs a value: {option}"
                    yield [name, lab, *second, option, ""], USAGE, f"labgate {name}: this option needs a value: {option}"
    with_profiles = [lab, "--profiles", profiles]
    for words, named in ((["run", *with_profiles, "--define", "x"], '"x" must be name=value'), (["check", *with_profiles, "--define", "=v"], "no variable"),
                         (["check", *with_profiles, "--define", "no_such=1"], "no variable no_such"), (["check", lab, "--profiles", folder], "no profile"),
                         (["run", *with_profiles, "--define", "bus=nan"], "lab.yaml:"), (["matrix", lab, "no-such", *with_profiles[1:]], "no rig called no-such"),
                         (["plan", *with_profiles, "--against", folder], str(folder)), (["ledger", lab, folder / "no", *with_profiles[1:]], str(folder)),
                         (["ledger", lab, RED, *with_profiles[1:]], f"checking {RED_SHOWN}: "), (["matrix", lab, RED, *with_profiles[1:]], f"no rig called {RED_SHOWN}"),
                         (["plan", *with_profiles, "--against", RED], RED_SHOWN), (["run", *with_profiles, "--define", RED], RED_SHOWN),
                         (["restore", lab, RED, "--define", f"state={folder}/none", *with_profiles[1:]], f"bringing {RED_SHOWN} back"),
                         (["restore", lab, folder / "no", "--define", f"state={folder}/none", *with_profiles[1:]], str(folder))):
        yield words, REFUSED, named


LABSIM = [
    ([], "at least one instrument"), (["-x"], "labsim --help"), (["--no-such"], "labsim --help"), ([""], "says not where"),
    (["no-such"], "says not where"), (["tank@"], "tank@"), (["@tcp:127.0.0.1:0"], "the name"), (["no-such@tcp:127.0.0.1:0"], "no-such"),
    (["=tank@tcp:127.0.0.1:0"], "the name"), (["scope:@tcp:127.0.0.1:0"], "is empty"), (["x" * 300 + "=tank@tcp:127.0.0.1:0"], "too long"),
    (["x" * 30000], "too long"), (["tank@tcp:"], "PORT"), (["tank@tcp:127.0.0.1"], "PORT"), (["tank@tcp:127.0.0.1:99999"], "PORT"),
    (["tank@tcp:127.0.0.1:-1"], "PORT"), (["tank@tcp:nowhere.invalid:0"], "no IPv4 address"), (["tank@udp:127.0.0.1:0"], "tcp:, fd:, rtu: and pty:"),
    (["tank@rtu:"], "empty or too long"), (["tank@rtu:/no-such/x"], "/no-such/x"), (["tank@rtu:/etc/passwd"], "no link to a pty"),
    (["tank@fd:99"], "99"), (["tank@fd:nan"], "no descriptor"), (["tank@fd:-1"], "no descriptor"), (["tank:0@tcp:127.0.0.1:0"], "1 to 247"),
    (["tank:248@tcp:127.0.0.1:0"], "1 to 247"), (["tank:nan@tcp:127.0.0.1:0"], "1 to 247"), (["tank:5-1@tcp:127.0.0.1:0"], "1 to 247"),
    (["tank,motor@tcp:127.0.0.1:0"], "unit 1 is there twice"), (["scope,generator@tcp:127.0.0.1:0"], "one instrument"),
    (["scope@rtu:line"], "scope"), (["tank@tcp:127.0.0.1:0,baud=9600"], "serial lines only"), (["tank@rtu:line,baud=nan"], "baud=nan"),
    (["tank@rtu:line,baud="], "baud="), (["tank@rtu:line,baud"], "labsim --help"), (["tank@rtu:line,no-such=1"], "labsim --help"),
    (["tank@tcp:127.0.0.1:0,turnaround=nan"], "turnaround=nan"), (["tank@tcp:127.0.0.1:0,turnaround=-5ms"], "turnaround=-5ms"),
    (["tank@tcp:127.0.0.1:0,turnaround=" + BIG + "s"], "turnaround"), (["scope@tcp:127.0.0.1:0,r=nan"], "r=nan"), (["scope@tcp:127.0.0.1:0,c=0"], "c=0"),
    (["scope@tcp:127.0.0.1:0,circuit=no-such"], "rlc-notch"), (["tank@rtu:line,absent=no-such"], "absent=no-such"), (["--control"], "--control"),
    (["--control", "", "tank@tcp:127.0.0.1:0"], "--control"), (["--control", "/no-such/s", "tank@tcp:127.0.0.1:0"], "/no-such/s"),
    (["tank@tcp:127.0.0.1:0", "tank@tcp:127.0.0.1:0"], "two instruments are called 'tank'"), (["t\x1b[31m@x"], r"'t\x1b[31m@x'"),
    (["-\x1b"], r"-\x1b is no option"), (["--\x1b[31m"], r"--\x1b[31m is no option"), (["--\x9b31m\xe9"], r"--\xc2\x9b31mé is no option"), (["--lazy=\x1b"], r"--lazy=\x1b is no option"),
    (["--control", "/no-such/\x1b", "tank@tcp:127.0.0.1:0"], r"/no-such/\x1b"), (["ctl"], "SOCKET and a VERB"), (["ctl", "/no-such"], "SOCKET and a VERB"), (["ctl", "", "list"], "SOCKET and a VERB")]


def test_labgate_and_labsim_start_nothing_on_a_wrong_line():
    findings = Findings()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for words, code, named in labgate_lines(folder):
            done = run("labgate", words, folder)
            done.stderr += done.stdout if words[:1] == ["check"] else ""  # which prints errors as its result
            findings.add("labgate", words, done, wrong_with(done, code, named) if "x" * 5000 not in words else "" if named in done.stderr else "no reason")
        for words, named in LABSIM:
            findings.add("labsim", words, done := run("labsim", words, folder), wrong_with(done, USAGE, "labsim: ", named))
        for path, named in ((folder / "no-such", "--control"), ("/no-such/\x1b[31m", r"--control /no-such/\x1b[31m")):
            findings.add("labsim", ["ctl", path], done := run("labsim", ["ctl", path, "list"], folder), wrong_with(done, REFUSED, named))
        assert not left_behind(folder), left_behind(folder)
    findings.none()


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
