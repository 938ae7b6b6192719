"""Which file system a path lies on, by the kernel's own list of mounts (reliability W-6, J-8)."""

from __future__ import annotations

_ESCAPES = {"\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"}


def kind_of_mount(mountinfo: str, path: str) -> str:
    """The kind of the mount that ``path``, a real path, lies in: ``ext4``, ``nfs4`` …; "" when that is unknown.

    ``mountinfo`` is the text of ``/proc/self/mountinfo``.
    """
    longest, kind = "", ""
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
