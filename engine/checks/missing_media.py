"""A picture whose file is not there.

Paths start at the library's root: `media/router.png` is `trees/media/router.png`.

    nodes:
      light: {tell: "Look at the router.", image: {file: media/ruoter.png, alt: A router}, next: on}
      # finding: there is no file 'media/ruoter.png'

    # right
    nodes:
      light: {tell: "Look at the router.", image: {file: media/router.png, alt: A router}, next: on}

Mend the path, or put the file there. Pictures are PNG, JPEG, WebP or GIF.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath

from engine.checks.subject import Subject
from engine.kit.builder import missing
from engine.model import Finding, Image, Path

EXPLORES = False
KINDS = (".png", ".jpg", ".jpeg", ".webp", ".gif")


def check(subject: Subject) -> Iterator[Finding]:
    root = FilePath(subject.library.root)
    for path, image in images(subject):
        file = root / image.file
        if not file.resolve().is_relative_to(root.resolve()):
            message = f"{image.file!r} leads out of the library; pictures stand under media/"
        elif file.suffix.lower() not in KINDS:
            message = (
                f"{image.file!r} is no picture that every browser shows: use {', '.join(KINDS)}"
            )
        elif not file.is_file():
            folder = file.parent
            near = [str(p.relative_to(root)) for p in folder.iterdir()] if folder.is_dir() else []
            message = missing("file", image.file, near)
        else:
            continue
        yield subject.finding("missing-media", message, path)


def images(subject: Subject) -> Iterator[tuple[Path, Image]]:
    """The pictures of a tree, each with its place in the file."""
    for node in subject.tree.nodes.values():
        if node.image is not None:
            yield ("nodes", node.id, "image", "file"), node.image
        for choice in getattr(node, "choices", ()):
            if choice.image is not None:
                yield ("nodes", node.id, "choices", choice.id, "image", "file"), choice.image
