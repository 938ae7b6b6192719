"""A foreign file takes the place of a plan: recognised, converted, and judged like one that was written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.plan import load
from orchestrator_tui.plan.imports.importer import Imported, Importer
from orchestrator_tui.plan.problems import WARNING, Problem


def convert(text: str, file: str) -> Imported:
    content: dict[str, Any] = json.loads(text)["plan"]
    if not content:
        return Imported(None, (Problem(file, 1, "plan", "is empty"),))
    return Imported(content, (Problem(file, 2, "plan", "half of it is not known here", level=WARNING),), {"title": 2})


FOREIGN = Importer("a foreign plan", lambda path, text: path.suffix == ".json", convert)


@pytest.fixture(autouse=True)
def foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "importer_for", lambda path, text: FOREIGN if FOREIGN.recognises(path, text) else None)


def loaded(folder: Path, content: object) -> load.Loaded:
    path = folder / "args.json"
    path.write_text(json.dumps({"plan": content}), "utf-8")
    return load.load_plan(path, folder, {})


def test_its_plan_is_judged_like_any_other(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"title": "Abroad", "workflow": "none", "tracks": [{"slug": "a", "brief": "do"}]})
    assert found.plan is not None
    assert [one.slug for one in found.plan.tracks] == ["a"]
    assert [(one.key, one.level) for one in found.problems] == [("plan", WARNING), ("workflow", "error")]


def test_a_key_that_no_plan_has_is_told_of_the_foreign_file(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"titel": "Abroad"})
    assert found.plan is None
    assert any(one.key == "titel" and one.nearest == "title" for one in found.problems)


def test_what_cannot_be_a_plan_says_so(tmp_path: Path) -> None:
    found = loaded(tmp_path, {})
    assert (found.plan, found.unreadable) == (None, False)
    assert [one.message for one in found.problems] == ["is empty"]
