"""What a batch may cost and how many agents it takes: shown before a cent is spent (seed 002, spend confirmation).

The estimate takes each stage once, each of its angles as an attempt, up to once more where it can be tried again or
leads back. The maximum is what attempts and rounds allow and conflicts take, cut by every budget on the way: of an
attempt, a track, and the batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.plan import Plan, PlannedTrack
from orchestrator_tui.core.schedule.sequential import without_leave
from orchestrator_tui.core.wave_roles import of_role
from orchestrator_tui.core.workflow import AGENT, StageWork, Workflow
from orchestrator_tui.plan.checked import Estimate, ModelChoice, Wave
from orchestrator_tui.plan.models_chain import ProjectModels, choose_models
from orchestrator_tui.plan.paths import DIVIDED
from orchestrator_tui.plan.prices import Prices, load_prices
from orchestrator_tui.plan.waves import cap_of

SCRIPTED = "scripted"


@frozen
class _Step:
    """What one stage, or one angle of it, takes: of one try, of all of them at most, and how many they are."""

    usd: float
    usd_all: float
    tries: int
    again: bool
    model: str
    reviews: bool


def estimate_of(
    plan: Plan,
    workflows: Mapping[str, Workflow],
    waves: tuple[Wave, ...],
    project: ProjectModels,
    confirmed: Mapping[str, str] | None = None,
) -> Estimate:
    """The estimate of a plan; what it does not name a workflow for counts nothing."""
    prices = load_prices()
    models: dict[str, ModelChoice] = {}
    for name in sorted(workflows, key=lambda one: one != plan.workflow):
        for role, choice in choose_models(workflows[name], plan.agent, project, confirmed).items():
            models.setdefault(role, choice)
    low = high = most = 0.0
    attempts = reviews = attempts_max = 0
    by_model: Counter[str] = Counter()
    for steps, spare, cut, calls in _parts(plan, workflows, models, prices):
        low += sum(one.usd for one in steps)
        high += sum(one.usd * (2 if one.again else 1) for one in steps)
        most += min([sum(one.usd_all for one in (*steps, *spare)), *cut])
        attempts += len(steps)
        reviews += sum(one.reviews for one in steps)
        attempts_max += min([sum(one.tries for one in (*steps, *spare)), *calls])
        by_model.update(one.model for one in steps)
    cap, most_tracks = plan.limits.cost_usd, cap_of(plan, workflows.get(plan.workflow))
    usd_max = min(most, cap) if cap else most
    return Estimate(
        usd=round(min((low + high) / 2, usd_max), 2),
        usd_low=round(min(low, usd_max), 2),
        usd_high=round(min(high, usd_max), 2),
        usd_uncut=round(low, 2),
        usd_max=round(usd_max, 2),
        attempts=attempts,
        reviews=reviews,
        attempts_max=attempts_max,
        agents=_agents(plan, workflows, waves, most_tracks),
        agents_first=_agents(plan, workflows, waves, without_leave(most_tracks, workflows.get(plan.workflow))),
        by_model=dict(sorted(by_model.items())),
        models=models,
        as_of="" if plan.agent.runner == SCRIPTED else prices.as_of,
        assumption="scripted agents use no model" if plan.agent.runner == SCRIPTED else prices.assumption,
    )


def dearest_attempt(
    plan: Plan, workflows: Mapping[str, Workflow], project: ProjectModels, confirmed: Mapping[str, str] | None = None
) -> float:
    """What the dearest single attempt of the plan is taken for; a budget below it can finish nothing."""
    prices = load_prices()
    found = [0.0]
    for workflow in workflows.values():
        models = choose_models(workflow, plan.agent, project, confirmed)
        works = (*workflow.batch_works, *workflow.works)
        agents = (one for one in works if one.runs == AGENT)
        found += [_price(plan, one, "", angle, models, workflow, prices)[0] for one in agents for angle in _angles(one)]
    return max(found)


_Part = tuple[list[_Step], list[_Step], list[float], list[int]]


def _parts(
    plan: Plan, workflows: Mapping[str, Workflow], models: Mapping[str, ModelChoice], prices: Prices
) -> list[_Part]:
    """The steps of the batch's own stages and of each track, tries at its conflicts, and what cuts all of them."""
    parts: list[_Part] = []
    own = workflows.get(plan.workflow)
    if own is not None:
        parts.append((_steps(plan, own, _of_batch(plan, own), "", models, prices), [], [], []))
    for track in plan.tracks:
        workflow = workflows.get(track.workflow)
        if workflow is not None:
            budgets = (workflow.budget.cost_usd, plan.limits.track_cost_usd)
            calls = [workflow.budget.attempts] if workflow.budget.attempts else []
            steps = _steps(plan, workflow, _of_track(track, workflow), track.tier, models, prices)
            spare = _resolving(plan, own or workflow, workflow, track.tier, models, prices)
            parts.append((steps, spare, [one for one in budgets if one], calls))
    return parts


