"""What every form of a report tells, section by section, as plain rows; the forms only differ in how they draw them."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.report.model import TRACK, Report, TrackTold
from orchestrator_tui.core.report.outcome import DONE, MERGED
from orchestrator_tui.core.report.words import count, duration, moment, money, short


@frozen
class Table:
    """A table: its titles and its rows, of equally many cells."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@frozen
class Block:
    """One section: a heading, pairs of a name and its value, lines of a list, a table; any of them may be empty.

    ``nothing`` is said where all of them are; a section with none of these is left out.
    """

    title: str
    pairs: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    table: Table | None = None
    nothing: str = ""


def sections(report: Report) -> tuple[Block, ...]:
    """The sections of a report, in order; the first has no title, it says what the report is about."""
    if report.kind == TRACK:
        return _of_track(report, report.tracks[0])
    blocks = (
        _head(report),
        _tracks(report),
        _checklist(report),
        _checks(report),
        Block("Unresolved follow-ups", lines=report.follow_ups, nothing="none"),
        _branches(report),
        _measures(report),
        _reviews(report),
        _gates(report),
        Block("Signals", lines=report.signals),
    )
    return tuple(one for one in blocks if one.pairs or one.lines or one.table is not None or one.nothing)


def heading(report: Report) -> str:
    """The title of the whole."""
    return f"Track report: {report.subject}" if report.kind == TRACK else f"Batch summary: {report.title}"


def _head(report: Report) -> Block:
    pairs = [("Batch", report.id), *((("Workflow", report.workflow),) if report.workflow else ())]
    pairs.append(("State", report.state.replace("_", " ")))
    if report.verdict:
        pairs.append(("Readiness", f"{report.verdict} ({report.why})"))
    began, ended = moment(report.started_at), moment(report.ended_at)
    pairs += [("Began", began or "not known"), ("Ended", ended or "goes on"), ("Elapsed", duration(report.took_ms))]
    if report.models:
        pairs.append(("Models", ", ".join(f"{role} {model}" for role, model in report.models.items())))
    return Block("", pairs=tuple(pairs))


def _tracks(report: Report) -> Block:
    titles = ("Track", "State", "Review", "Loops", "Attempts", "Checks", "Cost", "Commit")
    rows = tuple(
        (
            one.slug,
            one.outcome.replace("_", " "),
            review_result(one),
            str(one.loops),
            str(len(one.attempts)),
            validation_outcome(one),
            money(one.cost_usd),
            short(one.merged_sha or one.head_sha),
        )
        for one in report.tracks
    )
    left = [_left(one) for one in report.tracks if one.outcome not in (MERGED, DONE)]
    merged = f"merged in this order: {', '.join(report.merged)}" if report.merged else "nothing is merged"
    return Block("Tracks", lines=(merged, *_branches_of(report), *left), table=Table(titles, rows))


def _branches_of(report: Report) -> list[str]:
    """The branches of the tracks, for which a table has no room; all in one line where they are named alike."""
    branches = {one.slug: one.branch for one in report.tracks if one.branch}
    stems = {name.removesuffix(f"/{slug}") for slug, name in branches.items()}
    if len(branches) > 1 and len(stems) == 1 and all(name.endswith(f"/{slug}") for slug, name in branches.items()):
        return [f"branches: {stems.pop()}/ and the track's name"]
    return [f"branch of {slug}: {name}" for slug, name in branches.items()]


def _left(track: TrackTold) -> str:
    place = f"; see {track.worktree}" if track.worktree else ""
    why = f" ({track.why})" if track.why else ""
    return f"{track.slug} is {track.outcome.replace('_', ' ')}{why}; next: {track.next_action}{place}"


def review_result(track: TrackTold) -> str:
    """``not reviewed``, ``approved`` or what is open, of a track."""
    if not track.rounds:
        return "not reviewed"
    left = sum(one.state == "open" and one.severity in ("blocker", "concern") for one in track.findings)
    return f"{left} open" if left else "approved" if track.outcome in (MERGED, DONE) else "no weight open"


def validation_outcome(track: TrackTold) -> str:
    """``pass``, ``fail``, ``partial`` or ``not-run``: the checks of a track together (seed 000, §2)."""
    results = {one.result for one in track.checks}
    if not results or results <= {"skip", "not_run"}:
        return "not-run"
    if results <= {"pass", "skip"}:
        return "pass"
    return "fail" if "pass" not in results else "partial"


def _checklist(report: Report) -> Block:
    rows = tuple((one.name, one.result, one.detail) for one in report.checklist)
    return Block("Checklist", table=Table(("Item", "Result", "Fact, or what to do"), rows) if rows else None)


def _checks(report: Report) -> Block:
    of_tracks = [(one.track, one.name, one.result, one.detail) for track in report.tracks for one in track.checks]
    own = [("the batch", one.name, one.result, one.detail) for one in report.checks]
    rows = (*own, *of_tracks)
    table = Table(("Where", "Check", "Result", "Detail"), tuple(rows)) if rows else None
    return Block("Validations run", table=table, nothing="" if rows else "none")


def _branches(report: Report) -> Block:
    if not report.integration:
        return Block("Integration and publishing")
    tip = f" at {short(report.integration_sha)}" if report.integration_sha else ", not made yet"
    pairs = [("Base", f"{report.base} at {short(report.base_sha)}" if report.base_sha else report.base)]
    pairs += [("Integration branch", f"{report.integration}{tip}")]
    pairs += [("Published", report.published or "no: the base branch is as it was")]
    pulls = [f"{one.slug}: {one.pr}" for one in report.tracks if one.pr]
    if pulls:
        pairs.append(("Pull requests", ", ".join(pulls)))
    return Block("Integration and publishing", pairs=tuple(pairs))


