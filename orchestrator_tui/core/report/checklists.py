"""The checklists in front of a merge and at the end of a batch: named items that pass or fail (seed 000, §5).

Each item is one pure function; a FAIL says what to do. The names are those of
:data:`~orchestrator_tui.core.workflow.TRACK_GATE_ITEMS` and :data:`~orchestrator_tui.core.workflow.BATCH_GATE_ITEMS`.
"""

from __future__ import annotations

from collections.abc import Callable

from orchestrator_tui.core.model import Batch, GateState, StageStatus, Track, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.report.outcome import LOST, why_it_ended
from orchestrator_tui.core.run import Inspection
from orchestrator_tui.core.schedule.judging import checks_of
from orchestrator_tui.core.schedule.paths import artefact_path, spec_folder
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of, stages_on_way, work_of
from orchestrator_tui.core.schedule.trees import shared_tree, tree_rule
from orchestrator_tui.core.text import plural, sanitise_line
from orchestrator_tui.core.workflow import Workflow

PASS, FAIL = "PASS", "FAIL"

Checked = tuple[str, str, str]
"""Name of an item, PASS or FAIL, and the fact that it rests on; of a FAIL also what to do."""

_NAMED = 5
_AFTER_MERGE = "merged: "
"""Before the name of a check that was run on the integration branch, right after a track's merge."""

ENDING_GATES = frozenset({"publish", "integration"})
"""Gates that are asked with the batch's checklist in hand: they cannot be among its conditions."""


def track_checklist(batch: Batch, track: Track, workflow: Workflow) -> tuple[Checked, ...]:
    """Every item of the workflow's track gate, in its order; one that is not known fails."""
    return tuple(
        (name, *(_TRACK_ITEMS[name](batch, track, workflow) if name in _TRACK_ITEMS else _UNKNOWN))
        for name in workflow.track_gate
    )


def batch_checklist(batch: Batch) -> tuple[Checked, ...]:
    """Every item of the batch gate of a run's workflow, in its order; one that is not known fails."""
    return tuple(
        (name, *(_BATCH_ITEMS[name](batch) if name in _BATCH_ITEMS else _UNKNOWN))
        for name in batch_workflow(batch).batch_gate
    )


_Outcome = tuple[str, str]


def _passes(fact: str) -> _Outcome:
    return PASS, fact


def _fails(fact: str, remedy: str) -> _Outcome:
    return FAIL, f"{fact}: {remedy}"


