"""No secret reaches the journal, whichever process writes it and whatever it is part of (S-7)."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.secret_values import secret_values
from orchestrator_tui.journal.secrecy import TOLD, without_secrets
from orchestrator_tui.journal.sqlite import SqliteJournal
from tests.core.builders import BATCH, START, opened, track_added

TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3
OWN = "correct horse battery"


def test_shapes_and_known_values_are_recorded_by_nobody(tmp_path: Path) -> None:
    secrets = secret_values({"DEPLOY_PASSWORD": OWN})
    journal = SqliteJournal(tmp_path / "journal", secrets=lambda: secrets)
    journal.open_batch(BATCH, Draft("batch_opened", {"title": "t", "kind": "run"}), START, "host")
    lease = journal.take_lease(BATCH, "test", START)
    assert not isinstance(lease, str)
    journal.append(
        lease, [track_added(), Draft("note_added", {"track": "alpha", "text": f"use {TOKEN}"})], START, "host"
    )
    asked = opened(question=f"Run curl -H 'Authorization: Bearer {TOKEN}'?", context=f"the password is {OWN}")
    journal.change_gate(BATCH, asked, START, "hook")
    journal.insert_request(BATCH, "note", {"track": "alpha", "text": [f"{OWN}", {"deep": TOKEN}]}, START, "cli")
    lease.release(START)
    journal.close()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "journal").rglob("*") if path.is_file())
    assert TOKEN.encode() not in stored
    assert OWN.encode() not in stored
    assert b"[redacted]" in stored


def test_names_stay_what_they_are() -> None:
    draft = Draft("note_added", {"track": OWN, "text": OWN})
    assert without_secrets(draft, (OWN,)).payload == {"track": OWN, "text": "[redacted]"}


def test_what_carries_no_words_is_left_alone() -> None:
    draft = Draft("lease_taken", {"holder": OWN})
    assert "lease_taken" not in TOLD
    assert without_secrets(draft, (OWN,)) is draft
