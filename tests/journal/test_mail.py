"""Mail: posted with the decision, taken before looking, lost by nobody, and never in the way of a decision."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from orchestrator_tui.core.event import Event
from orchestrator_tui.journal import mail
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.sqlite import SqliteJournal
from tests.journal.drafts import BATCH, asked, at, decided, opened


def decide_one(directory: Path) -> None:
    """One gate that a hook of session ``s-1`` asked, decided."""
    directory.parent.mkdir()
    journal = SqliteJournal(directory)
    journal.open_batch(BATCH, opened(), at(0), "hook")
    journal.change_gate(BATCH, asked(routes=["hook"], asker="s-1/a-1"), at(1), "hook")
    assert isinstance(journal.change_gate(BATCH, decided(), at(2), "cli"), Event)
    journal.close()


def test_a_decision_lies_in_the_mail_of_its_session_beside_all_journals(tmp_path: Path) -> None:
    decide_one(journal_directory(tmp_path, Path("/somewhere/shop")))
    (file,) = (tmp_path / "mail").iterdir()
    assert file == mail.mail_file(tmp_path, "s-1")
    assert (file.stat().st_size, file.stat().st_mode & 0o777) == (0, 0o600)
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700
    assert mail.take(tmp_path, "s-1")
    assert not mail.take(tmp_path, "s-1")


def test_a_journal_outside_of_a_state_directory_posts_nowhere(tmp_path: Path) -> None:
    decide_one(tmp_path / "copies" / "journal")
    assert not (tmp_path / "mail").exists()
    assert not (tmp_path.parent / "mail").exists()


def test_mail_that_cannot_be_posted_fails_no_decision(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    decide_one(journal_directory(tmp_path, Path("/somewhere/shop")))
    assert (tmp_path / "mail").read_text() == "in the way"


@pytest.mark.parametrize("session", ["", "..", "a/b", "a b", "\u00e9", "a\x00b", "x" * 300])
def test_what_can_be_no_session_gets_no_mail(tmp_path: Path, session: str) -> None:
    assert mail.mail_file(tmp_path, session) is None
    mail.post(tmp_path, session)
    assert not mail.take(tmp_path, session)
    assert not (tmp_path / "mail").exists()


def test_a_link_in_the_place_of_a_mail_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    os.symlink(tmp_path / "precious", tmp_path / "mail" / "s-1")
    with pytest.raises(OSError, match="s-1"):
        mail.post(tmp_path, "s-1")
    assert not (tmp_path / "precious").exists()
    assert mail.take(tmp_path, "s-1"), "the link goes, what it leads to stays"


def test_what_is_posted_while_mail_is_taken_is_never_lost(tmp_path: Path) -> None:
    """Who takes the file first and looks then has seen everything once there is no file any more."""
    letters, seen = 400, set[int]()
    written: list[int] = []
    done = threading.Event()

    def decides() -> None:
        for number in range(letters):
            written.append(number)
            mail.post(tmp_path, "s-1")
        done.set()

    def looks() -> None:
        while not done.is_set():
            if mail.take(tmp_path, "s-1"):
                seen.update(list(written))

    readers = [threading.Thread(target=looks) for _ in range(2)]
    writer = threading.Thread(target=decides)
    for thread in (*readers, writer):
        thread.start()
    for thread in (*readers, writer):
        thread.join(60)
        assert not thread.is_alive()
    if mail.take(tmp_path, "s-1"):
        seen.update(written)
    assert seen == set(range(letters))
