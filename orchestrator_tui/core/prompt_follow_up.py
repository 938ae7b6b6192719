"""What a further try is told: what was not accepted, what another agent left, a conflict (seed 000, §3.5 and §5)."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.model import Batch, Message, Track, TrackState
from orchestrator_tui.core.prompt_parts import Part, Section, bullets, one_line, paragraphs
from orchestrator_tui.core.records import Finding
from orchestrator_tui.core.run import Work
from orchestrator_tui.core.schedule.rules import (
    plan_of,
    run_of,
    stage_run,
    stage_work,
    work_of,
    workflow_of,
)
from orchestrator_tui.core.schedule.tries import tries_left
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.words import messages_words

LOST = frozenset({"lost", "stopped"})
"""Outcomes of an attempt that left its work where it was."""

_SHOWN = 30


def takes_over(track: Track) -> bool:
    """Whether the agent goes on with what another one left behind: a rescue, or an attempt that was lost or stopped."""
    ended = [one for one in track.attempts if one.stage == stage_run(track).stage and one.ended_at is not None]
    return track.state is TrackState.RESCUING or bool(ended and ended[-1].outcome in LOST)


def open_findings(track: Track) -> tuple[Finding, ...]:
    """Findings that nobody has settled, the worst first."""
    order = {"blocker": 0, "concern": 1, "follow-up": 2, "nit": 3}
    found = [one for one in track.findings if one.state == "open"]
    return tuple(sorted(found, key=lambda one: order.get(one.severity, 4)))


def findings_part(findings: tuple[Finding, ...], whose: str) -> Part:
    """Findings by id, as the data that they are."""
    return Part("\n".join(_finding(one) for one in findings), "the findings of `orch-tui status`", whose)


def _finding(finding: Finding) -> str:
    place = f" ({one_line(finding.file, 300)}{f':{finding.line}' if finding.line else ''})" if finding.file else ""
    times = f", raised {finding.times} times" if finding.times > 1 else ""
    head = f"{one_line(finding.id, 60)} [{one_line(finding.severity, 20)}{times}] {one_line(finding.title, 200)}{place}"
    return paragraphs(head, *(f"    {line}" for line in finding.detail.splitlines()))


def instruction(track: Track) -> Section:
    """What a person or a rule wants done differently: it goes before everything else."""
    return Section("Instruction of the person", (Part(stage_run(track).instruction, "`orch-tui status`"),))


def said(messages: Sequence[Message]) -> Section:
    """What a person has told the agents of a track, where they hear of it by their prompt alone."""
    return Section("Messages of the person", (Part(messages_words(messages), "`orch-tui status`"),))


def resend(batch: Batch, track: Track) -> Section:
    """The targeted resend packet: what is unresolved, within which bounds, and when to stop (seed 000, §3.5)."""
    run, rules = stage_run(track), workflow_of(batch, track)
    blockers = tuple(one for one in open_findings(track) if one.severity in ("blocker", "concern"))
    if not run.problems and not blockers:
        return Section("", ())
    work = stage_work(batch, track, run.stage)
    left = max(0, tries_left(track, work) - 1)
    parts = [Part("An earlier try was not accepted. Put right what follows, and nothing else.")]
    if run.problems:
        parts.append(Part(bullets(run.problems), "`orch-tui status`", "what the engine and the reviewer say"))
    if blockers:
        parts.append(findings_part(blockers, "unresolved findings, by id"))
    parts.append(
        Part(
            "Constrained scope: only the files that these points need, within section D; no new features, no changed "
            "contracts. If a point cannot be met without that, ask: it is a gap of the plan.\n"
            "Accepted when every point above is settled, the criteria of section C hold, and the checks of section D "
            "pass: run them again before you end.\n"
            f"Escalation: {left} more {'try' if left == 1 else 'tries'} after this one, and a finding that is raised "
            f"more than {rules.resends} times goes to the person. Do not argue with a finding: settle it, or ask."
        )
    )
    return Section("What was not accepted", tuple(parts))


def rescue(batch: Batch, track: Track) -> Section:
    """What another agent left behind: what is done, what remains, and the smallest deliverable that keeps it."""
    work, run = work_of(track), stage_run(track)
    seen = work.inspection
    told = ["Another agent began this stage and is gone. Go on from what it left; do not begin again."]
    if track.state is TrackState.RESCUING:
        told.append("This is a rescue: the track was stuck. If you are stuck for the same reason, ask at once.")
    parts = [Part(paragraphs(*told))]
    parts += [Part(_done_so_far(track), "`git log`, `git status` and `git diff` in the worktree", "what git says")]
    if track.checks:
        rows = bullets(f"{one.name}: {one.result}" for one in track.checks[-_SHOWN:])
        parts.append(Part(f"Checks, as they ended last:\n{rows}"))
    missing = seen.missing if seen is not None else ()
    remains = [*(f"missing: {path}" for path in missing), *run.problems]
    parts.append(
        Part(
            bullets(remains) if remains else "- the rest of the stage, as section B tells it",
            "`orch-tui status`",
            "what remains, as far as the engine knows" if remains else "",
        )
    )
    parts.append(
        Part(
            "Narrowed deliverable: the smallest change that keeps what is done and meets the criteria of section C. "
            "First look at the worktree, then say what is left in one line (orch-agent note 'left: …'), then do it."
        )
    )
    return Section("What was left behind", tuple(parts))


def _done_so_far(track: Track) -> str:
    seen = work_of(track).inspection
    if seen is None:
        return "Nothing is known of it: look at `git log` and `git status` in the worktree."
    files = [f"changed: {path}" for path in seen.files[:_SHOWN]]
    files += [f"and {plural(len(seen.files) - _SHOWN, 'more file')}"] if len(seen.files) > _SHOWN else []
    loose = [f"not committed: {path}" for path in seen.uncommitted[:_SHOWN]]
    head = f"{plural(seen.commits, 'commit')}, head {seen.head[:12]}, +{seen.added} -{seen.removed}"
    return bullets([head, *files, *loose])


def conflict(batch: Batch, track: Track, sides: str) -> Section:
    """A conflict with what was merged before: the files, both sides, what each is for, and how it is verified."""
    run, work = stage_run(track), work_of(track)
    files = [one_line(path) for path in work.conflicts]
    merged = [slug for slug in batch.merged if slug != track.slug and slug in batch.tracks]
    parts = [
        Part(
            f"{track.slug} conflicts with what is merged into {one_line(plan_of(batch).integration, 200)} already. "
            "That tip is being merged into your worktree: the conflict markers are there. Resolve them so that BOTH "
            "purposes hold; never take one side wholesale to be through.\n"
            f"{one_line(run.why)}"
        ),
        Part(f"Files:\n{bullets(files)}" if files else "", "`git status` in the worktree"),
        Part(f"Your side is {track.slug}: {one_line(work.planned.title, 200)}.\n{work.planned.brief}", "section C"),
        Part(_other_side(batch, merged), "the plan"),
        Part(sides or _known_sides(work), "`git diff` in the worktree", "both sides of the conflicting files"),
        Part(
            "Verify: no conflict marker is left (`git diff --check`), the criteria of both sides hold, and the checks "
            "of section D pass. Then conclude the merge with `git commit`. Change nothing that the conflict does not "
            "need. If the two purposes contradict each other, do not choose: ask."
        ),
    ]
    return Section("The conflict", tuple(parts))


def _known_sides(work: Work) -> str:
    return "\n\n".join(f"{one_line(path)}:\n{text}" for path, text in work.sides.items())


def _other_side(batch: Batch, merged: list[str]) -> str:
    tracks = [batch.tracks[slug] for slug in merged]
    rows = [f"{one.slug}: {work_of(one).planned.title}. {work_of(one).planned.brief}" for one in tracks if one.work]
    wanted = [f"{one.slug} must keep: {text}" for one in tracks if one.work for text in work_of(one).planned.acceptance]
    tip = run_of(batch).integration_sha[:12]
    return (
        f"The other side is the integration branch at {tip}, with these tracks:\n{bullets([*rows, *wanted])}"
        if rows
        else ""
    )
