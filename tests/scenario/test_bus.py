"""The bus as strangers and clients meet it: every scheme, watches, what is malformed, and a bus that hangs."""
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

import lab as laboratory
import sp
from lab import SCHEMA, Lab, Process, until


def certificates(folder):
    """An authority, a certificate of it for 127.0.0.1, and a stranger's authority."""
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    for name in ("authority", "stranger"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
            "-keyout", folder / "server.key", "-out", folder / "server.csr")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:127.0.0.1,DNS:localhost\n")
    openssl("x509", "-req", "-in", folder / "server.csr", "-CA", folder / "authority.pem", "-CAkey",
            folder / "authority.key", "-CAcreateserial", "-days", "2", "-extfile", folder / "names",
            "-out", folder / "server.pem")
    os.chmod(folder / "server.key", 0o644)  # started as root, the bus reads it as a user of its own


def with_tls(text, lab):
    certificates(lab.folder)
    pair = f"certificate: {lab.folder}/server.pem, key: {lab.folder}/server.key"
    return text.replace("listeners:\n", "listeners:\n"
                        f"  - {{url: tls+tcp://127.0.0.1:0, {pair}}}\n"
                        f"  - {{url: wss://127.0.0.1:0, {pair}}}\n")


def port(url):
    return int(re.search(r":(\d+)(/|$)", url)[1])


def test_every_scheme_serves_the_same_lab():
    with Lab(edit=with_tls, rigs_safe=False) as lab:
        lab.add_account("anna", "student")
        assert set(lab.urls) == {"tcp", "ws", "ipc", "tls+tcp", "wss"}, lab.urls
        authority = str(lab.folder / "authority.pem")
        for scheme in lab.urls:
            options = {"cafile": authority} if scheme in ("tls+tcp", "wss") else {}
            client = lab.client(scheme, **options).login("anna")
            names = {rig.name for rig in client.do(rigs={}).rigs.rigs}
            assert names == {"tank-1", "tank-2", "drive-1", "bench-1"}, (scheme, names)
            frame = client.do(watch={"rig": "tank-1", "credit": 1}).frame
            assert frame.full and frame["values"], (scheme, frame)


def test_a_client_checks_who_the_server_is():
    with Lab(edit=with_tls, rigs_safe=False) as lab:
        lab.add_account("anna", "student")
        for scheme in ("tls+tcp", "wss"):
            server = f"{scheme}://127.0.0.1:{port(lab.urls[scheme])}"
            options = ["--server", server, "--ca"]
            password = laboratory.PASSWORD + "\n"
            lab.labctl("login", "anna", "--password-stdin", *options, lab.folder / "stranger.pem", text=password, status=7)
            assert "certificate" in lab.last.stderr, lab.last.stderr
            lab.labctl("login", "anna", "--password-stdin", *options, lab.folder / "authority.pem", "--server-name", "elsewhere", text=password,
                       status=7)
            lab.labctl("login", "anna", "--password-stdin", *options, lab.folder / "authority.pem", text=password)
            assert "tank-1" in lab.labctl("rigs"), "the server and its authority are remembered"
        lab.labctl("login", "anna", "--password-stdin", "--server", server, text=password, status=7,
                   profile="no-authority")


def test_a_listener_beyond_this_machine_needs_tls():
    def beyond(text, _):
        return text.replace("- url: tcp://${bus}", "- url: tcp://0.0.0.0:0")

    with Lab(edit=beyond, gate=False) as lab:
        gate = Process(lab.gate_command())
        assert gate.process.wait(60) == 1
        gate.reader.join(5)
        assert re.search(r"lab\.yaml:\d+:\d+: .*without TLS.*insecure: true", gate.output), gate.output
        assert not (lab.folder / "state" / "control.sock").exists()
        text = (lab.config / "lab.yaml").read_text()
        (lab.config / "lab.yaml").write_text(text.replace("- url: tcp://0.0.0.0:0", "- {url: tcp://0.0.0.0:0, insecure: true}"))
        lab.start_gate()


def test_a_plain_client_polls_long_and_loses_nothing():
    with Lab() as lab:
        anna, bo = lab.person("anna"), lab.person("bo")
        anna.book("tank-1")
        anna.take("tank-1")
        index = {point.name: point.index for point in bo.do(show={"rig": "tank-1"}).show.points}["plc.lamp_on"]
        frame = bo.do(watch={"rig": "tank-1", "credit": 1}).frame
        assert frame.full
        for turn in range(4):
            # Both changes are past when the poll asks: its cursor brings them all the same.
            anna.set("plc.lamp", True)
            anna.set("plc.lamp", False)
            until(lambda: bo.get("tank-1", "plc.lamp_on").number == 0, "the lamp to be off")
            frame, told = follow(bo, frame, index)
            assert told[-1] == 0, (turn, told)


