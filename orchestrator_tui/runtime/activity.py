"""What agents were just seen doing: shown at once, journalled at most once in ten seconds a track (DESIGN §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from orchestrator_tui.core.facts import ListSeen, TaskFact
from orchestrator_tui.core.instant import Instant, at_wall, elapsed_ms
from orchestrator_tui.core.metadata import read_metadata
from orchestrator_tui.core.model import Activity, Batch, Liveness

_Key = tuple[str, str]
"""A batch, and a source or a track in it."""


class FineActivity:
    """Holds back the facts of tasks of which only the activity differs, until it is time to record them.

    ``seen`` is what is held back, by batch and track, for the screens.
    """

    def __init__(self) -> None:
        self._told: dict[_Key, tuple[TaskFact, Instant]] = {}
        self._held: dict[_Key, TaskFact] = {}
        self._shown: dict[_Key, tuple[TaskFact, Activity]] = {}
        self.seen: Mapping[_Key, Activity] = {}

    def sift(self, batch: Batch, seen: ListSeen, now: Instant) -> ListSeen:
        """What of ``seen`` is to be recorded now."""
        slugs = {track.source: slug for slug, track in batch.tracks.items()}
        due: list[TaskFact] = []
        for fact in seen.changed:
            key = (batch.id, fact.source)
            if not seen.whole and self._may_wait(batch, slugs.get(fact.source), fact, now):
                self._held[key] = fact
                continue
            self._let_go(key)
            self._told[key] = (fact, now)
            due.append(fact)
        for source in seen.vanished:
            self._let_go((batch.id, source))
        self._show(batch, slugs, now)
        return replace(seen, changed=tuple(due))

    def _let_go(self, key: _Key) -> None:
        self._held.pop(key, None)
        self._shown.pop(key, None)

    def due(self, batch: Batch, now: Instant) -> ListSeen:
        """What was held back of this batch and has waited long enough."""
        held = {key: fact for key, fact in self._held.items() if key[0] == batch.id}
        slugs = {track.source: slug for slug, track in batch.tracks.items()} if held else {}
        due = tuple(
            fact for fact in held.values() if self._told_early(batch, slugs.get(fact.source), fact, now) is None
        )
        return self.sift(batch, ListSeen(due), now) if due else ListSeen()

    def _may_wait(self, batch: Batch, slug: str | None, fact: TaskFact, now: Instant) -> bool:
        before = self._told_early(batch, slug, fact, now)
        return before is not None and before != fact and before.says_the_same(fact)

    def _told_early(self, batch: Batch, slug: str | None, fact: TaskFact, now: Instant) -> TaskFact | None:
        """What was recorded of this task so short a time ago that more of its activity may wait; else None."""
        told = self._told.get((batch.id, fact.source))
        if told is None or slug is None or batch.tracks[slug].liveness is not Liveness.REPORTING:
            # An agent that was asked has replied, whatever it says.
            return None
        before, at = told
        return before if elapsed_ms(at, now) < batch.limits.activity_ms else None

    def _show(self, batch: Batch, slugs: Mapping[str, str], now: Instant) -> None:
        others = {key: activity for key, activity in self.seen.items() if key[0] != batch.id}
        held = {key: fact for key, fact in self._held.items() if key[0] == batch.id and key[1] in slugs}
        mine = {(batch.id, slugs[key[1]]): self._activity(key, fact, now) for key, fact in held.items()}
        self.seen = {**others, **mine}

    def _activity(self, key: _Key, fact: TaskFact, now: Instant) -> Activity:
        shown = self._shown.get(key)
        if shown is None or shown[0] is not fact:
            shown = self._shown[key] = fact, Activity(read_metadata(fact).progress, at_wall(fact.mtime_ms, now))
        return shown[1]
