"""Reading a task file that anybody may have written: bounded, never following, never raising on content (S-3, S-6)."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, NoReturn

from orchestrator_tui.adapters.tasks.document import Notes, Unreadable, kind_of, parse_document
from orchestrator_tui.adapters.tasks.record import FIELD_LIMIT, TaskRecord
from orchestrator_tui.core.frozen import frozen

FILE_LIMIT = 1 << 20
"""Bytes of a task file that are read, counted while reading; a longer file is not read at all (S-3)."""
REFERENCE_LIMIT = 1_000
"""Entries kept of ``blocks`` and ``blockedBy``."""

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_ATTEMPTS = 4
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISLNK, "a symbolic link, not followed"),
    (stat.S_ISDIR, "a directory, not a file"),
    (stat.S_ISFIFO, "a FIFO, not a file"),
    (stat.S_ISSOCK, "a socket, not a file"),
    (stat.S_ISCHR, "a device, not a file"),
    (stat.S_ISBLK, "a device, not a file"),
)
_PASSING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.EAGAIN, errno.EINTR, errno.ESTALE})


@frozen
class Raw:
    """The bytes of a file with its status at the time they were read."""

    data: bytes
    status: os.stat_result


def read_task(path: str | os.PathLike[str]) -> TaskRecord | None:
    """The task in this file, or None where no file is.

    Whatever the file holds, a record comes back; ``problem`` says in one line why it could not be read.
    """
    entry = read_entry(os.fspath(path))
    return None if entry is None else entry[0]


def read_entry(path: str) -> tuple[TaskRecord, os.stat_result | None] | None:
    """As :func:`read_task`, with the status that belongs to what was read, or None where nobody may know it."""
    try:
        raw = read_bytes(path)
    except Unreadable as refusal:
        status = status_of(path)
        return _unreadable(path, refusal, status), status
    if raw is None:
        return None
    try:
        return to_record(path, raw), raw.status
    except Unreadable as refusal:
        record = _unreadable(path, refusal, raw.status)
        return replace(record, digest=hashlib.sha256(raw.data).hexdigest()), raw.status


def status_of(path: str) -> os.stat_result | None:
    """The status of the entry itself, links not followed, or None where there is none or nobody may know."""
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None


def problem_of_kind(status: os.stat_result) -> str | None:
    """Why an entry of this kind or owner is not read, or None for a regular file of ours (S-6)."""
    for is_kind, text in _KINDS:
        if is_kind(status.st_mode):
            return text
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if status.st_uid != os.geteuid():
        return f"belongs to user {status.st_uid}, not to user {os.geteuid()}"
    return None


def read_bytes(path: str) -> Raw | None:
    """The bytes of a regular file of ours, or None where no file is.

    Raises:
        Unreadable: another kind of entry, another's file, one over the limit, or an error of the system.
    """
    try:
        before = os.lstat(path)
        # Asked before opening, too: opening a FIFO would wake whoever waits to write into it.
        refusal = problem_of_kind(before)
        if refusal is not None:
            raise Unreadable(refusal)
        descriptor = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        _refuse(error)
    try:
        return _read_open(descriptor)
    except OSError as error:
        _refuse(error)
    finally:
        with suppress(OSError):
            os.close(descriptor)


def to_record(path: str, raw: Raw) -> TaskRecord:
    """The record of the bytes of a file; values of a wrong type are read as well as they can be, each with a note.

    Raises:
        Unreadable: the bytes are no task at all.
    """
    directory, list_name, task_id = _names(path)
    notes = Notes()
    value = parse_document(raw.data, notes)
    if _SURROGATE_ESCAPE.search(raw.data) is not None:
        value = _without_surrogates(value, notes)
    if len(raw.data) > FIELD_LIMIT:
        value = _within_limit(value, notes)
    if value.get("id") != task_id:
        notes.add("its id is not its file's name")
    metadata = value.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        notes.add(f"metadata is {kind_of(metadata)}, not an object")
        metadata = None
    return TaskRecord(
        list_name=list_name,
        directory=directory,
        task_id=task_id,
        subject=_text(value, "subject", notes, required=True),
        description=_text(value, "description", notes),
        active_form=_text(value, "activeForm", notes),
        owner=_text(value, "owner", notes),
        status=_text(value, "status", notes, required=True),
        blocks=_references(value, "blocks", notes),
        blocked_by=_references(value, "blockedBy", notes),
        metadata=metadata or {},
        mtime_ns=raw.status.st_mtime_ns,
        size=len(raw.data),
        inode=raw.status.st_ino,
        digest=hashlib.sha256(raw.data).hexdigest(),
        notes=tuple(notes.lines),
    )


def _read_open(descriptor: int) -> Raw:
    """All bytes of an open file, read again while somebody writes it in place."""
    for _ in range(_ATTEMPTS):
        before = os.fstat(descriptor)
        refusal = problem_of_kind(before)
        if refusal is not None:
            raise Unreadable(refusal)
        os.lseek(descriptor, 0, os.SEEK_SET)
        data = _read_up_to(descriptor, FILE_LIMIT + 1)
        if len(data) > FILE_LIMIT:
            raise Unreadable(f"{max(before.st_size, len(data)) / 1e6:.1f} MB is over the 1 MiB limit")
        after = os.fstat(descriptor)
        if len(data) == before.st_size and _times(before) == _times(after):
            return Raw(data, after)
    raise Unreadable("changes while it is read", torn=True)


def _times(status: os.stat_result) -> tuple[int, int]:
    return status.st_mtime_ns, status.st_ctime_ns


def _read_up_to(descriptor: int, limit: int) -> bytes:
    pieces: list[bytes] = []
    left = limit
    while left > 0:
        piece = os.read(descriptor, left)
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _refuse(error: OSError | ValueError) -> NoReturn:
    if not isinstance(error, OSError):
        raise Unreadable("its name cannot be opened") from None
    if error.errno == errno.ELOOP:
        raise Unreadable("a symbolic link, not followed") from None
    reason = (error.strerror or "an error of the system").lower()
    raise Unreadable(f"cannot be read: {reason}", torn=error.errno in _PASSING) from None


def _unreadable(path: str, refusal: Unreadable, status: os.stat_result | None) -> TaskRecord:
    directory, list_name, task_id = _names(path)
    record = TaskRecord(list_name, directory, task_id, problem=refusal.reason, torn=refusal.torn)
    if status is None:
        return record
    return replace(record, mtime_ns=status.st_mtime_ns, size=status.st_size, inode=status.st_ino)


def _names(path: str) -> tuple[str, str, str]:
    """Directory, name of the list, and task id; bytes of a name that are no UTF-8 become visible escapes."""
    directory, name = os.path.split(path)
    list_name = os.path.basename(os.path.abspath(directory or "."))
    return directory or ".", _in_utf8(list_name), _in_utf8(name.removesuffix(".json"))


def _in_utf8(name: str) -> str:
    return name if name.isascii() else name.encode("utf-8", "backslashreplace").decode("utf-8")


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """``value`` with every text in it changed; its depth is known to be within the limit."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(one, change) for one in value]
    if isinstance(value, dict):
        return {change(key): _mapped(one, change) for key, one in value.items()}
    return value


