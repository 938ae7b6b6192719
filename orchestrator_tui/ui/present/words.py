"""The short words that several panels share: risks, what a gate asks in a few cells, money, models.

What agents wrote is cleaned here; labels that go back to an agent are never taken from here.
"""

from __future__ import annotations

import re
from functools import lru_cache

from orchestrator_tui.core.model import Batch, Gate, Risk, State, Track
from orchestrator_tui.core.queries import stage_place
from orchestrator_tui.ui.present.cells import clean

_SESSION_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

RISK_WORDS = {
    Risk.PRODUCTION: ("PROD", "risk-production strong"),
    Risk.DESTRUCTIVE: ("DESTR", "risk-production strong"),
    Risk.FAILURE: ("fail", "risk-failure"),
    Risk.STAGING: ("stage", "gate"),
    Risk.CHECK: ("check", "gate"),
    Risk.UNKNOWN: ("ask", ""),
    Risk.LOW: ("low", "quiet"),
}
"""The label and the theme token of each risk in the queue."""

RISK_NAMES = {
    Risk.PRODUCTION: "production",
    Risk.DESTRUCTIVE: "destructive",
    Risk.FAILURE: "failure",
    Risk.STAGING: "staging",
    Risk.CHECK: "check",
    Risk.UNKNOWN: "unknown risk",
    Risk.LOW: "low risk",
}
"""The risks in full words."""

PRODUCTION = frozenset({"production", "prod", "live"})
"""Names of the environment that only a person touches."""

_ENVIRONMENTS = {**dict.fromkeys(PRODUCTION, "prod"), "staging": "staging", "dev": "dev", "development": "dev"}
_ASKS = {
    "plan": "plan",
    "redispatch": "re-dispatch",
    "spend": "spend",
    "conflict": "conflict",
    "merge": "merge",
    "publish": "publish",
    "deploy_failure": "deploy failed",
    "worktree": "worktree",
    "stage": "begin stage",
    "cap": "tries spent",
    "review": "review",
    "checks": "checks fail",
    "scope": "scope",
    "fleet": "more at once",
    "missing_input": "open questions",
    "disagreement": "disagreement",
    "mismatch": "mismatch",
    "skip_stage": "skip stage",
    "escalation": "needs you",
    "integration": "integration",
    "tampered": "tampered",
    "freshness": "base moved on",
    "pre_flight": "untracked files",
    "unknown_effect": "unknown end",
}
_DEPLOY = "deploy_"
_VERDICTS = {"counsel": "counsel verdict", "review": "review verdict"}
_SNAPSHOT_DATE = re.compile(r"-\d{8}$")
_PULL_REQUEST = re.compile(r"(?:/pull/|/merge_requests/|^#?)(\d+)$")


def risk_label(gate: Gate) -> tuple[str, str]:
    """The queue's word for a gate's risk, and its theme token."""
    if gate.question.kind == "permission" and gate.risk <= Risk.CHECK:
        return "perm", RISK_WORDS[gate.risk][1]
    return RISK_WORDS[gate.risk]


def short_ask(gate: Gate, track: Track | None) -> str:
    """What a gate asks in one or two words: ``deploy``, ``counsel``, ``allow Bash``."""
    question = gate.question
    if question.kind == "permission":
        head = clean(question.question, 120).partition(":")[0].partition(" to ")[0]
        return head[:1].lower() + head[1:]
    named = _ASKS.get(question.kind)
    if named is not None:
        return named
    if question.kind.startswith(_DEPLOY):
        return "deploy"
    stage = stage_name(track, question.stage)
    if question.kind == "task" and stage:
        return stage.split()[-1].lower()
    return clean(question.question, 120)


def longer_ask(gate: Gate, track: Track | None) -> str:
    """What a gate asks, in the words of a track's row: ``deploy to prod``, ``asks: allow Bash``."""
    asked = short_ask(gate, track)
    verdict = _VERDICTS.get(asked)
    if verdict is not None:
        return verdict
    environment = _ENVIRONMENTS.get(gate.question.environment)
    if asked == "deploy" and gate.question.kind.startswith(_DEPLOY):
        named = gate.question.kind.removeprefix(_DEPLOY)
        environment = _ENVIRONMENTS.get(named) or clean(named, 20)
    if environment is not None:
        return f"{asked} to {environment}"
    return f"asks: {asked}"


def stage_name(track: Track | None, index: int | None) -> str:
    """The name of one stage of a track, or ""."""
    if track is None or index is None:
        return ""
    return next((clean(stage.name, 80) for stage in track.stages if stage.index == index), "")


def stage_count(track: Track) -> str:
    """``3/8``: the current stage of how many; "" for a track without stages."""
    number = stage_place((one.index for one in track.stages), track.stage)
    return f"{number}/{len(track.stages)}" if track.stages else ""


LEAST_CENT = 0.005
"""Dollars below which a cost is not worth a cell."""


def money(track: Track) -> str:
    """What a track cost: ``$4.10``; its tokens where the price is not known."""
    if track.cost_usd is not None:
        if track.cost_usd < LEAST_CENT:
            return ""
        return f"${track.cost_usd:,.2f}" if track.cost_usd < 1000 else f"${track.cost_usd:,.0f}"
    return "" if not track.tokens else tokens(track.tokens)


def tokens(count: int) -> str:
    """A number of tokens in few cells: ``950``, ``148k``, ``2.1M``."""
    if count < 1000:
        return str(count)
    return f"{count // 1000}k" if count < 1_000_000 else f"{count / 1_000_000:.1f}M"


@lru_cache(maxsize=256)
def model_name(model: str) -> str:
    """A model's short name: ``opus-4-1``."""
    return _SNAPSHOT_DATE.sub("", clean(model, 60).removeprefix("claude-"))


def shown_model(track: Track) -> str:
    """The model that works on a track: of a run's, that of its newest attempt, or its tier where none is known."""
    for attempt in reversed(track.attempts):
        if attempt.model or attempt.tier:
            return model_name(attempt.model) or clean(attempt.tier, 20)
    return model_name(track.model)


def pull_request(track: Track) -> str:
    """``#38`` for a pull request's number or address, the cleaned text for anything else."""
    named = clean(track.pr, 200)
    found = _PULL_REQUEST.search(named)
    return f"#{found.group(1)}" if found else named


def repositories(state: State) -> tuple[str, ...]:
    """The names of the repositories whose batches are shown, each once."""
    return tuple(dict.fromkeys(repository_name(batch) for batch in state.batches.values()))


def repository_name(batch: Batch) -> str:
    """The last part of the path of a batch's repository."""
    return clean(batch.repository.rstrip("/").rpartition("/")[2], 60)


def place_title(state: State, name: str) -> str:
    """Where a row belongs: its repository where several are shown, else its batch."""
    batch = state.batches.get(name)
    if batch is None:
        return ""
    return repository_name(batch) if len(repositories(state)) > 1 else batch_title(batch)


def batch_title(batch: Batch) -> str:
    """A batch's title, or its id when it has none; of a session's long id as much as tells it apart."""
    return title_words(batch.title, batch.id)


def title_words(title: str, batch_id: str) -> str:
    """As :func:`batch_title`, of a batch of which no more is known."""
    title = clean(title, 120) or clean(batch_id, 120)
    return f"session {title[:8]}" if _SESSION_ID.fullmatch(title) else title
