"""(warning) An accepted warning that no longer applies.

    allow:
      - {check: endless, node: hold, why: The agent decides how long to hold.}
      # warning: 'endless' does not warn of 'hold' any more

    # right
    allow:
      - {check: endless, node: online, why: The agent decides how often.}    # and it does warn

An author may accept a warning, with a reason. When the warning is gone, the entry says nothing any
more: delete it. Errors cannot be accepted: only `yaml`, `wording`, `endless` and `untold` warn.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.subject import Subject
from engine.errors import near
from engine.model import Finding

EXPLORES = True
WARNINGS = ("yaml", "wording", "endless", "untold")  # the checks that have any


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
            message = _why(str(allowed.get("check")))
            yield subject.finding("allow", message, ("allow", n), severity="warning")


def _why(check: str) -> str:
    """Why an entry accepts nothing."""
    from engine.checks import CHECKS

    if check not in CHECKS:
        return f"there is no check {check!r}{near(check, CHECKS)}"
    if check not in WARNINGS:
        return f"errors of {check!r} cannot be accepted: mend what is wrong, and delete this entry"
    return f"no warning of {check!r} is left to accept here: delete this entry"
