"""What a student takes home: the session's changes, and captures that are true."""
import csv
import math
import re
import struct
import sys

import lab as laboratory
from lab import PASSWORD, Lab, until


def login(lab, name="anna"):
    lab.add_account(name, "student")
    lab.labctl("login", name, "--password-stdin", text=PASSWORD + "\n", profile=name)


def read_npy(path):
    """The columns of a two-column float array, or the one row of it, without NumPy."""
    data = path.read_bytes()
    assert data[:6] == b"\x93NUMPY", data[:6]
    size, at = (struct.unpack("<H", data[8:10])[0], 10) if data[6] == 1 else (struct.unpack("<I", data[8:12])[0], 12)
    head = data[at:at + size].decode()
    shape = [int(number) for number in re.search(r"'shape': \(([^)]*)\)", head)[1].split(",") if number.strip()]
    kind = {"<f8": "d", "<f4": "f"}[re.search(r"'descr': '([^']+)'", head)[1]]
    count = math.prod(shape)
    values = struct.unpack(f"<{count}{kind}", data[at + size:at + size + count * struct.calcsize(kind)])
    assert len(shape) == 2 and shape[1] == 2 and "'fortran_order': False" in head, head
    return values[0::2], values[1::2]


def sine(times, volts):
    """Frequency (from the rising zero crossings, with hysteresis) and amplitude peak to peak (from the effective value)."""
    mean = sum(volts) / len(volts)
    swing = math.sqrt(sum((volt - mean) ** 2 for volt in volts) / len(volts))
    crossings, below = [], False
    for place in range(1, len(volts)):
        if volts[place] < mean - swing / 2:
            below = True
        elif below and volts[place] >= mean:
            crossings.append(times[place])
            below = False
    assert len(crossings) > 2, "periods on the record"
    return (len(crossings) - 1) / (crossings[-1] - crossings[0]), 2 * math.sqrt(2) * swing


def at_the_bench(lab):
    login(lab)
    lab.labctl("book", "bench-1", "--for", "10m", profile="anna")
    until(lambda: lab.admin(show={"rig": "bench-1"}).show.rig.status.session, "the session")
    lab.labctl("join", "bench-1", profile="anna")
    for point, value in (("generator.shape", "SINusoid"), ("generator.frequency", "2000"), ("generator.amplitude", "2"), ("scope.ch1_scale", "0.5"),
                         ("scope.time_scale", "0.0005"), ("generator.output", "on")):
        lab.labctl("set", point, value, profile="anna")
    return lab.admin(show={"rig": "bench-1"}).show.rig.status.session


def test_captures_show_what_the_generator_was_told():
    with Lab() as lab:
        session = at_the_bench(lab)
        for name, options in (("screen.npy", ()), ("deep.npy", ("--deep",))):
            path = lab.folder / name
            lab.labctl("capture", "scope.ch1", *options, "--out", path, profile="anna")
            times, volts = read_npy(path)
            assert len(volts) == 1200 if not options else len(volts) >= 12000, (name, len(volts))
            frequency, amplitude = sine(times, volts)
            assert abs(frequency - 2000) < 20, (name, frequency)
            # 50 ohm of the generator and the circuit behind it take a little of the 2 V.
            assert 1.7 < amplitude < 2.1, (name, amplitude)
        lab.labctl("release", profile="anna")
        out = lab.folder / "report"
        lab.labctl("export", session, "--out", out, profile="anna")
        names = sorted(path.name for path in out.rglob("*") if path.is_file())
        assert any("changes" in name for name in names) and len(names) >= 3, names


def recorded(client, session):
    """The rows of changes.csv once the level was recorded good, bad, and good again."""
    data = b""
    while True:
        part = client.do(read_file={"session": session, "name": "changes.csv", "offset": len(data), "length": 60000}).read_file
        data += part.data
        if not part.data:
            break
    whole = data.decode().rpartition("\n")[0].splitlines()
    rows = list(csv.DictReader(line for line in whole if not line.startswith("#")))
    qualities = [row["quality"] for row in rows if row["point"] == "plc.level"]
    return rows if "bad" in qualities and qualities[0] == qualities[-1] == "good" else None


def test_changes_have_units_times_and_quality():
    with Lab() as lab:
        anna = lab.person("anna")
        anna.book("tank-1")
        session = anna.join("tank-1").session
        anna.take("tank-1")
        anna.set("plc.fill", "open")
        anna.set("plc.lamp", True)
        lab.ctl("hangup", "tank")
        until(lambda: anna.get("tank-1", "plc.level").quality == "BAD", "the level to be bad")
        lab.ctl("restore", "tank")
        anna.wait_value("tank-1", "plc.level", lambda value: value.quality == "GOOD")
        rows = until(lambda: recorded(anna, session), "the bad and the good level on record")
        columns = rows[0].keys()
        assert {"point", "unit", "quality"} <= set(columns), columns
        assert {row["unit"] for row in rows if row["point"] == "plc.level"} == {"m"}
        assert any(row["point"] == "plc.lamp_on" for row in rows), "what the person did shows"
        stamp = next(name for name in columns if "time" in name)
        stamps = [row[stamp] for row in rows]
        assert all(stamps) and re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|\d+", stamps[0]), stamps[:3]


def test_the_oldest_recording_goes_for_its_room_and_the_audit_never():
    """The budget holds the deep records of one session, 1.2 MB, and not of two."""
    def small(text, _):
        return text + "recording_budget: 2 MB\n"

    with Lab(edit=small) as lab:
        anna, shen = lab.person("anna"), lab.person("shen", "scheduler")
        first_records = lab.admin(log={"most": 20}).log.records
        sessions = []

        def files(session):
            answer = anna.ask(files={"session": session})
            return answer.ok and [file.name for file in answer.files.files]

        for _ in range(2):
            booking = anna.book("bench-1")
            sessions.append(anna.join("bench-1").session)
            anna.take("bench-1")
            anna.set("scope.memory_depth", "600000")
            for waveform in ("scope.ch1", "scope.ch2"):
                anna.sequence += 1
                number = anna.do(capture={"waveform": waveform, "deep": True, "sequence": anna.sequence, "epoch": anna.epoch}).capture.capture
                done = until(lambda: (lambda state: (state.get("complete") or state.get("failed")) and state)(
                    anna.do(capture_state={"capture": number}).capture), "the record")
                assert done.get("complete") and done.bytes == 600_000, done
            assert len(files(sessions[-1])) >= 2, files(sessions[-1])
            anna.do(leave={})
            anna.seat = 0
            anna.do(cancel={"booking": booking.id})
            until(lambda: not anna.status("bench-1").session, "the session's end")
        until(lambda: not files(sessions[0]), "the first recording to go")
        assert len(files(sessions[1])) >= 2, "the newer one stays"
        deleted = until(lambda: lab.admin(log={"kinds": ["recording-deleted"], "most": 10}).log.records, "the record of it")
        assert "budget" in deleted[0].text, deleted
        # What happened in the session whose recording is gone is still told, and the chain is whole from its beginning.
        assert {"join", "grant", "capture"} <= {record.kind for record in lab.admin(log={"session": sessions[0], "most": 200}).log.records}
        assert lab.admin(log={"most": 20}).log.records == first_records
        assert "none missing or altered" in lab.labctl("--socket", lab.folder / "state" / "control.sock", "audit", "verify")


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
