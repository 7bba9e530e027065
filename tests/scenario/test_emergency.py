"""The e-stop and what else makes safer (S8): never refused for a bound, never for an old login, and an answer that
says whether a restart would know of it."""
import re
import signal
import sqlite3
import sys

import lab as laboratory
from lab import SCHEMA, Lab, until

ORDINARY = 16  # requests of a connection that may be unanswered


def in_control(lab, rig="tank-1"):
    anna = lab.person("anna")
    anna.book(rig)
    anna.take(rig)
    return anna


def test_nothing_unanswered_keeps_an_e_stop_out():
    with Lab() as lab:
        anna = in_control(lab)
        anna.set("plc.fill", "open")
        lab.gate.process.send_signal(signal.SIGSTOP)  # control answers nothing; the bus goes on
        try:
            release = anna.bus.send(anna.message(release={}))
            for _ in range(ORDINARY):
                anna.bus.send(anna.message(presence={}))
            stops = [anna.bus.send(anna.message(stop={})) for _ in range(3)]
            # This one is refused by the bus, at once: it has dealt with all that was sent before.
            last = anna.bus.send(anna.message(presence={}))
            assert SCHEMA.decode("Answer", anna.bus.receive(last)[1]).reason == "busy"
            assert SCHEMA.decode("Answer", anna.bus.request(anna.message(release={}))).reason == "busy", "one at a time"
        finally:
            lab.gate.process.send_signal(signal.SIGCONT)
        for request in stops:
            answer = SCHEMA.decode("Answer", anna.bus.receive(request)[1])
            assert answer.ok, answer
        anna.bus.receive(release)
        assert anna.status("tank-1").stopped
        until(lambda: lab.truth()["fill_closed"] == "1", "the valve to close")


def stalled(lab):
    """The ledger's store, locked as by somebody's backup: nothing is committed until it is closed."""
    store = sqlite3.connect(lab.folder / "state" / "ledger.sqlite", isolation_level=None, timeout=30)
    store.execute("BEGIN IMMEDIATE")
    return store


def test_an_answered_e_stop_and_lock_out_survive_the_gateway():
    with Lab() as lab:
        anna, tian = in_control(lab), lab.person("tian", "technician")
        # A commit takes a while: the answer waits for it.
        store = stalled(lab)
        request = anna.bus.send(anna.message(stop={}))
        until(lambda: tian.status("tank-1").stopped, "the stop to act, before its answer")
        store.close()
        answer = SCHEMA.decode("Answer", anna.bus.receive(request)[1])
        lab.kill_gate()
        assert answer.ok
        lab.start_gate()
        tian = lab.client().login("tian")
        assert tian.status("tank-1").stopped or not answer.control.durable
        durable = tian.do(stop={"rig": "tank-1"}).control.durable
        locked = tian.do(lockout={"rig": "tank-2", "reason": "hands in it"}).control.durable
        lab.kill_gate()
        assert durable and locked
        lab.start_gate()
        tian = lab.client().login("tian")
        assert tian.status("tank-1").stopped and tian.status("tank-2").locked_out
        assert tian.do(reset={"rig": "tank-1"}).control.durable
        lab.kill_gate()
        lab.start_gate()
        assert not lab.client().login("tian").status("tank-1").stopped


def test_a_stalled_disk_delays_no_safe_state_and_the_answer_says_so():
    with Lab() as lab:
        anna, tian = in_control(lab), lab.person("tian", "technician")
        anna.set("plc.fill", "open")
        store = stalled(lab)
        control = anna.do(stop={}).control
        assert not control.durable, "an answer without the ledger does not claim it"
        until(lambda: lab.truth()["fill_closed"] == "1", "the valve to close, whatever the disk does")
        assert tian.status("tank-1").stopped
        assert not tian.do(stop={"rig": "tank-1"}).control.durable, "stopped already, and still not stored"
        lab.labctl("login", "tian", "--password-stdin", text=laboratory.PASSWORD + "\n")
        assert "disk does not have this yet" in lab.labctl("stop", "tank-1")
        store.close()
        until(lambda: tian.do(stop={"rig": "tank-1"}).control.durable, "the ledger to have it")
        assert "disk" not in lab.labctl("stop", "tank-1")


