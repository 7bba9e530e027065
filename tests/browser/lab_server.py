"""A simulated lab for tests that are not written in Python: starts tests/scenario/lab.py's, says on standard output where
it is, and does what is asked on standard input until that ends. A line is a JSON array of a name and its arguments; the
answer is a line with {"ok": ...} or {"error": ...}."""
import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))
import lab as laboratory  # noqa: E402

# What trips the tank when samples grow old waits for longer, for the same reason.
PATIENT = [
    ("      plc.pump: {range: 0 % .. 90 %}\n", "      plc.pump: {range: 0 % .. 90 %}\n" + "".join(
        f"      plc.{point}: {{stale_after: 5 s}}\n" for point in ("temperature", "level", "guard"))),
    ("        reaction: 1200 ms\n", "        reaction: 7 s\n"),
    ("        reaction: 600 ms\n", "        reaction: 7 s\n"),
]


class Server:
    def __init__(self, lab):
        self.lab = lab
        self.clients = {}

    # ---- what may be asked

    def urls(self):
        return self.lab.urls

    def account(self, name, role, title=""):
        self.lab.admin(account_put={"account": {"name": name, "role": role.upper(), "title": title},
                                    "password": laboratory.PASSWORD})
        self.lab.people.add(name)

    def client(self, name):
        if name not in self.clients:
            self.clients[name] = self.lab.person(name)
        return self.clients[name]

    def put_in(self, group, names):
        self.lab.admin(standing_put={"standings": [{"account": name, "kind": "MEMBER", "name": group} for name in names]})

    def do(self, name, fields):
        """A request of a person's; a message as JSON."""
        return self.client(name).do(**fields)

    def join_and_take(self, name, rig):
        return self.client(name).take(rig)

    def set(self, name, point, value):
        return self.client(name).set(point, value)

    def ctl(self, *words):
        return self.lab.ctl(*words)

    def truth(self, instrument):
        return self.lab.truth(instrument)

    def log(self, rig):
        return self.lab.admin(log={"rig": rig, "most": 200}).log.get("records", [])

    def unlock(self, rig, of):
        """What only the gateway's own socket takes."""
        self.lab.admin(lockout={"rig": rig, "remove": True, "whose": of, "reason": "done"})

    def kill_bus(self):
        os.kill(self.lab.bus_process(), signal.SIGKILL)

    def wait_safe(self, *rigs):
        self.lab.wait_safe(*rigs)


def main():
    edits = json.loads(sys.argv[1]) if len(sys.argv) > 1 else []
    laboratory.DROPS_AFTER = 10  # s; a browser beside it may keep the gateway from its heartbeat for longer than a rig ever would

    def edit(text, _lab):
        for old, new in [*PATIENT, *edits]:
            assert old in text, old
            text = text.replace(old, new)
        return text

    with laboratory.Lab(edit=edit) as lab:
        server = Server(lab)
        print(json.dumps({"ok": lab.urls}), flush=True)
        for line in sys.stdin:
            name, *arguments = json.loads(line)
            try:
                answer = {"ok": getattr(server, name)(*arguments)}
            except Exception as error:  # the test decides what it means
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer, default=lambda value: value.hex()), flush=True)


main()
