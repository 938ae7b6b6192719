"""Between waves: checks by the roles that worked, what was planned and what came, and how the next one changes.

Nothing here bars the next wave: what fails becomes work of it (seed 004). Every change of the plan is recorded with
its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.live_rules import Between
from orchestrator_tui.core.metadata import slugify
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.plan import BATCH_TRACK, CheckCommand, PlannedTrack, Scope
from orchestrator_tui.core.schedule import apart, baseline, carrying, drifting, names
from orchestrator_tui.core.schedule.drifting import Remark
from orchestrator_tui.core.schedule.effects import CHECK, begin, under_way
from orchestrator_tui.core.schedule.opening import added
from orchestrator_tui.core.schedule.readiness import is_through, planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of, work_of
from orchestrator_tui.core.scope import literal, matches
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.wave_roles import wave_count, waves_by_role
from orchestrator_tui.core.workflow import CARRY

_NAMED, _FILES = 50, 200


def due(batch: Batch) -> list[Draft] | None:
    """What is due at the end of a wave; [] while a check of it runs, None when nothing is to be done here."""
    rules = batch_workflow(batch).between
    carries = any(one.spent == CARRY for one in batch_workflow(batch).works)
    if not rules.checks and not rules.quick_ms and not rules.more and not carries:
        return None
    ended = {one.wave for one in run_of(batch).waves}
    waves = sorted({one.wave for one in planned_tracks(batch)} - ended)
    tracks = of_wave(batch, waves[0]) if waves else []
    if not tracks or any(one.state not in ENDED_TRACK_STATES for one in tracks):
        return None
    checking = _check(batch, rules, tracks)
    return _ended(batch, rules, tracks) if checking is None else checking


def of_wave(batch: Batch, wave: int) -> list[Track]:
    """The tracks of a wave."""
    return [one for one in planned_tracks(batch) if one.wave == wave]


def roles_of(tracks: list[Track]) -> tuple[str, ...]:
    """The roles that a wave holds, in the order of its tracks."""
    return tuple(dict.fromkeys(work_of(one).planned.role for one in tracks if work_of(one).planned.role))


# --- checks ------------------------------------------------------------------------------------------------


def checks_after(batch: Batch, rules: Between, tracks: list[Track]) -> tuple[CheckCommand, ...]:
    """The plan's checks that run after a wave: a wave of two roles takes those of both, the stricter verification."""
    names = _check_names(rules, tracks)
    if not any(is_through(one) for one in tracks):
        # Nothing has come of it that could be checked.
        return ()
    return tuple(one for one in plan_of(batch).checks if "*" in names or one.name in names)


def is_full_gate(rules: Between, tracks: list[Track]) -> bool:
    """Whether the roles of a wave want every check there is: such a gate is never spared."""
    return "*" in _check_names(rules, tracks)


def _check_names(rules: Between, tracks: list[Track]) -> set[str]:
    return {name for role in roles_of(tracks) or ("",) for name in rules.checks.get(role, rules.checks.get("*", ()))}


def _check(batch: Batch, rules: Between, tracks: list[Track]) -> list[Draft] | None:
    if under_way(batch, CHECK, track=BATCH_TRACK):
        return []
    wave, run = tracks[0].wave, run_of(batch)
    done = _results(batch, wave)
    for check in checks_after(batch, rules, tracks):
        name = _named(wave, check.name)
        if name not in done:
            spared = baseline.spared(batch, wave, name, check, is_full_gate(rules, tracks))
            if spared is not None:
                return spared
            told = {"name": name, "command": check.command, "run": _of(wave), "wall_ms": check.wall_ms}
            effect = f"c-{BATCH_TRACK}-wave-{wave}-{run.begun}"
            return begin(batch, CHECK, BATCH_TRACK, effect, **told, at=run.integration_path)
    return None


def _results(batch: Batch, wave: int) -> Mapping[str, str]:
    return {one.name: one.result for one in batch.tracks[BATCH_TRACK].checks if one.run == _of(wave)}


def _named(wave: int, check: str) -> str:
    return f"wave {wave}: {check}"


def _of(wave: int) -> str:
    return f"wave-{wave}"


# --- the end of a wave -------------------------------------------------------------------------------------------