def test_a_full_audit_refuses_commands_and_never_a_safe_write():
    def small(text, _):
        return text + "\naudit_buffer: 200\n"

    with Lab(edit=small) as lab:
        anna, tian = in_control(lab), lab.person("tian", "technician")
        anna.set("plc.fill", "open")
        store = stalled(lab)
        answers = []
        until(lambda: answers.append(anna.ask(**anna.command("plc.lamp", len(answers) % 2 == 0)).reason)
              or answers[-1] == "no-record", "commands to be refused for want of a record")
        assert set(answers) == {"", "no-record"}, set(answers)
        assert lab.truth()["fill_open"] == "1"
        lab.ctl("force", "tank", "guard_closed", "off")
        until(lambda: lab.truth()["fill_closed"] == "1", "the valve to close: a trip waits for no disk")
        assert tian.do(stop={"rig": "tank-1"}).ok
        assert tian.refused(reset={"rig": "tank-1"}).reason == "no-record"
        store.close()
        lab.ctl("force", "tank", "guard_closed", "on")
        until(lambda: tian.ask(reset={"rig": "tank-1"}).ok, "the audit to take records again")
        kinds = []

        def everything():
            after, more = 0, True
            kinds.clear()
            while more:
                page = tian.do(log={"rig": "tank-1", "after": after}).log
                kinds.extend((record.kind, record.reason) for record in page.records)
                after, more = page.next, page.more
            return ("trip", "") in kinds and ("stop", "") in kinds and ("reset", "") in kinds

        until(everything, "the records")
        assert ("refusal", "no-record") in kinds, "the refusals are on record too"
        assert lab.admin(audit_verify={}).audit_verify.intact


def test_an_old_login_stops_and_releases_and_does_nothing_else():
    def short(text, _):
        return re.sub(r"(?m)^token_life:.*\n", "", text) + "\ntoken_life: 6 s\n"

    with Lab(edit=short) as lab:
        anna = in_control(lab)
        bo = lab.person("bo")
        wang = lab.person("wang", "technician")  # without a seat
        bo.join("tank-1")
        anna.set("plc.fill", "open")
        until(lambda: all(person.ask(rigs={}).reason == "token-expired" for person in (anna, bo, wang)), "the logins to end")
        assert anna.refused(**anna.command("plc.fill", "closed")).reason == "token-expired"
        assert wang.refused(stop={"rig": "tank-1"}).reason == "token-expired", "without a seat"
        assert bo.refused(stop={"rig": "tank-2"}).reason == "token-expired", "without a seat there"
        assert bo.refused(reset={"rig": "tank-1"}).reason == "token-expired"
        assert anna.do(release={}).ok
        until(lambda: lab.truth()["fill_closed"] == "1", "the valve to close")
        assert bo.do(stop={}).ok
        assert lab.client().login("wang").status("tank-1").stopped


def test_a_new_password_elsewhere_leaves_the_seats_e_stop():
    with Lab() as lab:
        phone = in_control(lab)
        phone.set("plc.fill", "open")
        new = "another long enough password"
        lab.client().login("anna").do(change_password={"old_password": laboratory.PASSWORD, "new_password": new})
        assert phone.refused(**phone.command("plc.fill", "closed")).reason == "token-void"
        assert phone.refused(stop={"rig": "tank-2"}).reason == "token-void", "without a seat there"
        assert phone.do(stop={}).ok
        until(lambda: lab.truth()["fill_closed"] == "1", "the valve to close")
        wang = lab.person("wang", "technician")
        lab.admin(account_put={"account": {"name": "wang", "disabled": True}})
        assert wang.refused(stop={"rig": "tank-1"}).reason == "token-void"


def test_staff_are_told_at_once():
    with Lab() as lab:
        anna, wang = in_control(lab), lab.person("wang", "teacher")
        assert anna.refused(alerts={}).reason == "not-allowed"
        told = wang.do(alerts={}).alerts
        assert told.next == len(told.alerts)
        request = wang.bus.send(wang.message(alerts={"after": told.next, "wait": True}))
        anna.do(stop={})
        news = SCHEMA.decode("Answer", wang.bus.receive(request, timeout=3)[1]).alerts  # sooner than without news
        assert [(alert.rig, alert.text) for alert in news.alerts] == [("tank-1", "stop")], news
        lab.gate.wait_line("rig tank-1: stop")
        follow = laboratory.Process([laboratory.BUILD / "labctl", "--socket", lab.folder / "state" / "control.sock",
                                     "alerts", "--follow"])
        try:
            follow.wait_line("tank-1: stop")
            lab.ctl("force", "tank", "guard_closed", "off")
            follow.wait_line("tank-1: trip, rule guard-open")
        finally:
            follow.stop(signal.SIGINT)
        for _ in range(35):  # more than are kept
            lab.admin(lockout={"rig": "tank-2", "reason": "hands in it"})
            lab.admin(lockout={"rig": "tank-2", "reason": "out again", "remove": True})
        latest = wang.do(alerts={}).alerts
        assert len(latest.alerts) == 64 and latest.alerts[-1].number == latest.next, latest


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
