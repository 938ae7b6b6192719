"""What stages of a batch have left is moved into its reports: whole, once, and nothing but what was promised."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.cli import taking_in
from orchestrator_tui.core.schedule import documents
from tests.adapters.git.repositories import repository
from tests.core.run_builders import RunLedger


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = repository(tmp_path / "tree")
    monkeypatch.setattr(documents, "tree_to_tidy", lambda batch: str(made))
    monkeypatch.setattr(documents, "promised", lambda batch, files: {one: one for one in files if "brief" in one})
    monkeypatch.setattr(taking_in, "MOST_BYTES", 8)
    return made


def taken(tree: Path) -> list[str]:
    """What is in the reports now."""
    folder = tree.parent / "reports"
    taking_in.take_in(RunLedger().batch, folder)
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def test_what_was_promised_is_moved_and_its_empty_folders_go(tree: Path) -> None:
    (tree / "a/b").mkdir(parents=True)
    (tree / "a/b/brief.md").write_text("found")
    (tree / "stray.md").write_text("lost")
    assert taken(tree) == taken(tree) == ["documents/a/b/brief.md"]
    assert (tree.parent / "reports/documents/a/b/brief.md").read_text() == "found"
    assert not (tree / "a").exists()
    assert (tree / "stray.md").read_text() == "lost"


def test_links_and_what_is_too_long_stay(tree: Path) -> None:
    secret = tree.parent / "secret"
    secret.write_text("key")
    (tree / "brief-1.md").symlink_to(secret)
    (tree / "brief-2.md").write_text("123456789")
    assert taken(tree) == []
    assert (tree / "brief-1.md").is_symlink()
    assert (tree / "brief-2.md").exists()


def test_a_tree_that_cannot_be_looked_at_is_left_alone(tree: Path) -> None:
    (tree / "brief.md").write_text("found")
    (tree / ".git").rename(tree / "git")
    assert taken(tree) == []