def _ended(batch: Batch, rules: Between, tracks: list[Track]) -> list[Draft]:
    wave, prefix = tracks[0].wave, _named(tracks[0].wave, "")
    results = {name.removeprefix(prefix): result for name, result in _results(batch, wave).items()}
    outside, missing = planned_and_actual(tracks)
    told: dict[str, Any] = {
        "wave": wave,
        "roles": list(roles_of(tracks)),
        "tracks": [one.slug for one in tracks],
        "checks": results,
        "outside": list(outside[:_NAMED]),
        "missing": list(missing[:_NAMED]),
        "duration_ms": max((took_ms(one) for one in tracks), default=0),
    }
    carried = carrying.successors(batch, tracks)
    remarks = drifting.remarks(batch, tracks)
    fixes = _fixes(batch, rules, tracks, _failing(results), remarks, len(carried))
    more = [*((one, f"Carried on: {one.title}") for one in carried), *((one, one.title) for one in fixes)]
    # A remark that is mended fails no check.
    fails = any(one.checks for one in fixes)
    reason = f"what fails after wave {wave}" if fails else f"what wave {wave} has left"
    scaled = _scaled(batch, rules, tracks, len(more), bool(results) and not _failing(results), reason)
    return [
        Draft("wave_ended", {**told, "scaling": scaled[1], "adaptations": [said for _, said in more]}),
        *(draft for one, said in more for draft in _with_deviation(batch, wave, one, said)),
        *apart.scanned(batch, [one for one, _ in more]),
        *_left(batch, tracks, remarks, [*carried, *fixes]),
        *_scaling(batch, wave, *scaled),
    ]


def _failing(results: Mapping[str, str]) -> list[str]:
    return [name for name, result in results.items() if result not in ("pass", baseline.SKIPPED)]


