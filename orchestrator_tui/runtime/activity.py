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
            self._held.pop(key, None)
            self._told[key] = (fact, now)
            due.append(fact)
        for source in seen.vanished:
            self._held.pop((batch.id, source), None)
        self._show(batch, slugs, now)
        return replace(seen, changed=tuple(due))

    def due(self, batch: Batch, now: Instant) -> ListSeen:
        """What was held back of this batch and has waited long enough."""
        keys = [key for key in self._held if key[0] == batch.id]
        if not keys:
            return ListSeen()
        return self.sift(batch, ListSeen(tuple(self._held[key] for key in keys)), now)

    def _may_wait(self, batch: Batch, slug: str | None, fact: TaskFact, now: Instant) -> bool:
        told = self._told.get((batch.id, fact.source))
        if told is None or slug is None or batch.tracks[slug].liveness is not Liveness.REPORTING:
            # An agent that was asked has replied, whatever it says.
            return False
        before, at = told
        if elapsed_ms(at, now) >= batch.limits.activity_ms:
            return False
        return before != fact and before.without_activity() == fact.without_activity()

    def _show(self, batch: Batch, slugs: Mapping[str, str], now: Instant) -> None:
        others = {key: activity for key, activity in self.seen.items() if key[0] != batch.id}
        mine = {
            (batch.id, slugs[source]): Activity(read_metadata(fact).progress, at_wall(fact.mtime_ms, now))
            for (name, source), fact in self._held.items()
            if name == batch.id and source in slugs
        }
        self.seen = {**others, **mine}
