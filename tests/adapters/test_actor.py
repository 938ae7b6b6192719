"""The audit row knows who acted by the system, not by what the environment claims."""

from __future__ import annotations

import os

from orchestrator_tui.adapters.actor import login_name, system_actor
from orchestrator_tui.core.canonical import canonical_json


def test_the_environment_cannot_lie_about_the_user() -> None:
    actor = system_actor({"USER": "somebody-else", "LOGNAME": "another", "XDG_SESSION_ID": "c\x1b7"})
    assert actor.name == login_name(os.getuid())
    assert list(actor.details) == ["uid", "login", "tty", "host", "pid", "session"]
    assert (actor.details["uid"], actor.details["pid"]) == (os.getuid(), os.getpid())
    assert actor.details["session"] == "c\\x1b7"
    assert canonical_json(dict(actor.details))


def test_an_unknown_user_is_a_number() -> None:
    assert login_name(4_000_000_123) == "uid 4000000123"
