"""A rig of as many points as a rig may have: shown, watched and filled in over the bus."""
import sys

import lab as laboratory
from lab import Lab, until

POINTS = 1500


def large(text, lab):
    """The demonstration lab with one rig more, which shows a clock of the tank under many names: all change at once."""
    profiles = lab.folder / "lab" / "profiles" / "test"
    profiles.mkdir(parents=True)
    points = [f"  p{i}: {{title: {{en: Time since power-on, zh: 通电时间}}, type: number, unit: s, poll: 200 ms, "
              f"at: {{table: input, address: 12, as: uint32, order: cdab, scale: 0.001}}}}" for i in range(POINTS)]
    (profiles / "many.yaml").write_text("\n".join(["profile: test/many", "driver: modbus", "points:", *points, ""]))
    return text.replace("rigs:\n", "rigs:\n  many:\n    title: {en: Many points}\n    instruments:\n"
                        "      all: {profile: test/many, link: \"tcp://${tank2}\", unit: 1}\n", 1).replace(
                        "variables:\n", "variables:\n  tank2: 127.0.0.1:1\n", 1)


def test_a_large_rig_is_shown_watched_and_filled_in():
    with Lab(edit=large, gate=False) as lab:
        spare = laboratory.Process([laboratory.BUILD / "labsim", "--die-with-parent", "tank@tcp:127.0.0.1:0"])
        try:
            port = spare.wait_line(r"^instrument tank tcp \S+ (\d+)")[1]
            lab.extra["tank2"] = f"127.0.0.1:{port}"
            lab.start_gate()
            anna = lab.person("anna")
            anna.wait_condition("many", "SAFE")
            shown = anna.do(show={"rig": "many"}).show
            assert len(shown.points) == POINTS and len(shown["values"]) == POINTS
            full = anna.do(watch={"rig": "many", "credit": 1}).frame
            assert full.full and len(full["values"]) == POINTS, len(full["values"])
            cursor = full.cursor
            seen = set()

            def everything_changed():
                nonlocal cursor
                frame = anna.do(watch={"rig": "many", "credit": 1, "cursor": cursor}).frame
                assert not frame.gap, frame
                cursor = frame.cursor
                seen.update(value.index for value in frame.get("values", []))
                return len(seen) == POINTS

            until(everything_changed, "the changes")
        finally:
            spare.stop()


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
