"""A connection planned and carried out: every change is known, shown and possible before the first is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from orchestrator_tui.adapters.connection.draft import Splice
from orchestrator_tui.adapters.connection.files import (
    Refused,
    locked,
    missing_directories,
    read_text,
    real_path,
    refuse_unwritable,
    remove_directories,
    split_mark,
    told,
    write_text,
)
from orchestrator_tui.adapters.connection.merging import Merged
from orchestrator_tui.adapters.connection.record import Layer, Record, Records, digest, peel
from orchestrator_tui.adapters.connection.scan import Malformed
from orchestrator_tui.adapters.connection.targets import Target
from orchestrator_tui.core.frozen import frozen


@frozen
class Change:
    """What happens to one file.

    Attributes:
        target: the file's part in the connection.
        path: the file itself, links followed.
        before, after: its text; None where there is no file.
        words: what is put in or taken out, a line each.
        left: what stays otherwise than we need it, a line each.
        splices: how the new text comes from the old.
        added: what we are to know again as ours.
    """

    target: Target
    path: str
    before: str | None
    after: str | None
    words: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    splices: tuple[Splice, ...] = ()
    added: tuple[tuple[str, ...], ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything happens."""
        return self.before != self.after


def connecting(targets: Iterable[Target], records: Records) -> tuple[Change, ...]:
    """What connecting would change.

    Raises:
        Refused: one of the files cannot be changed; none was.
    """
    return tuple(_planned(target, records, _put) for target in targets)


def parting(targets: Iterable[Target], records: Records) -> tuple[Change, ...]:
    """What disconnecting would change.

    Raises:
        Refused: one of the files cannot be changed; none was.
    """
    return tuple(_planned(target, records, _take) for target in targets)


def connect(changes: Sequence[Change], records: Records) -> None:
    """Carry out what :func:`connecting` planned, and keep how to undo it.

    Raises:
        Refused: a file has changed meanwhile or cannot be written; all are as they were.
    """

    def keep(change: Change) -> None:
        before = "" if change.before is None else digest(change.before)
        made = missing_directories(change.path)
        records.add(change.path, Layer(before, digest(change.after or ""), change.splices, change.added, made))

    def drop(path: str) -> None:
        layers = records.load(path).layers
        if layers:
            remove_directories(layers[-1].directories)
            records.drop(path)

    _carry_out(changes, records, _put, keep, drop)


def disconnect(changes: Sequence[Change], records: Records) -> None:
    """Carry out what :func:`parting` planned, and forget what was kept.

    Raises:
        Refused: as :func:`connect`.
    """
    _carry_out(changes, records, _take, lambda change: None, lambda path: None)
    for change in changes:
        if change.after is None:
            remove_directories(records.load(change.path).directories)
        with suppress(OSError):
            records.forget(change.path)


_Way = Callable[[Target, str, "str | None", Record], Change]


def _planned(target: Target, records: Records, way: _Way) -> Change:
    path = real_path(target.path)
    change = _made(target, path, records, way)
    if change.changes:
        refuse_unwritable(path)
    return change


def _made(target: Target, path: str, records: Records, way: _Way) -> Change:
    text = read_text(path)
    try:
        return way(target, path, text, records.load(path))
    except Malformed as error:
        raise told(str(target.path), error) from None


def _put(target: Target, path: str, text: str | None, record: Record) -> Change:
    mark, body = split_mark(text or "")
    merged = target.put(body, record)
    if not merged.splices:
        return Change(target, path, text, text, left=merged.left)
    splices = _shifted(merged, len(mark))
    return Change(target, path, text, mark + merged.text, merged.words, merged.left, splices, merged.added)


def _take(target: Target, path: str, text: str | None, record: Record) -> Change:
    if text is None:
        return Change(target, path, None, None)
    said = target.take(split_mark(text)[1], record)
    earlier = peel(record, text)
    if earlier is None:
        return Change(target, path, text, None, said.words, splices=(Splice(0, text, ""),))
    mark, body = split_mark(earlier)
    merged = target.take(body, record)
    after: str | None = mark + merged.text if merged.words else earlier
    if merged.gone or (record.made and merged.text.strip() in ("", "{}")):
        after = None
    if after == text:
        return Change(target, path, text, text, left=merged.left)
    return Change(target, path, text, after, said.words, merged.left)


def _shifted(merged: Merged, by: int) -> tuple[Splice, ...]:
    return tuple(Splice(one.start + by, one.removed, one.inserted) for one in merged.splices)


def _carry_out(
    changes: Sequence[Change],
    records: Records,
    way: _Way,
    keep: Callable[[Change], None],
    forget: Callable[[str], None],
) -> None:
    done: list[Change] = []
    try:
        for change in changes:
            if change.changes:
                with locked(change.path, wanted=change.target.locked):
                    now = _current(change, records, way)
                    keep(now)
                    done.append(now)
                    write_text(now.path, now.before, now.after)
    except (Refused, OSError) as error:
        for change in reversed(done):
            _take_back(change)
            with suppress(OSError):
                forget(change.path)
        if isinstance(error, Refused):
            raise
        raise Refused(f"what was changed cannot be kept: {error}; nothing was changed") from None


def _current(change: Change, records: Records, way: _Way) -> Change:
    """The change as the file is now: running sessions may rewrite theirs at any time without changing our part."""
    now = _made(change.target, change.path, records, way)
    if now.before != change.before and not (change.target.locked and now.words == change.words):
        raise Refused(f"{change.path} was changed by somebody else just now; nothing was changed, try again")
    return now


def _take_back(change: Change) -> None:
    with suppress(Refused):
        if read_text(change.path) == change.after:
            write_text(change.path, change.after, change.before)
