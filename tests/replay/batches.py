"""Made-up batches of any length: the same seed gives the same events, in the proportions of a working day."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.instant import Instant

BATCH = "day"
START = Instant(1_785_600_000_000, 3_600_000, "boot-1")
STAGES = 8
STEP_MS = 570
"""Time between two events: 150,000 of them make a day."""


def drafts(count: int, *, tracks: int = 50, seed: int = 1) -> Iterator[Draft]:
    """The first ``count`` events of a batch of ``tracks`` tracks, before they have a place in a journal."""
    chance = random.Random(seed)
    slugs = [f"track-{number}" for number in range(tracks)]
    yield Draft("batch_opened", {"title": "A working day", "kind": "watch", "source": "/lists/day"})
    for slug in slugs[: count - 1]:
        yield _added(slug)
    under_way: list[Gate] = []
    opened = 0
    for _ in range(count - 1 - tracks):
        slug = chance.choice(slugs)
        share = chance.random()
        if share < 0.6:
            yield Draft("activity_seen", {"track": slug, "text": f"Bash pytest -q tests/{chance.randrange(99)}"})
        elif share < 0.75:
            yield Draft("track_reported", {"track": slug, "progress": "writes the tests", "fingerprint": "f" * 16})
        elif share < 0.85:
            payload = {"track": slug, "stage": chance.randrange(1, STAGES + 1), "status": "running", "observed": True}
            yield Draft("stage_changed", payload)
        elif share < 0.9:
            yield Draft("cost_recorded", {"track": slug, "cost_usd": round(chance.random() * 9, 2), "tokens": 33_000})
        elif under_way and (len(under_way) > 20 or chance.random() < 0.8):
            gate = under_way.pop(chance.randrange(len(under_way)))
            yield gate.step()
            if gate.steps:
                under_way.append(gate)
        else:
            opened += 1
            under_way.append(Gate(f"gate-{opened}", slug))
            yield under_way[-1].step()


def events(count: int, *, tracks: int = 50, seed: int = 1, batch: str = BATCH) -> Iterator[Event]:
    """The same as recorded events, without the hashes of a real journal."""
    return numbered(drafts(count, tracks=tracks, seed=seed), batch)


def numbered(listed: Iterable[Draft], batch: str = BATCH) -> Iterator[Event]:
    """Drafts as the events of a batch, ``STEP_MS`` apart."""
    for seq, draft in enumerate(listed, 1):
        yield Event(batch, seq, START.plus(seq * STEP_MS), draft.kind, "cockpit", 1, draft.payload, f"{seq:064x}")


class Gate:
    """A gate on its way from the question to the acknowledgement."""

    def __init__(self, name: str, slug: str) -> None:
        self._key: dict[str, Any] = {"gate": name, "revision": 1}
        self._slug = slug
        self.steps = ["opened", "decided", "claimed", "delivered", "acknowledged"]

    def step(self) -> Draft:
        """The next thing that happens to it."""
        done: Draft = getattr(self, f"_{self.steps.pop(0)}")()
        return done

    def _opened(self) -> Draft:
        asked = {
            **self._key,
            "digest": "d" * 64,
            "track": self._slug,
            "kind": "task",
            "question": f"May {self._slug} go on?",
            "source": f"{self._slug}.json",
            "risk": "low",
            "options": [{"key": "go", "label": "go on", "role": "approve"}, {"key": "no", "label": "stop here"}],
            "routes": ["task_file"],
        }
        return Draft("gate_opened", asked)

    def _decided(self) -> Draft:
        answer = {"decision": "d-1", "options": ["go"], "label": "go on", "by": "ann", "origin": "key"}
        return Draft("gate_decided", {**self._key, "digest": "d" * 64, **answer})

    def _claimed(self) -> Draft:
        return Draft("delivery_claimed", {**self._key, "decision": "d-1", "route": "task_file", "claimant": "7:1"})

    def _delivered(self) -> Draft:
        return Draft(
            "decision_delivered", {**self._key, "decision": "d-1", "route": "task_file", "evidence": "written"}
        )

    def _acknowledged(self) -> Draft:
        taken = {"decision": "d-1", "route": "task_file", "evidence": "its agent went on"}
        return Draft("decision_acknowledged", {**self._key, **taken})


def _added(slug: str) -> Draft:
    ladder = [[index, f"Stage {index}"] for index in range(1, STAGES + 1)]
    added = {"track": slug, "title": slug.replace("-", " "), "kind": "feature", "stages": ladder, "state": "running"}
    return Draft("track_added", {**added, "source": f"{slug}.json"})