def follow(client, frame, index):
    """Polls until a value of the point has been told; returns the last frame and the values."""
    while True:
        new = client.do(watch={"rig": "tank-1", "credit": 1, "cursor": dict(frame.cursor)}).frame
        assert not new.gap and not new.full, new
        assert new.cursor.frame >= frame.cursor.frame, (frame.cursor, new.cursor)
        frame = new
        told = [value.number for value in new.get("values", []) if value.index == index]
        if told and told[-1] == 0:
            return frame, told


def test_a_watch_keeps_its_credit():
    with Lab() as lab:
        anna = lab.person("anna")
        watcher = lab.person("bo")
        request = watcher.bus.send(watcher.message(watch={"rig": "tank-1", "credit": 8}))
        frames = [watch_answer(watcher, request) for _ in range(8)]
        assert frames[0].full and [frame.cursor.frame for frame in frames] == sorted({frame.cursor.frame for frame in frames})
        newest = anna.do(watch={"rig": "tank-1", "credit": 1}).frame.cursor.frame
        until(lambda: anna.do(watch={"rig": "tank-1", "credit": 1}).frame.cursor.frame > newest + 20, "20 more frames")
        try:
            extra = watcher.bus.receive(request, timeout=0.2)
            raise AssertionError(f"a ninth answer without credit: {extra}")
        except TimeoutError:
            pass
        # Renewed from the fifth frame: the four that came since are on the account, so four more may come.
        watcher.bus.send(watcher.message(watch={"rig": "tank-1", "credit": 8, "cursor": dict(frames[3].cursor)}), request)
        more = [watch_answer(watcher, request) for _ in range(4)]
        assert all(frame.cursor.frame > frames[-1].cursor.frame for frame in more), more
        try:
            extra = watcher.bus.receive(request, timeout=0.2)
            raise AssertionError("a thirteenth answer: the frames under way were forgotten")
        except TimeoutError:
            pass


def test_a_rig_costs_frames_only_while_it_is_watched():
    with Lab() as lab:
        bo = lab.person("bo")

        def watched():
            return health_counters(lab)["rigs-watched"]

        assert watched() == 0, watched()
        request = bo.bus.send(bo.message(watch={"rig": "tank-1", "credit": 32}))
        frames = [watch_answer(bo, request) for _ in range(3)]
        assert frames[0].full and watched() == 1, (frames, watched())
        bo.close()
        until(lambda: watched() == 0, "the bus to say that nobody watches")
        # What came meanwhile is in the history, and the stream goes on after it without a gap.
        again = lab.client().login("bo")
        request = again.bus.send(again.message(watch={"rig": "tank-1", "credit": 32, "cursor": dict(frames[2].cursor)}))
        more = [watch_answer(again, request) for _ in range(6)]
        numbers = [frame.cursor.frame for frame in more]
        assert not any(frame.gap or frame.full for frame in more), more
        assert numbers == sorted(set(numbers)) and numbers[0] > frames[2].cursor.frame, numbers
        assert numbers[-3:] == list(range(numbers[-1] - 2, numbers[-1] + 1)), numbers
        assert watched() == 1, watched()


def watch_answer(client, request):
    answer = client.understand(client.bus.receive(request)[1])
    assert answer.ok, answer
    return answer.frame


def test_a_quiet_watch_is_answered_every_five_seconds():
    with Lab() as lab:
        anna = lab.person("anna")
        lab.ctl("hangup", "scope:A")
        lab.ctl("hangup", "generator:A")
        until(lambda: all(value.quality == "BAD" for value in anna.get("bench-1").values()), "the bench to be dead")
        anna.wait_condition("bench-1", "UNAVAILABLE")  # the last that there is to tell
        cursor = anna.do(watch={"rig": "bench-1", "credit": 1}).frame.cursor
        quiet = []
        while len(quiet) < 2:
            answer = anna.do(watch={"rig": "bench-1", "credit": 1, "cursor": dict(cursor)})
            assert not answer.frame.gap, answer
            cursor = answer.frame.cursor
            news = {"values", "status"} & answer.frame.keys()  # a status too: who watches is counted in it
            quiet = [] if news else quiet + [answer.time / 1e9]
        waits = [after - before for before, after in zip(quiet, quiet[1:])]
        assert all(1 < wait < 12 for wait in waits), f"every 5 s without news, not {waits}"


def test_a_watch_resumes_without_a_gap_after_a_drop():
    with Lab() as lab:
        anna, bo = lab.person("anna"), lab.person("bo")
        anna.book("tank-1")
        anna.take("tank-1")
        index = {point.name: point.index for point in bo.do(show={"rig": "tank-1"}).show.points}["plc.buzzer_on"]
        cursor = bo.do(watch={"rig": "tank-1", "credit": 1}).frame.cursor
        token = bo.token
        bo.close()
        anna.set("plc.buzzer", True)
        anna.set("plc.buzzer", False)
        back = lab.client()
        back.token = token
        request = back.bus.send(back.message(watch={"rig": "tank-1", "credit": 32, "cursor": dict(cursor)}))
        told, first = [], watch_answer(back, request)
        assert not first.gap and not first.full, "what happened meanwhile is in the rig's history"
        frame = first
        for _ in range(31):
            told += [value.number for value in frame.get("values", ()) if value.index == index]
            if told and told[-1] == 0:
                break
            frame = watch_answer(back, request)
        assert told[-1:] == [0], told

        elsewhere = {"boot": cursor.boot + 1, "frame": cursor.frame}
        frame = back.do(watch={"rig": "tank-1", "credit": 1, "cursor": elsewhere}).frame
        assert frame.gap and frame.full, "the cursor of another boot says plainly that something is gone"


