"""How much of a question is kept: a whole gate must fit into one event (reliability J-2, S-3).

What is cut says how much is missing and carries a hash of all of it, so that the digest of a question still tells
any change, beyond the cut too. What is within the bounds is not touched, so bounding twice changes nothing.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import replace
from typing import Any

from orchestrator_tui.core.canonical import is_json, json_text, sha256_hex
from orchestrator_tui.core.model import Option, Question

QUESTION_BYTES = 12_288
CONTEXT_BYTES = 12_288
OPTION_BYTES = 1_000
SUBJECT_BYTES = 8_192
SUBJECT_TEXT_BYTES = 2_048
"""Bytes of JSON that each part of a question may take; together they stay below an event's 64 KiB."""

_MARK_BYTES = 80


def bounded(question: Question) -> Question:
    """``question`` with every part within its bounds."""
    return replace(
        question,
        question=within(question.question, QUESTION_BYTES),
        context=within(question.context, CONTEXT_BYTES),
        options=tuple(Option(one.key, within(one.label, OPTION_BYTES), one.role) for one in question.options),
        subject=bounded_subject(question.subject),
    )


def within(text: str, limit: int) -> str:
    """``text``, cut so that its JSON takes at most ``limit`` bytes; the cut is marked and carries a hash of it all."""
    if len(text) * 6 + 2 <= limit or _bytes(text) <= limit:
        return text
    room = limit - _MARK_BYTES
    kept = bisect_right(range(1, min(len(text), limit) + 1), room, key=lambda length: _bytes(text[:length]))
    return f"{text[:kept]}…[+{len(text) - kept} characters, sha256 {sha256_hex(text)[:12]}]"


def bounded_subject(subject: Any) -> Any:
    """``subject`` with its long texts cut; where that is not enough, only its beginning, size and hash."""
    if subject is None:
        return None
    text = json_text(subject)
    if len(text) * 6 <= SUBJECT_BYTES or _bytes(text) <= SUBJECT_BYTES:
        return subject if is_json(subject) else text
    shorter = _with_short_texts(subject)
    if _bytes(json_text(shorter)) <= SUBJECT_BYTES:
        return shorter
    return {"beginning": within(text, SUBJECT_TEXT_BYTES), "characters": len(text), "sha256": sha256_hex(text)}


def _with_short_texts(value: Any) -> Any:
    if isinstance(value, str):
        return within(value, SUBJECT_TEXT_BYTES)
    if isinstance(value, dict):
        return {key: _with_short_texts(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_short_texts(one) for one in value]
    return value


def _bytes(text: str) -> int:
    # A lone surrogate is stored as its six-character escape.
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "backslashreplace"))
