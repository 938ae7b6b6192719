"""Messages from the person: shown by whatever the agent calls next, and noted as read in its task file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.text import sanitise, sanitise_line

KEPT_READ = 50
"""Ids of read messages that the task file remembers."""

_SHOWN_AT_ONCE = 20
_TEXT_LIMIT = 4096


def unread(metadata: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The messages that were not shown yet, oldest first: their ids, and each as it is shown.

    Only the newest are looked at, as many as can be remembered as read.
    """
    read = set(_read_ids(metadata))
    found: list[tuple[str, str]] = []
    messages = metadata.get("messages")
    for one in messages[-KEPT_READ:] if isinstance(messages, list) else []:
        if not isinstance(one, Mapping):
            continue
        identifier, text, by = one.get("id"), one.get("text"), one.get("by")
        if not isinstance(identifier, str) or not isinstance(text, str) or not identifier or identifier in read:
            continue
        read.add(identifier)
        who = sanitise_line(by, 60) if isinstance(by, str) and by.strip() else "the person"
        shown = sanitise(text, _TEXT_LIMIT).strip().replace("\n", "\n  ")
        found.append((identifier, f"message from {who}: {shown}"))
    return found[:_SHOWN_AT_ONCE]


def with_read(metadata: Mapping[str, Any], identifiers: list[str]) -> list[str]:
    """The value of ``messagesRead`` after these messages were shown."""
    earlier = [one for one in _read_ids(metadata) if one not in identifiers]
    return [*earlier, *identifiers][-KEPT_READ:]


def _read_ids(metadata: Mapping[str, Any]) -> list[str]:
    read = metadata.get("messagesRead")
    return [one for one in read if isinstance(one, str)] if isinstance(read, list) else []
