"""A person's own skill for a workflow, as its agents are told it: ``~/.claude/skills/<name>/SKILL.md`` (seed 002)."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping

from orchestrator_tui.adapters.claude_home import config_directory
from orchestrator_tui.core.text import sanitise

LIMIT = 48_000
"""Most characters of a skill; a longer one is cut where a reader can see it."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n+", re.DOTALL)


def skill_text(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """The text of the skill of this name, without its front matter; "" where a person has none.

    It is the person's own file, and may be linked to; what is no regular file, or no name of one, is none.
    """
    if not _NAME.fullmatch(name):
        return ""
    path = config_directory(environ) / "skills" / name / "SKILL.md"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        data = b""
        while len(data) < 4 * LIMIT and (piece := os.read(descriptor, 65_536)):
            data += piece
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    text = data.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    return sanitise(_FRONT_MATTER.sub("", text, count=1).strip(), LIMIT)