def test_bad_messages_get_an_error_or_a_closed_connection():
    with Lab(rigs_safe=False) as lab:
        anna = lab.person("anna")
        client = lab.client()
        for count in range(7):
            answer = client.understand(client.bus.request(b"\xff\xff\xff" + bytes([count])))
            assert answer.reason == "malformed" and not answer.ok, answer
        try:
            client.bus.request(b"\xff\xff\xff\xff")
            raise AssertionError("the eighth malformed message on a connection closes it")
        except sp.Closed:
            pass
        unknown = SCHEMA.Request(version=1, token=anna.token) + b"\xca\x3e\x00"  # field 1001, length 0
        assert anna.understand(anna.bus.request(unknown)).reason == "unknown-request"
        for scheme in ("tcp", "ws", "ipc"):
            client = lab.client(scheme)
            for size in (70_000, 5_000_000):
                big = lab.client(scheme)
                try:
                    answer = big.understand(big.bus.request(b"\x12" + SCHEMA.varint(size) + b"x" * size))
                    raise AssertionError(f"{size} bytes over {scheme} were answered {answer}")
                except sp.Closed:
                    pass
            raw_garbage(lab.urls[scheme])
            client.login("anna")
        assert anna.do(rigs={}).rigs.rigs, "the gateway lives"
        assert not lab.gate.find(r"bus process .*(died|ended|killed)"), lab.gate.output
        counters = health_counters(lab)
        assert counters["bus-malformed"] + counters["requests-malformed"] >= 8, counters
        assert counters["bus-oversized"] == 3, counters
        assert counters["requests-unknown"] == 1 and counters["bus-restarts"] == 0, counters


def health_counters(lab):
    return {counter.name: counter.value for counter in lab.admin(health={}).health.counters}


def raw_garbage(url):
    """Bytes that are no hello, an endless length, and half a message, each on a connection of its own."""
    hello = b"\0SP\0" + struct.pack(">HH", sp.REQ, 0)
    for data in (os.urandom(64), b"GET / HTTP/9.9\r\n" + b"a" * 20000, hello + b"\xff" * 9, hello,
                 hello + b"\0" * 7 + b"\x20abc"):
        if url.startswith("ipc:"):
            stranger = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            stranger.connect(url[6:])
        else:
            stranger = socket.create_connection(("127.0.0.1", port(url)), timeout=10)
        try:
            stranger.sendall(data)
        except OSError:
            pass  # closed while we spoke: that is an answer, too
        stranger.close()


def test_the_seventeenth_request_in_flight_is_busy():
    with Lab(rigs_safe=False) as lab:
        lab.add_account("anna", "student")
        client = lab.client()
        # Logins take their time (argon2id, one after the other), so that 17 at once are 17 under way.
        asked = [client.bus.send(client.message(login={"name": "anna", "password": laboratory.PASSWORD})) for _ in range(40)]
        answers = [client.understand(client.bus.receive(request)[1]) for request in asked]
        reasons = [answer.reason for answer in answers]
        assert "busy" in reasons[16:], reasons
        assert all(reason == "" for reason in reasons[:16]) or "wait" in reasons[:16], reasons
        assert client.ask(login={"name": "anna", "password": laboratory.PASSWORD}).ok, "the places are free again"


def test_a_bus_that_hangs_is_replaced_and_seats_resume():
    with Lab() as lab:
        anna = lab.person("anna")
        anna.book("tank-1")
        anna.take("tank-1")
        anna.set("plc.fill", "open")
        hung = until(lab.bus_process, "the bus process")
        os.kill(hung, signal.SIGSTOP)
        started = time.monotonic()
        until(lambda: lab.bus_process() not in (hung, None), "another bus")
        assert time.monotonic() - started < 30
        lab.read_urls(2)
        again = until(lambda: connected(lab), "the new bus to serve")
        again.token = anna.token
        joined = again.do(join={"rig": "tank-1", "resume": anna.seat}).join
        assert joined.seat == anna.seat and joined.epoch == anna.epoch and joined.sequence == anna.sequence, joined
        again.seat, again.epoch, again.sequence = joined.seat, joined.epoch, joined.sequence
        assert lab.truth()["fill_open"] == "1", "the rig kept its state"
        assert again.set("plc.fill", "closed").verified
        assert health_counters(lab)["bus-restarts"] == 1


def connected(lab):
    try:
        return lab.client()
    except OSError:
        return None


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
