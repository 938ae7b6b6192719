"""Short histories that hold a bit of everything."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.journal.port import Journal
from tests.journal.drafts import (
    BATCH,
    acknowledged,
    asked,
    at,
    claimed,
    decided,
    delivered,
    note,
    opened,
    withdrawn,
)
from tests.journal.promises import taken


def write_history(journal: Journal, batch: str = BATCH) -> str:
    """Gates in every kind of end, requests taken and waiting, two leases, a blob; returns the blob's digest."""
    journal.open_batch(batch, opened("Ä batch ✓", source="tasks:x"), at(0), "cockpit")
    first = taken(journal, batch)
    journal.append(first, [Draft("track_added", {"track": "alpha", "title": "A", "kind": "bug"})], at(1), "cockpit")
    for draft in (asked("a"), decided("a"), claimed("a"), delivered("a"), acknowledged("a")):
        journal.change_gate(batch, draft, at(2), "hook")
    for draft in (asked("b"), asked("b", 2, "d2"), decided("b", 2, "other"), decided("b", 2, "d2"), withdrawn("b", 2)):
        journal.change_gate(batch, draft, at(3), "cli")
    journal.change_gate(batch, asked("c"), at(4), "mcp")
    request = journal.insert_request(batch, "pause", {"track": "alpha"}, at(5), "cli")
    journal.insert_request(batch, "tell", {"text": "torn \ud83d emoji"}, at(5), "cli")
    blob = journal.put_blob(b"\x00 a long diff \xff")
    journal.append(
        first,
        [Draft("request_taken", {"request": request, "kind": "pause"}), note(f"see {blob}"), _with_blob(blob)],
        at(6),
        "cockpit",
    )
    first.release(at(7))
    taken(journal, batch, "host 2")
    return blob


def _with_blob(blob: str) -> Draft:
    return Draft("note_added", {"track": "alpha", "text": "a diff", "diff": blob})
