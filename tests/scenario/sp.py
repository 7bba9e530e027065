"""sp.py - labgate's bus spoken from Python's standard library alone, as docs/protocol.md describes it: an independent
client for tests, which shares no code with the gateway or its C client.

    lab = sp.Schema()                                   # reads proto/lab.proto
    with sp.Connection("ws://127.0.0.1:8080/") as bus:
        answer = lab.decode("Answer", bus.request(lab.Request(version=1, login={"name": "a", "password": "b"})))
        token = answer.login.token

Messages are dicts going in, and Message (a dict with attributes, and proto3's defaults for what is absent) coming out.
Enums are names; "which" of a oneof: `answer.which("body")`.
"""
import base64
import collections
import hashlib
import os
import re
import select
import socket
import ssl
import struct
import time
import urllib.parse

REQ = 0x30
REP = 0x31


class Closed(ConnectionError):
    pass


# ---- the scalability protocol over its transports ----------------------------------------------------------------------


class _Bytes:
    """A byte stream with deadlines over a socket, TLS or not."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = bytearray()

    def need(self, count, deadline):
        while len(self.buffer) < count:
            self.fill(deadline)
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def line(self, deadline):
        while b"\r\n" not in self.buffer:
            self.fill(deadline)
        text, _, rest = bytes(self.buffer).partition(b"\r\n")
        self.buffer[:] = rest
        return text.decode("latin-1")

    def fill(self, deadline):
        pending = getattr(self.sock, "pending", lambda: 0)
        if not pending():
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                raise TimeoutError("nothing came in time")
        try:
            data = self.sock.recv(65536)
        except ssl.SSLWantReadError:
            return
        except OSError as error:
            raise Closed(str(error)) from error
        if not data:
            raise Closed("the other side closed the connection")
        self.buffer += data

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Closed(str(error)) from error


class _Stream:
    """tcp, tls+tcp and ipc: 8 bytes of hello, then a length of 64 bits before each message (ipc: a byte 1 before it)."""

    def __init__(self, sock, prefix, deadline):
        self.bytes = _Bytes(sock)
        self.prefix = prefix
        self.bytes.send(b"\0SP\0" + struct.pack(">HH", REQ, 0))
        hello = self.bytes.need(8, deadline)
        if hello != b"\0SP\0" + struct.pack(">HH", REP, 0):
            raise Closed(f"the other side is no REP endpoint: {hello.hex()}")

    def send(self, message):
        self.bytes.send(self.prefix + struct.pack(">Q", len(message)) + message)

    def receive(self, deadline):
        if not self.bytes.buffer:
            self.bytes.fill(deadline)
        # A message that has begun is read to its end, or the next call would start in the middle of it.
        deadline = max(deadline, time.monotonic() + 5)
        head = self.bytes.need(len(self.prefix) + 8, deadline)
        if not head.startswith(self.prefix):
            raise Closed(f"not a message: {head.hex()}")
        return self.bytes.need(struct.unpack(">Q", head[-8:])[0], deadline)


class _WebSocket:
    """RFC 6455 with subprotocol rep.sp.nanomsg.org: one binary message is one SP message."""

    def __init__(self, sock, host, path, deadline):
        self.bytes = _Bytes(sock)
        key = base64.b64encode(os.urandom(16)).decode()
        self.bytes.send((f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Protocol: rep.sp.nanomsg.org\r\n\r\n").encode())
        status = self.bytes.line(deadline)
        headers = {}
        while line := self.bytes.line(deadline):
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if " 101 " not in status + " ":
            raise Closed(f"no WebSocket: {status}")
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        if headers.get("sec-websocket-accept") != base64.b64encode(digest).decode():
            raise Closed("the WebSocket's accept key is wrong")
        if headers.get("sec-websocket-protocol") != "rep.sp.nanomsg.org":
            raise Closed(f"subprotocol {headers.get('sec-websocket-protocol')!r}")

    def frame(self, opcode, data):
        mask = os.urandom(4)
        if len(data) < 126:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | len(data))
        elif len(data) < 65536:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, len(data))
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 0x80 | 127, len(data))
        pad = (mask * (len(data) // 4 + 1))[:len(data)]
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(pad, "big")).to_bytes(len(data), "big")
        self.bytes.send(head + mask + masked)

    def send(self, message):
        self.frame(2, message)

    def receive(self, deadline):
        message = b""
        while True:
            if not self.bytes.buffer:
                self.bytes.fill(deadline)
            deadline = max(deadline, time.monotonic() + 5)
            first, second = self.bytes.need(2, deadline)
            length = second & 0x7F
            if length == 126:
                length = struct.unpack(">H", self.bytes.need(2, deadline))[0]
            elif length == 127:
                length = struct.unpack(">Q", self.bytes.need(8, deadline))[0]
            if second & 0x80:
                raise Closed("a server must not mask")
            data = self.bytes.need(length, deadline)
            opcode = first & 0x0F
            if opcode == 8:
                raise Closed(f"closed by the other side: {data.hex()}")
            if opcode == 9:
                self.frame(10, data)
            elif opcode in (0, 2):
                message += data
                if first & 0x80:
                    return message


class _Datagrams:
    """The gateway's own socket, local:PATH: one datagram is one message, without request ids; answers come in order."""

    def __init__(self, sock):
        self.sock = sock
        self.ids = collections.deque()

    def send(self, message):
        self.ids.append(message[:4])
        self.sock.sendall(message[4:])

    def receive(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self.sock], [], [], left)[0]:
            raise TimeoutError("nothing came in time")
        data = self.sock.recv(1 << 17)
        if not data:
            raise Closed("the other side closed the connection")
        return (self.ids.popleft() if self.ids else b"\x80\0\0\0") + data


