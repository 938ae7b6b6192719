"""Whether changes below a path are told by the system, or have to be looked for (W-6)."""

from __future__ import annotations

import os
import sys

from orchestrator_tui.core.mounts import kind_of_mount

TELLING = frozenset(
    "ext2 ext3 ext4 xfs btrfs zfs f2fs bcachefs jfs reiserfs tmpfs ramfs overlay aufs ecryptfs apfs hfs hfsplus".split()
)
"""Kinds of file systems that report every change made on this machine; all others are polled."""


def filesystem_of(path: str) -> str:
    """The kind of file system that holds ``path``, or would hold it: ``ext4``, ``nfs4``, … or ``unknown``."""
    real = os.path.realpath(path)
    if sys.platform == "darwin":
        # Without a call into the system's library only the place tells: what is mounted by the user may be remote.
        return "unknown" if real.startswith(("/Volumes/", "/Network/", "/net/")) else "apfs"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return kind_of_mount(file.read(), real) or "unknown"
    except OSError:
        return "unknown"
