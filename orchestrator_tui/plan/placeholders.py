"""Names in braces that a workflow's texts seem to mean and miss: nothing would fill them in, and no agent would know.

Braces are also meant as they stand, in JSON, in shell and in templates. So only a lone word is looked at, and only
one that is nearly a known name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator_tui.plan.paths import PLACEHOLDERS
from orchestrator_tui.plan.problems import WARNING, Problem, nearest_of, shown
from orchestrator_tui.plan.text import Document

_TEXTS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("prompt", "artefacts", "autonomy", "constraints", "adherence"), PLACEHOLDERS),
    "narrow": ("file",),
}
"""What is filled in, by the key below which a text stands."""

_LONE = re.compile(r"(?<![{$])\{([A-Za-z_]{2,40})\}(?!\})")
_NEAR = 0.7
"""How alike a word must be: `{file}` is not yet a misspelt `{title}`."""


def misspelt(content: Any, place: str, document: Document, file: str) -> tuple[Problem, ...]:
    """A warning for each name in braces, of the texts below ``place``, that is nearly one which is filled in."""
    return tuple(dict.fromkeys(_misspelt(content, place, (), document, file)))


def _misspelt(content: Any, place: str, known: Sequence[str], document: Document, file: str) -> Iterator[Problem]:
    if isinstance(content, str):
        for word in _LONE.findall(content) if known else ():
            near = "" if word in known else nearest_of(word, known, _NEAR)
            if near:
                text = f"{shown(f'{{{word}}}')} is filled in by nothing"
                yield Problem(file, document.line(place), place, text, f"{{{near}}}", WARNING)
    elif isinstance(content, dict):
        for key, one in content.items():
            below = f"{place}.{key}" if place else str(key)
            yield from _misspelt(one, below, _TEXTS.get(str(key), known), document, file)
    elif isinstance(content, list):
        for number, one in enumerate(content):
            yield from _misspelt(one, f"{place}[{number}]", known, document, file)
