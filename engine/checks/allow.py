"""(warning) An accepted warning that no longer applies.

    allow:
      - {check: endless, node: hold, why: The agent decides how long to hold.}
      # warning: 'endless' does not warn of 'hold' any more

    # right
    allow:
      - {check: endless, node: online, why: The agent decides how often.}    # and it does warn

An author may accept a warning, with a reason. When the warning is gone, the entry says nothing any
more: delete it. Errors cannot be accepted.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.model import Finding

EXPLORES = True


def accepts(subject: Subject, finding: Finding) -> bool:
    """Whether the tree's `allow` accepts this warning."""
    return finding.severity == "warning" and any(
        allowed.get("check") == finding.check and allowed.get("node", "") in ("", finding.node)
        for allowed in subject.document.data.get("allow") or ()
    )


def check(subject: Subject) -> Iterator[Finding]:
    for n, allowed in enumerate(subject.document.data.get("allow") or ()):
        applies = any(
            finding.check == allowed.get("check")
            and allowed.get("node", "") in ("", finding.node)
            and finding.severity == "warning"
            for finding in subject.before
        )
        if not applies:
            message = (
                f"no warning of {allowed.get('check')!r} is left to accept here: delete this entry"
            )
            yield subject.finding("allow", message, ("allow", n), severity="warning")
