"""Names that nobody can guess, for calls and for what is kept apart. They come from the system's
chance, many at a time: each call of it hands the processor to another thread, in the middle of an
answer."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from typing import Final

_BYTES: Final = 12
_AT_ONCE: Final = 100
_ready: list[str] = []
if hasattr(os, "register_at_fork"):  # what a child would give out, its parent would too
    os.register_at_fork(after_in_child=_ready.clear)


def token() -> str:
    """Sixteen letters, digits, - and _: 96 bits.

    >>> len(token()), token() == token()
    (16, False)
    """
    while True:
        try:
            return _ready.pop()
        except IndexError:
            chance = os.urandom(_BYTES * _AT_ONCE)
            every = range(0, len(chance), _BYTES)
            _ready.extend(urlsafe_b64encode(chance[n : n + _BYTES]).decode() for n in every)
