"""The lines of an exported batch: canonical JSON, one object a line, so that any other spelling is damage (J-6)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import asdict
from typing import Any, NoReturn

from orchestrator_tui.core.event import FORMAT_VERSION, Event, EventError
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.journal.record import canonical_text, chained_hash, check_columns


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


class Unfit(Exception):
    """Why a line cannot be what it stands for; a few words for a person."""


@frozen
class Header:
    """The first line: what the file holds and who wrote it. ``note`` says what a salvage had to leave out."""

    batch: str
    timezone: str
    exported_by: str
    note: str = ""
    format: int = FORMAT_VERSION
    min_reader: int = FORMAT_VERSION


@frozen
class Blob:
    """Bytes that the events name by their SHA-256."""

    digest: str
    content: bytes


@frozen
class Trailer:
    """The last line: without it the file was cut short. ``sha256`` is that of all bytes before the line."""

    count: int
    head: str
    sha256: str


def header_line(header: Header) -> bytes:
    """The bytes of the first line."""
    return _line({"type": "header", **asdict(header)})


def blob_line(blob: Blob) -> bytes:
    """The bytes of a blob's line."""
    return _line({"type": "blob", "digest": blob.digest, "content": base64.b64encode(blob.content).decode()})


def trailer_line(trailer: Trailer) -> bytes:
    """The bytes of the last line."""
    return _line({"type": "trailer", **asdict(trailer)})


def event_line(event: Event, payload: str) -> bytes:
    """The bytes of an event's line; ``payload`` is its payload's canonical text, which the line holds as it is."""
    at = event.at
    return (
        f'{{"boot_id":{_quoted(at.boot_id)},"boot_ms":{at.boot_ms},"epoch":{event.epoch},"hash":"{event.hash}"'
        f',"kind":{_quoted(event.kind)},"origin":{_quoted(event.origin)},"payload":{payload}'
        f',"seq":{event.seq},"type":"event"'
        f',"wall_ms":{at.wall_ms}}}\n'
    ).encode()


def parsed(raw: bytes) -> dict[str, Any]:
    """The object of one line.

    Raises:
        Unfit: the line is not one JSON object.
    """
    try:
        text = raw.decode()
        data, end = _DECODER.raw_decode(text)
    except RecursionError as error:
        raise Unfit("it is nested too deeply") from error
    except ValueError as error:
        raise Unfit(f"it is not JSON ({error})") from error
    if text[end:] != "\n":
        raise Unfit("it is not one object")
    if not isinstance(data, dict):
        raise Unfit("it is not an object")
    return data


def header_of(data: dict[str, Any]) -> Header:
    """The header of a parsed line. Raises :class:`Unfit`."""
    return Header(
        batch=_text(data, "batch"),
        timezone=_text(data, "timezone"),
        exported_by=_text(data, "exported_by"),
        note=_text(data, "note"),
        format=_integer(data, "format"),
        min_reader=_integer(data, "min_reader"),
    )


def event_of_line(data: dict[str, Any], batch: str, previous: str) -> tuple[Event, str]:
    """The event of a parsed line and its payload's canonical text, its hash checked against the one before.

    Raises:
        Unfit: a field is missing or of another type, or the hash does not fit.
    """
    at = Instant(_integer(data, "wall_ms"), _integer(data, "boot_ms"), _text(data, "boot_id"))
    payload = data.get("payload")
    if not isinstance(payload, dict):
        raise Unfit("its payload is no object")
    kind, origin = _text(data, "kind"), _text(data, "origin")
    try:
        check_columns(batch, at, kind, origin)
        text = canonical_text(payload)
    except EventError as error:
        raise Unfit(str(error)) from error
    event = Event(batch, _integer(data, "seq"), at, kind, origin, _integer(data, "epoch"), payload, _text(data, "hash"))
    if event.hash != chained_hash(previous, batch, event.seq, at, event.kind, event.origin, event.epoch, text):
        raise Unfit("its hash does not fit its content and the event before it")
    return event, text


def blob_of(data: dict[str, Any]) -> Blob:
    """The blob of a parsed line. Raises :class:`Unfit`."""
    try:
        content = base64.b64decode(_text(data, "content"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unfit(f"its content is not base64 ({error})") from error
    blob = Blob(_text(data, "digest"), content)
    if hashlib.sha256(content).hexdigest() != blob.digest:
        raise Unfit("its content is not what its digest names")
    return blob


def trailer_of(data: dict[str, Any]) -> Trailer:
    """The trailer of a parsed line. Raises :class:`Unfit`."""
    return Trailer(_integer(data, "count"), _text(data, "head"), _text(data, "sha256"))


_quoted = json.encoder.encode_basestring
"""Text as canonical JSON spells it, without an encoder's overhead; for columns, which are printable text."""


def _line(fields: dict[str, Any]) -> bytes:
    return (canonical_text(fields) + "\n").encode()


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise Unfit(f"its {name} is no text")
    return value


def _integer(data: dict[str, Any], name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unfit(f"its {name} is no whole number")
    return value
