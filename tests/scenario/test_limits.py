"""What limits refuse and drive off, and a permissive with hysteresis, seen by people on the bus."""
import re
import sys

import lab as laboratory
from lab import Lab, until

LIMITS = """      - limit: plc.pump
        range: {student: 0 % .. 60 %, teacher: 0 % .. 80 %}
        slew: 20 %/s
      - limit: plc.lamp
        off_for: 2 s
      - limit: plc.buzzer
        starts: 2
      - limit: plc.heater
        name: element
        total: 8 kJ
        totalizes: plc.heater_power
"""


def limited(text, _):
    """The demo with limits of its own on tank-1, and a permissive that knows hysteresis."""
    old = text[text.index("      - limit: plc.pump\n"):text.index("    heartbeat: {point: plc.heartbeat")]
    return (text.replace(old, LIMITS, 1)
            .replace("plc.pump: {range: 0 % .. 90 %}", "plc.pump: {range: 0 % .. 90 %}\n"
                     "      plc.heater_power: {range: 0 W .. 2500 W}", 1)
            .replace("when: plc.level > 0.15 m and", "when: plc.level > 0.15 m hysteresis 0.05 m and", 1))


def controller(lab, name="anna", role="student"):
    person = lab.person(name, role)
    person.book("tank-1")
    person.take("tank-1")
    return person


def kinds(lab):
    return [record.kind for record in lab.admin(log={"rig": "tank-1", "most": 200}).log.records]


def water(lab, person, level):
    lab.ctl("force", "tank", "level", str(level))
    person.wait_value("tank-1", "plc.level", lambda value: abs(value.number - level) < 0.01)


def test_a_range_for_each_role():
    with Lab(edit=limited) as lab:
        anna = controller(lab)
        refused = anna.refused(**anna.command("plc.pump", "70 %"))
        assert (refused.reason, refused.rule, refused.set.nearest) == ("out-of-range", "limit of plc.pump", 60), refused
        wang = lab.person("wang", "teacher")
        wang.join("tank-1")
        wang.epoch = wang.do(take={"force": True}).control.epoch
        assert wang.set("plc.fill", "open").verified
        assert wang.set("plc.pump", "70 %").ramping, "a teacher's range is wider"
        refused = wang.refused(**wang.command("plc.pump", "81 %"))
        assert (refused.reason, refused.set.nearest) == ("out-of-range", 80), refused
        rule = next(rule for rule in wang.do(show={"rig": "tank-1"}).show.interlocks if rule.name == "element")
        assert rule.text == "total 8 kJ, totalizes plc.heater_power", rule


def test_an_output_that_must_rest():
    with Lab(edit=limited) as lab:
        anna = controller(lab)

        def on():
            answer = anna.ask(**anna.command("plc.lamp", True))
            assert answer.ok or (answer.reason, answer.rule) == ("resting", "limit of plc.lamp"), answer
            assert answer.ok or re.search(r"; ask again (in [0-9.]+ s|[0-9.]+ s after)", answer.message), answer
            return answer.ok

        until(on, "the rest after the start")
        off = anna.set("plc.lamp", False)
        assert off.verified and not on(), "no rest yet"
        waited = anna.seen[0]
        until(on, "the rest")
        assert anna.seen[0] - waited >= 1_500_000_000, "it rested"
        assert lab.truth()["holding.2"].split()[0] in ("1", "0x0001")


def test_starts_in_a_session():
    with Lab(edit=limited) as lab:
        anna = controller(lab)
        for _ in range(2):
            assert anna.set("plc.buzzer", True).verified
            assert anna.set("plc.buzzer", True).verified, "it is on: no start"
            assert anna.set("plc.buzzer", False).verified
        refused = anna.refused(**anna.command("plc.buzzer", True))
        assert (refused.reason, refused.rule) == ("spent", "limit of plc.buzzer"), refused
        assert anna.set("plc.buzzer", False).verified


def test_energy_of_a_session():
    with Lab(edit=limited) as lab:
        anna = controller(lab)
        water(lab, anna, 0.3)
        assert anna.set("plc.drain", "closed").verified
        assert anna.set("plc.heater", True).verified
        until(lambda: lab.truth()["heater_on"] == "0", "8 kJ to be used up at 2 kW")
        until(lambda: "total-limit" in kinds(lab), "the record")
        anna.epoch = anna.status("tank-1").epoch
        refused = until(lambda: (lambda answer: answer.reason != "making-safe" and answer)(
            anna.refused(**anna.command("plc.heater", True))), "the heater to be seen off")
        assert (refused.reason, refused.rule) == ("spent", "element"), refused
        assert anna.set("plc.lamp", False).verified, "nothing else happened"


def test_hysteresis():
    with Lab(edit=limited) as lab:
        anna = controller(lab)
        assert anna.set("plc.drain", "closed").verified
        water(lab, anna, 0.12)
        refused = anna.refused(**anna.command("plc.heater", True))
        assert (refused.reason, refused.rule) == ("not-permitted", "heater-needs-water"), refused
        water(lab, anna, 0.2)
        assert anna.set("plc.heater", True).verified
        water(lab, anna, 0.12)
        assert lab.truth()["heater_on"] == "1", "within the band"
        assert anna.set("plc.heater", True).verified
        lab.ctl("force", "tank", "level", "0.09")
        until(lambda: lab.truth()["heater_on"] == "0", "the heater to be driven off below the band")
        until(lambda: "permissive-lost" in kinds(lab), "the record")


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
