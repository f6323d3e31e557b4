"""A library whose actions are called by HTTP, for tests of performing them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from engine.load import Examined, examine
from tests.kinds import write
from web.actions import Actions
from web.actions.settings import read

FILES: Mapping[str, str] = {
    "library.yaml": """
format: 1
currency: EUR
dispositions: {done: {label: Done}}
actions:
  look_up:
    label: Look for a known outage
    takes: {case: text, lang: {type: text, required: false}, who: {type: text, required: false, private: true}}
    exits: {none: {}, known: {eta: text, paid: {type: money, required: false}, rows: {list: {id: text, label: text}, required: false}}, unavailable: {}}
    labels: {none: No outage, known: A known outage, unavailable: Could not be looked up}
    failed: unavailable
    safe_to_repeat: true
    http: {post: "{crm_url}/outages", timeout: 20s, exit: "status", outputs: {eta: details.eta, paid: details.paid}}
  refund:
    label: Pay the refund
    takes: {case: text}
    exits: {paid: {receipt: text}, refused: {}, failed: {}}
    labels: {paid: The refund was paid, refused: It was refused, failed: It failed}
    failed: failed
    http: {post: "{crm_url}/refunds", timeout: 20s, outputs: {receipt: id}}
""",
    "acting/acting.yaml": """
format: 1
title: Act on a case
audience: [agent, customer]
start: case
anytime:
  gone: {label: The caller is gone, next: over}
nodes:
  case:
    ask: Which case?
    fields: {id: {type: text, label: Case}, who: {type: text, label: Who calls, required: false, private: true}}
    next: look
  look:
    run: look_up
    with: {case: case.id, who: case.who}
    exits: {none: pay, known: told, unavailable: unsaid}
  told: {tell: "It is known until {look.eta}.", next: over}
  unsaid: {tell: "We cannot look it up now.", next: over}
  pay:
    ask: Pay the refund?
    choices: {yes: refund, no: over}
  refund:
    run: refund
    with: {case: case.id}
    exits: {paid: paid, refused: over, failed: person}
  paid: {tell: "Paid: {refund.receipt}.", next: over}
  person: {tell: "A colleague takes over.", next: over}
  over: {end: That is all., disposition: done}
allow: [{check: untold, why: A tree of tests.}]
""",
}


@cache
def acting() -> Examined:
    root = Path(mkdtemp(prefix="acting"))
    write(root, FILES)
    found = examine(root)
    assert not found.findings, found.findings
    return found


def folder(root: Path) -> Path:
    write(root, FILES)
    return root


def actions(url: str, **settings: Any) -> Actions:
    """Means that call this address, which is on this machine."""
    return Actions(read({"crm_url": url, "allow": ["127.0.0.1"], **settings}))
