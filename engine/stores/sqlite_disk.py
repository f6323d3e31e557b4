"""The disk under the SQLite store: what kind it is, and how much room it has (not a store)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

Free = Callable[[str], int]

MOUNTS = "/proc/self/mountinfo"  # Linux alone tells; elsewhere nothing is refused
# What is under this much is left for the write-ahead log to be folded into the file.
LOW_WATER: Final = 64 << 20
# Locks, shared memory and syncs of these do not hold what SQLite needs of them.
NETWORK: Final = frozenset((
    "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afs", "coda", "ncpfs", "davfs",
    "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "vboxsf", "prl_fs", "vmhgfs", "fuse.sshfs",
    "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse",
    "fuse.goofys", "fuse.juicefs", "fuse.mount.davfs", "fuse.curlftpfs", "fuse.vmhgfs-fuse",
))  # fmt: skip


def file_system(path: str, mounts: str = "") -> str:
    """The type of file system that a path lies on, as Linux calls it; "" where nothing tells."""
    try:
        lines = Path(mounts or MOUNTS).read_text("utf-8", "surrogateescape").splitlines()
        place = Path(path).resolve()
    except (OSError, RuntimeError):
        return ""
    best, kind = -1, ""
    for line in lines:  # a later mount hides an earlier one
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after:
            continue
        point = Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[4]))
        if place.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split()[0]
    return kind


_OCTAL: Final = re.compile(r"\\([0-7]{3})")  # how a blank in a name is written there


def free(path: str) -> int:
    """Bytes that the server's user may still fill on the disk of a file."""
    return shutil.disk_usage(Path(path).parent).free
