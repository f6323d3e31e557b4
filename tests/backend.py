"""A server on loopback that answers as a test says, byte by byte, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any


@dataclass
class Asked:
    """A request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def answer(body: Any, status: str = "200 OK", **headers: str) -> bytes:
    """An answer: JSON unless it is bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"Content-Type": "application/json", "Content-Length": str(len(data))}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode() + data


Answers = Callable[[Asked], bytes]


@dataclass
class Backend:
    """``answers`` gives the bytes of each answer; after them the connection is closed if
    ``closes``. ``hold`` is waited for before an answer: while it is not set, the server hangs."""

    port: int = 0
    answers: Answers = lambda asked: answer({"exit": "none"})
    closes: bool = False
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    hold: threading.Event = field(default_factory=threading.Event)
    came: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def gives(self, *answers: Any, closes: bool = False) -> None:
        """These answers, in turn; the last repeats. A ``bytes`` is all that goes over the wire."""
        left = list(answers)

        def one(asked: Asked) -> bytes:
            found = left.pop(0) if len(left) > 1 else left[0]
            return found if isinstance(found, bytes) else answer(found)

        self.answers, self.closes = one, closes


@contextmanager
def backend(
    tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", **how: Any
) -> Iterator[Backend]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:
        listening.settimeout(0.1)
        found = Backend(port=listening.getsockname()[1], **how)
        found.hold.set()
        stop = threading.Event()
        threads: list[threading.Thread] = []

        def accept() -> None:
            while not stop.is_set():
                with suppress(TimeoutError):
                    connection, _ = listening.accept()
                    if tls is not None:
                        try:
                            connection.settimeout(10)
                            connection = tls.wrap_socket(connection, server_side=True)
                        except OSError:  # the other side trusts nobody
                            connection.close()
                            continue
                    found.connections += 1
                    thread = threading.Thread(target=_serve, args=(found, connection, stop))
                    thread.start()
                    threads.append(thread)

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield found
        finally:
            stop.set()
            found.hold.set()
            accepting.join()
            for thread in threads:
                thread.join()


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, str]:
    """A server's side of TLS under this name, and the file of who vouches for it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "crt.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(pem, secret)
    return found, str(pem)


def _serve(found: Backend, connection: socket.socket, stop: threading.Event) -> None:
    connection.settimeout(0.2)
    with connection, suppress(OSError):
        while not stop.is_set():
            asked = _read(connection, stop)
            if asked is None:
                return
            found.asked.append(asked)
            found.came.set()
            found.hold.wait(60)
            connection.settimeout(20)
            connection.sendall(found.answers(asked))
            connection.settimeout(0.2)
            if found.closes:
                return


def _read(connection: socket.socket, stop: threading.Event) -> Asked | None:
    data = b""
    while b"\r\n\r\n" not in data:
        part = _part(connection, stop)
        if not part:
            return None
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        part = _part(connection, stop)
        if not part:
            return None
        body += part
    method, target, _ = first.split(" ")
    return Asked(method, target, headers, body)


def _part(connection: socket.socket, stop: threading.Event) -> bytes:
    while not stop.is_set():
        with suppress(TimeoutError):
            return connection.recv(65_536)
    return b""
