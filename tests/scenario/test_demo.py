"""`make demo` as somebody meets it who has just unpacked the sources: on a terminal, with Ctrl-C, twice, with a port that is taken,
and on a machine where packages are missing."""
import contextlib
import ctypes
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import lab as laboratory
from lab import BUILD, ROOT, Failure, free_port, until

PR_SET_CHILD_SUBREAPER = 36
# What an interactive shell does for a command, and it outlives it as a terminal's shell does.
SHELL = 'set -m; "$@"; echo "ended with $?"; read -r'
ADDRESSES = ("BUS", "PAGE", "TANK", "SCOPE", "GENERATOR")


def adopt_orphans():
    """Whatever a demo leaves behind becomes a child of this process, so it can be seen."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def environment_of(pid):
    with contextlib.suppress(OSError):
        words = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        return {name: value for name, _, value in (word.decode(errors="replace").partition("=") for word in words)}
    return {}


def processes_of(state):
    """What runs with this DEMO_STATE in its environment, or below it on its command line."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                continue
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if environment_of(entry.name).get("DEMO_STATE") == str(state) or f"{state}/" in command:
                found.append((int(entry.name), command))
    return found


class Demo:
    """`make demo` with a state folder and ports of its own; on a terminal if asked."""

    def __init__(self, once=False, terminal=False, state=None, **addresses):
        self.made = state is None
        self.state = state or pathlib.Path(tempfile.mkdtemp(prefix="labgate-demo-"))
        self.addresses = {name: addresses.get(name, f"127.0.0.1:{free_port()}") for name in ADDRESSES}
        self.command = ["make", "-C", str(ROOT), "demo", *(["ONCE=1"] if once else [])]
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "LABGATE_", "LABCTL_"))}
        self.environment.update({f"DEMO_{name}": value for name, value in self.addresses.items()},
                                DEMO_STATE=str(self.state), NO_COLOR="1", LC_ALL="C.UTF-8", TERM="dumb")
        self.output = ""
        self.status = None
        self.terminal = terminal

    def __enter__(self):
        self.ours, theirs = pty.openpty() if self.terminal else os.pipe()
        if self.terminal:
            self.process = subprocess.Popen(["setsid", "--ctty", "bash", "-c", SHELL, "bash", *self.command], env=self.environment,
                                            stdin=theirs, stdout=theirs, stderr=theirs)
        else:
            self.process = subprocess.Popen(self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=theirs,
                                            stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def _read(self):
        with contextlib.suppress(OSError):  # a terminal whose last process has gone
            while data := os.read(self.ours, 65536):
                self.output += data.decode(errors="replace").replace("\r", "")

    def says(self, pattern):
        def said():
            if re.search(pattern, self.output):
                return True
            if self.process.poll() is not None:
                self.reader.join(5)
                if not re.search(pattern, self.output):
                    raise Failure(f"{self.command} ended with {self.process.returncode} before /{pattern}/:\n{self.output}")
            return False
        try:
            until(said, f"/{pattern}/ from {self.command}", 2 * laboratory.PATIENCE)
        except Failure as failure:
            raise Failure(f"{failure}; it said:\n{self.output}") from None
        return re.search(pattern, self.output)

    def ends(self):
        """The exit status of make."""
        if self.terminal:
            self.status = int(self.says(r"ended with (\d+)\n")[1])
        else:
            self.status = self.process.wait(3 * laboratory.PATIENCE)
            self.reader.join(5)
        return self.status

    def interrupt(self):
        """Ctrl-C on its terminal."""
        os.write(self.ours, b"\x03")

    def processes(self):
        """What it runs, but for the terminal's shell."""
        return [(pid, command) for pid, command in processes_of(self.state) if not self.terminal or pid != self.process.pid]

    def leaves_nothing(self):
        until(lambda: not self.processes(), f"{self.command} to leave nothing behind: {self.processes()}", 10)
        return True

    def __exit__(self, *_):
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid, _ in self.processes() if self.made else []:
                with contextlib.suppress(OSError):
                    os.kill(pid, number)
            if self.terminal:
                with contextlib.suppress(OSError):
                    os.write(self.ours, b"\n")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
                break
        os.close(self.ours)
        if self.made:
            shutil.rmtree(self.state, ignore_errors=True)


def test_once_says_whether_every_step_had_its_expected_outcome():
    with Demo(once=True) as good, Demo(once=True) as bad:
        # The guard of the other's tank stands open, which trips its rig: nothing can be moved there.
        def opened():
            return subprocess.run([BUILD / "labsim", "ctl", bad.state / "sim.sock", "force", "tank", "guard_closed", "0"],
                                  capture_output=True, timeout=60).returncode == 0
        until(opened, f"the guard to open: {bad.output}")
        assert good.ends() == 0, good.output
        assert "Every step had its expected outcome." in good.output, good.output
        assert "every output was read back" in good.output and "heater-needs-water" in good.output, good.output
        assert good.output.count("$ labctl ") > 20, good.output
        picture = good.state / "pictures" / "filter-output.png"
        assert picture.read_bytes().startswith(b"\x89PNG\r\n"), picture
        assert "stopped: every rig is safe" in (good.state / "labgate.log").read_text()
        assert bad.ends() != 0, bad.output
        assert re.search(r"[1-9]\d* steps did not have their expected outcome", bad.output), bad.output
        assert "expected exit status 0 and" in bad.output and "guard-open" in bad.output, bad.output
        assert good.leaves_nothing() and bad.leaves_nothing()


def test_it_serves_until_ctrl_c_and_a_second_one_is_told_so():
    with Demo(terminal=True) as demo:
        server = demo.says(r"Students reach it at\s+(tcp://\S+)\s+(http://\S+/)")
        password = demo.says(r"people: (.*); password: (\S+)")
        people = re.findall(r"\w+(?=[, ]|$)", re.sub(r"\([^)]*\)", "", password[1]))
        assert {"anna", "bo", "wang", "tian", "shen"} <= set(people), password[0]
        demo.says(r"Ctrl-C makes every rig safe")
        home = demo.state / "guests"
        environment = dict(os.environ, XDG_STATE_HOME=str(home), XDG_CONFIG_HOME=str(home))
        for name in people:
            done = subprocess.run([BUILD / "labctl", "--profile", name, "--server", server[1], "login", name, "--password-stdin"],
                                  input=password[2] + "\n", text=True, capture_output=True, env=environment, timeout=60)
            assert done.returncode == 0 and name in done.stdout, done
        with urllib.request.urlopen(server[2], timeout=laboratory.PATIENCE) as page:
            assert page.status == 200 and b"<html" in page.read()[:200]

        with Demo(state=demo.state) as second:
            assert second.ends() != 0 and "a demo is running" in second.output and "Ctrl-C" in second.output, second.output
            assert "DEMO_STATE" in second.output, second.output
        for name in ("BUS", "TANK"):
            with Demo(**{name: demo.addresses[name]}) as third:
                assert third.ends() != 0 and demo.addresses[name] in third.output and f"DEMO_{name}=" in third.output, third.output
                assert third.leaves_nothing()

        demo.interrupt()
        assert demo.ends() == 0, demo.output
        assert "making every rig safe" in demo.output and "Error" not in demo.output, demo.output
        assert "stopped: every rig is safe" in (demo.state / "labgate.log").read_text()
        assert demo.leaves_nothing()


def test_ctrl_c_in_the_middle_of_a_session_leaves_nothing_running():
    with Demo(once=True, terminal=True) as demo:
        demo.says(r"plc\.fill = open")
        demo.interrupt()
        assert demo.ends() != 0, "not every step had its expected outcome"
        assert "stopped: every rig is safe" in (demo.state / "labgate.log").read_text(), demo.output
        assert demo.leaves_nothing()


def test_a_terminal_that_is_closed_makes_the_rigs_safe():
    with Demo(terminal=True) as demo:
        demo.says(r"\$ labctl rigs")
        demo.process.kill()  # the end of its shell hangs the terminal up
        demo.process.wait(laboratory.PATIENCE)
        assert demo.leaves_nothing()
        assert "stopped: every rig is safe" in (demo.state / "labgate.log").read_text()


# ---- packages ------------------------------------------------------------------------------------------------------

MISSING = ("libmodbus-dev", "libnng-dev")


@contextlib.contextmanager
def machine(uid=1000, sudo=None):
    """scripts/setup, with programs in front of the system's: two packages are not installed, and apt-get only writes down what
    it was asked. `sudo`: what a sudo does, a line of shell; None: there is none."""
    with tempfile.TemporaryDirectory(prefix="labgate-setup-") as name:
        folder = pathlib.Path(name)
        programs = {
            "dpkg-query": f"case $3 in {'|'.join(MISSING)}) [ -e {folder}/installed ] || exit 1 ;; esac\necho 'install ok installed'",
            "apt-get": f"echo \"$@\" >>{folder}/asked\ncase $1 in install) touch {folder}/installed ;; esac",
            "id": f"echo {uid}",
            "node": "", "npm": "",
        }
        if sudo is not None:
            programs["sudo"] = sudo
        for program, body in programs.items():
            path = folder / program
            path.write_text(f"#!/bin/sh\n{body}\n")
            path.chmod(0o755)
        for needed in ("sh", "env", "dirname", "touch", "true"):
            os.symlink(shutil.which(needed), folder / needed)

        def setup(stdin=subprocess.DEVNULL):
            return subprocess.run([ROOT / "scripts" / "setup", "build"], env={"PATH": name}, stdin=stdin, capture_output=True, text=True,
                                  timeout=60)
        setup.asked = lambda: (folder / "asked").read_text().splitlines() if (folder / "asked").exists() else []
        yield setup


def names_exactly_what_is_missing(done):
    return done.returncode != 0 and re.search(rf"apt-get install {' '.join(MISSING)}$", done.stderr, re.M)


def test_without_root_and_sudo_the_missing_packages_are_named():
    with machine() as setup:
        done = setup()
        assert names_exactly_what_is_missing(done) and not setup.asked(), (done, setup.asked())


def test_sudo_that_asks_for_a_password_is_not_asked_without_a_terminal():
    with machine(sudo="exit 1") as setup:
        done = setup()
        assert names_exactly_what_is_missing(done) and not setup.asked(), (done, setup.asked())


def test_sudo_that_refuses_on_a_terminal_leaves_the_names():
    ours, theirs = pty.openpty()
    with machine(sudo="exit 1") as setup:
        done = setup(stdin=theirs)
        assert names_exactly_what_is_missing(done) and not setup.asked(), (done, setup.asked())
    os.close(ours)
    os.close(theirs)


def test_root_and_sudo_install_what_is_missing_and_nothing_else():
    for options in ({"uid": 0}, {"sudo": '[ "$1" != -n ] || shift; exec "$@"'}):
        with machine(**options) as setup:
            done = setup()
            assert done.returncode == 0, done
            installs = [line for line in setup.asked() if line.startswith("install")]
            assert len(installs) == 1 and installs[0].split()[-2:] == list(MISSING), installs
            again = setup()
            assert again.returncode == 0 and not again.stdout and len(setup.asked()) == 1, (again, setup.asked())


if __name__ == "__main__":
    adopt_orphans()
    laboratory.main(sys.modules[__name__])
