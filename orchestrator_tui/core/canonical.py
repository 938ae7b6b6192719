"""Canonical JSON: the one byte form in which payloads are hashed, stored and exported."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_json(value: Any) -> str:
    """``value`` as JSON with sorted keys, no spaces and no NaN; the same value always gives the same text.

    Raises:
        ValueError: the value holds NaN, an infinity or something JSON cannot say.
    """
    return _ENCODER.encode(value)


def json_text(value: Any) -> str:
    """``value`` as canonical JSON; what JSON cannot say is written as Python would, so that nothing raises."""
    return canonical_json(value) if is_json(value) else json.dumps(value, ensure_ascii=False, default=repr)


def is_json(value: Any) -> bool:
    """Whether JSON can say this: no NaN, no infinity, no foreign types."""
    try:
        canonical_json(value)
    except (TypeError, ValueError):
        return False
    return True


def sha256_hex(text: str) -> str:
    """The SHA-256 of ``text`` in UTF-8, as 64 hexadecimal digits.

    Lone surrogates are hashed as they are: a hostile question must not stop its own digest.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
