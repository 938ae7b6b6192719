"""Documents become files: each form as its users write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.cli.exporting import as_text, write_documents
from orchestrator_tui.core.exports.document import FRONTMATTER, GONE, JSON, JSON_LINES, TEXT, YAML, Document


@pytest.mark.parametrize(
    ("form", "content", "text"),
    [
        (TEXT, "as it is\n", "as it is\n"),
        (JSON, {"b": 1, "a": ["ä"]}, '{\n  "b": 1,\n  "a": [\n    "ä"\n  ]\n}\n'),
        (JSON_LINES, [{"b": 1}, {"a": "ä"}], '{"b":1}\n{"a":"ä"}\n'),
        (YAML, {"b": 1, "a": ["ä", "yes", None]}, "b: 1\na:\n- ä\n- 'yes'\n- null\n"),
        (FRONTMATTER, ({"b": 1}, "# Body\n"), "---\nb: 1\n---\n\n# Body\n"),
    ],
)
def test_each_form(form: str, content: object, text: str) -> None:
    assert as_text(Document("x", form, content)) == text


def test_folders_are_made_and_files_replaced(tmp_path: Path) -> None:
    """[004-43]"""
    (tmp_path / ".agent").mkdir()
    (tmp_path / ".agent" / "SESSION.md").write_text("old", "utf-8")
    found = [Document(".agent/SESSION.md", TEXT, "new\n"), Document("state/a/b.json", JSON, {})]
    assert write_documents(tmp_path, found) == [tmp_path / ".agent" / "SESSION.md", tmp_path / "state" / "a" / "b.json"]
    assert (tmp_path / ".agent" / "SESSION.md").read_text("utf-8") == "new\n"
    assert (tmp_path / "state" / "a" / "b.json").read_text("utf-8") == "{}\n"


def test_a_file_that_is_gone_is_removed_and_none_is_missed(tmp_path: Path) -> None:
    (tmp_path / "scope.json").write_text("{}", "utf-8")
    gone = [Document("scope.json", GONE, ""), Document("never.json", GONE, "")]
    assert write_documents(tmp_path, gone) == []
    assert not (tmp_path / "scope.json").exists()