_Way = tuple[tuple[int, StageWork], ...]


def _of_batch(plan: Plan, workflow: Workflow) -> _Way:
    """The numbered stages that the batch itself goes through: some are for no tracks yet, or for marked ones alone."""
    known, marked = bool(plan.tracks), any(one.deep_review for one in plan.tracks)

    def entered(work: StageWork) -> bool:
        if not known:
            return True
        # Where there are tracks already, nobody has to find them.
        return (
            not work.undivided
            and not any(DIVIDED in one for one in work.artefacts)
            and (marked or not work.over_tracks)
        )

    return tuple((index, work) for index, work in enumerate(workflow.batch_works, start=1) if entered(work))


def _of_track(track: PlannedTrack, workflow: Workflow) -> _Way:
    """The numbered stages that a track may come to: none for other roles of waves, none that has nothing to compare."""
    return tuple((index, work) for index, work in enumerate(workflow.works, start=1) if of_role(track, workflow, index))


def _steps(
    plan: Plan,
    workflow: Workflow,
    way: _Way,
    tier: str,
    models: Mapping[str, ModelChoice],
    prices: Prices,
) -> list[_Step]:
    found = []
    for index, work in way:
        if work.runs != AGENT:
            continue
        entries = 1 + sum(one.rounds for place, one in way if one.back_to and one.back_to <= index <= place)
        tries = work.most_tries * entries
        again = work.most_tries > 1 or entries > 1
        for angle in _angles(work):
            usd, model = _price(plan, work, tier, angle, models, workflow, prices)
            higher, _ = _price(plan, work, tier, angle, models, workflow, prices, bumped=True)
            # From the try on that the stage names a dearer model may do it; a try that is cheaper bounds nothing.
            usual = work.bump_at - 1 if work.bump_at else work.most_tries
            usual = min(usual, work.most_tries)
            dearest = usd * usual + max(usd, higher) * (work.most_tries - usual)
            found.append(_Step(usd, dearest * entries, tries, again, model, work.reviews))
    return found


def _resolving(
    plan: Plan,
    own: Workflow,
    workflow: Workflow,
    tier: str,
    models: Mapping[str, ModelChoice],
    prices: Prices,
) -> list[_Step]:
    """The tries at conflicts of one track with what others have merged; none where it is alone, or nobody tries."""
    tries = own.merging.resolve if len(plan.tracks) > 1 else 0
    if not tries:
        return []
    usd, model = _price(plan, StageWork(role=own.resolving_role), tier, "", models, workflow, prices)
    return [_Step(usd, usd * tries, tries, False, model, False)]


def _angles(work: StageWork) -> tuple[str, ...]:
    """The tier that each agent of one try asks for itself: of a stage without angles, that of its only one."""
    return tuple(one.tier for one in work.angles) or ("",)


def _price(
    plan: Plan,
    work: StageWork,
    tier: str,
    angle: str,
    models: Mapping[str, ModelChoice],
    workflow: Workflow,
    prices: Prices,
    *,
    bumped: bool = False,
) -> tuple[float, str]:
    """What one attempt of a stage costs, and by which model, as the engine chooses it (``core.schedule.models``).

    The tier of a track counts for all of its stages but reviews; ``bumped``: one tier higher, where there is one.
    """
    choice = models.get(work.role) or ModelChoice("", "", "")
    asked = angle or work.tier or (tier if not work.reviews else "")
    tiers = workflow.tiers or tuple(workflow.models)
    if bumped and (asked or choice.tier) in tiers:
        asked = tiers[min(tiers.index(asked or choice.tier) + 1, len(tiers) - 1)]
    model = workflow.models.get(asked, choice.model) if asked else choice.model
    if plan.agent.runner == SCRIPTED:
        return 0.0, SCRIPTED
    usd = prices.attempt(model, asked or choice.tier)
    return (min(usd, work.cost_usd) if work.cost_usd else usd), model or plan.agent.runner


def _agents(plan: Plan, workflows: Mapping[str, Workflow], waves: tuple[Wave, ...], cap: int) -> int:
    """How many agents are at work at once with ``cap`` tracks, 0 for no bound: each angle of a track is an agent."""
    own = workflows.get(plan.workflow)
    known = {one.slug: workflows.get(one.workflow) for one in plan.tracks}
    most = _at_once(one for _, one in _of_batch(plan, own)) if own is not None else 0
    for wave in waves:
        needs = sorted((_at_once(rules.works) for one in wave.tracks if (rules := known.get(one))), reverse=True)
        most = max(most, sum(needs[:cap] if cap else needs))
    return most


def _at_once(works: Iterable[StageWork]) -> int:
    """How many agents the busiest of some stages has at once."""
    return max((len(_angles(one)) for one in works if one.runs == AGENT), default=0)
