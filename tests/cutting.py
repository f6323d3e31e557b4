"""A way to a server that is cut: after so many bytes of the answer, or of the request."""

from __future__ import annotations

import contextlib
import socket
import struct
from urllib.parse import urlencode

WAIT = 60.0


def request(method: str, path: str, body: bytes, kind: str) -> bytes:
    """A request as it goes over the wire; the connection is closed behind its answer."""
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n"
        f"content-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def form(path: str, fields: list[tuple[str, str]]) -> bytes:
    body = urlencode(fields).encode()
    return request("POST", path, body, "application/x-www-form-urlencoded")


def answer(port: int, sent: bytes) -> bytes:
    """The whole answer to a request."""
    return cut(port, sent, None)


def cut(port: int, sent: bytes, after: int | None) -> bytes:
    """The first ``after`` bytes of the answer to a request; then the connection is reset under the
    server, whatever it still had to say. 0: it is reset once the request is on its way."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT) as connection:
        connection.sendall(sent)
        while after is None or len(got) < after:
            part = connection.recv(65536 if after is None else after - len(got))
            if not part:
                break
            got += part
        if after is not None:
            reset(connection)
    return got


def unfinished(port: int, sent: bytes) -> None:
    """A request of which this is all that comes: then the connection is reset."""
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT) as connection:
        connection.sendall(sent)
        reset(connection)


def reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def parts(got: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a whole answer."""
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    about = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split()[1]), about, body
