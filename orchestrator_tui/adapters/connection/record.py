"""What we changed in other programs' files, kept so that it can be undone to the byte.

Of each change only what went in and out is kept, with digests of the whole before and after: settings hold secrets,
and none of them is copied.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.connection.draft import Splice, undo
from orchestrator_tui.adapters.tasks.atomic import create_file, replace_file
from orchestrator_tui.core.frozen import frozen

DIRECTORY = "connections"
_VERSION = 1

Part = tuple[str, ...]
"""A connection's part of a file: the way to its entries where several connections share the file, else ()."""
_READ_LIMIT = 4 * 1024 * 1024


@frozen
class Layer:
    """One change of one file.

    Attributes:
        before: digest of the file's text before, "" when there was no file.
        after: digest of its text after.
        splices: what gave way to what.
        added: paths of what was not there before.
        directories: directories that were made for the file, the innermost first.
        part: the part of the file that it belongs to, where several connections share the file.
    """

    before: str
    after: str
    splices: tuple[Splice, ...]
    added: tuple[tuple[str, ...], ...] = ()
    directories: tuple[str, ...] = ()
    part: Part = ()

    @property
    def over(self) -> bool:
        """Whether it was undone, and is kept for what the file's other parts still have to undo."""
        return not self.after


@frozen
class Record:
    """The changes of one file that were not undone yet, the oldest first.

    Where parts of the file were undone before others, a first layer without text tells what those leave behind.
    """

    path: str
    layers: tuple[Layer, ...] = ()

    @property
    def added(self) -> tuple[tuple[str, ...], ...] | None:
        """Paths of all that was ever added; None when nothing is known of the file."""
        return tuple(path for layer in self.layers for path in layer.added) if self.layers else None

    @property
    def made(self) -> bool:
        """Whether the file is there only since we made it."""
        return bool(self.layers) and not self.layers[0].before

    @property
    def directories(self) -> tuple[str, ...]:
        """The directories that were made for the file."""
        return tuple(name for layer in self.layers for name in layer.directories)

    def of(self, part: Part) -> Record:
        """The changes of one part alone."""
        return Record(self.path, tuple(one for one in self.layers if one.part == part and not one.over))

    def without(self, part: Part, anew: Sequence[Layer] = ()) -> Record:
        """The record once a part is undone, and the parts that ``anew`` has layers of were put in again."""
        parts = {part, *(one.part for one in anew)}
        stays = (*(one for one in self.layers if one.part not in parts and not one.over), *anew)
        if not stays:
            return Record(self.path)
        gone = [one for one in self.layers if one.part in parts or one.over]
        if not gone:
            return Record(self.path, stays)
        added = dict.fromkeys(path for one in gone for path in one.added)
        directories = dict.fromkeys(name for one in gone for name in one.directories)
        return Record(self.path, (Layer(self.layers[0].before, "", (), tuple(added), tuple(directories)), *stays))


def digest(text: str) -> str:
    """The digest by which a text is known again."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def peel(record: Record, text: str, part: Part = ()) -> tuple[str | None, tuple[Part, ...]]:
    """``text`` as it was before a part's changes that nobody has edited since; None is a file that was not there.

    A text that somebody edited after our last change comes back as it is. Second, the other parts whose changes
    were made on top and came off with it, the oldest first.
    """
    first = next((place for place, one in enumerate(record.layers) if one.part == part and not one.over), None)
    others: list[Part] = []
    for layer in reversed(record.layers[first:] if first is not None else ()):
        if digest(text) != layer.after:
            continue
        earlier = undo(text, layer.splices)
        if earlier is None or digest(earlier) != (layer.before or digest("")):
            break
        if layer.part != part and layer.part not in others:
            others.insert(0, layer.part)
        if not layer.before:
            return None, tuple(others)
        text = earlier
    return text, tuple(others)


class Records:
    """The records of one state directory, one file a path."""

    def __init__(self, home: Path) -> None:
        self._directory = home / DIRECTORY

    def load(self, path: str) -> Record:
        """What is known of a file; nothing when there is no record, or it cannot be read."""
        try:
            data = json.loads(self._file(path).read_bytes()[:_READ_LIMIT])
            layers = tuple(_layer(one) for one in data["layers"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return Record(path)
        return Record(path, layers)

    def add(self, path: str, layer: Layer) -> None:
        """Keep one more change. Call it before the change: a record too many is harmless, one too few is not.

        Raises:
            OSError: it cannot be kept.
        """
        self._save(path, (*self.load(path).layers, layer))

    def drop(self, path: str) -> None:
        """Forget the last change, which was not made after all.

        Raises:
            OSError: the record cannot be changed.
        """
        self._save(path, self.load(path).layers[:-1])

    def replace(self, record: Record) -> None:
        """Keep this record of a file and no other; nothing of a file without changes.

        Raises:
            OSError: it cannot be kept, or removed.
        """
        if record.layers:
            self._save(record.path, record.layers)
        else:
            self._file(record.path).unlink(missing_ok=True)

    def _save(self, path: str, layers: tuple[Layer, ...]) -> None:
        value = {"version": _VERSION, "path": path, "layers": [_plain(one) for one in layers]}
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = os.fspath(self._file(path))
        data = json.dumps(value, indent=1).encode()
        if os.path.lexists(target) or create_file(target, data) is None:
            replace_file(target, data, 0o600, lambda: None)
        os.chmod(target, 0o600)

    def _file(self, path: str) -> Path:
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return self._directory / f"{name}.json"


def _plain(layer: Layer) -> dict[str, Any]:
    return {
        "before": layer.before,
        "after": layer.after,
        "splices": [[one.start, one.removed, one.inserted] for one in layer.splices],
        "added": [list(path) for path in layer.added],
        "directories": list(layer.directories),
        "part": list(layer.part),
    }


def _layer(data: Mapping[str, Any]) -> Layer:
    return Layer(
        str(data["before"]),
        str(data["after"]),
        tuple(Splice(int(start), str(removed), str(inserted)) for start, removed, inserted in data["splices"]),
        tuple(tuple(str(key) for key in path) for path in data["added"]),
        tuple(str(name) for name in data["directories"]),
        tuple(str(key) for key in data.get("part", ())),
    )
