"""One finding of ``orch-tui doctor``: a matter, how it stands, and its fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from orchestrator_tui.core.frozen import frozen

OK, REMARK, PROBLEM = "ok", "remark", "problem"


@frozen
class Finding:
    """One matter. ``level`` is ``ok``, ``remark`` or ``problem``; ``fix`` is what to do, "" when nothing is."""

    about: str
    level: str
    text: str
    fix: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
