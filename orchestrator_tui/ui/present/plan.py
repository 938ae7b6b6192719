"""The plan of a run: its tracks by wave and why they wait, what they share, what it costs, and what the check found.

What the check of the plan found is data of the journal and may hold agents' words: every piece is made safe here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import Batch, Gate, GateState
from orchestrator_tui.core.plan import BATCH_TRACK, Plan, PlannedTrack
from orchestrator_tui.core.run import Run
from orchestrator_tui.core.text import plural
from orchestrator_tui.ui.present.cells import clean
from orchestrator_tui.ui.present.run_words import dollars, most_agents
from orchestrator_tui.ui.present.words import model_name

PLAN_GATES = ("plan", "spend")
"""Kinds of the gates that bar the start of a run, in the order in which they are answered."""

BEFORE_TRACKS = ("planned", "approved")
"""Phases in which they wait: of a plan that names no tracks, what they cost is asked when they have been found."""

Data = Mapping[str, Any]


@frozen
class PlanTrack:
    """One track of a plan in words. ``why`` says why it does not start at once, or is ""."""

    slug: str
    kind: str
    owns: str
    after: str
    why: str


@frozen
class PlanWave:
    """Tracks that may run together."""

    heading: str
    tracks: tuple[PlanTrack, ...]


@frozen
class PlanConflict:
    """Two tracks that meet, over what, and what follows from it; ``sign`` is the name of a glyph."""

    first: str
    second: str
    over: str
    consequence: str
    token: str
    sign: str


@frozen
class PlanFinding:
    """One thing that the check of a plan found: sign by name of a glyph, its theme token, place and words."""

    sign: str
    token: str
    place: str
    text: str


@frozen
class PlanView:
    """A plan in words.

    Attributes:
        file: the name of its file.
        branches: where the work goes and what it starts from, far to near.
        summary: tracks and waves in a few words.
        waves: the tracks, wave by wave.
        verdict: whether they run side by side, and why.
        costs: labelled lines on agents, models and money.
        money: what is expected and what it can come to, in a few cells.
        conflicts: pairs of tracks that meet.
        findings: what the check found, the worst first.
        is_faulty: something found keeps the plan from being started.
    """

    file: str
    branches: tuple[str, str]
    summary: str
    waves: tuple[PlanWave, ...]
    verdict: tuple[str, ...]
    costs: tuple[tuple[str, str], ...]
    money: str
    conflicts: tuple[PlanConflict, ...]
    findings: tuple[PlanFinding, ...]
    is_faulty: bool

    @property
    def warned(self) -> str:
        """How many errors and warnings the check found, in a few cells; "" where it found none."""
        told = ((sum(one.sign == sign for one in self.findings), word) for sign, word in _COUNTED)
        return ", ".join(plural(count, word) for count, word in told if count)


def plan_gate(batch: Batch) -> Gate | None:
    """The open gate that bars the start of a run, the plan's before its cost's; None when none does."""
    if batch.run is None or batch.run.phase not in BEFORE_TRACKS:
        return None
    waiting = [
        gate
        for gate in batch.gates.values()
        if gate.state is GateState.OPEN and gate.track == BATCH_TRACK and gate.question.kind in PLAN_GATES
    ]
    return min(waiting, key=lambda gate: (PLAN_GATES.index(gate.question.kind), -gate.opened_at.wall_ms), default=None)


def present_plan(batch: Batch) -> PlanView | None:
    """The plan of a run; None where a batch has none."""
    run = batch.run
    if run is None:
        return None
    plan, checked = run.plan, run.checked
    findings = tuple(sorted(_findings(checked), key=lambda one: _ORDER.index(one.sign)))
    waves = tuple(_waves(batch, run))
    return PlanView(
        file=clean(plan.file.rpartition("/")[2] or plan.title, 120),
        branches=(clean(plan.integration, 120), f"{clean(plan.base, 80)} {clean(plan.base_sha, 40)[:7]}".strip()),
        summary=_summary(plan, waves, len(_tracks(batch, run))),
        waves=waves,
        verdict=tuple(_verdict(run, waves)),
        costs=tuple(_costs(batch, run)),
        money=_money(_map(checked.get("estimate"))),
        conflicts=tuple(_conflict(one) for one in _maps(checked.get("matrix"))),
        findings=findings or (PlanFinding("done", "track-done", "", "nothing speaks against it"),),
        is_faulty=any(one.sign == "failed" for one in findings),
    )


def _summary(plan: Plan, waves: Sequence[PlanWave], tracks: int) -> str:
    if not tracks and plan.describe:
        return "its tracks come from a description"
    waves_told = f", {plural(len(waves), 'wave')}" if waves else ""
    return plural(tracks, "track") + waves_told


# --- tracks and waves --------------------------------------------------------------------------------------


def _waves(batch: Batch, run: Run) -> Iterator[PlanWave]:
    planned = {one.slug: one for one in _tracks(batch, run)}
    waiting = {one.get("track"): one.get("why") for one in _maps(run.checked.get("readiness"))}
    listed = _maps(run.checked.get("waves"))
    several = len(listed) > 1
    for wave in listed:
        slugs = [str(slug) for slug in _list(wave.get("tracks"))]
        tracks = tuple(_track(planned.pop(slug), run, waiting) for slug in slugs if slug in planned)
        if tracks:
            yield PlanWave(f"Wave {clean(str(wave.get('wave', '')), 8)}" if several else "", tracks)
    if planned:
        left = tuple(_track(one, run, waiting) for one in planned.values())
        yield PlanWave("Added since" if listed else "", left)


def _tracks(batch: Batch, run: Run) -> tuple[PlannedTrack, ...]:
    """The tracks of the plan with those that were added since."""
    named = {one.slug for one in run.plan.tracks}
    added = (track.work.planned for track in batch.tracks.values() if track.work is not None)
    return (*run.plan.tracks, *(one for one in added if one.slug not in named and one.slug != BATCH_TRACK))


def _track(planned: PlannedTrack, run: Run, waiting: Mapping[Any, Any]) -> PlanTrack:
    return PlanTrack(
        slug=clean(planned.slug, 60),
        kind=clean(planned.role or planned.kind, 20),
        owns=_owns(planned, run),
        after=clean(", ".join(planned.depends_on), 200),
        why=clean(str(waiting.get(planned.slug) or ""), 300),
    )


def _owns(planned: PlannedTrack, run: Run) -> str:
    # Only where a plan is shown: the first frame of a cockpit needs none of it.
    from orchestrator_tui.core.wave_roles import changes_files

    scope, workflow = planned.scope, run.workflows.get(planned.workflow)
    if workflow is not None and not changes_files(planned, workflow):
        return "changes no files"
    if not scope.declared:
        return "declares no files: runs alone"
    owned = ", ".join((*scope.owned, *scope.allowed))
    added = f"adds to {', '.join(scope.append_only)}" if scope.append_only else ""
    return clean("; ".join(word for word in (owned, added) if word), 300)


def _verdict(run: Run, waves: Sequence[PlanWave]) -> Iterator[str]:
    why = _map(run.checked.get("verdict")).get("why")
    if why:
        yield clean(str(why), 300)
    workflow = run.workflows.get(run.plan.workflow)
    if workflow is None or len(waves) < 2:
        return
    if workflow.waves == "ready":
        yield "A track starts when what it depends on is merged, not when a whole wave ends."
    else:
        yield "A wave starts when the one before it has ended."


# --- cost --------------------------------------------------------------------------------------------------


def _costs(batch: Batch, run: Run) -> Iterator[tuple[str, str]]:
    plan, estimate = run.plan, _map(run.checked.get("estimate"))
    yield "agents", clean(plan.agent.runner, 40) + _at_once(batch, run, estimate)
    tries, reviews = _count(estimate.get("attempts")), _count(estimate.get("reviews"))
    if tries:
        words = [f"{tries:,}", f"{plural(reviews, 'review')} among them" if reviews else ""]
        most_tries = _count(estimate.get("attempts_max"))
        yield "tries", ", ".join([*filter(None, words), *([f"at most {most_tries:,}"] if most_tries else [])])
    if estimate.get("as_of"):
        yield from (("models" if not place else "", words) for place, words in enumerate(_models(run)))
    if "usd" in estimate:
        yield "estimate", _expected(estimate)
    most_usd = estimate.get("usd_max")
    if estimate:
        yield "at most", dollars(_number(most_usd)) if most_usd is not None else "nothing bounds it"
    yield "budget", _budget(plan)
    assumed = [estimate.get("assumption"), f"prices of {estimate['as_of']}" if estimate.get("as_of") else ""]
    told = "; ".join(clean(str(one), 300) for one in assumed if one)
    if told:
        yield "assumed", told


def _at_once(batch: Batch, run: Run, estimate: Data) -> str:
    """How many agents work at a time, and how many once a person allows more than the workflow does by itself."""
    # Only where a plan is shown: the first frame of a cockpit needs none of it.
    from orchestrator_tui.core.schedule.gates import chosen
    from orchestrator_tui.core.schedule.readiness import FLEET_GATE

    # What the check has counted holds until a person says otherwise: it knows the waves, and agents beside each other.
    most = (0 if run.agents else _count(estimate.get("agents"))) or most_agents(batch)
    first, leave = (0 if run.agents else _count(estimate.get("agents_first"))), chosen(batch, FLEET_GATE)
    if 0 < first < most and not leave:
        return f", {first} at a time, {most} once you allow more"
    most = first if 0 < first < most and leave != "widen" else most
    return f", at most {most} at a time" if most else ""


def _money(estimate: Data) -> str:
    most = estimate.get("usd_max")
    expected = f"about {dollars(_number(estimate.get('usd')))}" if "usd" in estimate else ""
    return ", ".join(
        word for word in (expected, f"at most {dollars(_number(most))}" if most is not None else "") if word
    )


def _expected(estimate: Data) -> str:
    """``$24.50, from $18.00 to $31.00``."""
    low, high = _number(estimate.get("usd_low")), _number(estimate.get("usd_high"))
    span = f", from {dollars(low)} to {dollars(high)}" if low < high else ""
    return dollars(_number(estimate.get("usd"))) + span


def _models(run: Run) -> Iterator[str]:
    """The model of each role with where the choice comes from."""
    chosen = _map(_map(run.checked.get("estimate")).get("models"))
    for role in dict.fromkeys((*run.models, *chosen)):
        told = _map(chosen.get(role))
        model = model_name(str(run.models.get(role) or told.get("model") or told.get("tier") or "its own"))
        source = clean(str(run.model_sources.get(role) or told.get("source") or ""), 80)
        yield f"{clean(str(role), 30)} {model}" + (f" ({source})" if source else "")


def _budget(plan: Plan) -> str:
    limits = plan.limits
    whole = dollars(limits.cost_usd) if limits.cost_usd else ""
    each = f"{dollars(limits.track_cost_usd)} a track" if limits.track_cost_usd else ""
    return ", ".join(word for word in (whole, each) if word) or "none is set"


# --- conflicts and findings --------------------------------------------------------------------------------

_CONSEQUENCES = {
    "serialise": "one after the other",
    "append-only": "one of them only adds at the end",
    "order": "merged in this order",
    "deploy queue": "deployed one at a time",
}


_SIGNS = {"serialise": "serialised", "append-only": "appended", "order": "running", "deploy queue": "queued"}


def _conflict(told: Data) -> PlanConflict:
    consequence = str(told.get("consequence") or "")
    also = [str(one.get("why") or "") for one in _maps(told.get("also"))]
    return PlanConflict(
        first=clean(str(told.get("a") or ""), 60),
        second=clean(str(told.get("b") or ""), 60),
        over=clean("; ".join(word for word in (str(told.get("why") or ""), *also) if word), 400),
        consequence=_CONSEQUENCES.get(consequence) or clean(consequence, 200),
        token="gate" if consequence == "serialise" else "",
        sign=_SIGNS.get(consequence, "gate"),
    )


_LEVELS = {"error": ("failed", "track-failed"), "remark": ("bullet", "quiet")}
_ORDER = ("failed", "gate", "bullet")
_COUNTED = (("failed", "error"), ("gate", "warning"))


def _findings(checked: Data) -> Iterator[PlanFinding]:
    for told in _maps(checked.get("problems")):
        sign, token = _LEVELS.get(str(told.get("level")), ("gate", "gate"))
        file, line, key = str(told.get("file") or ""), told.get("line"), clean(str(told.get("key") or ""), 120)
        place = clean(f"{file.rpartition('/')[2]}:{line}" if line else file.rpartition("/")[2], 120)
        nearest = clean(str(told.get("nearest") or ""), 120)
        text = clean(str(told.get("message") or ""), 500) + (f'; did you mean "{nearest}"?' if nearest else "")
        yield PlanFinding(sign, token, "  ".join(word for word in (place, key) if word), text)


# --- data that another version may have written -------------------------------------------------------------


def _map(value: Any) -> Data:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _maps(value: Any) -> list[Data]:
    return [one for one in _list(value) if isinstance(one, Mapping)]


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _count(value: Any) -> int:
    return int(_number(value))
