"""The part of a workflow file about how big work is, as people write it; ``core.sizing`` is what becomes of it."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from orchestrator_tui.plan.fields import Count, Part, Patterns, Says, listed, read_text, read_whole
from orchestrator_tui.plan.problems import Wrong, shown

_RANGE = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?", re.ASCII)


def _rising(value: list[int]) -> list[int]:
    if any(later <= one for one, later in pairwise(value)):
        raise Wrong("must rise: each number is larger than the one before")
    return value


def _range(value: Any) -> str:
    text = read_text(40, value)
    found = _RANGE.fullmatch(text)
    if found is None or int(found[2] or found[1]) < int(found[1]):
        raise Wrong(f"{shown(text)} is no number of agents; write 2 or 2-3")
    return text


def _named(value: dict[str, int]) -> dict[str, int]:
    if len(set(value.values())) != len(value):
        raise Wrong("two levels begin at the same points")
    return value


Bounds = Annotated[
    list[Annotated[int, BeforeValidator(lambda value: read_whole(1, 1_000, value))]],
    BeforeValidator(listed),
    AfterValidator(_rising),
    Says("list of rising numbers"),
]
_Ranges = Annotated[list[Annotated[str, BeforeValidator(_range)]], BeforeValidator(listed)]


class SizingFile(Part):
    """How big work is, how many agents it is given then, and when tracks had better be cut otherwise."""

    files: Bounds = Field([], description="numbers of files from which on work has one point more")
    directories: Bounds = Field([], description="numbers of directories from which on work has one point more")
    issues: Bounds = Field([], description="numbers of issues from which on work has one point more")
    depth: Count = Field(0, description="parts of a path by which directories are told apart for that")
    aside: Patterns = Field([], description="files whose directories are not counted for that")
    levels: Annotated[dict[str, Count], AfterValidator(_named), Says("mapping: level → points")] = Field(
        {}, description="how big work is called, by the points from which on it is so"
    )
    agents: Annotated[dict[str, _Ranges], Says("mapping: `TYPE LEVEL` → list of `2` or `2-3`")] = Field(
        {}, description="agents of a wave by type of session and level, for each role of waves in their order"
    )
    split_files: Count = Field(0, description="a track of so many files is told to be split, 0 for never, …")
    split_directories: Count = Field(0, description="… where they lie in so many directories")
    merge_over: Count = Field(
        0, description="two tracks that share more of their files than so many of 100 are told to be one; 0 for never"
    )