def _tls(sock, cafile, server_name):
    if cafile:
        context = ssl.create_default_context(cafile=cafile)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(sock, server_hostname=server_name)


def _open(url, deadline, cafile, server_name):
    scheme, _, rest = url.partition(":")
    left = max(deadline - time.monotonic(), 0.001)
    if scheme in ("ipc", "local"):
        path = rest[2:] if scheme == "ipc" else rest
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if scheme == "ipc" else socket.SOCK_SEQPACKET)
        sock.settimeout(left)
        sock.connect(path)
        return sock, _Stream(sock, b"\x01", deadline) if scheme == "ipc" else _Datagrams(sock)
    parts = urllib.parse.urlsplit(url)
    sock = socket.create_connection((parts.hostname, parts.port), timeout=left)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if scheme in ("tls+tcp", "wss"):
        sock = _tls(sock, cafile, server_name or parts.hostname)
    if scheme in ("ws", "wss"):
        return sock, _WebSocket(sock, parts.netloc, parts.path if parts.path.strip("/") else "/bus", deadline)
    return sock, _Stream(sock, b"", deadline)


class Connection:
    """One connection of a REQ peer. `cafile` given: the server's certificate is verified; otherwise any is taken."""

    def __init__(self, url, timeout=10.0, cafile=None, server_name=None):
        deadline = time.monotonic() + timeout
        self.timeout = timeout
        self.sock, self.transport = _open(url, deadline, cafile, server_name)
        self.sock.settimeout(timeout)
        self.next_id = int.from_bytes(os.urandom(3), "big")
        self.kept = collections.defaultdict(collections.deque)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def fileno(self):
        return self.sock.fileno()

    def send(self, payload, request_id=None):
        """Sends a request, under an id of its own or the one given; returns the id."""
        if request_id is None:
            self.next_id = (self.next_id + 1) & 0x7FFFFFFF
            request_id = 0x80000000 | self.next_id
        self.transport.send(struct.pack(">I", request_id) + payload)
        return request_id

    def receive(self, request_id=None, timeout=None):
        """The next (id, answer); with an id, the next one under that id (others are kept). TimeoutError, Closed."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        for key, answers in self.kept.items():
            if answers and request_id in (None, key):
                return key, answers.popleft()
        while True:
            message = self.transport.receive(deadline)
            came = struct.unpack(">I", message[:4])[0]
            if request_id in (None, came):
                return came, message[4:]
            self.kept[came].append(message[4:])

    def request(self, payload, timeout=None):
        return self.receive(self.send(payload), timeout)[1]


# ---- protobuf, driven by the .proto file -------------------------------------------------------------------------------

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SCALARS = {
    "uint32": _VARINT, "uint64": _VARINT, "int32": _VARINT, "int64": _VARINT, "sint32": _VARINT, "sint64": _VARINT,
    "bool": _VARINT, "double": _FIXED64, "float": _FIXED32, "string": _BYTES, "bytes": _BYTES,
}
_DEFAULTS = {"bool": False, "double": 0.0, "float": 0.0, "string": "", "bytes": b""}

Field = collections.namedtuple("Field", "name number type repeated oneof")


class Message(dict):
    """A decoded message: attributes are fields; absent ones have proto3's default; `in` tells whether one was there."""

    def __init__(self, schema, name, *args):
        super().__init__(*args)
        self.__dict__["_schema"], self.__dict__["_name"] = schema, name

    def __getattr__(self, name):
        if name in self:
            return self[name]
        for field in self._schema.messages[self._name].values():
            if field.name == name:
                return self._schema.default(field)
        raise AttributeError(f"{self._name} has no field {name}")

    def which(self, oneof):
        names = [f.name for f in self._schema.messages[self._name].values() if f.oneof == oneof]
        return next((name for name in names if name in self), None)


