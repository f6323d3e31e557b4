"""The states of a tree as the explorer found them: how one leads to the next, the shortest route to
each, and what goes wrong in them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from engine.model import About, Finding, Noun, Passage, State, Step, Tree


class Trouble(Noun, frozen=True):
    """Something that goes wrong in a state. ``what`` is the name of its check."""

    what: str
    tree: str
    node: str
    message: str
    state: int
    assuming: str = ""


class Edge(Noun, frozen=True):
    """One way from a state to the next. ``person``: somebody answers, does, or waits in between;
    ``anytime``: it is an exit that every step offers; ``waits``: an event of its own begins it;
    ``automatic``: the steps in it that nobody takes."""

    to: int
    steps: tuple[Step, ...]
    person: bool
    anytime: bool
    assuming: str
    waits: bool = True
    automatic: int = 0


@dataclass(slots=True)
class Place:
    """A state as the explorer keeps it. ``by`` is the edge that led here first, from ``parent``."""

    state: State
    about: About
    stands: bool  # came back by `here`: the node is not entered anew
    parent: int
    by: Edge | None = None
    ended: bool = False
    edges: list[Edge] = field(default_factory=list)


@dataclass
class Explored:
    """The states of a tree. ``complete``: all there are. ``said``: what checks that look at these
    states and this tree alone have found, by their names."""

    tree: Tree
    places: list[Place] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    taken: set[tuple[str, str, str]] = field(default_factory=set)  # tree, node, exit
    offered: set[tuple[str, str, str]] = field(default_factory=set)  # tree, node, choice
    reached: set[tuple[str, str]] = field(default_factory=set)
    stuck: set[int] = field(default_factory=set)  # the states in which something goes wrong
    complete: bool = True
    said: dict[str, tuple[Finding, ...]] = field(default_factory=dict)

    def stuck_nodes(self, tree: str) -> set[str]:
        """The nodes of a tree at which something goes wrong: what lies behind them may be reached
        and taken once that is mended."""
        return {
            frame.node
            for place in self.stuck
            for frame in self.places[place].state.frames
            if frame.tree == tree
        }

    def route(self, place: int, assuming: str = "") -> tuple[Passage, ...]:
        """The shortest way to a state, ending with the node that it stands at."""
        edges = []
        at = place
        while (by := self.places[at].by) is not None:
            edges.append(by)
            at = self.places[at].parent
        found: list[Passage] = []
        for edge in reversed(edges):
            for n, step in enumerate(edge.steps):
                last = n == len(edge.steps) - 1
                found.append(
                    Passage(step.tree, step.node, step.exit, edge.assuming if last else "")
                )
        top = self.places[place].state.frames[-1]
        if self.places[place].ended:
            return tuple(found)
        return (*found, Passage(top.tree, top.node, None, assuming))


def of(explored: Explored, tree: Tree) -> Explored:
    """What was explored, as that of another tree with the same states."""
    return explored if explored.tree is tree else replace(explored, tree=tree, said={})
