"""Which repositories of a machine have a journal."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.core.event import Draft
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.machine import journalled_repositories
from orchestrator_tui.journal.private import prepare_home
from orchestrator_tui.journal.sqlite import SqliteJournal


def watch(home: Path, repository: Path, named: Path | None = None) -> None:
    directory = journal_directory(home, repository)
    prepare_home(home, directory)
    journal = SqliteJournal(directory)
    opened = Draft("batch_opened", {"title": "t", "kind": "watch", "repository": str(named or repository)})
    journal.open_batch("b", opened, ManualClock().now(), "test")
    journal.close()


def test_repositories_are_found_by_their_journals(tmp_path: Path) -> None:
    home, shop, bank = tmp_path / "home", tmp_path / "shop", tmp_path / "bank"
    for repository in (shop, bank):
        repository.mkdir()
        watch(home, repository)
    assert journalled_repositories(home) == (bank, shop)


def test_what_is_gone_imported_or_unreadable_tells_none(tmp_path: Path) -> None:
    home, shop, bank = tmp_path / "home", tmp_path / "shop", tmp_path / "bank"
    shop.mkdir()
    watch(home, bank)
    watch(home, shop, named=bank)
    damaged = home / "repositories" / "damaged-00000000"
    damaged.mkdir()
    (damaged / "journal.db").write_bytes(b"no database")
    (home / "repositories" / "empty-00000000").mkdir()
    assert journalled_repositories(home) == ()
    assert journalled_repositories(tmp_path / "nowhere") == ()
