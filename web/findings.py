"""A finding as JSON: `check --json` and the API say the same."""

from __future__ import annotations

from typing import Any

from engine.load import Examined
from engine.model import Finding, Passage


def as_json(finding: Finding) -> dict[str, Any]:
    """A finding in the form that `check --json` and the API share."""
    route = finding.route
    return {
        "check": finding.check,
        "severity": finding.severity,
        "file": finding.mark.file,
        "line": finding.mark.line,
        "column": finding.mark.column,
        "tree": finding.tree or None,
        "node": finding.node or None,
        "message": finding.message,
        "route": None if route is None else [_passage(passage) for passage in route],
        "fix": finding.fix,
    }


def _passage(passage: Passage) -> dict[str, Any]:
    found: dict[str, Any] = {"tree": passage.tree, "node": passage.node, "exit": passage.exit}
    return found | ({"assuming": passage.assuming} if passage.assuming else {})


def summary(examined: Examined) -> dict[str, Any]:
    errors = len(examined.errors)
    return {
        "errors": errors,
        "warnings": len(examined.findings) - errors,
        "states": examined.states,
        "complete": examined.complete,
    }
