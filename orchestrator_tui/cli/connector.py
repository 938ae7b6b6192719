"""Connecting Claude Code from the cockpit: what `orch-tui connect claude` does, behind the screens' port (key C)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator_tui.cli.journals import Place
from orchestrator_tui.runtime.ports import Offer

if TYPE_CHECKING:
    from orchestrator_tui.adapters.connection.plan import Change
    from orchestrator_tui.cli.claude_files import ClaudeFiles

USER, PROJECT = "user", "project"


class ClaudeConnector:
    """Implements :class:`~orchestrator_tui.runtime.ports.Connector`; nothing is loaded before it is asked."""

    def __init__(self, place: Place, scopes: Sequence[str] = (USER, PROJECT)) -> None:
        self._place, self._names = place, tuple(scopes)
        self._offered: dict[str, tuple[Change, ...]] = {}

    @property
    def scopes(self) -> Mapping[str, str]:
        """Where a connection can hold."""
        from orchestrator_tui.cli.claude_files import WORDS

        return {name: WORDS[name] for name in self._names}

    def offer(self, scope: str) -> Offer:
        """What would change.

        Raises:
            OSError: it cannot be changed, and why.
        """
        with _told():
            files = self._files(scope)
            changes = self._offered[scope] = files.connecting()
            shown = tuple((str(one.target.path), one.words) for one in changes if one.changes)
            return Offer(shown, files.remarks(changes))

    def connect(self, scope: str) -> str:
        """Change what was offered, in lines.

        Raises:
            OSError: it cannot be changed; nothing was.
        """
        with _told():
            files = self._files(scope)
            files.connect(self._offered.get(scope) or files.connecting())
            return "\n".join(("Claude Code is connected.", *files.consequences()))

    def _files(self, scope: str) -> ClaudeFiles:
        from orchestrator_tui.cli.claude_files import ClaudeFiles

        return ClaudeFiles(self._place, scope, os.environ)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what keeps a file from being changed into words for the screen."""
    from orchestrator_tui.cli.faults import Fault
    from orchestrator_tui.journal.port import JournalError

    try:
        yield
    except (Fault, JournalError) as error:
        raise OSError(str(error)) from error
