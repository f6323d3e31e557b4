"""Passwords: what may be one, how it is kept, and whether it is the right one.

Length and the commonest words decide, as NIST 800-63B asks (15 characters where nothing else is
asked for), and no rule about what kinds of characters: such rules make people write them down. Kept
is a hash by argon2id with OWASP's figures; a hash made with older figures is made anew when its
owner signs in.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 15
LONGEST: Final = 256
_LEFT: Final = 8  # characters that must be left without what everybody tries first

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
AT_ONCE: Final = 4  # 19 MiB each: many who sign in at once must not take all the memory

# What lists of leaked passwords begin with, as words that longer ones are made of.
_COMMON: Final = """
password passwort passw0rd p@ssword p@ssw0rd motdepasse contraseña secret geheim letmein welcome
willkommen bienvenue admin administrator root user test guest default changeme changeit master
login access trustno iloveyou jetaime teamo princess sunshine football fussball baseball monkey
dragon shadow superman batman michael jordan ashley daniel charlie soleil azerty qwerty qwertz
qwertyuiop asdfgh asdfghjkl yxcvbnm zxcvbn zxcvbnm qazwsx 1q2w3e4r zaq12wsx abcdef abcdefghij
hello hallo bonjour freedom whatever starwars pokemon computer internet service summer winter
spring autumn sommer monday january company support helpdesk callcentre callcenter fingerpost
"""
COMMONEST: Final = frozenset(_COMMON.split())


class Weak(Exception):
    """A password that may not be one: why, and what to take instead."""


def normal(password: str) -> str:
    """A password as it is compared: the same however a keyboard puts its accents together."""
    return unicodedata.normalize("NFC", password)


def judge(password: str, *names: str) -> None:
    """Raises Weak for what may not be the password of somebody with these names."""
    password = normal(password)
    if len(password) < SHORTEST:
        raise Weak(f"a password has at least {SHORTEST} characters: a few words in a row are good")
    if len(password) > LONGEST:
        raise Weak(f"a password has at most {LONGEST} characters")
    if len(_rest(password, names)) < _LEFT:
        raise Weak(
            "this is among the first that anybody would try: take a few words that have nothing to do with each other"
        )


def _rest(password: str, names: tuple[str, ...]) -> str:
    """What is left of a password without the commonest words, the person's own names, and
    characters that only go on as before (111111, 123456, abcabc)."""
    rest = password.casefold()
    own = {part for name in names for part in re.split(r"\W+", name.casefold()) if len(part) > 2}
    for word in sorted(COMMONEST | own, key=len, reverse=True):
        rest = rest.replace(word, " ")
    rest = re.sub(r"(.{1,8}?)\1+", r"\1", rest)  # repeated
    kept = [
        here
        for before, here in zip(" " + rest, rest, strict=False)
        if abs(ord(here) - ord(before)) > 1
    ]
    return re.sub(r"\s", "", "".join(kept))


def hashed(password: str) -> str:
    return _HASHER.hash(normal(password))


@cache
def _nobodys() -> str:
    """A hash that fits no password: where there is no account, as much is done as where there is."""
    return _HASHER.hash("\0")


def fits(password: str, kept: str) -> bool:
    """Whether this is the password of a hash; "" is the hash of somebody who is not there, who
    has none that fits, and is looked for just as long."""
    try:
        _HASHER.verify(kept or _nobodys(), normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def outdated(kept: str) -> bool:
    """Whether a hash was made with other figures than those of today."""
    return _HASHER.check_needs_rehash(kept)
