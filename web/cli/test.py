"""Rehearse the stories of trees, with coverage of exits, rules, limits and ends.

fingerpost test                         all of trees/
fingerpost test --cover 100 --junit report.xml
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from web.cli import GOOD, WRONG

if TYPE_CHECKING:
    from engine.load import Examined
    from engine.stories import Coverage, Rehearsal


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="libraries or trees (trees)")
    parser.add_argument(
        "--cover", type=float, default=0, metavar="MIN", help="least coverage, in %%"
    )
    parser.add_argument("--junit", metavar="FILE", help="write a JUnit report there")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    from engine.load import examine
    from engine.stories import coverage
    from web.cli.terminal import cache_folder, print_json, progress, progress_done

    paths = [Path(path) for path in args.paths or ["trees"]]
    examined = examine(*paths, cache=cache_folder(), progress=progress())
    progress_done()
    anywhere = [told for stories in examined.told.values() for told in stories]
    covered = {id: coverage(explored, anywhere) for id, explored in examined.explored.items()}
    if args.json:
        print_json(_json(examined, covered))
    else:
        _print(examined, covered)
    if args.junit:
        _junit(Path(args.junit), examined)
    unsound = [f for f in examined.errors if f.check not in ("story", "translation")]
    failed = any(not told.came_true for told in anywhere)
    thin = any(100 * found.share < args.cover for found in covered.values())
    return WRONG if failed or thin or unsound else GOOD


def _json(examined: Examined, covered: dict[str, Coverage]) -> dict[str, Any]:
    return {
        "stories": [
            {
                "tree": id,
                "story": told.name,
                "came_true": told.came_true,
                "end": told.end or None,
                "problems": [problem.message for problem in told.problems],
            }
            for id, stories in examined.told.items()
            for told in stories
        ],
        "coverage": {
            id: {
                "can": len(found.can),
                "told": len(found.told),
                "untold": [{"node": node, "exit": exit} for node, exit in found.untold],
            }
            for id, found in covered.items()
        },
    }


def _print(examined: Examined, covered: dict[str, Coverage]) -> None:
    from web.cli.findings import told as told_finding
    from web.cli.terminal import coloured

    for finding in examined.errors:
        if finding.check not in ("story", "translation"):
            print(told_finding(finding))
    for id, found in covered.items():
        stories: tuple[Rehearsal, ...] = examined.told.get(id, ())
        true = sum(told.came_true for told in stories)
        mark = coloured("✓", "green") if true == len(stories) else coloured("✗", "red")
        share = f"{100 * found.share:.0f} % of {len(found.can)} exits, rules and ends"
        print(
            f"{mark} {coloured(id, 'bold')}: {true} of {len(stories)} stories come true; {share}"
        )
        for told in stories:
            for problem in told.problems:
                print(f"    {coloured(told.name, 'red')}: {problem.message}")
        for node, exit in found.untold:
            print(coloured(f"    untold: {node} {exit}", "yellow"))


def _junit(path: Path, examined: Examined) -> None:
    from xml.etree.ElementTree import Element, SubElement, tostring

    from web.cli.terminal import write

    suites = Element("testsuites", name="fingerpost")
    for id, stories in examined.told.items():
        failures = sum(not told.came_true for told in stories)
        suite = SubElement(
            suites, "testsuite", name=id, tests=str(len(stories)), failures=str(failures)
        )
        for told in stories:
            case = SubElement(suite, "testcase", classname=id, name=told.name)
            for problem in told.problems:
                SubElement(case, "failure", message=problem.message)
    write(path, tostring(suites, encoding="unicode") + "\n")
