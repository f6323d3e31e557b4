"""Findings as people and programs read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from engine.load import Examined
from engine.model import Finding, Passage
from web.cli.terminal import coloured, print_json
from web.findings import as_json, summary


def told(finding: Finding) -> str:
    """A finding in words: where, what, the route that shows it, what to paste."""
    kind = coloured(finding.severity, "red" if finding.severity == "error" else "yellow")
    lines = [f"{coloured(str(finding.mark), 'bold')}: {kind}: {finding.message} [{finding.check}]"]
    if finding.route:
        lines.append(coloured(f"    on the route {route(finding.route)}", "dim"))
    if finding.fix:
        lines += [f"    write: {line}" for line in finding.fix.splitlines()]
    return "\n".join(lines)


def route(passages: tuple[Passage, ...]) -> str:
    """A route as one reads it: ``outage=none > lights=red > …``."""
    said = [
        (f"{p.node}={p.exit}" if p.exit else p.node)
        + (f" (assuming {p.assuming})" if p.assuming else "")
        for p in passages
    ]
    return " > ".join(said)


def _text(examined: Examined, seconds: float) -> None:
    for finding in examined.findings:
        print(told(finding))
    counts = summary(examined)
    if examined.findings:
        checks = sorted({finding.check for finding in examined.findings})
        print(coloured(f"\nfingerpost explain {checks[0]}   says more of a check", "dim"))
    verdict = coloured("clean", "green") if not examined.findings else _counted(counts)
    trees = sum(len(library.trees) for library in examined.libraries)
    print(
        f"{verdict}: {some(trees, 'tree')}, {some(examined.files, 'file')}, "
        f"{some(counts['states'], 'state')}, {seconds:.1f} s"
    )
    if not examined.complete:
        print("not everything was looked at: see the findings")


def some(n: int, word: str) -> str:
    """A number of things.

    >>> some(1, "tree"), some(2, "tree")
    ('1 tree', '2 trees')
    """
    return f"{n} {word}{'' if n == 1 else 's'}"


def _counted(counts: Mapping[str, Any]) -> str:
    return f"{some(counts['errors'], 'error')}, {some(counts['warnings'], 'warning')}"


def _json(examined: Examined, seconds: float) -> None:
    findings = [as_json(finding) for finding in examined.findings]
    print_json({"files": examined.files, "findings": findings, "summary": summary(examined)})


def _github(examined: Examined, seconds: float) -> None:
    """Workflow commands: GitHub shows them at the line of the pull request."""
    for finding in examined.findings:
        mark = finding.mark
        words = finding.message + (f" (route: {route(finding.route)})" if finding.route else "")
        words = words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        file = _property(mark.file)
        place = f"file={file},line={mark.line},col={mark.column},title={finding.check}"
        print(f"::{finding.severity} {place}::{words}")


def _property(text: str) -> str:
    return text.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")


def _sarif(examined: Examined, seconds: float) -> None:
    """SARIF 2.1.0 (OASIS), for code scanning."""
    from importlib.metadata import version

    from engine.checks import CHECKS

    rules = [
        {"id": name, "shortDescription": {"text": (check.__doc__ or name).splitlines()[0]}}
        for name, check in CHECKS.items()
    ]
    driver = {"name": "Fingerpost", "version": version("fingerpost"), "rules": rules}
    results = [
        {
            "ruleId": finding.check,
            "level": finding.severity,
            "message": {
                "text": finding.message
                + (f"\nRoute: {route(finding.route)}" if finding.route else "")
            },
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(PurePath(finding.mark.file).as_posix())},
                        "region": {
                            "startLine": finding.mark.line,
                            "startColumn": finding.mark.column,
                        },
                    }
                }
            ],
        }
        for finding in examined.findings
    ]
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    runs = [{"tool": {"driver": driver}, "results": results}]
    print_json({"$schema": schema, "version": "2.1.0", "runs": runs})


FORMATS: Mapping[str, Callable[[Examined, float], None]] = {
    "text": _text,
    "json": _json,
    "sarif": _sarif,
    "github": _github,
}
