"""From files to trees that one can trust: read, validate, build, check.

``examine`` does all four and tells; ``load`` does all four and insists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from engine.checks import CHECKS, Subject
from engine.checks.allow import accepts
from engine.checks.translation import shared
from engine.errors import InvalidTree, NotThere
from engine.explore import explore
from engine.exploring.explored import Explored
from engine.files.collector import collector_off
from engine.files.folder import root_of
from engine.known import Known
from engine.library import Library, read_library
from engine.model import LIMITS, Finding, Limits, Mark, Noun, Tree
from engine.stories import Rehearsal, rehearse

Progress = Callable[[str], None]
# The checks that go through all states, and look at nothing but those and the tree.
_OF_STATES: Final = ("no-end", "silent-loop", "endless")


class Examined(Noun, frozen=True, kw_only=True, eq=False):
    """Libraries and all there is to say about them. ``sound`` are the trees that may be walked:
    those without an error, in themselves and in what they use. ``complete``: every state of every
    sound tree was looked at; ``states`` counts them. ``explored``: each tree as it was when that was
    done last. ``told`` are the stories by tree."""

    libraries: tuple[Library, ...]
    findings: tuple[Finding, ...]
    files: int
    states: int
    complete: bool
    sound: frozenset[str] = frozenset()
    explored: dict[str, Explored] = {}
    told: dict[str, tuple[Rehearsal, ...]] = {}

    @property
    def trees(self) -> dict[str, Tree]:
        """The trees that could be built, by id."""
        return {id: tree for library in self.libraries for id, tree in library.trees.items()}

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity == "error")


def examine(
    *paths: Path | str,
    limits: Limits = LIMITS,
    only: str = "",
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Examined:
    """Everything that can be said of the libraries at these paths; a tree's path stands for what
    matters to it in its library, and reports that tree, with the errors of the trees that it uses;
    a folder in a library reports what lies in it. ``only`` is the id of the one tree to report.
    Raises NotThere for a path that does not exist, and for a tree that is in none of them."""
    with collector_off():
        read = [
            (path, _read(path, limits, cache, _wanted(path, only))) for path in map(Path, paths)
        ]
        having = [(path, library) for path, library in read if not only or only in library.names]
        if read and not having:
            raise NotThere("tree", only, (id for _, library in read for id in library.names))
        parts = [_examined(path, library, limits, only, progress) for path, library in having]
    return Examined(
        libraries=tuple(library for part in parts for library in part.libraries),
        findings=tuple(finding for part in parts for finding in part.findings),
        files=sum(part.files for part in parts),
        states=sum(part.states for part in parts),
        complete=all(part.complete for part in parts),
        sound=frozenset(id for part in parts for id in part.sound),
        explored={id: e for part in parts for id, e in part.explored.items()},
        told={id: t for part in parts for id, t in part.told.items()},
    )


def prove(
    library: Library, before: Examined | None = None, progress: Progress | None = None
) -> Examined:
    """Everything that can be said of a library that was read. ``before``: what was found of the
    same library before; trees of which no file changed since, or only words, are not explored
    again."""
    with collector_off():
        known = Known(library, before)
        return _Examining(known.library, LIMITS, "", progress or _quiet, known).examined()


def load(path: Path | str, limits: Limits = LIMITS, cache: Path | None = None) -> Library:
    """The library at this path, every tree of it proved. Raises InvalidTree with all its errors."""
    examined = examine(path, limits=limits, cache=cache)
    if examined.errors:
        raise InvalidTree(examined.errors)
    return examined.libraries[0]


def _wanted(path: Path, only: str) -> str:
    """The id of the one tree to report, or "" for all."""
    wanted = only or (path.name.partition(".")[0] if path.is_file() else "")
    return "" if wanted == "library" else wanted


def _read(path: Path, limits: Limits, cache: Path | None, only: str) -> Library:
    if not path.exists():
        beside = [str(p) for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise NotThere("file or folder", str(path), beside)
    return read_library(root_of(path), limits, cache, only)


def _examined(
    path: Path,
    library: Library,
    limits: Limits,
    only: str,
    progress: Progress | None,
) -> Examined:
    known = Known(library, None)
    examined = _Examining(
        library, limits, _wanted(path, only), progress or _quiet, known
    ).examined()
    found = examined.findings
    if path.is_dir() and not path.samefile(library.root):
        here = path.resolve()
        found = tuple(f for f in found if Path(f.mark.file).resolve().is_relative_to(here))
    if not path.is_absolute() and Path(library.root).is_absolute():
        found = tuple(_as_given(finding, path) for finding in found)
    return replace(examined, findings=found)


def _as_given(finding: Finding, path: Path) -> Finding:
    """The finding with its file named as the path was, where the library lies above it."""
    folder = path if path.is_dir() else path.parent
    here, file = folder.resolve(), Path(finding.mark.file).resolve()
    if not file.is_relative_to(here):
        return finding
    return replace(finding, mark=replace(finding.mark, file=str(folder / file.relative_to(here))))


def _quiet(_: str) -> None:
    pass


class _Examining:
    """The checks of one library, each tree in its turn."""

    def __init__(
        self, library: Library, limits: Limits, only: str, progress: Progress, known: Known
    ) -> None:
        self.known = known
        self.library = library
        self.limits = limits
        self.progress = progress
        self.trees = [
            tree for tree in library.trees.values() if not only or self._matters(tree, only)
        ]
        self.only = only
        self.below = _below(library, only)
        self.explored: dict[str, Explored] = {}
        self.told: dict[str, tuple[Rehearsal, ...]] = {}

    def _matters(self, tree: Tree, only: str) -> bool:
        """Stories of trees that use it cover its exits too."""
        return tree.id == only or only in tree.uses

    def examined(self) -> Examined:
        found = [*self.library.findings, *shared(self.library)]
        unsound = set(self.library.broken)
        beneath = [tree for id, tree in self.library.trees.items() if id in self.below]
        for tree in (*self.trees, *beneath):
            wrong = list(self._checks(Subject(self.library, tree), explores=False))
            if any(f.severity == "error" and f.check != "translation" for f in wrong):
                unsound.add(tree.id)
            found += wrong
        sound = [t for t in self.trees if t.id not in unsound and not unsound & t.uses.keys()]
        for tree in sound:
            self._explore(tree)
        through = _through(self.told)
        for tree in sound:
            id = tree.id
            subject = Subject(
                self.library, tree, self.explored[id], self.told[id], tuple(through.get(id, ()))
            )
            found += self._checks(subject, explores=True)
            found += self._incomplete(subject)
        found = self._accepted(found)
        reported = [finding for finding in found if self._reported(finding)]
        return Examined(
            libraries=(self.library,),
            findings=tuple(sorted(set(reported), key=_order)),
            files=self.library.files,
            states=sum(
                len(e.places)
                for id, e in self.explored.items()
                if not self.only or id == self.only
            ),
            complete=all(e.complete for e in self.explored.values()),
            sound=_sound(sound, found),
            explored=self.explored,
            told=self.told,
        )

    def _explore(self, tree: Tree) -> None:
        found = self.known.explored(tree)
        if found is None:
            self.progress(f"exploring {tree.id}")
            found = explore(tree, self.limits)
        self.explored[tree.id] = found
        told = self.known.told.get(tree.id)
        self.told[tree.id] = tuple(self._stories(tree)) if told is None else told

    def _reported(self, finding: Finding) -> bool:
        """All of the tree that is asked about, of the library's own files, and what makes a tree
        that it uses unsound."""
        if not self.only:
            return True
        owner = finding.tree or Path(finding.mark.file).name.partition(".")[0]
        if owner == self.only or (owner == "library" and not finding.tree):
            return True
        return owner in self.below and finding.severity == "error"

    def _checks(self, subject: Subject, *, explores: bool) -> Iterator[Finding]:
        for name, check in CHECKS.items():
            if name == "allow":
                continue
            if explores and name in _OF_STATES:
                yield from self._once(name, subject)
            elif explores == check.EXPLORES or (explores and name == "contract"):
                yield from check.check(subject)

    def _once(self, name: str, subject: Subject) -> tuple[Finding, ...]:
        """What a check finds in states that it may have looked at before."""
        assert subject.explored is not None
        said = subject.explored.said
        if name not in said:
            said[name] = tuple(CHECKS[name].check(subject))
        return said[name]

    def _stories(self, tree: Tree) -> Iterator[Rehearsal]:
        document = self.library.stories.get(tree.id)
        for story in document.data if document else ():
            yield rehearse(tree, story)

    def _incomplete(self, subject: Subject) -> Iterator[Finding]:
        assert subject.explored is not None
        if not subject.explored.complete:
            many = len(subject.explored.places) > self.limits.states
            what = (
                f"more than {self.limits.states} states"
                if many
                else "one step has more ways to turn out than can be tried"
            )
            message = (
                f"{what}: not everything was looked at. "
                "Split the tree into subtrees, or ask for fewer values before it divides"
            )
            yield subject.finding("no-end", message, ("nodes",), key=True)

    def _accepted(self, found: Sequence[Finding]) -> list[Finding]:
        """The findings without the warnings that their trees accept, and with the entries of
        `allow` that accept nothing any more."""
        left = list(found)
        for tree in self.trees:
            if not self.library.documents[tree.id].data.get("allow"):
                continue
            own = tuple(f for f in found if f.tree == tree.id)
            subject = Subject(self.library, tree, self.explored.get(tree.id), before=own)
            left = [f for f in left if f.tree != tree.id or not accepts(subject, f)]
            if tree.id in self.explored and self.explored[tree.id].complete:
                left += CHECKS["allow"].check(subject)
        return left


def _through(told: Mapping[str, Iterable[Rehearsal]]) -> dict[str, list[Rehearsal]]:
    """The stories, of whichever tree, that pass through each tree."""
    found: dict[str, list[Rehearsal]] = {}
    for story in chain.from_iterable(told.values()):
        for id in {id for id, _, _ in story.covered}:
            found.setdefault(id, []).append(story)
    return found


def _sound(explored: Iterable[Tree], found: Iterable[Finding]) -> frozenset[str]:
    """Those of the explored trees that may be walked."""
    wrong = {finding.tree for finding in found if finding.severity == "error"}
    return frozenset(
        tree.id for tree in explored if tree.id not in wrong and not wrong & tree.uses.keys()
    )


def _below(library: Library, only: str) -> frozenset[str]:
    """The trees that a tree uses, at any depth, whether they can be built or not."""
    found: set[str] = set()
    waiting = [only]
    while waiting:
        document = library.documents.get(waiting.pop())
        for node in document.data["nodes"].values() if document else ():
            used = str(node.get("use") or "")
            if used and used != only and used not in found:
                found.add(used)
                waiting.append(used)
    return frozenset(found)


def _order(finding: Finding) -> tuple[Any, ...]:
    mark: Mark = finding.mark
    return (mark.file, mark.line, mark.column, finding.check, finding.message)
