"""The channels that a prompt can be spoken on. To add one: write its module, add its line here.

``cannot`` says what a channel cannot speak or type of a node, for the check ``channel``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from engine.channels import api, chat, desk, email, page, phone, social
from engine.model import Node


class Channel(Protocol):
    """A module of this folder."""

    def cannot(self, node: Node) -> str:
        """What of the node cannot be said here, and what to do; "" where all can."""
        ...


CHANNELS: Mapping[str, Channel] = {
    "phone": phone,
    "chat": chat,
    "page": page,
    "email": email,
    "social": social,
    "desk": desk,
    "api": api,
}
