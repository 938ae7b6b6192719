"""Whether changes below a path are told by the system, or have to be looked for (W-6)."""

from __future__ import annotations

import os
import sys

TELLING = frozenset(
    "ext2 ext3 ext4 xfs btrfs zfs f2fs bcachefs jfs reiserfs tmpfs ramfs overlay aufs ecryptfs apfs hfs hfsplus".split()
)
"""Kinds of file systems that report every change made on this machine; all others are polled."""

_ESCAPES = {"\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"}


def filesystem_of(path: str) -> str:
    """The kind of file system that holds ``path``, or would hold it: ``ext4``, ``nfs4``, … or ``unknown``."""
    real = os.path.realpath(path)
    if sys.platform == "darwin":
        # Without a call into the system's library only the place tells: what is mounted by the user may be remote.
        return "unknown" if real.startswith(("/Volumes/", "/Network/", "/net/")) else "apfs"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return kind_in(file.read(), real)
    except OSError:
        return "unknown"


def kind_in(mountinfo: str, path: str) -> str:
    """The kind of the mount that ``path``, a real path, lies in, by the text of ``/proc/self/mountinfo``."""
    longest, kind = "", "unknown"
    for line in mountinfo.splitlines():
        fields, separator, rest = line.partition(" - ")
        parts, kinds = fields.split(" "), rest.split(" ")
        if not separator or len(parts) < 5:
            continue
        point = _unescaped(parts[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        # Of mounts on the same point the last one covers the others.
        if inside and len(point) >= len(longest):
            longest, kind = point, kinds[0]
    return kind


def _unescaped(text: str) -> str:
    for escape, character in _ESCAPES.items():
        text = text.replace(escape, character)
    return text
