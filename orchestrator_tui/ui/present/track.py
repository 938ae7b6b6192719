"""One track in full: where its work is, its attempts, checks, findings, signals and messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Message, Signal, State, Track
from orchestrator_tui.core.queries import TrackKey, find_track
from orchestrator_tui.core.records import Attempt, Finding
from orchestrator_tui.core.text import plural
from orchestrator_tui.ui.present.agent import agent_facts, part_lines
from orchestrator_tui.ui.present.ages import age, clock_time, duration
from orchestrator_tui.ui.present.cells import EMPTY, Line, Part, clean, wrap
from orchestrator_tui.ui.present.glyphs import Glyphs
from orchestrator_tui.ui.present.stages import check_parts
from orchestrator_tui.ui.present.words import model_name, money, pull_request


@frozen
class TrackSection:
    """A heading with its lines, each in the parts of one line."""

    heading: str
    lines: tuple[Line, ...]


@frozen
class TrackView:
    """One track in full; only sections that have something to say are there."""

    key: TrackKey | None
    sections: tuple[TrackSection, ...]


def present_track(state: State, key: TrackKey | None, now: Instant, glyphs: Glyphs, zone: tzinfo) -> TrackView:
    """Everything that is known of the track with this identity, beside its stages."""
    track = None if key is None else find_track(state, key)
    if track is None or key is None:
        return TrackView(None, ())
    batch = state.batches[key.batch]
    signals = tuple(signal for signal in batch.signals.values() if signal.track == track.slug)
    sections = (
        *(_watched(track, now, glyphs) if track.work is None else _of_run(track, batch, now, glyphs)),
        TrackSection("Agent", tuple(_facts(agent_facts(track)))),
        TrackSection("Sub-agents", tuple(part_lines(track, batch))),
        TrackSection("Noticed", tuple(_signal(one, now, glyphs) for one in signals)),
        TrackSection("Messages", tuple(_message(one, zone) for one in track.messages)),
        TrackSection("Notes", tuple(_notes(batch, track, zone))),
    )
    return TrackView(key, tuple(section for section in sections if section.lines))


def _watched(track: Track, now: Instant, glyphs: Glyphs) -> Iterator[TrackSection]:
    yield TrackSection("Work", tuple(_facts(_work(track, now))))
    yield TrackSection("Attempts", tuple(_attempt(one, now, glyphs) for one in track.attempts))
    yield TrackSection("Checks", tuple(check_parts(one, glyphs) for one in track.checks))
    yield TrackSection("Findings", tuple(_finding(one) for one in track.findings))


def _of_run(track: Track, batch: Batch, now: Instant, glyphs: Glyphs) -> Iterator[TrackSection]:
    from orchestrator_tui.ui.present.run_track import run_sections

    for heading, lines in run_sections(track, batch, now, glyphs):
        yield TrackSection(heading, lines)


def track_lines(view: TrackView, width: int) -> tuple[Line, ...]:
    """The sections one below the other; a line that is too long goes on below itself."""
    if view.key is None:
        return ((Part(" "), Part("This track is not there any more.", "quiet")),)
    lines: list[Line] = []
    for section in view.sections:
        lines += [EMPTY] if lines else []
        lines.append((Part(" "), Part(section.heading, "heading")))
        lines += [(Part("  "), *piece) for line in section.lines for piece in _wrapped(line, width - 2)]
    return tuple(lines)


def _wrapped(line: Line, width: int) -> Iterator[Line]:
    """A line as it is when it fits, else its last part in several lines under its beginning."""
    *head, last = line
    used = sum(len(part.text) for part in head)
    first, *rest = wrap(last.text, max(20, width - used)) or ("",)
    yield (*head, Part(first, last.token))
    for more in rest:
        yield (Part(" " * used), Part(more, last.token))


def _facts(facts: Iterable[tuple[str, str]]) -> Iterator[Line]:
    for name, words in facts:
        if words:
            yield (Part(f"{name:<10}", "quiet"), Part(words))


def _work(track: Track, now: Instant) -> Sequence[tuple[str, str]]:
    return (
        ("title", clean(track.title, 500)),
        ("state", track.state.replace("_", " ")),
        (
            "report",
            f"{track.liveness.replace('_', ' ')}, last report {age(track.reported_at, now)} ago"
            if track.reported_at
            else "",
        ),
        ("signs", clean(", ".join(track.signs), 500)),
        ("progress", clean(track.progress, 500)),
        ("problem", clean(track.problem, 500)),
        ("branch", clean(track.branch, 300)),
        ("worktree", clean(track.worktree, 500)),
        ("request", pull_request(track)),
        ("owner", clean(track.owner, 200)),
        ("model", model_name(track.model)),
        ("cost", money(track)),
        ("after", clean(", ".join(track.depends_on), 500)),
        ("skipped", ", ".join(f"stage {index}" for index in track.skipped_stages)),
    )


def _attempt(attempt: Attempt, now: Instant, glyphs: Glyphs) -> Line:
    running = attempt.ended_at is None
    spent = duration(elapsed_ms(attempt.started_at, attempt.ended_at or now))
    stage = f"stage {attempt.stage} " if attempt.stage is not None else ""
    words = "running" if running else clean(attempt.outcome, 200) or f"exit {attempt.exit_code}"
    return (
        Part(f"{glyphs.running if running else glyphs.bullet} ", "track-running" if running else "quiet"),
        Part(f"{stage}{clean(attempt.purpose, 80)} ", ""),
        Part(f"{spent:>8}  ", "age"),
        Part(" ".join(word for word in (words, model_name(attempt.model)) if word), "quiet"),
    )


_SEVERITIES = {"blocker": "risk-failure strong", "concern": "gate", "follow-up": "", "nit": "quiet"}


def _finding(finding: Finding) -> Line:
    place = f"{clean(finding.file, 200)}:{finding.line}" if finding.file and finding.line else clean(finding.file, 200)
    told = ": ".join(word for word in (clean(finding.title, 300), clean(finding.detail, 1_000)) if word)
    tail = ", ".join(word for word in (place, clean(finding.by, 60)) if word)
    return (
        Part(f"{clean(finding.severity, 12):<10}", _SEVERITIES.get(finding.severity, "")),
        Part(f"{told}  ({tail})" if tail else told),
    )


def _signal(signal: Signal, now: Instant, glyphs: Glyphs) -> Line:
    told = clean(signal.text, 500) or clean(signal.kind, 60).replace("_", " ")
    more = ", ".join(clean(one, 200) for one in signal.evidence)
    return (
        Part(f"{glyphs.gate} ", "gate"),
        Part(f"{told}  {age(signal.at, now)} ago" + (f"  ({more})" if more else "")),
    )


def _message(message: Message, zone: tzinfo) -> Line:
    way = "read" if message.read_at else "written, not read yet" if message.written_at else "not written yet"
    return (
        Part(f"{clock_time(message.at, zone)}  ", "age"),
        Part(f"{clean(message.text, 1_000)}  ({way}, by {clean(message.by, 60)})"),
    )


def _notes(batch: Batch, track: Track, zone: tzinfo) -> Iterator[Line]:
    for event in reversed(batch.recent):
        if event.kind == "note_added" and event.payload.get("track") == track.slug:
            yield (
                Part(f"{clock_time(event.at, zone)}  ", "age"),
                Part(clean(str(event.payload.get("text", "")), 1_000)),
            )


def headline_facts(track: Track) -> str:
    """What a title line says of a track: ``2 attempts, 3 findings``."""
    words = [plural(len(track.attempts), "attempt")] if track.attempts else []
    words += [plural(len(track.findings), "finding")] if track.findings else []
    return ", ".join(words)
