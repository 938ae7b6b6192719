"""The checkpoint as a file in the repository: unseen by git where its folder is new, and never outside of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.cli.journals import Place
from orchestrator_tui.cli.reporting import write_checkpoint
from tests.core.builders import START
from tests.core.exports.test_tracks_files import checkpointed, golden

NAMES = ("session", "handoff")


def place(root: Path) -> Place:
    return Place(root, root, root / "home", root / "home")


def test_the_checkpoint_lies_where_its_users_look_for_it(tmp_path: Path) -> None:
    """[000-090] [000-111]"""
    written = write_checkpoint(place(tmp_path), checkpointed().batch, NAMES, START)
    assert written == (".agent/SESSION.md", ".agent/HANDOFF.json")
    assert [(tmp_path / path).read_text("utf-8") for path in written] == [golden("SESSION.md"), golden("HANDOFF.json")]
    assert (tmp_path / ".agent/.gitignore").read_text() == "*\n"


def test_a_folder_that_is_there_is_left_as_its_people_have_it(tmp_path: Path) -> None:
    (tmp_path / ".agent").mkdir()
    write_checkpoint(place(tmp_path), checkpointed().batch, NAMES, START)
    assert sorted(path.name for path in (tmp_path / ".agent").iterdir()) == ["HANDOFF.json", "SESSION.md"]


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    repository, outside = tmp_path / "shop", tmp_path / "outside"
    repository.mkdir()
    outside.mkdir()
    (repository / ".agent").symlink_to(outside)
    with pytest.raises(OSError, match="leads out of the repository"):
        write_checkpoint(place(repository), checkpointed().batch, NAMES, START)
    assert list(outside.iterdir()) == []


def test_a_repository_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """[000-101]"""
    (tmp_path / ".agent").write_text("a file where a folder should be")
    with pytest.raises(OSError, match=r"\.agent"):
        write_checkpoint(place(tmp_path), checkpointed().batch, NAMES, START)