def _measures(report: Report) -> Block:
    told = report.measures
    loops = ", ".join(f"{slug} {number}" for slug, number in told.loops.items() if number) or "none"
    pairs = (
        ("discovery-reuse", told.discovery_reuse),
        ("rescue-attempts", str(told.rescue_attempts)),
        ("abandonment-events", str(told.abandonments)),
        ("re-review-loops", loops),
        ("gates-by-rule", str(told.gates_by_rule)),
        ("gates-by-person", str(told.gates_by_person)),
        ("waited-on-person", duration(told.waited_ms)),
        ("attempts", str(told.attempts)),
        ("checks", str(told.checks_run)),
        ("cost", money(told.cost_usd)),
        ("tokens", "not known" if told.tokens is None else f"{told.tokens:,}"),
        *((("final-gate-result", report.verdict),) if report.verdict else ()),
    )
    return Block("Outcome measures", pairs=pairs)


def _reviews(report: Report) -> Block:
    rows = tuple(
        (one.track, one.id, one.severity, one.state, str(one.times), one.title, one.place)
        for track in report.tracks
        for one in track.findings
    )
    titles = ("Track", "Id", "Severity", "State", "Raised", "Finding", "Where")
    return Block("Findings", table=Table(titles, rows) if rows else None)


def _gates(report: Report) -> Block:
    rows = tuple(
        (
            one.track,
            one.kind,
            one.risk,
            one.question,
            one.answer or one.state,
            ("rule " if one.rule and not one.by.startswith("rule ") else "")
            + one.by
            + (f": {one.reason}" if one.reason else ""),
            duration(one.waited_ms),
        )
        for one in report.gates
    )
    titles = ("Track", "Kind", "Risk", "Question", "Answer", "By", "Waited")
    return Block("Questions", table=Table(titles, rows) if rows else None)


# --- one track ---------------------------------------------------------------------------------------------


def _of_track(report: Report, track: TrackTold) -> tuple[Block, ...]:
    stages = tuple(
        (str(one.index), one.name, one.status, "" if one.took_ms is None else duration(one.took_ms))
        for one in track.stages
    )
    attempts = tuple(
        (
            "" if one.stage is None else str(one.stage),
            one.purpose,
            one.model,
            " ".join(part for part in (one.outcome or "at work", one.verdict) if part),
            duration(one.took_ms),
            money(one.cost_usd),
            f"{one.tokens:,}",
        )
        for one in track.attempts
    )
    blocks = (
        Block("", pairs=_fields(track)),
        _listed("Unresolved issues", [f"{one.id}: {one.title}" for one in track.findings if one.state == "open"]),
        _listed("Rescue history", [" | ".join(one) for one in track.rescues]),
        _listed("Follow-ups", report.follow_ups),
        _checklist(report),
        Block("Stages", table=Table(("No", "Stage", "Status", "Took"), stages) if stages else None),
        Block(
            "Attempts",
            table=Table(("Stage", "Purpose", "Model", "Outcome", "Took", "Cost", "Tokens"), attempts)
            if attempts
            else None,
        ),
        _checks_of_track(track),
        _gates(report),
        Block("Changed files", lines=track.files),
        _measures(report),
    )
    return tuple(one for one in blocks if one.pairs or one.lines or one.table is not None or one.nothing)


def _listed(title: str, lines: Sequence[str]) -> Block:
    return Block(title, lines=tuple(lines), nothing="" if lines else "none")


def _checks_of_track(track: TrackTold) -> Block:
    rows = tuple((one.name, one.result, one.detail) for one in track.checks)
    return Block("Checks", table=Table(("Check", "Result", "Detail"), rows) if rows else None)


def _fields(track: TrackTold) -> tuple[tuple[str, str], ...]:
    """The fields of seed 000's track report, as far as there is something to say."""
    fields = (
        ("Track", f"{track.slug}, {track.title} ({track.kind})"),
        ("Files", ", ".join(track.owned)),
        ("Dependencies", ", ".join(track.depends_on)),
        ("Track branch", track.branch),
        ("Worktree", track.worktree),
        ("Pull request", track.pr),
        ("State", f"{track.state.replace('_', ' ')}{f' ({track.why})' if track.why else ''}"),
        ("Validation outcome", validation_outcome(track)),
        ("Commit status", _commit_status(track)),
        ("Deployed", ", ".join(f"{environment}: {result}" for environment, result in track.deployed)),
        ("Next action", track.next_action),
        ("Revision rounds", str(track.loops)),
        ("Summary", _summary(track)),
    )
    return tuple((name, text) for name, text in fields if text)


def _commit_status(track: TrackTold) -> str:
    if track.merged_sha:
        return f"merged {short(track.merged_sha)}"
    if track.uncommitted:
        return f"not yet committed: {count(track.uncommitted, 'file')}"
    return f"committed {short(track.head_sha)}" if track.commits else "not yet committed"


def _summary(track: TrackTold) -> str:
    changed = f"{count(len(track.files), 'file')}, +{track.added} -{track.removed}, " if track.files else ""
    return (
        f"{changed}{count(len(track.attempts), 'attempt')}, {count(track.rounds, 'round')} of review, "
        f"cost {money(track.cost_usd)}, took {duration(track.took_ms)}"
    )
