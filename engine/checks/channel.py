"""A node that a channel named in the tree's `channels` cannot speak or type.

    channels: [phone]
    nodes:
      show: {tell: "See [the picture](https://example.org/a).", next: fine}
      # finding: phone: a link cannot be said on the phone

    # right
    nodes:
      show: {tell: "I am sending you the address of the picture.", next: fine}

Say it in words for that channel (decide by `channel`), or take the channel off the list.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.channels import CHANNELS
from engine.checks.subject import Subject
from engine.model import Finding

EXPLORES = False


def check(subject: Subject) -> Iterator[Finding]:
    for node in subject.tree.nodes.values():
        for name in subject.tree.channels:
            channel = CHANNELS.get(name)
            problem = channel.cannot(node) if channel else None
            if problem:
                yield subject.finding(
                    "channel", f"{name}: {problem}", ("nodes", node.id), key=True
                )
