"""What may go wrong under a hook and must never reach Claude Code."""

from __future__ import annotations

from orchestrator_tui.core.event import EventError
from orchestrator_tui.journal.port import JournalError

HOOK_FAULTS = (JournalError, EventError, OSError, ValueError, KeyError, TypeError, RecursionError)
"""A locked, missing, damaged, older or newer journal, a call of another shape: the hook passes through."""
