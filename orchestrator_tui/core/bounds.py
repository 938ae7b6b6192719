"""How much of a question is kept: a whole gate must fit into one event (reliability J-2, S-3).

What is cut says how much is missing and carries a hash of all of it, so that the digest of a question still tells
any change, beyond the cut too. What is within the bounds is not touched, so bounding twice changes nothing.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import replace
from typing import Any

from orchestrator_tui.core.canonical import is_json, json_text, sha256_hex
from orchestrator_tui.core.model import Option, Question

QUESTION_BYTES = 12_288
CONTEXT_BYTES = 12_288
OPTION_BYTES = 1_000
SUBJECT_BYTES = 8_192
"""Bytes of JSON that each part of a question may take, however much the others do."""

TOGETHER_BYTES = 57_344
"""What they may take together; what question and options leave is the subject's, and then the context's: a person
answers for the whole input of a tool and for a whole plan, so as much of them is kept as an event of 64 KiB holds."""

BEGINNING_BYTES = 2_048
"""What is kept of a subject that has no long texts to cut."""

_MARK_BYTES = 80
_CUT = re.compile(r"…\[\+(\d{1,12}) characters, sha256 [0-9a-f]{12}\]\Z")


def bounded(question: Question) -> Question:
    """``question`` with every part within its bounds; the context's length has no part in how the others are cut."""
    text = within(question.question, QUESTION_BYTES)
    options = tuple(Option(one.key, within(one.label, OPTION_BYTES), one.role) for one in question.options)
    room = TOGETHER_BYTES - _bytes(text) - sum(_bytes(one.label) for one in options)
    subject = bounded_subject(question.subject, max(SUBJECT_BYTES, room - CONTEXT_BYTES))
    left = room - (0 if subject is None else _bytes(json_text(subject)))
    return replace(
        question,
        question=text,
        context=within(question.context, max(CONTEXT_BYTES, left)),
        options=options,
        subject=subject,
    )


def within(text: str, limit: int) -> str:
    """``text``, cut so that its JSON takes at most ``limit`` bytes; the cut is marked and carries a hash of it all."""
    if len(text) * 6 + 2 <= limit or _bytes(text) <= limit:
        return text
    room = limit - _MARK_BYTES
    kept = bisect_right(range(1, min(len(text), limit) + 1), room, key=lambda length: _bytes(text[:length]))
    return f"{text[:kept]}…[+{len(text) - kept} characters, sha256 {sha256_hex(text)[:12]}]"


def bounded_subject(subject: Any, limit: int = SUBJECT_BYTES) -> Any:
    """``subject`` with its long texts cut; where that is not enough, only its beginning, size and hash."""
    if subject is None:
        return None
    text = json_text(subject)
    if len(text) * 6 <= limit or _bytes(text) <= limit:
        return subject if is_json(subject) else text
    longest = limit - BEGINNING_BYTES // 4
    while longest >= BEGINNING_BYTES:
        shorter = _with_short_texts(subject, longest)
        if _bytes(json_text(shorter)) <= limit:
            return shorter
        longest = longest * 3 // 4
    return {"beginning": within(text, BEGINNING_BYTES), "characters": len(text), "sha256": sha256_hex(text)}


def left_out(value: Any) -> int:
    """How many characters were cut from the texts of a bounded value; what an agent writes can only add to it."""
    if isinstance(value, str):
        cut = _CUT.search(value[-_MARK_BYTES:])
        return int(cut.group(1)) if cut else 0
    if isinstance(value, dict):
        return sum(left_out(one) for one in value.values())
    if isinstance(value, (list, tuple)):
        return sum(left_out(one) for one in value)
    return 0


def _with_short_texts(value: Any, longest: int) -> Any:
    if isinstance(value, str):
        return within(value, longest)
    if isinstance(value, dict):
        return {key: _with_short_texts(one, longest) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_short_texts(one, longest) for one in value]
    return value


def _bytes(text: str) -> int:
    # A lone surrogate is stored as its six-character escape.
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "backslashreplace"))
