"""docs/reference/json.md describes every field that is printed, and no other."""

from __future__ import annotations

import re

import pytest

from tests.cli.scene import ROOT
from tests.cli.test_reading import AGENT, BATCH, DECISION, GATE, STATUS_BATCH, TRACK

PAGE = (ROOT / "docs" / "reference" / "json.md").read_text("utf-8")
ROW = re.compile(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|", re.MULTILINE)


def section(title: str) -> str:
    return PAGE.partition(f"## `orch-tui {title}")[2].partition("\n## ")[0]


def rows(text: str) -> list[str]:
    """The fields that the rows of a table describe."""
    return [name for row in ROW.findall(text) for name in re.findall(r"`([a-z_]+)`", row)]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (section("list"), list(BATCH)),
        (section("gates"), list(GATE)),
        (section("status").partition("Each track:")[0], ["batch", "tracks", "gates", "merged", "run"]),
        (section("status").partition("Each track:")[2], list(TRACK)),
        (section("verify"), ["batch", "intact", "truncated", "events", "head", "first_bad", "reason"]),
    ],
    ids=["list", "gates", "status", "tracks", "verify"],
)
def test_every_field_has_its_row_in_order(text: str, fields: list[str]) -> None:
    assert rows(text) == fields


@pytest.mark.parametrize(
    ("text", "shape"), [(section("gates"), DECISION), (section("status"), STATUS_BATCH), (section("status"), AGENT)]
)
def test_the_fields_of_inner_objects_are_named(text: str, shape: dict[str, object]) -> None:
    assert [name for name in shape if f"`{name}`" not in text] == []