def _without_surrogates(value: dict[str, Any], notes: Notes) -> dict[str, Any]:
    def change(text: str) -> str:
        if text.isascii() or _SURROGATE.search(text) is None:
            return text
        notes.add("holds half a surrogate pair, shown as \ufffd")
        return _SURROGATE.sub("\ufffd", text)

    changed: dict[str, Any] = _mapped(value, change)
    return changed


def _within_limit(value: dict[str, Any], notes: Notes) -> dict[str, Any]:
    def change(text: str) -> str:
        if len(text) <= FIELD_LIMIT:
            return text
        notes.add(f"a text of {len(text):,} characters is cut to {FIELD_LIMIT:,}")
        return text[:FIELD_LIMIT]

    changed: dict[str, Any] = _mapped(value, change)
    return changed


def _text(value: dict[str, Any], key: str, notes: Notes, *, required: bool = False) -> str:
    found = value.get(key)
    if isinstance(found, str):
        return found
    if found is None:
        if required:
            notes.add(f"has no {key}")
        return ""
    notes.add(f"{key} is {kind_of(found)}, not a text")
    return str(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else ""


def _references(value: dict[str, Any], key: str, notes: Notes) -> tuple[str, ...]:
    found = value.get(key)
    if found is None:
        return ()
    if not isinstance(found, list):
        notes.add(f"{key} is {kind_of(found)}, not a list")
        return ()
    if len(found) > REFERENCE_LIMIT:
        notes.add(f"{key} has {len(found):,} entries, of which {REFERENCE_LIMIT:,} are kept")
    texts = tuple(str(one) for one in found[:REFERENCE_LIMIT] if type(one) in (str, int))
    if len(texts) < min(len(found), REFERENCE_LIMIT):
        notes.add(f"{key} holds what is no task id")
    return texts
