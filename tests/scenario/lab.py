"""lab.py - a whole simulated lab for scenario tests: labsim and labgate on free ports, in a temporary folder.

    with Lab() as lab:
        anna = lab.person("anna", "student")         # a logged-in Client over the bus, spoken by sp.py
        anna.book("tank-1")
        anna.take("tank-1")
        assert anna.set("plc.fill", "open").verified

Nothing here sleeps for a fixed time: `lab.until(function)` waits for facts.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import sp

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / os.environ.get("BUILD", "build")
SCHEMA = sp.Schema(ROOT / "proto" / "lab.proto")
PASSWORD = "a long enough password"
PATIENCE = 60.0  # s; for facts that come at once on an idle machine
# s; after which the trainers' own watchdogs drop the outputs. Under the sanitizers the gateway may be kept from its heartbeat
# for longer than on a real rig, and that is not what these tests are about.
DROPS_AFTER = 10 if BUILD.name.startswith("build-") else 1


class Failure(AssertionError):
    pass


def until(fact, what="it", patience=PATIENCE):
    """Waits until fact() is true (or returns something), and returns it."""
    deadline = time.monotonic() + patience
    while True:
        value = fact()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"waited {patience:.0f} s for {what}")
        time.sleep(0.02)


class Process:
    """A program of ours whose output is kept line by line."""

    def __init__(self, arguments, **options):
        self.lines = []
        self.process = subprocess.Popen(
            [str(argument) for argument in arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, text=True, errors="replace", **options)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def output(self):
        return "\n".join(self.lines)

    def find(self, pattern):
        return [match for line in list(self.lines) for match in [re.search(pattern, line)] if match]

    def wait_line(self, pattern, patience=PATIENCE):
        def found():
            if self.process.poll() is not None and not self.find(pattern):
                self.reader.join(5)
                if not self.find(pattern):
                    raise Failure(f"{self.process.args[0]} ended with {self.process.returncode} before /{pattern}/:\n{self.output}")
            return self.find(pattern)
        return until(found, f"/{pattern}/ from {self.process.args[0]}; it said:\n{self.output}", patience)[0]

    def stop(self, number=signal.SIGTERM, patience=PATIENCE):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure(f"{self.process.args[0]} did not stop:\n{self.output}") from None
        self.reader.join(5)
        self.process.stdout.close()
        return self.process.returncode


class Skipped(Exception):
    """What is missing for the test."""


class Refused(Failure):
    def __init__(self, answer):
        super().__init__(f"{answer.reason}: {answer.message}" + (f" ({answer.rule})" if answer.rule else ""))
        self.answer = answer
        self.reason = answer.reason
        self.rule = answer.rule


class Client:
    """One person's connection to the bus."""

    def __init__(self, url, name=None, **options):
        self.bus = sp.Connection(url, timeout=PATIENCE, **options)
        self.name = name
        self.token = ""
        self.seat = 0
        self.epoch = 0
        self.sequence = 0
        self.seen = (0, time.monotonic_ns())

    def close(self):
        self.bus.close()

    def message(self, **fields):
        seen, at = self.seen
        head = {"version": 1, "token": self.token, "seat": self.seat, "seen": seen,
                "elapsed": time.monotonic_ns() - at if seen else 0}
        head.update(fields)
        return SCHEMA.Request(**head)

    def understand(self, payload):
        answer = SCHEMA.decode("Answer", payload)
        self.seen = (answer.time, time.monotonic_ns())
        return answer

    def ask(self, **fields):
        """The answer, whether it says yes or no."""
        return self.understand(self.bus.request(self.message(**fields)))

    def do(self, **fields):
        answer = self.ask(**fields)
        if not answer.ok:
            raise Refused(answer)
        return answer

    # ---- what people do

    def login(self, name, password=PASSWORD):
        self.name = name
        self.token = self.do(login={"name": name, "password": password}).login.token
        return self

    def book(self, rig, seconds=600, starts=0, key=None):
        now = int(time.time() * 1000)
        begins = starts or now
        book = {"rig": rig, "starts": starts, "ends": begins + int(seconds * 1000)}
        if key:
            book["key"] = key
        return self.do(book=book).bookings.bookings[0]

    def status(self, rig):
        return self.do(show={"rig": rig}).show.rig.status

    def wait_condition(self, rig, condition, patience=PATIENCE):
        return until(lambda: self.status(rig).condition == condition, f"{rig} to be {condition}", patience)

    def join(self, rig):
        until(lambda: self.status(rig).session, f"a session on {rig}")
        joined = self.do(join={"rig": rig}).join
        self.seat, self.epoch, self.sequence = joined.seat, joined.epoch, joined.sequence
        return joined

    def take(self, rig, **options):
        """Books if nobody has, joins, and takes control once the rig is safe."""
        if not self.seat:
            self.join(rig)
        self.wait_condition(rig, "SAFE")
        control = self.do(take=options).control
        self.epoch = control.epoch
        return control

    def set(self, point, value, **fields):
        return self.do(**self.command(point, value, **fields)).set

    def command(self, point, value, sequence=None, epoch=None):
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        kind = "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
        return {"set": {"point": point, "value": {kind: value}, "sequence": sequence,
                        "epoch": self.epoch if epoch is None else epoch}}

    def refused(self, **fields):
        answer = self.ask(**fields)
        if answer.ok:
            raise Failure(f"{fields} was accepted")
        return answer

    def release(self):
        return self.do(release={}).control

    def get(self, rig, *points):
        """One point's value, or those of several (none: all) by name."""
        detail = self.do(show={"rig": rig}).show
        values = {value.index: value for value in self.do(get={"rig": rig, "points": list(points)})["get"].get("values", [])}
        named = {point.name: values[point.index] for point in detail.points if point.index in values}
        return named[points[0]] if len(points) == 1 else named

    def wait_value(self, rig, point, fact, patience=PATIENCE):
        return until(lambda: (lambda value: fact(value) and value)(self.get(rig, point)), f"{point} of {rig}", patience)


