"""Made-up batches in real journals and exports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestrator_tui.core.event import GATE_KINDS, Draft, Event
from orchestrator_tui.journal.port import Lease, Refused
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.transfer import export_batch
from tests.replay.batches import BATCH, START, STEP_MS, drafts


class Listed:
    """A recording in memory."""

    batch = BATCH
    note = ""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = tuple(events)

    def events(self, after: int = 0) -> Iterator[Event]:
        return iter(self._events[after:])

    def close(self) -> None:
        """There is nothing to let go of."""


def record(directory: Path, listed: Iterable[Draft]) -> SqliteJournal:
    """A journal that holds these drafts as one batch, each ``STEP_MS`` after the one before."""
    journal = SqliteJournal(directory)
    first, *rest = listed
    journal.open_batch(BATCH, first, START, "cockpit")
    lease = journal.take_lease(BATCH, "test", START)
    assert not isinstance(lease, str)
    for number, draft in enumerate(rest, 1):
        _write(journal, lease, draft, number)
    return journal


@cache
def exported(count: int = 300, tracks: int = 5, seed: int = 1) -> bytes:
    """What an export of a made-up batch holds."""
    with TemporaryDirectory() as directory:
        journal = record(Path(directory) / "journal", drafts(count, tracks=tracks, seed=seed))
        written = BytesIO()
        export_batch(journal, BATCH, written, "UTC")
        journal.close()
    return written.getvalue()


def _write(journal: SqliteJournal, lease: Lease, draft: Draft, number: int) -> None:
    at = START.plus(number * STEP_MS)
    if draft.kind in GATE_KINDS:
        assert not isinstance(journal.change_gate(BATCH, draft, at, "cockpit"), Refused), draft
    else:
        journal.append(lease, [draft], at, "cockpit")
