"""The ``docs-tasks`` of seed 004, in plans of waves and in state files, as documents that a plan names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEYS = {"id": "id", "audience": "audience", "target-pattern": "pattern", "rationale": "rationale", "wave": "wave"}


def planned_document(row: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of ``docs`` in a plan; what a plan does not know is left out."""
    return {_KEYS[key]: value for key, value in row.items() if key in _KEYS}
