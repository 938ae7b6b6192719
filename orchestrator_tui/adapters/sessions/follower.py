"""One transcript followed on disk: its end at once, its growth as it comes, its past piece by piece."""

from __future__ import annotations

import os

from orchestrator_tui.adapters.sessions.arrivals import Arrivals
from orchestrator_tui.adapters.sessions.lines import GrowingFile, Past
from orchestrator_tui.adapters.sessions.totals import Totals, join
from orchestrator_tui.adapters.sessions.transcript import Transcript, feed_past

WINDOW = 192 * 1024
"""Bytes before the end of a transcript from which it is followed; its past is only counted."""
WIDEST = 4 * 1024 * 1024
"""Where no answer stands in the window, up to so much more is looked at; so much of one that has just appeared, too."""
SLICE = 1024 * 1024
"""Bytes of the past that are counted at once."""


class Follower:
    """What one transcript says. ``path`` is looked at when :meth:`look` is called, and need not exist."""

    __slots__ = (
        "_file",
        "_past",
        "_past_arrivals",
        "_past_totals",
        "_path",
        "_session",
        "_stamp",
        "_who",
        "changed_ms",
        "transcript",
    )

    def __init__(self, path: str, session: str, agent: str = "") -> None:
        self._path, self._session, self._who = path, session, agent
        self._stamp: tuple[int, int, int] | None = None
        self.forget()

    def forget(self) -> None:
        """Read it from its end again at the next look."""
        self._file = GrowingFile(self._path, WINDOW)
        self._past: Past | None = None
        self._past_totals, self._past_arrivals = Totals(), Arrivals(from_start=False)
        self._stamp = None
        self.changed_ms = 0
        """When it last grew, in milliseconds of wall time; 0 when it was never there."""
        self.transcript = Transcript(self._session, self._who)

    @property
    def is_there(self) -> bool:
        """Whether there was a transcript at the last look."""
        return self._stamp is not None

    @property
    def is_counted(self) -> bool:
        """Whether its past is counted, too, so that its totals are those of the whole."""
        return self._past is None

    @property
    def totals(self) -> Totals:
        """What it amounts to; of a past that is not counted yet, nothing is in it."""
        recent = self.transcript.totals
        return join(self._past_totals, recent) if self._past_totals.tokens or self._past_totals.prompt else recent

    def look(self) -> bool:
        """Read what was appended since the last look; whether there was anything."""
        try:
            status = os.stat(self._path)
        except (OSError, ValueError):
            gone, self._stamp = self._stamp is not None, None
            # What is there at a later look was written since this one, and is no past that can wait.
            self._file = GrowingFile(self._path, WIDEST)
            return gone
        stamp = status.st_ino, status.st_size, status.st_mtime_ns
        if stamp == self._stamp:
            return False
        growth = self._file.read()
        if growth is None:
            return False
        if growth.anew:
            self._begin()
        for line in growth.lines:
            self.transcript.feed(line)
        if growth.anew:
            self._widen()
            self._past = self._past_before()
            if self._file.begun_at <= SLICE:
                self.count()
        # A read that ended at its limit goes on at the next look.
        self._stamp = (status.st_ino, -1, 0) if growth.more else stamp
        self.changed_ms = status.st_mtime_ns // 1_000_000
        return True

    def count(self) -> bool:
        """Count a further piece of the past; whether there was one."""
        if self._past is None:
            return False
        for line in self._past.read(SLICE):
            feed_past(self._past_totals, self._past_arrivals, line)
        if self._past.is_read:
            self._past = None
            self.transcript.arrivals.follow(self._past_arrivals)
        return True

    def _begin(self) -> None:
        self.transcript = Transcript(self._session, self._who, from_start=self._file.begun_at == 0)
        self._past_totals, self._past_arrivals = Totals(), Arrivals(from_start=False)

    def _widen(self) -> None:
        """Begin earlier while nothing that tells of the agent was found: bulky lines can fill a window alone."""
        window = WINDOW
        while self._file.begun_at > 0 and not self.transcript.totals.model and window < WIDEST:
            window *= 4
            self._file = GrowingFile(self._path, window)
            growth = self._file.read()
            if growth is None:
                return
            self._begin()
            for line in growth.lines:
                self.transcript.feed(line)

    def _past_before(self) -> Past | None:
        if self._file.begun_at == 0:
            return None
        self._past_totals = Totals(frozenset(self.transcript.totals.first_ids))
        return Past(self._path, self._file.identity, self._file.begun_at)
