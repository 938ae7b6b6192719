"""Who acts: the person at this terminal, as it stands in the audit row of every decision (reliability A-14)."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.commands import Actor
from orchestrator_tui.core.text import sanitise_line

_NAME_LIMIT = 60


def system_actor(environ: Mapping[str, str]) -> Actor:
    """The user of this process: shown by login name, with uid, terminal, host, process and session beside it."""
    uid = os.getuid()
    login = login_name(uid)
    details: dict[str, Any] = {
        "uid": uid,
        "login": login,
        "tty": _terminal(),
        "host": sanitise_line(socket.gethostname(), _NAME_LIMIT),
        "pid": os.getpid(),
        "session": sanitise_line(environ.get("XDG_SESSION_ID", "") or str(os.getsid(0)), _NAME_LIMIT),
    }
    return Actor(login, details)


def login_name(uid: int) -> str:
    """The name of the user with this number as the system knows it; the environment could claim any."""
    try:
        import pwd

        return sanitise_line(pwd.getpwuid(uid).pw_name, _NAME_LIMIT)
    except (ImportError, KeyError):
        return f"uid {uid}"


def _terminal() -> str:
    for descriptor in (0, 1, 2):
        try:
            return os.ttyname(descriptor)
        except OSError:
            continue
    return ""