def planned_and_actual(tracks: list[Track]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Files that were changed and belong to no scope of the wave, and owned patterns under which nothing was changed.

    That is told and bars nothing: scope breaches of single tracks were judged before.
    """
    scopes = [work_of(one).planned.scope for one in tracks]
    patterns = [pattern for one in scopes for pattern in (*one.owned, *one.allowed, *one.append_only)]
    seen = [work_of(one).inspection for one in tracks]
    files = sorted({file for one in seen if one is not None for file in one.files})
    outside = tuple(file for file in files if not any(matches(file, pattern) for pattern in patterns))
    owned = dict.fromkeys(pattern for one in scopes for pattern in one.owned)
    missing = tuple(pattern for pattern in owned if not any(matches(file, pattern) for file in files))
    return outside, missing


def took_ms(track: Track) -> int:
    """How long the agents of a track took, from the first one's start to the last one's end."""
    ended = [one.ended_at for one in track.attempts if one.ended_at is not None]
    return elapsed_ms(track.attempts[0].started_at, ended[-1]) if ended else 0


# --- how the next one changes ----------------------------------------------------------------------------------


def _fixes(
    batch: Batch, rules: Between, tracks: list[Track], failing: list[str], remarks: list[Remark], carried: int
) -> list[PlannedTrack]:
    """One track a check that fails, then one a remark, up to the workflow's number, in the next wave that there is.

    So many are ``carried`` on into it already.
    """
    wave, plan = tracks[0].wave, plan_of(batch)
    sessions = batch_workflow(batch).sessions
    count = wave_count(plan, sessions)
    last = max(one.wave for one in planned_tracks(batch))
    if wave >= max(count, last):
        # The last checks of the batch find it, and a person is asked.
        return []
    later = [one for one in planned_tracks(batch) if one.wave == wave + 1]
    by_role = waves_by_role(count, sessions) if count else ()
    role = work_of(later[0]).planned.role if later else next(iter(by_role[wave] if wave < len(by_role) else ()), "")
    most = min(rules.more, max(0, _most(batch, len(later) + carried + rules.more) - len(later) - carried))
    made: list[PlannedTrack] = []
    for name in failing[:most]:
        check = next(one for one in plan.checks if one.name == name)
        others = names.taken(batch) | {one.slug for one in remarks} | {one.slug for one in made}
        # A name in another script leaves nothing of itself, and two may differ in a sign alone.
        slug = names.free(slugify(f"fix-{wave}-{slugify(name) or 'check'}"), others)
        made.append(_mending(batch, tracks, check, slug, role))
    tasks = [drifting.task(batch, one, role) for one in remarks if is_through(one.track)]
    return [*made, *tasks[: most - len(made)]]


def _mending(batch: Batch, tracks: list[Track], check: CheckCommand, slug: str, role: str) -> PlannedTrack:
    """What a check that fails after a wave becomes in the next one: a track in all files of that wave."""
    wave, name = tracks[0].wave, check.name
    files = tuple(dict.fromkeys(literal(file) for one in tracks for file in _files(one)))[:_FILES]
    brief = (
        f"After wave {wave} the check {name!r} fails on the integration branch. Run it, find the cause in what "
        "that wave has changed, and mend it with the smallest change. Never skip or weaken the check."
    )
    return PlannedTrack(
        slug,
        f"Mend {name}, which fails after wave {wave}",
        tracks[0].kind,
        plan_of(batch).workflow,
        brief=brief,
        scope=Scope(allowed=files),
        wave=wave + 1,
        checks=(check,),
        acceptance=(f"the check {name!r} passes",),
        role=role,
    )


def _left(batch: Batch, tracks: list[Track], remarks: list[Remark], fixes: list[PlannedTrack]) -> list[Draft]:
    """What stages have remarked that is no work of the next wave, with the reason."""
    known = {one.slug for one in fixes}
    last = all(one.wave <= tracks[0].wave for one in planned_tracks(batch)) and not fixes
    why = "there is no later wave" if last else "the next wave has no room for another agent"
    found = (one for one in remarks if one.slug not in known)
    return [drifting.left(one, why if is_through(one.track) else "its work is not merged") for one in found]


def _files(track: Track) -> tuple[str, ...]:
    seen = work_of(track).inspection
    return () if seen is None else seen.files


def _with_deviation(batch: Batch, wave: int, fix: PlannedTrack, said: str) -> list[Draft]:
    why = f"+1 agent: {said}"
    told = {"wave": wave + 1, "what": f"{fix.slug} is added", "why": why}
    return [*added(fix, run_of(batch).workflows[fix.workflow], wave + 1), Draft("deviation_recorded", told)]


def _scaled(batch: Batch, rules: Between, tracks: list[Track], more: int, passes: bool, reason: str) -> tuple[int, str]:
    """How many agents the next wave has, and why: (0, "") where nothing was planned for it."""
    wave = tracks[0].wave
    planned = len([one for one in planned_tracks(batch) if one.wave == wave + 1])
    if not planned and not more:
        return 0, ""
    before = _most(batch, planned)
    if more:
        return _most(batch, planned + more), f"{more} more, for {reason}"
    quick = bool(rules.quick_ms) and all(took_ms(one) < rules.quick_ms and _is_clean(one) for one in tracks)
    if quick and rules.fewer and (passes or not checks_after(batch, rules, tracks)):
        fewer = max(1, before - min(rules.fewer, max(1, before // 3)))
        if fewer < before:
            return fewer, f"all agents of wave {wave} were through in less than {rules.quick_ms // 60_000} min"
    return before, ""


def _is_clean(track: Track) -> bool:
    """Whether a track came through without a second try, a way back or anything that stopped its agent."""
    work = work_of(track)
    once = all(one.number <= 1 and one.outcome == "done" for one in track.attempts)
    return is_through(track) and once and not work.returns and not work.trips


def _most(batch: Batch, agents: int) -> int:
    """So many agents, or the bound of plan and workflow: what is scaled never goes beyond it."""
    bounds = [one for one in (plan_of(batch).limits.agents, batch_workflow(batch).concurrency) if one > 0]
    return max(1, min([agents, *bounds]))


def _scaling(batch: Batch, wave: int, agents: int, why: str) -> list[Draft]:
    """Set how many agents work at once in the next wave; what an earlier wave had set ends with it."""
    if not agents or (not why and not any(one.scaling for one in run_of(batch).waves)):
        return []
    drafts = [Draft("concurrency_set", {"agents": agents, "why": why or f"as planned for wave {wave + 1}"})]
    if why:
        told = {"wave": wave + 1, "what": f"{plural(agents, 'agent')} at once", "why": why}
        drafts.append(Draft("deviation_recorded", told))
    return drafts
