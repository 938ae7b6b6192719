"""Mail: one empty file a session that has something to be told, so that its every tool call can look for a millisecond.

The file only says "look into the journal"; what there is to tell stands there. It lies beside the repositories'
journals, since a hook is installed once for all of them and knows its session, not its repository (DESIGN §4.2).
"""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator_tui.journal.home import REPOSITORIES

DIRECTORY = "mail"
LONGEST = 128
"""Characters of a session's id at most; Claude Code's own have 36."""


def mail_file(home: Path, session: str) -> Path | None:
    """The mail file of a session below our state directory; None for what can be no session's id."""
    safe = 0 < len(session) <= LONGEST and all(
        letter.isascii() and (letter.isalnum() or letter in "-_") for letter in session
    )
    return home / DIRECTORY / session if safe else None


def post(home: Path, session: str) -> None:
    """Make the session's next tool call look. Idempotent.

    Raises:
        OSError: it cannot be written.
    """
    path = mail_file(home, session)
    if path is None:
        return
    try:
        _make(path)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)


def _make(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))


def take(home: Path, session: str) -> bool:
    """Remove the session's mail file before looking: what is posted from now on is not lost. Whether there was one."""
    path = mail_file(home, session)
    if path is None:
        return False
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def post_beside(directory: Path, session: str) -> None:
    """Post mail beside the journal in ``directory``; a copy of a journal that lies elsewhere has no agents."""
    if directory.parent.name == REPOSITORIES:
        post(directory.parent.parent, session)


class HomeMail:
    """The mail of all sessions below one state directory; implements :class:`~orchestrator_tui.runtime.world.Mail`."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def post(self, session: str) -> None:
        """Make the next tool call of this session look for what waits for it."""
        post(self._home, session)
