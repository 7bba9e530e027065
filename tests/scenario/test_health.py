"""How lines and instruments are doing: what a technician sees, on the wire and in the terminal."""
import json
import subprocess
import sys
import time

import lab as laboratory
from lab import Lab, Refused, until

KINDS = ("timeouts", "garbled", "rejected", "disconnected")


def health(lab, rig=""):
    return lab.admin(health={"rig": rig}).health


def instrument(lab, rig, name):
    """The link and the instrument, as one answer has them."""
    for link in health(lab).links:
        for entry in link.get("instruments", []):
            if (entry.rig, entry.name) == (rig, name):
                return link, entry
    raise AssertionError(f"{rig}.{name} is on no line")


def failures(entry):
    return {kind: entry.failures.get(kind, 0) for kind in KINDS}


def test_each_failure_counts_at_its_instrument_by_its_kind():
    """Of two instruments on one line, the one that fails is the one that shows it."""
    with Lab() as lab:
        for fault, kind in ((("exception", 2), "rejected"), (("wrong-function",), "garbled"), (("lost",), "timeouts")):
            link, motor = instrument(lab, "drive-1", "drive")
            _, tank = instrument(lab, "tank-2", "plc")
            lab.ctl("fault", "motor:2", *fault, "on", "read")
            until(lambda: failures(instrument(lab, "drive-1", "drive")[1])[kind] >= failures(motor)[kind] + 2, f"{kind} of the drive")
            lab.ctl("clear", "motor:2")
            now, drive = instrument(lab, "drive-1", "drive")
            neighbour = instrument(lab, "tank-2", "plc")[1]
            assert failures(neighbour)[kind] == failures(tank)[kind], (kind, neighbour.failures)
            assert now.get(kind, 0) >= link.get(kind, 0) + 2 and now.get(kind, 0) >= failures(drive)[kind], (kind, now.get(kind, 0))
            assert drive.recent.get(kind, 0) >= 2, drive.recent
            until(lambda: instrument(lab, "drive-1", "drive")[1].up, "the drive to answer again")


def test_last_reply_stands_while_an_instrument_is_lost():
    with Lab() as lab:
        before = instrument(lab, "drive-1", "drive")[1]
        assert before.up and not before.why and before.last_reply and before.rate > 1, before
        lab.ctl("fault", "motor:2", "unheard")
        lost = until(lambda: (lambda entry: not entry.up and entry)(instrument(lab, "drive-1", "drive")[1]), "the drive to be lost")
        assert lost.why, lost
        neighbour = instrument(lab, "tank-2", "plc")[1]
        until(lambda: instrument(lab, "tank-2", "plc")[1].last_reply > neighbour.last_reply, "the tank to go on answering")
        assert instrument(lab, "drive-1", "drive")[1].last_reply == lost.last_reply
        table = lab.labctl("--socket", lab.folder / "state" / "control.sock", "health", "drive-1")
        row = next(line for line in table.splitlines() if line.startswith("drive-1.drive "))
        assert " lost " in row and "tank-2" not in table, table
        assert f"drive-1.drive: {lost.why}" in table, table
        lab.ctl("clear", "motor:2")
        back = until(lambda: (lambda entry: entry.up and entry)(instrument(lab, "drive-1", "drive")[1]), "the drive to answer again")
        assert back.last_reply > lost.last_reply and not back.why, back


def test_a_line_that_cannot_be_opened_says_so():
    with Lab() as lab:
        link, _ = instrument(lab, "tank-1", "plc")
        assert link.open and link.recent_load > 0 and link.planned_load > 0, link
        lab.ctl("hangup", "tank")
        closed = until(lambda: (lambda link: not link.open and link.unopened >= 2 and link)(instrument(lab, "tank-1", "plc")[0]),
                       "the line to stay closed")
        assert closed.disconnected > link.disconnected, closed
        lab.ctl("restore", "tank")
        opened = until(lambda: (lambda link: link.open and link)(instrument(lab, "tank-1", "plc")[0]), "the line to open")
        assert opened.reconnects > link.reconnects, opened
        lab.wait_safe()


def test_rates_are_of_the_last_minute():
    """And not of the time since the start: so they rise and fall with what goes on."""
    with Lab() as lab:
        begun = time.monotonic()
        first, polls = health(lab), instrument(lab, "tank-1", "plc")[0].transactions
        until(lambda: health(lab).window > first.window + 10 ** 9, "a second to pass")
        second, link = health(lab), instrument(lab, "tank-1", "plc")[0]
        assert second.window <= 65 * 10 ** 9, second.window
        measured = (link.transactions - polls) / (time.monotonic() - begun)
        assert 0.3 * measured < link.rate < 3 * measured, (link.rate, measured)


def test_reaction_times_are_those_of_check():
    """The running gateway, labctl and `labgate check` say the same."""
    with Lab() as lab:
        check = json.loads(subprocess.run(
            [str(laboratory.BUILD / "labgate"), "check", "--json", str(lab.config), "--profiles",
             str(laboratory.ROOT / "configs" / "profiles"), *lab.defines()], capture_output=True, text=True, check=True).stdout)
        shown = json.loads(lab.labctl("--socket", lab.folder / "state" / "control.sock", "--json", "health", "tank-1"))
        wanted = next(rig["rules"] for rig in check["rigs"] if rig["name"] == "tank-1")
        assert len(wanted) >= 4 and [rule["name"] for rule in shown["reactions"]] == [rule["name"] for rule in wanted]
        for ours, theirs in zip(shown["reactions"], wanted):
            for key, value in theirs.items():
                close = ours[key] == value if isinstance(value, (str, bool, type(None))) else abs(ours[key] - value) < 0.001
                assert close, (key, ours, theirs)
        plan = {line["name"]: line["load"] for line in check["lines"]}
        for link in shown["links"]:
            assert abs(link["planned_load"] - plan[link["name"]]) < 0.001, link
        assert [entry["rig"] for link in shown["links"] for entry in link["instruments"]] == ["tank-1"]


def test_which_configuration_runs():
    """Its digest is what `labgate check` prints of the files, until they change; only technicians are told."""
    with Lab(rigs_safe=False) as lab:
        def digest():
            done = subprocess.run([str(laboratory.BUILD / "labgate"), "check", str(lab.config), "--profiles",
                                   str(laboratory.ROOT / "configs" / "profiles"), *lab.defines()], capture_output=True, text=True, check=True)
            return next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("digest "))

        anna, tian = lab.person("anna"), lab.person("tian", "technician")
        assert anna.refused(configuration={}).reason == "not-allowed"
        runs = tian.do(configuration={}).configuration
        assert runs.directory == str(lab.config) and runs.socket == str(lab.folder / "state" / "control.sock"), runs
        assert runs.digest == digest() and len(runs.digest) == 32, runs.digest
        assert {rig.name for rig in runs.rigs} >= {"tank-1", "drive-1"} and all(rig.fingerprint for rig in runs.rigs), runs
        assert runs.links >= 4 and runs.instruments >= 5 and runs.points > 40 and runs.rules > 10 and runs.started, runs
        path = lab.config / "lab.yaml"
        path.write_text(path.read_text() + "# another word\n")
        assert digest() != tian.do(configuration={}).configuration.digest


def test_of_a_rig_that_is_not_there():
    with Lab(rigs_safe=False) as lab:
        try:
            health(lab, "tank-9")
        except Refused as refused:
            assert refused.reason == "unknown-rig", refused
        else:
            raise AssertionError("it was answered")


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