class Schema:
    """The messages of a .proto file (of proto3 as lab.proto uses it: no maps, groups, nested types or imports)."""

    def __init__(self, path=None):
        path = path or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "proto", "lab.proto")
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"//[^\n]*", "", file.read())
        self.messages, self.enums = {}, {}
        self.syntax = re.search(r'syntax\s*=\s*"(\w+)"', text).group(1)
        for kind, name, start in ((m[1], m[2], m.end()) for m in re.finditer(r"\b(message|enum)\s+(\w+)\s*\{", text)):
            body = self._block(text, start)
            if kind == "enum":
                self.enums[name] = {m[1]: int(m[2]) for m in re.finditer(r"(\w+)\s*=\s*(-?\d+)\s*;", body)}
            else:
                self.messages[name] = self._fields(body)

    @staticmethod
    def _block(text, start):
        depth, end = 1, start
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        return text[start:end - 1]

    @classmethod
    def _fields(cls, body):
        fields = {}

        def take(part, oneof):
            for m in re.finditer(r"(repeated\s+)?(\w+)\s+(\w+)\s*=\s*(\d+)\s*;", part):
                fields[int(m[4])] = Field(m[3], int(m[4]), m[2], bool(m[1]), oneof)

        while m := re.search(r"oneof\s+(\w+)\s*\{", body):
            inner = cls._block(body, m.end())
            take(inner, m[1])
            body = body[:m.start()] + body[m.end() + len(inner) + 1:]
        take(body, None)
        return fields

    def __getattr__(self, name):
        if name in self.__dict__.get("messages", {}):
            return lambda **values: self.encode(name, values)
        raise AttributeError(name)

    def default(self, field):
        if field.repeated:
            return []
        if field.type in self.messages:
            return Message(self, field.type)
        if field.type in self.enums:
            return next(n for n, number in self.enums[field.type].items() if number == 0)
        return _DEFAULTS.get(field.type, 0)

    # -- encoding

    @staticmethod
    def varint(number):
        number &= (1 << 64) - 1
        out = bytearray()
        while number > 0x7F:
            out.append(number & 0x7F | 0x80)
            number >>= 7
        out.append(number)
        return bytes(out)

    def encode(self, name, values):
        fields = {field.name: field for field in self.messages[name].values()}
        unknown = set(values) - set(fields)
        if unknown:
            raise KeyError(f"{name} has no field {sorted(unknown)[0]}")
        out = b""
        for field in sorted((fields[name] for name in values), key=lambda f: f.number):
            value = values[field.name]
            if value is None:
                continue
            packed = field.repeated and self._wire(field) != _BYTES
            if packed:
                inner = b"".join(self._value(field, item) for item in value)
                out += self.varint(field.number << 3 | _BYTES) + self.varint(len(inner)) + inner if inner else b""
                continue
            for item in value if field.repeated else [value]:
                out += self.varint(field.number << 3 | self._wire(field)) + self._value(field, item)
        return out

    def _wire(self, field):
        if field.type in self.messages:
            return _BYTES
        return _VARINT if field.type in self.enums else _SCALARS[field.type]

    def _value(self, field, value):
        if field.type in self.messages:
            inner = self.encode(field.type, value)
            return self.varint(len(inner)) + inner
        if field.type in self.enums:
            return self.varint(self.enums[field.type][value] if isinstance(value, str) else value)
        if field.type == "double":
            return struct.pack("<d", value)
        if field.type == "float":
            return struct.pack("<f", value)
        if field.type in ("string", "bytes"):
            data = value.encode() if isinstance(value, str) else bytes(value)
            return self.varint(len(data)) + data
        if field.type.startswith("sint"):
            value = (value << 1) ^ (value >> 63)
        return self.varint(int(value))

    # -- decoding

    @staticmethod
    def _read_varint(data, at):
        number = shift = 0
        while True:
            byte = data[at]
            at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number, at
            shift += 7
            if shift > 63:
                raise ValueError("varint too long")

    def decode(self, name, data):
        message, at = Message(self, name), 0
        while at < len(data):
            key, at = self._read_varint(data, at)
            number, wire = key >> 3, key & 7
            raw, at = self._raw(data, at, wire)
            field = self.messages[name].get(number)
            if field is None:
                continue
            if field.oneof:
                for other in self.messages[name].values():
                    if other.oneof == field.oneof and other.name != field.name:
                        message.pop(other.name, None)
            if field.repeated and wire == _BYTES and self._wire(field) != _BYTES:
                message.setdefault(field.name, []).extend(self._packed(field, raw))
            elif field.repeated:
                message.setdefault(field.name, []).append(self._from(field, raw))
            else:
                message[field.name] = self._from(field, raw)
        return message

    def _raw(self, data, at, wire):
        if wire == _VARINT:
            return self._read_varint(data, at)
        size = {_FIXED64: 8, _FIXED32: 4}.get(wire)
        if wire == _BYTES:
            size, at = self._read_varint(data, at)
        if size is None or at + size > len(data):
            raise ValueError(f"wire type {wire} at {at}")
        return data[at:at + size], at + size

    def _packed(self, field, raw):
        at = 0
        while at < len(raw):
            item, at = self._raw(raw, at, self._wire(field))
            yield self._from(field, item)

    def _from(self, field, raw):
        if field.type in self.messages:
            return self.decode(field.type, raw)
        if field.type in self.enums:
            names = {number: name for name, number in self.enums[field.type].items()}
            return names.get(raw, raw)
        if field.type == "double":
            return struct.unpack("<d", raw)[0]
        if field.type == "float":
            return struct.unpack("<f", raw)[0]
        if field.type == "string":
            return raw.decode()
        if field.type == "bool":
            return bool(raw)
        if field.type.startswith("sint"):
            return (raw >> 1) ^ -(raw & 1)
        if field.type in ("int32", "int64") and raw >= 1 << 63:
            return raw - (1 << 64)
        return raw
