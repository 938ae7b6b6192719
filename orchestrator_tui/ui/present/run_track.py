"""A run's track in full: where its work is, each try, checks, findings, scope, rescues, merges, deploys, checklist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.records import Attempt, Check, Finding
from orchestrator_tui.core.run import Work
from orchestrator_tui.core.schedule.ladder import step
from orchestrator_tui.core.text import plural
from orchestrator_tui.ui.present.ages import duration
from orchestrator_tui.ui.present.cells import Line, Part, cell_width, clean, fit
from orchestrator_tui.ui.present.glyphs import Glyphs
from orchestrator_tui.ui.present.run_evidence import finding_words
from orchestrator_tui.ui.present.run_words import dollars, next_words, round_words, state_words
from orchestrator_tui.ui.present.stages import check_parts
from orchestrator_tui.ui.present.words import model_name, money, pull_request, stage_count, stage_name

Section = tuple[str, tuple[Line, ...]]

MOST_FILES = 40
"""Changed files that are named; the rest is counted, and d shows all of them."""


def run_sections(track: Track, batch: Batch, now: Instant, glyphs: Glyphs) -> tuple[Section, ...]:
    """What is known of a track that the engine moves, by heading; those with nothing to say are empty."""
    work = track.work
    if work is None:
        return ()
    return (
        ("Now", tuple(_facts(_now(track, batch, work, now)))),
        ("Tries", tuple(_attempts(track, now, glyphs))),
        ("Checks", tuple(_check(one, glyphs) for one in track.checks)),
        ("Findings", tuple(_finding(one, glyphs) for one in track.findings)),
        ("Scope", tuple(_scope(work, glyphs))),
        ("Rescues", tuple(_rescue(one, glyphs) for one in work.rescues)),
        ("Merges", tuple(_merge(one, glyphs) for one in work.merges)),
        ("Deploys", tuple(_deploy(one, glyphs) for one in work.deployed)),
        ("Checklist", tuple(_item(one, glyphs) for one in work.checklist)),
        ("Work", tuple(_facts(_work(track, work)))),
    )


def _facts(facts: Sequence[tuple[str, str]]) -> Iterator[Line]:
    for name, words in facts:
        if words:
            yield (Part(f"{name:<10}", "quiet"), Part(words))


def _now(track: Track, batch: Batch, work: Work, now: Instant) -> Sequence[tuple[str, str]]:
    run = work.run
    stage = stage_name(track, track.stage)
    return (
        ("state", state_words(track, batch) or track.state.replace("_", " ")),
        ("stage", f"{stage_count(track)} {stage}" if stage else ""),
        ("next", next_words(track, batch)),
        ("round", round_words(track, batch).removeprefix("round ")),
        ("budget", _budget(track, batch, now)),
        ("sent back", "" if run is None else clean("; ".join(run.problems), 1_000)),
        ("told", "" if run is None else clean(run.instruction, 1_000)),
        ("problem", clean(track.problem, 500)),
    )


def _budget(track: Track, batch: Batch, now: Instant) -> str:
    """``nudged, 3 of 3 looks without progress, 2 of 12 attempts``."""
    at = step(batch, track, now)
    if at is None:
        return ""
    looks = f"{at.quiet} of {at.checks} looks without progress" if at.quiet else ""
    attempts = f"{at.used} of {at.bound} attempts" if at.bound else ""
    return ", ".join(word for word in (at.name, looks, attempts) if word)


def _work(track: Track, work: Work) -> Sequence[tuple[str, str]]:
    place = "removed: it was clean and merged" if work.removed else clean(track.worktree, 500)
    return (
        ("title", clean(track.title, 500)),
        ("worktree", place),
        ("kept", clean(work.kept, 500)),
        ("branch", clean(track.branch, 300)),
        ("commits", _commits(work)),
        ("request", pull_request(track)),
        ("cost", money(track)),
        ("after", clean(", ".join(track.depends_on), 500)),
        ("wanted", clean("; ".join(work.planned.acceptance), 1_000)),
        ("skipped", ", ".join(f"stage {index}" for index in track.skipped_stages)),
    )


def _commits(work: Work) -> str:
    shas = (("from", work.base_sha), ("at", work.head_sha), ("merged as", work.merged_sha))
    return ", ".join(f"{name} {clean(sha, 64)[:10]}" for name, sha in shas if sha)


# --- tries -------------------------------------------------------------------------------------------------


def _attempts(track: Track, now: Instant, glyphs: Glyphs) -> Iterator[Line]:
    """Each try in columns: stage and number, time, cost, and how it ended; below it by whom, and what that said."""
    rows = [(_cells(one, track, now), one) for one in track.attempts]
    widths = [max((cell_width(cells[place]) for cells, _ in rows), default=0) for place in range(3)]
    for (name, spent, cost), attempt in rows:
        sign, token = _sign(attempt)
        yield (
            Part(f"{getattr(glyphs, sign)} ", token),
            Part(fit(name, widths[0] + 2)),
            Part(fit(spent, widths[1], "right") + "  ", "age"),
            Part(fit(cost, widths[2], "right") + "  " if widths[2] else "", "quiet"),
            Part(_ended(attempt)),
        )
        summary = clean(attempt.summary, 500)
        yield (Part("    "), Part(f"{_by(attempt)}: {summary}" if summary else _by(attempt), "quiet"))


def _sign(attempt: Attempt) -> tuple[str, str]:
    if attempt.ended_at is None:
        return "running", "track-running"
    return ("done", "track-done") if attempt.outcome == "done" else ("failed", "track-failed")


def _cells(attempt: Attempt, track: Track, now: Instant) -> tuple[str, str, str]:
    stage = stage_name(track, attempt.stage) or clean(attempt.purpose, 40)
    number = f" #{attempt.number}" if attempt.number else ""
    spent = duration(elapsed_ms(attempt.started_at, attempt.ended_at or now))
    return f"{stage}{number}", spent, dollars(attempt.cost_usd) if attempt.cost_usd else ""


def _by(attempt: Attempt) -> str:
    """``implementer, sonnet-4-5, standard``."""
    role = clean(attempt.role, 20) or clean(attempt.purpose, 20)
    return ", ".join(word for word in (role, model_name(attempt.model), clean(attempt.tier, 20)) if word)


def _ended(attempt: Attempt) -> str:
    if attempt.ended_at is None:
        return f"is being stopped: {clean(attempt.stopping, 200)}" if attempt.stopping else "at work"
    told = clean(attempt.verdict or attempt.outcome, 60).replace("_", " ")
    exit_code = f"exit {attempt.exit_code}" if attempt.exit_code else ""
    return ", ".join(word for word in (told, exit_code, clean(attempt.stopping, 200)) if word)


# --- checks, findings, scope -------------------------------------------------------------------------------


def _check(check: Check, glyphs: Glyphs) -> Line:
    spent = f"  {duration(check.duration_ms)}" if check.duration_ms else ""
    command = f"  {clean(check.command, 300)}" if check.command else ""
    return (*check_parts(check, glyphs), Part(spent, "age"), Part(command, "quiet"))


_SEVERITIES = {"blocker": "risk-failure", "concern": "gate", "nit": "quiet"}


def _finding(finding: Finding, glyphs: Glyphs) -> Line:
    is_open = finding.state == "open"
    sign, token = ("gate", _SEVERITIES.get(finding.severity, "")) if is_open else ("done", "quiet")
    tail = "" if is_open else f"  {clean(finding.state, 20)}"
    detail = f" {clean(finding.detail, 1_000)}" if finding.detail else ""
    by = f"  (by {clean(finding.by, 60)})" if finding.by else ""
    return (Part(f"{getattr(glyphs, sign)} ", token), Part(f"{finding_words(finding)}{detail}{by}{tail}", token))


def _scope(work: Work, glyphs: Glyphs) -> Iterator[Line]:
    scope, seen = work.planned.scope, work.inspection
    named = (
        ("owns", scope.owned),
        ("may touch", scope.allowed),
        ("adds to", scope.append_only),
        ("read-only", scope.read_only),
    )
    yield from _facts([(name, clean(", ".join(paths), 1_000)) for name, paths in named])
    if not scope.declared:
        yield (Part("declares no files: it runs alone", "gate"),)
    if seen is None:
        return
    for path in seen.outside:
        yield (Part(f"{glyphs.failed} outside ", "risk-failure strong"), Part(clean(path, 300), "risk-failure"))
    for path, (_, by) in work.taken.items():
        yield (Part(f"{'taken':<10}", "quiet"), Part(f"{clean(path, 300)} as {clean(by, 60)} took it at its conflict"))
    size = f"+{seen.added:,} {glyphs.minus}{seen.removed:,} in {plural(len(seen.files), 'file')}"
    if seen.files:
        yield (Part(f"{'changed':<10}", "quiet"), Part(size))
        inside = [path for path in seen.files if path not in seen.outside]
        more = f" and {len(inside) - MOST_FILES} more" if len(inside) > MOST_FILES else ""
        yield (Part(" " * 10), Part(clean(", ".join(inside[:MOST_FILES]), 3_000) + more, "quiet"))
    rest = (("missing", seen.missing), ("loose", seen.uncommitted))
    yield from _facts([(name, clean(", ".join(paths[:MOST_FILES]), 2_000)) for name, paths in rest])


# --- what happened to its work -----------------------------------------------------------------------------


def _rescue(told: tuple[str, ...], glyphs: Glyphs) -> Line:
    trigger, action, why, outcome = (clean(one, 300) for one in (*told, "", "", "", "")[:4])
    reason = f" ({why})" if why else ""
    return (Part(f"{glyphs.bullet} ", "gate"), Part(f"{trigger}{reason}: {action}, {outcome}"))


_MERGES = {
    "merged": ("done", "track-done", "merged"),
    "conflict": ("gate", "gate", "conflict"),
    "checks_failed": ("failed", "track-failed", "the checks after it failed"),
    "undone": ("skipped", "quiet", "undone"),
}


def _merge(told: tuple[str, str], glyphs: Glyphs) -> Line:
    result, head = told
    sign, token, words = _MERGES.get(result, ("bullet", "quiet", clean(result, 60).replace("_", " ")))
    commit = f" of {clean(head, 64)[:10]}" if head else ""
    return (Part(f"{getattr(glyphs, sign)} ", token), Part(f"{words}{commit}"))


def _deploy(told: tuple[str, str], glyphs: Glyphs) -> Line:
    environment, result = told
    sign, token = ("done", "track-done") if result == "healthy" else ("gate", "gate")
    return (Part(f"{getattr(glyphs, sign)} ", token), Part(f"{clean(environment, 60)}: {clean(result, 200)}"))


def _item(told: tuple[str, str, str], glyphs: Glyphs) -> Line:
    name, result, detail = (clean(one, 500) for one in told)
    passed = result == "PASS"
    head = Part(f"{glyphs.done if passed else glyphs.failed} {result:<5}", "track-done" if passed else "track-failed")
    return (head, Part(f"{name}: {detail}" if detail else name))