def _named(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(sanitise_line(one, 200) for one in names[:_NAMED])
    return shown + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


_UNKNOWN = _fails("this version does not know the item", "the workflow was written for a newer one")


# --- tracks ------------------------------------------------------------------------------------------------


def _stages(batch: Batch, track: Track, workflow: Workflow) -> _Outcome:
    status = {one.index: one.status for one in track.stages}
    before = [rule for rule, work in stages_on_way(batch, track) if not work.after_merge]
    left = [
        f"{rule.index} {rule.name}"
        for rule in before
        if status.get(rule.index) not in (StageStatus.DONE, StageStatus.SKIPPED)
        and rule.index not in track.skipped_stages
    ]
    if left:
        return _fails(f"not done: {_named(left)}", "run them, or let a person skip them")
    skipped = [str(rule.index) for rule in before if rule.index in track.skipped_stages]
    return _passes(f"skipped by a person: {_named(skipped)}" if skipped else f"all {len(before)} are done")


def _seen(track: Track) -> Inspection | None:
    return work_of(track).inspection


_NOT_SEEN = _fails("nobody has looked at the work yet", "let the engine inspect it")


def _artefacts(batch: Batch, track: Track, workflow: Workflow) -> _Outcome:
    seen = _seen(track)
    if seen is None:
        return _NOT_SEEN
    if seen.missing:
        return _fails(f"not found: {_named(seen.missing)}", "run the stage that makes them again")
    return _passes("all are there")


_DOCUMENTS = (".md", ".rst", ".txt", ".adoc", ".png", ".svg", ".jpg", ".gif")


def _tests_first(batch: Batch, track: Track, workflow: Workflow) -> _Outcome:
    seen = _seen(track)
    if not workflow.tests_first:
        return _passes("the workflow does not ask for them")
    if seen is None:
        return _NOT_SEEN
    if seen.tests:
        return _passes(_named(seen.tests))
    if all(path.lower().endswith(_DOCUMENTS) for path in seen.files):
        return _passes("nothing but documents has changed")
    return _fails("no test was added or changed", "write the test, see it fail, then make it pass")


def _checks(batch: Batch, track: Track, workflow: Workflow) -> _Outcome:
    wanted = {one.name for one in work_of(track).planned.checks}
    for rule, work in stages_on_way(batch, track):
        if not work.after_merge and rule.index not in track.skipped_stages:
            wanted |= {one.name for one in checks_of(batch, track, work)}
    results = {one.name: one.result for one in track.checks}
    failed = [f"{name} ({results.get(name, 'not run')})" for name in sorted(wanted) if results.get(name) != "pass"]
    if failed:
        return _fails(_named(failed), "fix what fails and run it again")
    return _passes(f"{len(wanted)} pass" if wanted else "none are named")


def _scope(batch: Batch, track: Track, workflow: Workflow) -> _Outcome:
    seen = _seen(track)
    if seen is None:
        return _NOT_SEEN
    if seen.outside:
        return _fails(_named(seen.outside), "take these changes back, or widen the scope in the plan")
    taken = {file: by for file, (_, by) in work_of(track).taken.items() if file in seen.files}
    told = "".join(
        f"; {sanitise_line(file, 200)} as {by or 'a person'} took it at its conflict" for file, by in taken.items()
    )
    return _passes(f"{len(seen.files)} changed files, all inside{told}")


def _findings(batch: Batch, track: Track, workflow: Workflow) -> _Outcome:
    left = [one for one in track.findings if one.state == "open" and one.severity in ("blocker", "concern")]
    if left:
        return _fails(_named([f"{one.id} {one.title}" for one in left]), "settle them, or let a person accept them")
    return _passes(f"{len(track.findings)} were raised, none of weight is open")


def _committed(batch: Batch, track: Track, workflow: Workflow) -> _Outcome:
    seen = _seen(track)
    if seen is None:
        return _NOT_SEEN
    if seen.uncommitted:
        return _fails(f"not committed: {_named(seen.uncommitted)}", "commit them on the track's branch")
    if not seen.commits:
        return _fails("no commit holds anything", "look at the worktree and the log: the diff is empty")
    return _passes(f"{plural(seen.commits, 'commit')}, head {seen.head[:10]}")


def _changes(batch: Batch, track: Track, workflow: Workflow) -> _Outcome:
    """A pull request that holds nothing but plans and logs is an empty one (seed 002)."""
    seen = _seen(track)
    if seen is None:
        return _NOT_SEEN
    spec = f"{spec_folder(batch, track)}/"
    own = {artefact_path(batch, track, path) for _, work in stages_on_way(batch, track) for path in work.artefacts}
    real = [path for path in seen.files if path not in own and not path.startswith(spec)]
    if not real:
        return _fails("nothing but its own documents has changed", "look at the worktree and the log: it is empty")
    return _passes(f"{plural(len(real), 'file')} beside its own documents")


def _worktree(batch: Batch, track: Track, workflow: Workflow) -> _Outcome:
    if workflow.worktree in ("none", "batch") or tree_rule(batch, track) == "batch":
        return _passes("the workflow shares one")
    if not track.worktree or track.worktree == plan_of(batch).repository:
        return _fails("it has no worktree of its own", "give it one and do the work there")
    twins = [
        one.slug
        for one in batch.tracks.values()
        if one.slug != track.slug and one.worktree == track.worktree and one.work is not None and not one.work.removed
    ]
    if twins:
        return _fails(f"shared with {_named(twins)}", "give each its own")
    return _passes("its own")


def _report(batch: Batch, track: Track, workflow: Workflow) -> _Outcome:
    going = [one.id for one in track.attempts if one.ended_at is None]
    if going:
        return _fails(f"at work: {_named(going)}", "wait for its end, so that the report can tell it")
    return _passes(f"tells {len(track.attempts)} attempts and how each ended")


_TRACK_ITEMS: dict[str, Callable[[Batch, Track, Workflow], _Outcome]] = {
    "stages": _stages,
    "artefacts": _artefacts,
    "tests_first": _tests_first,
    "checks": _checks,
    "scope": _scope,
    "findings": _findings,
    "committed": _committed,
    "changes": _changes,
    "worktree": _worktree,
    "report": _report,
}

KNOWN_TRACK_ITEMS = frozenset(_TRACK_ITEMS)
"""The items that a workflow's ``track_gate`` may name."""


# --- the batch ---------------------------------------------------------------------------------------------


def _planned(batch: Batch) -> list[Track]:
    return [one for one in batch.tracks.values() if one.work is not None and one.slug != BATCH_TRACK]


def _merged(batch: Batch) -> list[Track]:
    return [one for one in _planned(batch) if one.slug in batch.merged or work_of(one).merged_sha]


def _tracks(batch: Batch) -> _Outcome:
    merged = {one.slug for one in _merged(batch)}
    others = [one for one in _planned(batch) if one.slug not in merged and one.state is not TrackState.DONE]
    going = [f"{one.slug} ({one.state.value.replace('_', ' ')})" for one in others if one.state not in LOST]
    if going:
        return _fails(_named(going), "finish them, or give them up with a reason")
    silent = [one.slug for one in others if not why_it_ended(batch, one)]
    if silent:
        return _fails(f"ended without a reason: {_named(silent)}", "say why they were not merged")
    left = f", {len(others)} ended otherwise with a reason" if others else ""
    return _passes(f"{len(merged)} merged{left}")


def _integration_checks(batch: Batch) -> _Outcome:
    results = _integrated(batch)
    wanted = [one.name for one in plan_of(batch).checks]
    failed = [f"{name} ({results.get(name, 'not run')})" for name in wanted if results.get(name) != "pass"]
    if failed:
        return _fails(_named(failed), "put it right on the integration branch and check again")
    return _passes(f"{len(wanted)} pass on the integration branch" if wanted else "the plan names none")


def _integrated(batch: Batch) -> dict[str, str]:
    """The result of each check on the integration branch: of the batch's own, else after the last merge."""
    after = [
        (one.at.wall_ms, one.name.removeprefix(_AFTER_MERGE), one.result)
        for track in _planned(batch)
        for one in track.checks
        if one.name.startswith(_AFTER_MERGE)
    ]
    own = batch.tracks.get(BATCH_TRACK)
    found = {name: result for _, name, result in sorted(after)}
    return {**found, **{one.name: one.result for one in (own.checks if own is not None else ())}}


def _regressions(batch: Batch) -> _Outcome:
    results = _integrated(batch)
    passed = {
        one.name.removeprefix(_AFTER_MERGE) for track in _planned(batch) for one in track.checks if one.result == "pass"
    }
    worse = sorted(name for name in passed if results.get(name, "pass") != "pass")
    if worse:
        return _fails(f"passed before and fails now: {_named(worse)}", "find the merge that broke it")
    return _passes(f"{len(passed & results.keys())} that passed before still pass")


def _merged_scope(batch: Batch) -> _Outcome:
    breaches = [f"{one.slug}: {path}" for one in _merged(batch) if (seen := _seen(one)) for path in seen.outside]
    if breaches:
        return _fails(_named(breaches), "take these changes back")
    return _passes("every merged file is inside")


def _blockers(batch: Batch) -> _Outcome:
    """What a track that only read has found is as open as what is merged: nobody has settled either."""
    merged = {one.slug for one in _merged(batch)}
    left = [
        f"{track.slug} {one.id}"
        for track in _planned(batch)
        if track.slug in merged or track.state is TrackState.DONE
        for one in track.findings
        if one.state == "open" and one.severity == "blocker"
    ]
    return _fails(_named(left), "settle them, or let a person accept them") if left else _passes("none is open")


def _gates(batch: Batch) -> _Outcome:
    living = (GateState.OPEN, GateState.DECIDED, GateState.DELIVERED)
    left = [one for one in batch.gates.values() if one.state in living and one.question.kind not in ENDING_GATES]
    if left:
        return _fails(_named([f"{one.track}: {one.question.question}" for one in left]), "answer them")
    return _passes(f"{len(batch.gates)} were asked, none is open")


def _worktrees(batch: Batch) -> _Outcome:
    made = [one for one in _planned(batch) if one.worktree and not shared_tree(batch, one)]
    left = [one.slug for one in made if not work_of(one).removed and not work_of(one).kept]
    if left:
        return _fails(f"neither removed nor kept with a reason: {_named(left)}", "`orch-tui worktrees` lists them")
    kept = [one.slug for one in made if work_of(one).kept]
    return _passes(f"kept with a reason: {_named(kept)}" if kept else f"{len(made)} are removed")


def _summary(batch: Batch) -> _Outcome:
    written = run_of(batch).report
    return _passes("is written") if written else _fails("is not written yet", "`orch-tui report` shows it")


_BATCH_ITEMS: dict[str, Callable[[Batch], _Outcome]] = {
    "tracks": _tracks,
    "checks": _integration_checks,
    "regressions": _regressions,
    "scope": _merged_scope,
    "findings": _blockers,
    "gates": _gates,
    "worktrees": _worktrees,
    "summary": _summary,
}

KNOWN_BATCH_ITEMS = frozenset(_BATCH_ITEMS)
"""The items that a workflow's ``batch_gate`` may name."""
