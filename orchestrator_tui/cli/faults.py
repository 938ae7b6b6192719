"""What ends a command early: each becomes one line on stderr and an exit code (DESIGN §4.4)."""

from __future__ import annotations

from collections.abc import Iterable

DONE, UNFINISHED, BAD_INPUT, REFUSED = 0, 1, 2, 3
"""The exit codes: done; findings or unfinished; bad usage or bad input; refused."""

PIPE_CLOSED = 141
"""As if the process had died of SIGPIPE."""


class Fault(Exception):
    """A command that cannot go on. Its text is one line for a person; ``code`` is the exit code."""

    code = UNFINISHED


class BadInput(Fault):
    """What was typed, or a file that was named, cannot be used."""

    code = BAD_INPUT


class Refusal(Fault):
    """What was asked is not allowed, or came too late."""

    code = REFUSED


def nearest(word: str, known: Iterable[str]) -> str:
    """`` did you mean "x"?`` with the known word nearest to ``word``, behind a semicolon; "" when none is near."""
    import difflib  # Only for mistakes: it costs more than most commands.

    found = difflib.get_close_matches(word.lower(), sorted(set(known)), n=1, cutoff=0.5)
    return f'; did you mean "{found[0]}"?' if found else ""
