"""Rehearse the stories of trees, with coverage of exits, rules, limits and ends.

  fingerpost test                         all of trees/
  fingerpost test trees/telecom/internet_down.yaml
  fingerpost test --cover 100 --junit report.xml
  fingerpost test --json

A line for each tree: how many of its stories come true, and how much of what can happen in it they
cover; below it what no story covers. Exit status 1 where a story does not come true, where a tree
has errors, or where one is covered less than --cover.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.model import Noun
from web.cli import GOOD, WRONG

if TYPE_CHECKING:
    from engine.load import Examined
    from engine.model import Finding
    from engine.stories import Coverage, Rehearsal


class Rehearsed(Noun, frozen=True):
    """A tree's stories as they went, and what they cover."""

    tree: str
    stories: tuple[Rehearsal, ...]
    covered: Coverage


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="libraries or trees (trees)")
    parser.add_argument(
        "--cover", type=_share, default=0, metavar="MIN", help="least coverage, in %%"
    )
    parser.add_argument("--junit", metavar="FILE", help="write a JUnit report there")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def _share(text: str) -> float:
    try:
        share = float(text.rstrip("%"))
    except ValueError:
        share = -1
    if not 0 <= share <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no share: write a number from 0 to 100")
    return share


def run(args: argparse.Namespace) -> int:
    from engine.load import examine
    from web.cli.libraries import known
    from web.cli.terminal import cache_folder, print_json, progress, progress_done

    found: list[Rehearsed] = []
    wrong: list[Finding] = []
    for path in known(args.paths):
        examined = examine(path, cache=cache_folder(), progress=progress())
        wrong += [f for f in examined.errors if f.check not in ("story", "translation")]
        found += _rehearsed(examined, path)
    progress_done()
    if args.json:
        print_json(_json(found, wrong))
    else:
        _print(found, wrong)
    if args.junit:
        _junit(Path(args.junit), found, wrong)
    return WRONG if wrong or not all(_passed(tree, args.cover) for tree in found) else GOOD


def _rehearsed(examined: Examined, path: Path) -> list[Rehearsed]:
    """The trees that the path means. Stories of others count too, where they pass through them."""
    from engine.stories import coverage

    anywhere = [told for stories in examined.told.values() for told in stories]
    documents = examined.libraries[0].documents
    return [
        Rehearsed(id, examined.told.get(id, ()), coverage(explored, anywhere))
        for id, explored in examined.explored.items()
        if _is_meant(Path(documents[id].file), path)
    ]


def _is_meant(file: Path, path: Path) -> bool:
    if path.is_dir():
        return file.resolve().is_relative_to(path.resolve())
    name = path.name.partition(".")[0]
    return name in ("library", file.name.partition(".")[0])


def _passed(tree: Rehearsed, least: float) -> bool:
    return 100 * tree.covered.share >= least and all(told.came_true for told in tree.stories)


def _json(found: Sequence[Rehearsed], wrong: Sequence[Finding]) -> dict[str, Any]:
    from web.findings import as_json

    stories = [_story(tree.tree, told) for tree in found for told in tree.stories]
    return {
        "stories": stories,
        "coverage": {tree.tree: _covered(tree.covered) for tree in found},
        "findings": [as_json(finding) for finding in wrong],
        "summary": {
            "trees": len(found),
            "stories": len(stories),
            "came_true": sum(story["came_true"] for story in stories),
            "errors": len(wrong),
        },
    }


def _story(tree: str, told: Rehearsal) -> dict[str, Any]:
    return {
        "tree": tree,
        "story": told.name,
        "came_true": told.came_true,
        "end": told.end or None,
        "problems": [problem.message for problem in told.problems],
    }


def _covered(found: Coverage) -> dict[str, Any]:
    return {
        "can": len(found.can),
        "told": len(found.told),
        "share": round(100 * found.share, 1),
        "untold": [{"node": node, "exit": exit} for node, exit in found.untold],
    }


def _print(found: Sequence[Rehearsed], wrong: Sequence[Finding]) -> None:
    from web.cli.findings import told as told_finding
    from web.cli.terminal import coloured

    for finding in wrong:
        print(told_finding(finding))
    for tree in found:
        true = sum(told.came_true for told in tree.stories)
        mark = coloured("✓", "green") if true == len(tree.stories) else coloured("✗", "red")
        share = (
            f"{100 * tree.covered.share:.0f} % of {len(tree.covered.can)} exits, rules and ends"
        )
        print(
            f"{mark} {coloured(tree.tree, 'bold')}: {true} of {len(tree.stories)} stories come true; {share}"
        )
        for told in tree.stories:
            for problem in told.problems:
                print(f"    {coloured(told.name, 'red')}: {problem.message}")
        for node, exit in tree.covered.untold:
            print(coloured(f"    untold: {node} {exit}", "yellow"))


def _junit(path: Path, found: Sequence[Rehearsed], wrong: Sequence[Finding]) -> None:
    from xml.etree.ElementTree import Element, SubElement, tostring

    from web.cli.terminal import write

    suites = Element("testsuites", name="fingerpost")
    for tree in found:
        failures = sum(not told.came_true for told in tree.stories)
        counts = {"tests": str(len(tree.stories)), "failures": str(failures), "errors": "0"}
        suite = SubElement(suites, "testsuite", {"name": tree.tree, **counts})
        for told in tree.stories:
            case = SubElement(suite, "testcase", classname=tree.tree, name=told.name)
            for problem in told.problems:
                SubElement(case, "failure", message=problem.message)
    if wrong:
        counts = {"tests": str(len(wrong)), "failures": "0", "errors": str(len(wrong))}
        suite = SubElement(suites, "testsuite", {"name": "trees with errors", **counts})
        for finding in wrong:
            case = SubElement(suite, "testcase", classname=finding.check, name=str(finding.mark))
            SubElement(case, "error", message=finding.message)
    write(
        path,
        '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n",
    )