def free_port():
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lab:
    """labsim with all its instruments and labgate on a copy of configs/demo without its timetable and simulators, which `edit` may change:
    edit(text of lab.yaml, the lab) returns the new text."""

    def __init__(self, edit=None, defines=None, baud=115200, gate=True, rigs_safe=True):
        self.config = ROOT / "configs" / "demo"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="labgate-test-"))
        os.chmod(self.folder, 0o755)
        # Tests write timetables and simulators of their own.
        text = (self.config / "lab.yaml").read_text().split("\n# ---- the timetable")[0] + "\n"
        text = re.sub(r"\n    practice: .*", "", text)
        text = text.replace("drops_after: 1 s", f"drops_after: {DROPS_AFTER} s")
        self.config = self.folder / "lab"
        self.config.mkdir(exist_ok=True)
        # The clone may lie where a reload, which is made without root's rights, cannot look.
        self.profiles = shutil.copytree(ROOT / "configs" / "profiles", self.folder / "profiles")
        (self.config / "lab.yaml").write_text(edit(text, self) if edit else text)
        self.extra = dict(defines or {})
        self.baud = baud
        self.wanted = (gate, rigs_safe)
        self.sim = self.gate = None
        self.clients = []
        self.people = set()

    def __enter__(self):
        try:
            self.start_sim()
            if self.wanted[0]:
                self.start_gate()
                if self.wanted[1]:
                    self.wait_safe()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_):
        for client in self.clients:
            with contextlib.suppress(OSError):
                client.close()
        if kind:
            for process in (self.gate, self.sim):
                if process:
                    print("\n".join(process.lines[-60:]), file=sys.stderr)
        problems = []
        for process, number in ((self.gate, signal.SIGTERM), (self.sim, signal.SIGTERM)):
            if process and process.process.poll() is None:
                try:
                    process.stop(number)
                except Failure as failure:
                    problems.append(str(failure))
        for process in (self.gate, self.sim):
            if process and re.search(r"Sanitizer|runtime error", process.output):
                problems.append(process.output)
        shutil.rmtree(self.folder, ignore_errors=True)
        if problems and not kind:
            raise Failure("\n".join(problems))

    # ---- processes

    def start_sim(self):
        self.sim = Process([
            BUILD / "labsim", "--control", self.folder / "sim.sock", "--die-with-parent",
            "tank@tcp:127.0.0.1:0", f"tank2=tank:1,motor:2@rtu:{self.folder}/line,baud={self.baud}",
            "scope:A@tcp:127.0.0.1:0", "generator:A@tcp:127.0.0.1:0"])
        self.sim.wait_line(r"^ready")
        self.ports = {match[1]: int(match[2]) for match in self.sim.find(r"^instrument (\S+) tcp \S+ (\d+)")}
        if DROPS_AFTER != 1:
            for match in self.sim.find(r"^instrument ((tank|motor)\S*) "):
                self.ctl("force", match[1], "watchdog_ms", DROPS_AFTER * 1000)

    def defines(self):
        def address(kind):
            return f"127.0.0.1:{next(port for name, port in self.ports.items() if name.startswith(kind))}"

        values = {"state": self.folder / "state", "line": self.folder / "line", "bus": "127.0.0.1:0",
                  "page": "127.0.0.1:0", "socket": self.folder / "bus" / "labgate.sock", "tank": address("tank"),
                  "scope": address("scope"), "generator": address("generator")}
        values.update(self.extra)
        return [word for name, value in values.items() for word in ("--define", f"{name}={value}")]

    def gate_command(self):
        return [BUILD / "labgate", "run", self.config, "--profiles", self.profiles, *self.defines()]

    def start_gate(self):
        self.gate = Process(self.gate_command())
        self.urls = {}
        self.read_urls(1)
        return self.gate

    def read_urls(self, count):
        """The addresses of the count-th bus since the gateway started."""
        schemes = re.findall(r"\burl:\s*([a-z+]+)://", (self.config / "lab.yaml").read_text())
        until(lambda: self.gate.process.poll() is not None
              or all(len(self.gate.find(f"serving {re.escape(scheme)}:")) >= count for scheme in schemes),
              f"labgate to serve; it said:\n{self.gate.output}")
        if self.gate.process.poll() is not None:
            raise Failure(f"labgate ended with {self.gate.process.returncode}:\n{self.gate.output}")
        for match in self.gate.find(r"serving ((\S+?)://\S+)"):
            self.urls[match[2]] = match[1]

    def kill_gate(self):
        self.gate.stop(signal.SIGKILL)

    def bus_process(self):
        """The pid of the bus process."""
        for entry in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if len(words) > 1 and words[1] == b"bus" and b"labgate" in words[0] and self.is_ours(int(entry.name)):
                    return int(entry.name)
        return None

    def mailer_process(self):
        """The pid of the process that hands letters to sendmail."""
        for entry in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                if (entry / "comm").read_text() == "labgate-mail\n" and self.is_ours(int(entry.name)):
                    return int(entry.name)
        return None

    def is_ours(self, pid):
        while pid > 1:
            if pid == self.gate.process.pid:
                return True
            pid = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        return False

    # ---- people

    def person(self, name, role="student", scheme="tcp"):
        if name not in self.people:
            self.add_account(name, role)
        client = self.client(scheme)
        return client.login(name)

    def add_account(self, name, role, password=PASSWORD):
        self.admin(account_put={"account": {"name": name, "role": role.upper()}, "password": password})
        self.people.add(name)

    def client(self, scheme="tcp", **options):
        client = Client(self.urls[scheme], **options)
        self.clients.append(client)
        return client

    def admin(self, **fields):
        """Asks on the gateway's own socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as local:
            local.settimeout(PATIENCE)
            local.connect(str(self.folder / "state" / "control.sock"))
            local.send(SCHEMA.Request(version=1, **fields))
            answer = SCHEMA.decode("Answer", local.recv(300000))
        if not answer.ok:
            raise Refused(answer)
        return answer

    def labctl_command(self, arguments, profile, environment):
        home = self.folder / "people"
        home.mkdir(exist_ok=True)
        values = dict(os.environ, XDG_STATE_HOME=str(home), XDG_CONFIG_HOME=str(home), NO_COLOR="1", LC_ALL="C.UTF-8",
                      LABGATE_SERVER=self.urls["tcp"])
        values.update(environment or {})
        return [str(BUILD / "labctl"), "--profile", profile, *[str(word) for word in arguments]], values

    def labctl(self, *arguments, profile="test", text=None, status=0, environment=None):
        """Runs labctl; returns its standard output. `status` None: any."""
        command, values = self.labctl_command(arguments, profile, environment)
        done = subprocess.run(command, input=text or "", capture_output=True, text=True, timeout=120, env=values)
        if status is not None and done.returncode != status:
            raise Failure(f"labctl {' '.join(map(str, arguments))} ended with {done.returncode}, not {status}:\n"
                          f"{done.stdout}{done.stderr}")
        self.last = done
        return done.stdout

    def labctl_process(self, *arguments, profile="test", environment=None):
        """One that goes on until it is stopped."""
        command, values = self.labctl_command(arguments, profile, environment)
        return Process(command, env=values)

    def wait_safe(self, *rigs):
        def all_safe():
            found = {rig.name: rig.status.condition for rig in self.admin(rigs={}).rigs.rigs}
            return all(found[name] == "SAFE" for name in (rigs or found))
        until(all_safe, f"the rigs to be safe; labgate said:\n{self.gate.output}")

    # ---- the simulator's truth

    def ctl(self, *words):
        done = subprocess.run([str(BUILD / "labsim"), "ctl", str(self.folder / "sim.sock"), *map(str, words)],
                              capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise Failure(f"labsim ctl {' '.join(map(str, words))}: {done.stdout}{done.stderr}")
        return done.stdout

    def truth(self, instrument="tank"):
        return dict(line.split("=", 1) for line in self.ctl("state", instrument).splitlines() if "=" in line)


def main(module):
    """Runs every test_* function of a module (all, or those named on the command line); one line each."""
    wanted = sys.argv[1:]
    failed = 0
    for name, test in [(name, value) for name, value in vars(module).items() if name.startswith("test_")]:
        if wanted and name not in wanted:
            continue
        started = time.monotonic()
        try:
            test()
            print(f"ok {name} ({time.monotonic() - started:.1f} s)", flush=True)
        except Skipped as what:
            print(f"skipped {name}: {what}", flush=True)
        except Exception:  # whatever it is, the other tests still count
            failed += 1
            print(f"not ok {name}", flush=True)
            traceback.print_exc()
    sys.exit(1 if failed else 0)


def as_json(text):
    return [json.loads(line) for line in text.splitlines() if line.strip()]
