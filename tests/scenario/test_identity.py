"""Who may do what: logins, tokens, guessers, imports, spectators, and the gateway's own socket."""
import os
import shutil
import stat
import subprocess
import sys

import lab as laboratory
from lab import BUILD, PASSWORD, SCHEMA, Lab, as_json, until

OTHER = "another long password"


NOT_FOR_THE_BUS = ("account_put", "accounts", "audit_verify", "backup", "read_backup", "bypass", "proof_test", "proof_plan", "hold_heartbeat",
                   "reload")


def test_nothing_but_login_answers_without_a_token():
    with Lab(rigs_safe=False) as lab:
        stranger = lab.client()
        requests = [field.name for field in SCHEMA.messages["Request"].values() if field.oneof == "body"]
        assert len(requests) > 25
        for name in requests:
            if name == "login":
                continue
            for token in ("", "forged", "A" * 200):
                stranger.token = token
                answer = stranger.ask(**{name: {}})
                assert not answer.ok and not answer.which("body"), (name, answer)
                if name not in NOT_FOR_THE_BUS:
                    assert answer.reason == "no-token", (name, answer)
        stranger.token = ""
        assert stranger.refused(login={"name": "", "password": ""}).reason == "wrong-password"


def test_a_token_cannot_be_altered():
    with Lab(rigs_safe=False) as lab:
        anna = lab.person("anna")
        good = anna.token
        for at in range(0, len(good), 7):
            other = "A" if good[at] != "A" else "B"
            anna.token = good[:at] + other + good[at + 1:]
            assert anna.refused(rigs={}).reason == "no-token", at
        anna.token = good[:-1]
        assert anna.refused(rigs={}).reason == "no-token"
        anna.token = good
        assert anna.do(rigs={}).rigs.rigs


def test_a_wrong_password_and_an_unknown_name_look_alike():
    with Lab(rigs_safe=False) as lab:
        lab.add_account("anna", "student")
        first = lab.client().refused(login={"name": "anna", "password": OTHER})
        second = lab.client().refused(login={"name": "nobody", "password": OTHER})
        assert first.reason == second.reason == "wrong-password"
        assert first.message == second.message
        lab.client().login("anna")


def test_tokens_are_void_after_passwd_logout_and_disable():
    with Lab(rigs_safe=False) as lab:
        anna = lab.person("anna")
        phone = lab.client().login("anna")
        assert anna.refused(change_password={"old_password": OTHER, "new_password": OTHER}).reason == "wrong-password"
        assert anna.refused(change_password={"old_password": PASSWORD, "new_password": "short"}).reason == "bad-password"
        anna.do(change_password={"old_password": PASSWORD, "new_password": OTHER})
        assert phone.refused(rigs={}).reason == "token-void", "the other login ended"
        assert lab.client().refused(login={"name": "anna", "password": PASSWORD}).reason == "wrong-password"
        anna = lab.client().login("anna", OTHER)
        phone = lab.client().login("anna", OTHER)

        anna.do(logout={})
        assert anna.refused(rigs={}).reason in ("token-void", "no-token")
        phone.do(rigs={})

        lab.admin(account_put={"account": {"name": "anna", "disabled": True}})
        assert phone.refused(rigs={}).reason == "token-void"
        assert lab.client().refused(login={"name": "anna", "password": OTHER}).reason == "wrong-password"
        lab.kill_gate()
        lab.start_gate()
        late = lab.client()
        for token in (anna.token, phone.token):
            late.token = token
            assert not late.ask(rigs={}).ok, "void also after the gateway died"
        assert not late.ask(login={"name": "anna", "password": OTHER}).ok


def test_a_guesser_is_slowed_down_and_the_owner_is_not():
    with Lab(rigs_safe=False) as lab:
        anna = lab.person("anna")
        guesser = lab.client()
        reasons = []
        for guess in range(30):
            reasons.append(guesser.refused(login={"name": "anna", "password": f"guess number {guess}"}).reason)
            if reasons[-1] == "wait":
                break
        assert reasons[0] == "wrong-password" and reasons[-1] == "wait", reasons
        refused = guesser.ask(login={"name": "anna", "password": PASSWORD})
        assert refused.reason == "wait" and any(c.isdigit() for c in refused.message), "told for how long"
        anna.do(rigs={})
        again = lab.client()
        again.token = anna.token  # a program that was logged in shows its old token
        again.login("anna")
        bo = lab.person("bo")
        assert bo.token, "neither is somebody else at the same address locked out"
        # The wait ends by itself, and then the right password is let in.
        until(lambda: guesser.ask(login={"name": "anna", "password": PASSWORD}).ok, "the wait to end", patience=120)


def test_import_is_all_or_nothing():
    with Lab(rigs_safe=False) as lab:
        socket = ["--socket", lab.folder / "state" / "control.sock"]
        table = lab.folder / "class.csv"
        rows = [f"pupil-{number},student,{PASSWORD},Pupil {number}" for number in range(6)]
        table.write_text("\n".join(["name,role,password,title", *rows[:5], "pupil 6!,student,short,"]) + "\n")
        lab.labctl(*socket, "account", "import", table, status=1)
        assert "pupil 6!" in lab.last.stderr, lab.last.stderr
        assert "pupil-" not in lab.labctl(*socket, "account", "list")
        table.write_text("\n".join(["name,role,password,title", *rows, rows[0]]) + "\n")
        lab.labctl(*socket, "account", "import", table, status=None)
        assert lab.last.returncode and "pupil-" not in lab.labctl(*socket, "account", "list"), "one name twice"
        table.write_text("\n".join(["name,role,password,title", *rows]) + "\n")
        lab.labctl(*socket, "account", "import", table)
        assert lab.labctl(*socket, "account", "list").count("pupil-") == 6
        lab.client().login("pupil-3")
        lab.labctl(*socket, "account", "disable", "pupil-3")
        assert not lab.client().ask(login={"name": "pupil-3", "password": PASSWORD}).ok


