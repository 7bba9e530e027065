#!/usr/bin/env python3
"""What labgate weighs: memory of all its processes with the demo and with 64 instruments of 100 points each at 10 Hz,
the processor time of that load, and the time from its start to its first answer. Rows as tests/bench/run wants them."""
import contextlib
import os
import pathlib
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))
import lab as laboratory  # noqa: E402
import sp  # noqa: E402
from lab import Client, Lab, Process, SCHEMA, until  # noqa: E402

INSTRUMENTS = 64
SETTLE = 10.0  # s after the last login
OBSERVED = 12.0  # s of processor time
STARTS = 9
MIB = 1024 * 1024

# What a tank shows, over and over until there are 100 points, in two reads; one in ten changes at every poll.
SHOWN = [
    "type: number, unit: m, at: {table: input, address: 2, as: float32, order: abcd}",
    "type: number, unit: degC, at: {table: input, address: 4, as: int16, scale: 0.1}",
    "type: number, unit: '%', at: {table: input, address: 5, as: uint16, scale: 0.1}",
    "type: number, unit: L/min, at: {table: input, address: 6, as: float32, order: cdab}",
    "type: number, unit: L/min, at: {table: input, address: 8, as: float32, order: cdab}",
    "type: number, unit: s, at: {table: input, address: 12, as: uint32, order: cdab, scale: 0.001}",
    "type: number, unit: W, at: {table: input, address: 16, as: float32, order: dcba}",
    "type: boolean, at: {table: input, address: 1, as: bit, bit: 2}",
    "type: boolean, at: {table: discrete, address: 3}",
    "type: boolean, at: {table: discrete, address: 5}",
]


def row(figure, value, bound, unit):
    print(f"{figure}\t{value:.3g} {unit}\t<= {bound:.3g} {unit}\t{'ok' if value <= bound else 'short'}", flush=True)


# ---- what the kernel counts


def processes(lab):
    """The pids of labgate by what they are: control, which is the one that was started, the bus, and the launcher."""
    control, bus = lab.gate.process.pid, lab.bus_process()
    names = {control: "control", bus: "bus"}
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # one that has ended meanwhile
            if entry.name.isdigit() and int(entry.name) not in names and lab.is_ours(int(entry.name)):
                names[int(entry.name)] = "launcher"
    return names


def mappings(pid):
    """(file and offset or None, kB resident, kB proportional) of each mapping."""
    key = resident = None
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            key = (words[5], words[2]) if len(words) > 5 and words[5].startswith("/") else None
        elif words[0] == "Rss:":
            resident = int(words[1])
        elif words[0] == "Pss:":
            yield key, resident, int(words[1])


def alone(pids):
    """Bytes if nothing else on the machine had the same files mapped: file pages count whole, and once."""
    files, rest = {}, 0
    for pid in pids:
        for key, resident, share in mappings(pid):
            if key:
                files[key] = max(files.get(key, 0), resident)
            else:
                rest += share
    return 1024 * (rest + sum(files.values()))


