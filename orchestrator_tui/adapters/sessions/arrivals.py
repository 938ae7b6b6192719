"""Which decisions and messages an agent was given by its transcript, and that it went on after them (DESIGN §2.1)."""

from __future__ import annotations

import re

MOST_IDENTIFIERS = 512
"""Identifiers that are remembered; the oldest goes."""

_IDENTIFIER = re.compile(rb"[dm]-[0-9A-Za-z][0-9A-Za-z-]{0,79}")
_INSIDE = re.compile(rb"[\w-]")
_ESCAPES = (b"\\n", b"\\r", b"\\t")


class Arrivals:
    """The identifiers that one part of a transcript holds, in the order of its lines.

    Claude Code 2.1.197 may write what began a session only after the first answer to it. So after a first answer before
    which nothing was given, lines with an earlier time than its own were given before it.

    Args:
        from_start: the part begins where the transcript begins.
    """

    __slots__ = ("_first_answer", "_given", "_gone_on", "_may_be_late", "_unbegun")

    def __init__(self, *, from_start: bool = True) -> None:
        self._given: dict[str, int] = {}
        self._gone_on: dict[str, str] = {}
        self._first_answer: tuple[str, int] | None = None
        self._unbegun, self._may_be_late = from_start, False

    def arrived(self, awaited: frozenset[str]) -> dict[str, str]:
        """Which of these identifiers the agent was given, with what it went on with, in words."""
        if not self._gone_on:
            return {}
        return {name: self._gone_on[name] for name in awaited & self._gone_on.keys()}

    def is_late(self, at: int) -> bool:
        """Whether a line of this time, in milliseconds of wall time, stands behind the answer that came after it."""
        return self._may_be_late and self._first_answer is not None and 0 < at <= self._first_answer[1]

    def give(self, line: bytes, at: int, *, remark: bool = False) -> None:
        """Take a line that the agent is given at this time, in milliseconds of wall time; 0 when that is unknown.

        A ``remark`` is one of Claude Code itself, which begins nothing and goes on with nothing.
        """
        late = self.is_late(at)
        for name in identifiers(line):
            if name not in self._gone_on and name not in self._given:
                self._given[name] = at
        if late and self._first_answer is not None:
            self._reach(*self._first_answer)
        elif not remark:
            self._unbegun = False
            self._may_be_late = self._may_be_late and not at
        _end(self._given)

    def go_on(self, started: str, at: int) -> None:
        """Take an answer of the agent: with this call, if it makes one, it goes on after whatever it was given."""
        if self._first_answer is None:
            self._first_answer = started, at
            self._may_be_late = self._unbegun
        self._reach(started, at)

    def _reach(self, started: str, at: int) -> None:
        for name, given_at in self._given.items():
            after = f" {(at - given_at) / 1000:.1f} s later" if at >= given_at > 0 else ""
            self._gone_on[name] = f"its next answer came{after}" + (f": {started}" if started else "")
        self._given.clear()
        _end(self._gone_on)

    def follow(self, before: Arrivals) -> None:
        """Put the part of the transcript that stands before this one in front."""
        if self._first_answer is not None:
            before._reach(*self._first_answer)
        self._gone_on = {**before._gone_on, **self._gone_on}
        self._given = {**before._given, **self._given}
        _end(self._gone_on)
        _end(self._given)


def identifiers(line: bytes) -> list[str]:
    """What on a line has the shape of a decision's or a message's identifier."""
    found: list[str] = []
    for one in _IDENTIFIER.finditer(line):
        start = one.start()
        if _INSIDE.match(line, start - 1) is None or line[start - 2 : start] in _ESCAPES:
            found.append(one[0].decode("ascii"))
    return found


def _end(table: dict[str, int] | dict[str, str]) -> None:
    while len(table) > MOST_IDENTIFIERS:
        del table[next(iter(table))]
