"""A connection planned and carried out: every change is known, shown and possible before the first is made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

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
from orchestrator_tui.adapters.connection.merging import Merged, with_server_of
from orchestrator_tui.adapters.connection.record import Layer, Part, Record, Records, digest, peel
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
        record: what is known of the file once our part of it is out.
    """

    target: Target
    path: str
    before: str | None
    after: str | None
    words: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    splices: tuple[Splice, ...] = ()
    added: tuple[tuple[str, ...], ...] = ()
    record: Record | None = None

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
        after, part = digest(change.after or ""), change.target.part
        records.add(change.path, Layer(before, after, change.splices, change.added, made, part))

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
    done = {change.path: change for change in _carry_out(changes, records, _take, lambda _: None, lambda _: None)}
    made: dict[str, None] = {}
    left = []
    for change in changes:
        known = records.load(change.path)
        record = done.get(change.path, change).record or Record(change.path)
        made |= dict.fromkeys(known.directories if change.after is None else ())
        left += [record] if record.layers else []
        with suppress(OSError):
            records.replace(record)
    # A directory that one of them was made for goes with the last of them that is in it.
    for name in sorted(made, key=len, reverse=True):
        remove_directories((name,))
    for record in left:
        _hand_over(record, made, records)


def _hand_over(record: Record, made: Iterable[str], records: Records) -> None:
    """Let what stays for another connection take the directories along that were made before it."""
    inner = [one for one in made if record.path.startswith(one + os.sep) and one not in record.directories]
    if inner:
        first, *others = record.layers
        inner.sort(key=len, reverse=True)
        with suppress(OSError):
            first = replace(first, directories=(*first.directories, *inner))
            records.replace(Record(record.path, (first, *others)))


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
    earlier, others = peel(record, text, target.part)
    if earlier is None:
        after, merged = None, said
    else:
        mark, body = split_mark(earlier)
        merged = target.take(body, record)
        after = mark + merged.text if merged.words else earlier
        if merged.gone or (record.made and merged.text.strip() in ("", "{}")):
            after = None
    after, layers = _put_again(others, split_mark(text)[1], after)
    rest = record.without(target.part, layers)
    if after == text:
        return Change(target, path, text, text, left=merged.left, record=rest)
    left = () if earlier is None else merged.left
    splices = (Splice(0, text, ""),) if earlier is None and after is None else ()
    return Change(target, path, text, after, said.words, left, splices, record=rest)


def _put_again(parts: Iterable[Part], whole: str, text: str | None) -> tuple[str | None, tuple[Layer, ...]]:
    """``text`` with the servers of other connections as they stand in ``whole``, and how each was put in."""
    layers = []
    for part in parts:
        mark, body = split_mark(text or "")
        merged = with_server_of(body, whole, part)
        if merged.splices:
            before, text = "" if text is None else digest(text), mark + merged.text
            layers.append(Layer(before, digest(text), _shifted(merged, len(mark)), merged.added, part=part))
    return text, tuple(layers)


def _shifted(merged: Merged, by: int) -> tuple[Splice, ...]:
    return tuple(Splice(one.start + by, one.removed, one.inserted) for one in merged.splices)


def _carry_out(
    changes: Sequence[Change],
    records: Records,
    way: _Way,
    keep: Callable[[Change], None],
    forget: Callable[[str], None],
) -> list[Change]:
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
    return done


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