def test_accounts_are_not_for_the_bus():
    with Lab(rigs_safe=False) as lab:
        tian = lab.person("tian", "technician")
        put = {"account": {"name": "mallory", "role": "TECHNICIAN"}, "password": PASSWORD}
        assert tian.refused(account_put=put).reason == "not-allowed"
        assert tian.refused(accounts={}).reason == "not-allowed"
        tian.do(lockout={"rig": "tank-1", "reason": "hands in it"})
        assert tian.refused(lockout={"rig": "tank-1", "remove": True, "reason": "x"}).reason == "not-allowed"
        lab.admin(lockout={"rig": "tank-1", "remove": True, "reason": "done", "whose": "tian"})
        assert not lab.client().ask(login={"name": "mallory", "password": PASSWORD}).ok


def test_spectators_see_one_session_and_command_nothing():
    with Lab() as lab:
        anna = lab.person("anna")
        code = anna.book("tank-1").join_code
        assert len(code) >= 6
        anna.take("tank-1")
        visitor = lab.client()
        assert visitor.refused(login={"join_code": "WRONGCODE"}).reason in ("wrong-code", "wait")
        done = visitor.do(login={"join_code": code}).login
        assert done.rig == "tank-1" and done.role == "SPECTATOR", done
        visitor.token = done.token
        assert visitor.get("tank-1", "plc.level").quality == "GOOD"
        assert anna.status("tank-1").spectators == 0
        assert visitor.do(watch={"rig": "tank-1", "credit": 4}).frame.full
        until(lambda: anna.status("tank-1").spectators == 1, "the visitor to be counted")
        for other in ("tank-2", "bench-1"):
            for request in ("watch", "get", "show"):
                fields = {"rig": other, **({"credit": 1} if request == "watch" else {})}
                assert not visitor.ask(**{request: fields}).ok, (other, request)
        before = lab.truth()["fill_open"]
        for fields in ({"join": {"rig": "tank-1"}}, {"take": {}}, {"stop": {}}, {"stop": {"rig": "tank-1"}}, {"release": {}},
                       {"reset": {"rig": "tank-1"}}, {"clear": {"rig": "tank-1"}}, {"lockout": {"rig": "tank-1", "reason": "x"}},
                       {"book": {"rig": "tank-1", "ends": 1 << 42}}, {"set": {"point": "plc.fill", "value": {"text": "open"},
                                                                             "sequence": 1, "epoch": anna.epoch}}):
            for seat in (0, anna.seat):
                visitor.seat = seat
                answer = visitor.ask(**fields)
                assert not answer.ok, (fields, seat, answer)
        assert lab.truth()["fill_open"] == before
        status = anna.status("tank-1")
        assert status.condition == "CONTROLLED" and not status.stopped, status
        bookings = anna.do(bookings={}).bookings.bookings
        anna.do(cancel={"booking": bookings[0].id})
        until(lambda: not visitor.ask(get={"rig": "tank-1"}).ok, "the code to end with its session")


def test_another_persons_seat_is_no_use():
    with Lab() as lab:
        anna, bo = lab.person("anna"), lab.person("bo")
        anna.book("tank-1")
        anna.take("tank-1")
        bo.seat, bo.epoch, bo.sequence = anna.seat, anna.epoch, anna.sequence
        assert bo.refused(**bo.command("plc.fill", "open")).reason == "no-seat"
        assert bo.refused(release={}).reason == "no-seat"
        assert anna.status("tank-1").controller == anna.seat


def test_the_token_is_kept_for_its_owner_only():
    with Lab(rigs_safe=False) as lab:
        lab.add_account("anna", "student")
        previous = os.umask(0)
        try:
            lab.labctl("login", "anna", "--password-stdin", text=PASSWORD + "\n")
        finally:
            os.umask(previous)
        files = [path for path in (lab.folder / "people").rglob("*") if path.is_file()]
        assert files, "labctl keeps its login"
        token = [path for path in files if "token" in path.read_text()]
        assert token, files
        for path in token:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, (path, oct(path.stat().st_mode))
        assert as_json(lab.labctl("whoami", "--json"))[0]
        lab.labctl("logout")
        lab.labctl("rigs", status=4)


def test_the_gateways_own_socket_is_for_its_operator():
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        raise laboratory.Skipped("needs root and setpriv, to be somebody else")
    with Lab(rigs_safe=False) as lab:
        path = lab.folder / "state" / "control.sock"
        # Even if somebody opened the way to it, the kernel says who is asking.
        for opened in (path.parent, path):
            os.chmod(opened, 0o777)
        program = shutil.copy(BUILD / "labctl", lab.folder / "labctl")
        os.chmod(program, 0o755)
        words = [program, "--socket", path, "--timeout", "3s", "account", "list"]
        assert subprocess.run(words, capture_output=True, timeout=60).returncode == 0
        stranger = subprocess.run(["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups", *map(str, words)],
                                  capture_output=True, text=True, timeout=60, cwd="/", env={"HOME": "/tmp", "LC_ALL": "C.UTF-8"})
        assert stranger.returncode in (1, 3, 5), (stranger.returncode, stranger.stderr)
        assert not stranger.stdout.strip(), stranger.stdout


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
