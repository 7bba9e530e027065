"""labgate plan: what a restart with a changed configuration would change, and which bookings and sessions it would break."""
import json
import subprocess
import sys
import time

import lab as laboratory
from lab import BUILD, ROOT, Lab, Refused, until
from school import HOUR, MONDAY, day, enroll, instant, never_closed, with_term


def plan(lab, text, *options):
    folder = lab.folder / "new"
    folder.mkdir(exist_ok=True)
    (folder / "lab.yaml").write_text(text)
    done = subprocess.run([BUILD / "labgate", "plan", folder, "--profiles", ROOT / "configs" / "profiles", *lab.defines(), *options],
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def planned(lab, text, status):
    code, out, err = plan(lab, text, "--json")
    assert code == status, (code, out, err)
    found = json.loads(out)
    return ({(one["kind"], one["name"], one["part"], one["how"], one["before"], one["after"]) for one in found["changes"]},
            {one["booking"]: (one["reason"], one["option"], one["live"]) for one in found["bookings"]})


def test_a_plan_says_what_changes_and_what_breaks():
    with Lab(edit=with_term) as lab:
        shen = lab.person("shen", "scheduler")
        lab.person("anna")
        enroll(lab, 1)
        shen.do(standing_put={"standings": [{"account": "s1", "kind": "MEMBER", "name": "ee"}]})

        def book(rig, week, weekday, hour, length, holder="s1"):
            starts = instant(week, weekday, hour)
            return shen.do(book={"wishes": [{"rig": rig, "starts": starts, "ends": starts + length * HOUR, "holder": holder}]}
                           ).bookings.bookings[0].id

        short, long, late = book("tank-1", 1, 1, 9, 1), book("tank-1", 1, 2, 9, 3), book("tank-2", 1, 3, 21, 1)
        second, third = book("drive-1", 2, 1, 9, 1), book("drive-1", 2, 1, 11, 1)
        others = book("bench-1", 1, 1, 9, 1, "anna")
        text = (lab.config / "lab.yaml").read_text()

        # Nothing changed, nothing breaks: what runs is what the gateway kept when it started.
        assert planned(lab, text, 0) == (set(), {})
        code, out, _ = plan(lab, text)
        assert code == 0 and out == "0 changes; of 6 bookings to come 0 would be refused, and 0 live sessions end\n", out

        # A policy.
        changes, broken = planned(lab, text.replace("longest: 4 h", "longest: 2 h, bookings_per_day: 1"), 3)
        assert changes == {("policy", "student", "longest", "changed", "4 h", "2 h"),
                           ("policy", "student", "bookings_per_day", "changed", "0", "1")}, changes
        assert broken == {long: ("too-long", "longest", False), third: ("quota-bookings", "bookings_per_day", False)}, broken
        _, broken = planned(lab, text.replace("longest: 4 h", "longest: 4 h, qualification: laser"), 3)
        assert broken == {one: ("not-qualified", "qualification", False) for one in (short, long, late, second, third)}, broken
        # Opening hours, holidays, terms, periods.
        changes, broken = planned(lab, text.replace("weekdays: 08:00-22:00", "weekdays: 08:00-20:00")
                                  .replace("4: 10:55-11:40", "4: 10:55-11:45").replace("weeks: 16}", "weeks: 15}"), 3)
        assert broken == {late: ("closed", "", False)}, broken
        assert ("period", "4", "", "changed", "10:55-11:40", "10:55-11:45") in changes
        assert ("term", "term-1", "", "changed", f"{MONDAY}, 16 weeks", f"{MONDAY}, 15 weeks") in changes
        assert ("open", "Friday", "", "changed", "08:00-22:00", "08:00-20:00") in changes and len(changes) == 7, changes
        changes, broken = planned(lab, text.replace("  holidays:\n", f"  holidays:\n    - {{name: New, from: {day(1, 1)}, until: {day(1, 1)}}}\n"), 3)
        assert changes == {("holiday", "New", f"{day(1, 1)} to {day(1, 1)}", "added", "", "")}, changes
        assert broken == {short: ("closed", "", False), others: ("closed", "", False)}, broken
        # A group, a rig, the rules of a rig.
        _, broken = planned(lab, text.replace("  ee: {", "  eee: {"), 3)
        assert {one[0] for one in broken.values()} == {"unknown-group"} and len(broken) == 5, broken
        changes, broken = planned(lab, text.replace("  tank-2:\n", "  tank-3:\n"), 3)
        assert {("rig", "tank-2", "", "removed", "", ""), ("rig", "tank-3", "", "added", "", "")} <= changes, changes
        assert broken == {late: ("unknown-rig", "", False)}, broken
        changes, broken = planned(lab, text.replace("plc.temperature > 80 degC", "plc.temperature > 75 degC", 1)
                                  .replace("range: 0 % .. 90 %", "range: 0 % .. 85 %", 1), 0)
        assert changes == {("rig", "tank-1", "trip overheat", "changed", "", ""), ("rig", "tank-1", "output plc.pump", "changed", "", "")}, changes
        # A configuration with errors, and one without anything to compare with.
        code, out, err = plan(lab, text.replace("policy: student}", "policy: nobody}"))
        assert code == 1 and "nobody" in err and "would not start" in err, err
        other = lab.folder / "other"
        code, out, err = plan(lab, text, "--define", f"state={other}")
        assert code == 1 and "what runs cannot be read" in err and "--against" in err, (code, out, err)
        code, out, err = plan(lab, text.replace("weight: 3", "weight: 4"), "--against", str(lab.config))
        assert code == 0 and "school shihezi, weight: 3 -> 4" in out, (code, out, err)


def test_a_plan_says_which_sessions_a_rigs_change_ends():
    with Lab(edit=never_closed) as lab:
        anna = lab.person("anna")
        anna.do(book={"rig": "tank-1", "ends": int(time.time() * 1000) + HOUR})
        until(lambda: anna.status("tank-1").session, "a session")
        cooler = (lab.config / "lab.yaml").read_text().replace("plc.temperature > 80 degC", "plc.temperature > 75 degC", 1)
        _, broken = planned(lab, cooler, 3)
        assert [one for one in broken.values()] == [("", "", True)], broken
        code, out, _ = plan(lab, cooler)
        assert "rig tank-1, trip overheat: changed" in out and "the session ends" in out and "1 live sessions end" in out, out


def test_a_plan_tells_of_a_rig_and_not_of_its_simulators():
    def practising(text, _lab):
        return text.replace("safe:", "practice: {at_most: 3, longest: 30 min, instruments: {plc: tank}}\n    safe:", 1)

    with Lab(edit=practising) as lab:
        text = (lab.config / "lab.yaml").read_text()
        changes, _ = planned(lab, text.replace("plc.temperature > 80 degC", "plc.temperature > 75 degC", 1), 0)
        assert changes == {("rig", "tank-1", "trip overheat", "changed", "", "")}, changes
        changes, _ = planned(lab, text.replace("at_most: 3, longest: 30 min", "at_most: 4, longest: 20 min", 1), 0)
        assert changes == {("rig", "tank-1", "practice at_most", "changed", "3", "4"),
                           ("rig", "tank-1", "practice longest", "changed", "30 min", "20 min")}, changes


def test_a_scheduler_asks_the_gateway_that_runs():
    with Lab(edit=with_term) as lab:
        shen = lab.person("shen", "scheduler")
        enroll(lab, 1)
        shen.do(standing_put={"standings": [{"account": "s1", "kind": "MEMBER", "name": "ee"}]})
        starts = instant(1, 2, 9)
        booking = shen.do(book={"wishes": [{"rig": "tank-1", "starts": starts, "ends": starts + 3 * HOUR, "holder": "s1"}]}
                          ).bookings.bookings[0].id
        folder = lab.folder / "next"
        folder.mkdir()
        text = (lab.config / "lab.yaml").read_text()

        def ask(*options, status=0, text=text):
            (folder / "lab.yaml").write_text(text)
            out = lab.labctl("plan", folder, "--socket", lab.folder / "state" / "control.sock", *options, status=status)
            return out if status == 0 else lab.last.stdout + lab.last.stderr

        assert "of 1 bookings to come 0 would be refused" in ask()
        # Its `state` is a folder of its own, as a copy's is; the bookings are those of the gateway that runs.
        shorter = text.replace("longest: 4 h", "longest: 2 h").replace("state: ${state}", "state: its-own")
        out = ask(text=shorter)
        assert "policy student, longest: 4 h -> 2 h" in out and f"booking {booking} of s1 on tank-1" in out and "too-long" in out, out
        assert f"{day(1, 2)} 09:00 +08:00 to {day(1, 2)} 12:00 +08:00" in out, "by the laboratory's clock, not this machine's"
        assert "nothing was taken up" in out, out
        assert f"booking {booking} of s1" in json.loads(ask("--json", text=shorter))["plan"]
        out = ask(text=text.replace("policy: student}", "policy: nobody}"), status=1)
        assert f"{folder}/lab.yaml:" in out and "nobody" in out, out
        assert lab.labctl("reload", "--dry-run", "--socket", lab.folder / "state" / "control.sock").startswith("0 changes")
        lab.labctl("plan", folder / "nowhere", "--socket", lab.folder / "state" / "control.sock", status=6)
        assert "No such file" in lab.last.stderr
        try:
            lab.admin(reload={"directory": str(folder)})
            assert False, "a reload takes up the gateway's own directory, and no other"
        except Refused as refused:
            assert refused.answer.reason == "bad-value", refused


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
