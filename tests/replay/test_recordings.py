"""A recording reads a batch from its journal or from its export alone, and says what is wrong with a file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.journal.port import JournalDamaged, JournalError
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.transfer import import_file
from orchestrator_tui.runtime.history import History
from orchestrator_tui.runtime.recordings import EVENTS_AT_ONCE, JournalRecording
from tests.replay.batches import BATCH
from tests.replay.conftest import OpenFile

COUNT = 301
"""The made-up events, and the taking of the lease."""
Past = Callable[[Path], History]


def test_a_journal_and_its_export_hold_the_same_events(tmp_path: Path, path: Path, read: OpenFile) -> None:
    assert COUNT > EVENTS_AT_ONCE, "or one read would be all of it"
    journal = SqliteJournal(tmp_path / "journal")
    assert import_file(journal, path).count == COUNT
    journalled = JournalRecording(journal, BATCH)
    from_file = read(path)
    assert list(from_file.events()) == list(journalled.events())
    assert [event.seq for event in from_file.events(COUNT - 3)] == [COUNT - 2, COUNT - 1, COUNT]
    assert from_file.batch == journalled.batch == BATCH
    assert from_file.note == ""
    journalled.close()


def test_a_file_may_be_moved_away_while_it_is_replayed(path: Path, tmp_path: Path, past: Past) -> None:
    history = past(path)
    path.rename(tmp_path / "elsewhere")
    assert history.batch(100).seq == 100


def test_a_file_cut_short_is_read_up_to_its_last_whole_event(path: Path, read: OpenFile) -> None:
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:101]) + lines[101][:-9])
    cut = read(path)
    assert len(list(cut.events())) == 100
    assert "was cut short after event 100" in cut.note


@pytest.mark.parametrize("kept", [0, 1])
def test_a_file_cut_before_its_first_event_holds_no_batch(path: Path, past: Past, kept: int) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:kept]))
    with pytest.raises(JournalError, match=r"is no export|there is no batch"):
        past(path)


@pytest.mark.parametrize("line", [1, 57, 290])
def test_damage_before_the_end_is_refused_with_its_line(path: Path, read: OpenFile, line: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(b'"epoch":', b'"epoch":1')
    path.write_bytes(b"".join(lines))
    with pytest.raises(JournalDamaged, match=f"line {line + 1} "):
        read(path)


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b"not json\n", b'{"type":"event"}\n', b"\xff\xfe\n"])
def test_what_is_no_export_is_said_to_be_none(tmp_path: Path, read: OpenFile, content: bytes) -> None:
    path = tmp_path / "other.txt"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"other\.txt is no export of orch-tui"):
        read(path)


def _missing(path: Path) -> None:
    """Nothing is there."""


@pytest.mark.parametrize(
    ("make", "why"),
    [(_missing, "No such file"), (Path.mkdir, "not a file"), (os.mkfifo, "not a file")],
)
def test_what_is_no_file_is_said_to_be_none(
    tmp_path: Path, read: OpenFile, make: Callable[[Path], None], why: str
) -> None:
    path = tmp_path / "thing"
    make(path)
    with pytest.raises(JournalError, match=f"cannot read .*{why}"):
        read(path)


# --- files from anybody ----------------------------------------------------------------------------------------


def forged(path: Path, change: Callable[[dict[str, Any]], None], line: int = 40) -> None:
    """Change one event of a file and make its sum fit again."""
    lines = path.read_bytes().splitlines(keepends=True)
    event = json.loads(lines[line])
    change(event)
    lines[line] = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    trailer = json.loads(lines[-1])
    trailer["sha256"] = hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    lines[-1] = json.dumps(trailer, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    path.write_bytes(b"".join(lines))


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.update(seq=99),
        lambda event: event.update(seq="40"),
        lambda event: event.update(payload=[]),
        lambda event: event.update(payload={"track": 7}, kind="track_reported"),
        lambda event: event.update(wall_ms="soon"),
        lambda event: event.pop("origin"),
        lambda event: event.update(kind="batch_opened", payload={"title": "again", "kind": "watch"}),
        lambda event: event.update(kind="stage_changed", payload={"track": "track-0", "stage": 1, "status": "odd"}),
        lambda event: event.update(kind="gate_opened", payload={}),
    ],
)
def test_a_forged_event_with_a_fitting_sum_is_refused_in_one_line(
    path: Path, past: Past, change: Callable[[dict[str, Any]], None]
) -> None:
    forged(path, change)
    with pytest.raises(JournalDamaged, match=r"40|events 1 to 256"):
        past(path)


def test_a_kind_of_a_newer_version_is_replayed_as_far_as_it_is_known(path: Path, past: Past) -> None:
    forged(path, lambda event: event.update(kind="moon_landing", payload={}))
    assert past(path).batch(300).newer == "moon_landing"


def test_a_file_changed_under_the_replay_is_an_error_not_a_crash(path: Path, past: Past) -> None:
    history = past(path)
    with path.open("r+b") as file:
        file.truncate(2_000)
    with pytest.raises(JournalError):
        history.batch(250)
