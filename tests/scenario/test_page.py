"""The console's files over HTTP, on the port of the WebSocket."""
import gzip
import re
import socket
import sys

import lab as laboratory
from lab import Lab


def exchange(lab, request):
    """What comes back for raw bytes until the connection is closed or 2 s are silent: [(status, headers, body)]."""
    port = int(lab.urls["ws"].rsplit(":", 1)[1].split("/")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        data = b""
        while chunk := line.recv(65536):
            data += chunk
    answers = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        answers.append((int(status.split()[1]), headers, data[:length]))
        data = data[length:]
    return answers


def get(lab, path="/", method="GET", host="127.0.0.1", **headers):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    answers = exchange(lab, ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    return answers[0] if answers else (None, {}, b"")  # closed without a word


def test_the_page_is_served_and_kept():
    with Lab(rigs_safe=False) as lab:
        status, headers, index = get(lab)
        assert status == 200 and headers["content-type"].startswith("text/html"), headers
        assert "unsafe" not in headers["content-security-policy"]
        assert b"<script>" not in index and b"<style" not in index and b"//" not in index.replace(b"<!--", b"")
        assert get(lab, If_None_Match=headers["etag"])[0] == 304
        named = re.findall(rb'(?:src|href)="([^"]+)"', index)
        assert len(named) >= 4, index
        wire = len(index)
        for name in named:
            status, headers, body = get(lab, "/" + name.decode(), Accept_Encoding="gzip")
            assert status == 200, name
            assert headers["x-content-type-options"] == "nosniff"
            if b"-" in name:
                assert "immutable" in headers["cache-control"]
            assert headers.get("content-encoding") != "gzip" or len(gzip.decompress(body)) > len(body)
            wire += len(body) + sum(len(key) + len(value) + 4 for key, value in headers.items())
        assert wire < 80_000, wire
        # The bus on the same port is as it was.
        assert lab.person("anna", scheme="ws").do(rigs={}).rigs.rigs


def test_who_comes_by_another_name_is_sent_to_the_listener():
    with Lab(rigs_safe=False) as lab:
        status, headers, _ = get(lab, host="localhost")
        assert status == 307
        assert headers["location"] == lab.urls["ws"].replace("ws:", "http:").replace("bus", ""), headers


def test_hostile_requests():
    with Lab(rigs_safe=False) as lab:
        for path in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..", "//etc/passwd", "/%00", "/" + "a" * 3000,
                     "/bus/../", "/%", "/%zz", "/\xff", "/style", "/index.html"):
            status, _, body = get(lab, path)
            assert status in (400, 404, 414, None), (path, status)
            assert b"root:" not in body
        for method in ("POST", "PUT", "DELETE", "CONNECT", "TRACE", "X" * 500):
            assert get(lab, method=method)[0] in (400, 405, 501, None), method
        # A body is not taken for a second request.
        answers = exchange(lab, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 47\r\n\r\n"
                                b"GET /worker.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nxx")
        assert [status for status, _, _ in answers] == [400], answers
        for garbage in (b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000):
            exchange(lab, garbage)
        assert get(lab)[0] == 200
        assert lab.bus_process()


if __name__ == "__main__":
    laboratory.main(sys.modules[__name__])
