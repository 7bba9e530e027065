"""What somebody who wants to break the gateway tries: each of these once worked."""
import os
import pathlib
import re
import subprocess
import sys
import time

import lab as laboratory
from lab import PASSWORD, SCHEMA, Lab, until

OTHER = "another long password"


def test_a_long_answer_arrives_whole():
    with Lab(rigs_safe=False) as lab:
        lab.admin(account_put={"account": {"name": "anna", "role": "STUDENT", "title": "安娜" * 40}, "password": PASSWORD})
        anna = lab.client().login("anna")
        begins = int(time.time() * 1000) + 3_600_000
        step = 180_000  # its minute, and the safe sequence's time after it
        for i in range(450):
            starts = begins + i * step
            anna.do(book={"rig": "tank-1", "starts": starts, "ends": starts + 60_000})
        every = anna.do(bookings={"everyone": True}).bookings.bookings
        assert len(every) == 450 and all(booking.holder == "安娜" * 40 for booking in every), len(every)
        few = anna.do(bookings={"until": begins + 10 * step}).bookings.bookings
        assert len(few) == 10, len(few)


def test_a_repeated_capture_has_the_first_ones_answer():
    with Lab() as lab:
        anna = lab.person("anna")
        anna.book("bench-1")
        anna.take("bench-1")
        anna.sequence += 1
        order = {"waveform": "scope.ch1", "deep": True, "epoch": anna.epoch, "sequence": anna.sequence}
        first = anna.do(capture=order).capture
        again = anna.ask(capture=order)
        assert again.ok and again.capture.capture == first.capture, again
        anna.sequence += 1
        other = dict(order, sequence=anna.sequence)
        answer = anna.ask(capture=other)
        assert answer.reason == "busy", answer


def test_the_log_of_a_session_has_its_end():
    with Lab() as lab:
        anna, tea = lab.person("anna"), lab.person("tea", "teacher")
        booking = anna.book("tank-1")
        anna.take("tank-1")
        session = anna.status("tank-1").session
        anna.set("plc.fill", "open")
        anna.do(cancel={"booking": booking.id})
        anna.wait_condition("tank-1", "SAFE")

        def kinds():
            return [record.kind for record in tea.do(log={"session": session}).log.records]
        until(lambda: "session-end" in kinds(), "the end in the session's log")
        assert "revoke" in kinds(), kinds()


def test_an_import_does_not_bring_an_old_password_back():
    with Lab(rigs_safe=False) as lab:
        anna = lab.person("anna")
        phone = lab.client().login("anna")
        rows = [{"name": "anna", "role": "STUDENT", "title": "Anna A."}]
        rows += [{"name": f"pupil-{i}", "role": "STUDENT"} for i in range(6)]
        message = SCHEMA.Request(version=1, account_put={"import": rows, "passwords": [""] + [PASSWORD] * 6})
        with laboratory.socket.socket(laboratory.socket.AF_UNIX, laboratory.socket.SOCK_SEQPACKET) as local:
            local.settimeout(laboratory.PATIENCE)
            local.connect(str(lab.folder / "state" / "control.sock"))
            local.send(message)
            anna.do(change_password={"old_password": PASSWORD, "new_password": OTHER})
            answer = SCHEMA.decode("Answer", local.recv(300000))
        assert answer.ok, answer
        assert phone.refused(rigs={}).reason == "token-void", "tokens stay void"
        lab.client().do(login={"name": "anna", "password": OTHER})
        assert lab.client().refused(login={"name": "anna", "password": PASSWORD}).reason == "wrong-password"


def test_a_long_reason_in_chinese_stays_readable():
    with Lab(rigs_safe=False) as lab:
        tian = lab.person("tian", "technician")
        for extra in range(3):
            lab.admin(lockout={"rig": "tank-1", "reason": "x" * extra + "手在装置里" * 40})
            assert tian.status("tank-1").locked_out, "what a watcher gets is UTF-8, whatever was cut"


def test_who_may_not_see_any_more_stops_seeing():
    with Lab(rigs_safe=False) as lab:
        anna, eve = lab.person("anna"), lab.person("eve")
        booking = anna.book("tank-1")
        anna.join("tank-1")
        visitor = lab.client()
        visitor.token = visitor.do(login={"join_code": booking.join_code}).login.token

        def watch(client):
            request = client.bus.send(client.message(watch={"rig": "tank-1", "credit": 8, "cursor": client.cursor}), client.watch)
            client.watch = request
            while True:
                try:
                    answer = client.understand(client.bus.receive(request, timeout=0.3)[1])
                except TimeoutError:
                    return ""
                if not answer.ok:
                    return answer.reason
                client.cursor = answer.frame.cursor
        for client in (visitor, eve):
            client.watch = client.cursor = None
            assert watch(client) == "" and client.cursor, "a watch runs"
        anna.do(cancel={"booking": booking.id})
        lab.admin(account_put={"account": {"name": "eve", "disabled": True}})
        until(lambda: watch(visitor) == "not-allowed", "the spectator's watch to end with the session")
        until(lambda: watch(eve) == "token-void", "the disabled account's watch to end")


class Cramped(Lab):
    """Files may grow to `most` bytes only, as on a disk that is full; SIGXFSZ is ignored, so that writing fails."""

    def gate_command(self):
        return ["sh", "-c", 'trap "" XFSZ; exec "$@"', "sh", *super().gate_command()]

    def allow(self, most):
        """The gateway has given root up, so the one who limits it has to be who it became."""
        process = self.gate.process.pid
        status = pathlib.Path(f"/proc/{process}/status").read_text()
        user, group = (int(re.search(rf"^{word}:\s+(\d+)", status, re.M)[1]) for word in ("Uid", "Gid"))
        who = {"user": user, "group": group, "extra_groups": []} if os.geteuid() == 0 else {}
        subprocess.run(["prlimit", "--pid", str(process), f"--fsize={most}:"], check=True, cwd="/", **who)


def test_a_lockout_set_while_the_disk_is_full_survives():
    with Cramped() as lab:
        lab.allow(1)
        lab.admin(lockout={"rig": "tank-1", "reason": "hands in it"})
        lab.gate.wait_line(r"tank-1: what must survive a restart could not be stored")
        lab.allow("unlimited")
        lab.gate.wait_line(r"tank-1: what must survive a restart is stored")
        lab.kill_gate()
        lab.start_gate()
        status = lab.admin(show={"rig": "tank-1"}).show.rig.status
        assert status.locked_out and status.why == "hands in it", status


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
