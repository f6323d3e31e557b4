"""What pages stand on: the stylesheet, the picture of the brand, the scripts. Read once; sent packed to
whoever takes it so, and not at all to whoever has it.
"""

from __future__ import annotations

import gzip
import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from engine.errors import NotThere

_FOLDER: Final = Path(__file__).parent / "static"
_KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".js": "text/javascript; charset=utf-8",
}
# An hour without asking, then a question that costs nothing where nothing changed.
_KEEP: Final = {"cache-control": "max-age=3600", "vary": "accept-encoding"}


def _lean_sheet(text: bytes) -> bytes:
    """A stylesheet without what is there for those who write it."""
    text = re.sub(rb"/\*.*?\*/", b"", text, flags=re.DOTALL)
    text = re.sub(rb"\s+", b" ", text)
    text = re.sub(rb"\s*([{};,])\s*", rb"\1", text).replace(b": ", b":").replace(b";}", b"}")
    return re.sub(rb"(?<=[\s:,(-])0(?=\.\d)", b"", text).strip()


def _lean_script(text: bytes) -> bytes:
    """A script without its comments and indentation."""
    lines = [re.sub(rb"  // .*", b"", line).strip() for line in text.splitlines()]
    return b"\n".join(line for line in lines if line and not line.startswith(b"//"))


_LEANER: Final = {".css": _lean_sheet, ".js": _lean_script}


class _Asset(NamedTuple):
    kind: str
    tag: str
    plain: bytes
    packed: bytes


@cache
def asset(name: str) -> _Asset | None:
    path = _FOLDER / name
    if path.suffix not in _KINDS or path.parent != _FOLDER or not path.is_file():
        return None
    plain = _LEANER.get(path.suffix, bytes)(path.read_bytes())
    tag = f'"{sha256(plain).hexdigest()[:12]}"'
    return _Asset(_KINDS[path.suffix], tag, plain, gzip.compress(plain, 9, mtime=0))


async def static(request: Request) -> Response:
    name = request.path_params["name"]
    found = asset(name)
    if found is None:
        raise NotThere("page", f"/static/{name}")
    headers = {**_KEEP, "etag": found.tag}
    if found.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(found.plain, headers=headers, media_type=found.kind)
    headers["content-encoding"] = "gzip"
    return Response(found.packed, headers=headers, media_type=found.kind)