def proportional(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no Pss for {pid}")


def processor_time(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def weigh(lab, what, bound):
    sizes = {(name, pid): proportional(pid) / MIB for pid, name in processes(lab).items()}
    print(f"weight: {what}: " + ", ".join(f"{name} {size:.1f} MiB" for (name, _), size in sizes.items()),
          file=sys.stderr)
    row(f"memory of all processes, {what}", sum(sizes.values()), bound, "MiB")
    row("  the same, libraries shared with nobody else", alone(pid for _, pid in sizes) / MIB, bound, "MiB")


def burden(lab, what, bound):
    family = processes(lab)
    before, began = {pid: processor_time(pid) for pid in family}, time.monotonic()
    time.sleep(OBSERVED)
    spent = time.monotonic() - began
    shares = {pid: 100 * (processor_time(pid) - before[pid]) / spent for pid in family}
    print(f"weight: {what}: " + ", ".join(f"{family[pid]} {share:.1f} %" for pid, share in shares.items()),
          file=sys.stderr)
    row(f"processor time of all processes, {what}", sum(shares.values()), bound, "%")


# ---- the loads


class ManyInstruments(Lab):
    """64 rigs of one instrument, each with a line and a simulated plant of its own."""

    def __init__(self):
        super().__init__(rigs_safe=False)
        self.config = self.folder / "lab"
        (self.config / "profiles").mkdir(parents=True)

    def start_sim(self):
        self.sim = Process([laboratory.BUILD / "labsim", "--control", self.folder / "sim.sock", "--die-with-parent"]
                           + [f"t{i}=tank:1@tcp:127.0.0.1:0" for i in range(INSTRUMENTS)])
        self.sim.wait_line(r"^ready")
        self.ports = {match[1]: int(match[2]) for match in self.sim.find(r"^instrument (\S+) tcp \S+ (\d+)")}
        self.write()

    def write(self):
        points = "".join(f"  p{i}: {{{SHOWN[i % len(SHOWN)]}, poll: 100 ms}}\n" for i in range(100))
        (self.config / "profiles" / "hundred.yaml").write_text(
            f"profile: hundred\ntitle: Hundred points\ndriver: modbus\noptions: {{gap: 8}}\npoints:\n{points}")
        rigs = "".join(
            f"  rig-{i}:\n    instruments:\n      plc: {{profile: hundred, link: 'tcp://127.0.0.1:{port}', unit: 1}}\n"
            for i, port in enumerate(self.ports.values()))
        (self.config / "lab.yaml").write_text(
            f"name: many\nstate: {self.folder}/state\nhistory: 10 s\nlisteners:\n  - url: tcp://127.0.0.1:0\n"
            f"rigs:\n{rigs}")

    def gate_command(self):
        return [laboratory.BUILD / "labgate", "run", self.config, "--profiles", self.config / "profiles"]


def transactions(lab, client):
    return sum(link.transactions for link in client.do(health={}).health.links)


def many():
    with ManyInstruments() as lab:
        lab.wait_safe()
        client = lab.person("tian", "technician")
        before, began = transactions(lab, client), time.monotonic()
        time.sleep(SETTLE)
        rate = (transactions(lab, client) - before) / (time.monotonic() - began)
        print(f"weight: 64 instruments: {rate:.0f} transactions/s on 64 lines", file=sys.stderr)
        what = "64 instruments of 100 points at 10 Hz"
        weigh(lab, what, 32)
        burden(lab, what, 10)


def demo():
    with Lab() as lab:
        for name, role in (("anna", "student"), ("bo", "student"), ("wang", "teacher"), ("tian", "technician")):
            lab.person(name, role)
        time.sleep(SETTLE)
        weigh(lab, "the demo", 16)


# ---- start


def first_answer(lab, port, token):
    """Seconds from the start of labgate to the first answer of its bus."""
    began = time.monotonic()
    lab.gate = Process(lab.gate_command())
    while True:
        try:
            client = Client(f"tcp://127.0.0.1:{port}")
            break
        except OSError:
            if time.monotonic() - began > 30:
                raise
            time.sleep(0.001)
    client.token = token
    client.do(rigs={})
    spent = time.monotonic() - began
    client.close()
    return spent


def start():
    port = laboratory.free_port()
    with Lab(defines={"bus": f"127.0.0.1:{port}"}) as lab:
        token = lab.person("anna").token
        spent = []
        for _ in range(STARTS):
            lab.wait_safe()
            lab.gate.stop()
            spent.append(1000 * first_answer(lab, port, token))
    print("weight: starts took " + ", ".join(f"{each:.0f}" for each in spent) + " ms", file=sys.stderr)
    row("start to the first answer, the demo", statistics.median(spent), 300, "ms")


if __name__ == "__main__":
    for figure in (start, demo, many):
        figure()
