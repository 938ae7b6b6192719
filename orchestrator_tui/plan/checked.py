"""What the check of a plan found, as one result that the plan screen, the journal and ``check --json`` share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from orchestrator_tui.core.canonical import json_text
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.plan import SERIALISE as SERIALISE
from orchestrator_tui.core.plan import Plan
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.problems import Problem, has_errors

APPEND_ONLY, ORDER, DEPLOY_QUEUE, NONE = "append-only", "order", "deploy queue", "none"
CONSEQUENCES = (SERIALISE, APPEND_ONLY, ORDER, DEPLOY_QUEUE, NONE)
"""What follows from a conflict of two tracks, the gravest first."""


@frozen
class Clash:
    """One thing that two tracks share, and what follows from it; ``files`` are paths, or patterns that can meet."""

    consequence: str
    why: str
    files: tuple[str, ...] = ()


@frozen
class Pair:
    """Two tracks in the order of the plan, the gravest consequence of what they share, and all of it."""

    a: str
    b: str
    consequence: str
    why: str
    clashes: tuple[Clash, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """What both of them touch."""
        return tuple(dict.fromkeys(file for clash in self.clashes for file in clash.files))


@frozen
class Wave:
    """Tracks that may run together, in the order in which they get a place."""

    wave: int
    tracks: tuple[str, ...]


@frozen
class Readiness:
    """When a track starts; ``why`` says why not at once, "" for one that starts at once."""

    track: str
    wave: int
    why: str = ""


@frozen
class Verdict:
    """``parallel``, ``sequential``, ``single`` or ``none``, why, and how many tracks are at work at once at most.

    ``at_first`` is how many before a person allows more at the fleet gate; the same as ``width`` where none is asked.
    """

    mode: str
    why: str
    width: int
    independent: int
    at_first: int = 0


@frozen
class ModelChoice:
    """The model of a role, its tier, and who says so."""

    model: str
    tier: str
    source: str


@frozen
class Estimate:
    """What the batch may cost in US dollars, by assumptions of a date.

    Attributes:
        usd: expected; between ``usd_low`` (each stage once) and ``usd_high`` (each that can be repeated, once more).
        usd_uncut: each stage once, whatever the budgets say.
        usd_max: what attempts, rounds and budgets allow; None where nothing bounds it.
        attempts, reviews: agents' attempts when each stage is done once, and how many of them review.
        attempts_max: what attempts and rounds allow.
        agents, agents_first: at work at once, at most; and before a person allows more at the fleet gate.
        by_model: attempts by model.
        models: model by role.
        as_of, assumption: of which day the prices are, "" where nothing has one, and what an attempt is taken for.
    """

    usd: float = 0.0
    usd_low: float = 0.0
    usd_high: float = 0.0
    usd_uncut: float = 0.0
    usd_max: float | None = None
    attempts: int = 0
    reviews: int = 0
    attempts_max: int = 0
    agents: int = 0
    agents_first: int = 0
    by_model: Mapping[str, int] = field(default_factory=dict)
    models: Mapping[str, ModelChoice] = field(default_factory=dict)
    as_of: str = ""
    assumption: str = ""


@frozen
class Threshold:
    """One bound or rule of a workflow, with its value as a person writes it, and what it means."""

    workflow: str
    key: str
    value: str
    meaning: str


@frozen
class Checked:
    """Everything that is known of a plan before it starts.

    ``plan`` is the plan as it will be followed: where a shared file has an owner of higher priority, the other track
    may only append to it.
    """

    plan: Plan
    workflows: Mapping[str, Workflow]
    problems: tuple[Problem, ...]
    matrix: tuple[Pair, ...]
    waves: tuple[Wave, ...]
    readiness: tuple[Readiness, ...]
    verdict: Verdict
    estimate: Estimate
    explain: tuple[Threshold, ...]

    @property
    def usable(self) -> bool:
        """Whether nothing keeps the batch from starting."""
        return not has_errors(self.problems)


JOURNALLED_BYTES = 60_000
"""The result must fit into one event (reliability J-2)."""

_FILES_SHOWN = 5
_PROBLEMS_KEPT = 20


def journalled(checked: Checked) -> dict[str, Any]:
    """As :func:`checked_data`, in at most :data:`JOURNALLED_BYTES`: what the engine needs is kept to the last.

    First the details of problems and pairs go, then why tracks wait, then pairs that need not be kept apart;
    ``left_out`` says so.
    """
    data = checked_data(checked)
    steps: tuple[Callable[[dict[str, Any]], None], ...] = (_few_problems, _bare_pairs, _no_reasons, _severe_alone)
    for step in steps:
        if len(json_text(data).encode()) <= JOURNALLED_BYTES:
            break
        step(data)
        data["left_out"] = True
    return data


def _few_problems(data: dict[str, Any]) -> None:
    data["problems"] = data["problems"][:_PROBLEMS_KEPT]


def _bare_pairs(data: dict[str, Any]) -> None:
    data["matrix"] = [{name: one[name] for name in ("a", "b", "consequence")} for one in data["matrix"]]


def _no_reasons(data: dict[str, Any]) -> None:
    data["readiness"] = []


def _severe_alone(data: dict[str, Any]) -> None:
    data["matrix"] = [one for one in data["matrix"] if one["consequence"] == SERIALISE]
    data["problems"] = []


def checked_data(checked: Checked) -> dict[str, Any]:
    """The result as plain data: what scripts get and the screens draw.

    Pairs without a consequence are left out, and of each pair at most five files are named.
    """
    return {
        "problems": [problem_data(one) for one in checked.problems],
        "matrix": [pair_data(one) for one in checked.matrix if one.consequence != NONE],
        "waves": [{"wave": one.wave, "tracks": list(one.tracks)} for one in checked.waves],
        "readiness": [{"track": one.track, "wave": one.wave, "why": one.why} for one in checked.readiness],
        "verdict": {
            "mode": checked.verdict.mode,
            "why": checked.verdict.why,
            "width": checked.verdict.width,
            "independent": checked.verdict.independent,
            "at_first": checked.verdict.at_first,
        },
        "estimate": estimate_data(checked.estimate),
    }


def problem_data(problem: Problem) -> dict[str, Any]:
    """A problem as plain data; ``text`` is its one line."""
    return {
        "file": problem.file,
        "line": problem.line,
        "key": problem.key,
        "message": problem.message,
        "nearest": problem.nearest,
        "level": problem.level,
        "text": str(problem),
    }


def pair_data(pair: Pair) -> dict[str, Any]:
    """A pair as plain data; ``more`` counts the files that are not named."""
    return {
        "a": pair.a,
        "b": pair.b,
        "consequence": pair.consequence,
        "why": pair.why,
        "files": list(pair.files[:_FILES_SHOWN]),
        "more": max(0, len(pair.files) - _FILES_SHOWN),
        "also": [{"consequence": one.consequence, "why": one.why} for one in pair.clashes[1:]],
    }


def estimate_data(estimate: Estimate) -> dict[str, Any]:
    """An estimate as plain data."""
    return {
        "usd": estimate.usd,
        "usd_low": estimate.usd_low,
        "usd_high": estimate.usd_high,
        "usd_max": estimate.usd_max,
        "attempts": estimate.attempts,
        "reviews": estimate.reviews,
        "attempts_max": estimate.attempts_max,
        "agents": estimate.agents,
        "agents_first": estimate.agents_first,
        "by_model": dict(estimate.by_model),
        "models": {
            role: {"model": one.model, "tier": one.tier, "source": one.source} for role, one in estimate.models.items()
        },
        "as_of": estimate.as_of,
        "assumption": estimate.assumption,
    }


def threshold_data(threshold: Threshold) -> dict[str, Any]:
    """A threshold as plain data."""
    return {
        "workflow": threshold.workflow,
        "key": threshold.key,
        "value": threshold.value,
        "meaning": threshold.meaning,
    }
