"""The headline: what is supervised, how many tracks are in which standing, and for how long."""

from __future__ import annotations

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, State
from orchestrator_tui.core.queries import Counts, counts, oldest_wait_ms
from orchestrator_tui.ui.present.ages import duration
from orchestrator_tui.ui.present.cells import Line, Part, cell_width, cut, line_width, spread
from orchestrator_tui.ui.present.glyphs import Glyphs
from orchestrator_tui.ui.present.words import batch_title, repositories


@frozen
class Tally:
    """One number of the headline: its sign, how many, the word for it, its theme token.

    A ``rare`` one is told only where it is not zero.
    """

    glyph: str
    count: int
    word: str
    token: str
    rare: bool = False


@frozen
class HeadlineView:
    """The headline in words.

    ``oldest`` is the age of the gate that waits longest, or ""; ``facts`` are those of a run, the most needed first.
    """

    brand: str
    title: str
    tallies: tuple[Tally, ...]
    oldest: str
    elapsed: str
    mode: str
    facts: tuple[Line, ...] = ()


_TALLIES = (
    ("waiting", "gate", "waiting", "track-waiting"),
    ("working", "working", "working", "track-running"),
    ("unknown", "unknown", "unknown", "track-unknown"),
    ("done", "done", "", "track-done"),
    ("failed", "failed", "", "track-failed"),
    ("dropped", "skipped", "", "quiet"),
)
_RARE = frozenset({"unknown", "dropped"})
"""Field of the counts, sign, word ("" where the sign alone is told), theme token; in the order they are shown."""

_MODES = {"live": ("orch-tui", ""), "replay": ("replay", "read-only")}


def present_headline(state: State, now: Instant, glyphs: Glyphs, *, mode: str = "live") -> HeadlineView:
    """The headline of all batches that are shown."""
    batches = tuple(state.batches.values())
    brand, note = _MODES.get(mode, (mode, ""))
    oldest = oldest_wait_ms(state, now)
    return HeadlineView(
        brand=brand,
        title=_title(state),
        tallies=_tallies(counts(state), glyphs),
        oldest="" if oldest is None else duration(oldest),
        elapsed=_elapsed(batches, now),
        mode=note,
        facts=_facts(batches),
    )


def headline_line(view: HeadlineView, width: int) -> Line:
    """The headline in one line; below 100 cells without the brand and with fewer words.

    What a run is at, the first of its facts, is told at every width that has room for it beside the gates that wait:
    before it goes the note of the mode, the further numbers, and the end of the title.
    """
    wide = width >= 100
    head: Line = (Part(" "), *((Part(view.brand, "accent strong"), Part("  ")) if wide or view.mode else ()))
    state = tuple((_FIRST, *fact) for fact in view.facts[:1])
    used = line_width(head) + sum(map(line_width, state)) + 2
    # Rather than its state, or a number, the end of the title of a run goes.
    right = _fitting(view, width, used, _TITLE_LEAST if state else _TITLE_ROOM)
    if state and used + line_width(right) + min(cell_width(view.title), _TITLE_LEAST) > width:
        state, used = (), line_width(head) + 2
        right = _fitting(view, width, used, _TITLE_ROOM)
    room = max(0, width - used - line_width(right))
    title = cut(view.title, room)
    left = [*head, Part(title, "strong"), *(part for fact in state for part in fact)]
    room -= cell_width(title)
    for fact in view.facts[1:] if state else ():
        gap = Part(", ", "quiet")
        if line_width((gap, *fact)) > room:
            break
        left += [gap, *fact]
        room -= line_width((gap, *fact))
    return spread(tuple(left), (Part("  "), *right), width)


def _fitting(view: HeadlineView, width: int, used: int, least: int) -> Line:
    """The most of the right end that leaves ``least`` cells of the title beside those that are used."""
    right: Line = ()
    for since, words, count, note in _DETAILS:
        if width < since or (words and view.facts and width < FACTS_AND_WORDS_SINCE):
            continue
        right = _right(view, words, count, oldest=width >= OLDEST_SINCE, note=note)
        if used + min(cell_width(view.title), least) + line_width(right) <= width:
            break
    return right


_FIRST = Part("   ", "quiet")

OLDEST_SINCE = 140
"""Width from which the age of the oldest gate is told here too."""

FACTS_AND_WORDS_SINCE = 160
"""Width from which a run's headline has room for its facts and for the words of its numbers."""

_DETAILS = (
    (100, True, 6, True),
    (0, False, 6, True),
    (0, False, 6, False),
    (0, False, 5, False),
    (0, False, 3, False),
    (0, False, 1, False),
)
"""From which width, with words or without, how many numbers, with the note of the mode or without: the right end."""

_TITLE_ROOM = 26
"""Cells that the title gets before the right end shows more."""

_TITLE_LEAST = 14
"""Cells that the title of a run gets at least."""


def _right(view: HeadlineView, words: bool, count: int, *, oldest: bool, note: bool) -> Line:
    gap = "   " if words else "  "
    parts: list[Part] = []
    for place, tally in enumerate(view.tallies[:count]):
        if not tally.count and tally.rare:
            continue
        text = f"{tally.glyph} {tally.count:,}"
        if words and tally.word:
            text += f" {tally.word}"
        if not place and oldest and view.oldest:
            text += f", oldest {view.oldest}"
        parts += [Part(text, tally.token if tally.count else "quiet"), Part(gap)]
    if view.mode and note:
        parts += [Part(view.mode, "quiet"), Part(gap)]
    elapsed = view.elapsed
    if elapsed:
        pad = max(0, (10 if words else 8) - cell_width(elapsed))
        parts.append(Part(" " * pad + elapsed, "age"))
    parts.append(Part(" "))
    return tuple(parts)


def _facts(batches: tuple[Batch, ...]) -> tuple[Line, ...]:
    """The facts of the one run that is shown: of several, the one that goes on."""
    runs = [batch for batch in batches if batch.run is not None]
    runs = [batch for batch in runs if batch.ended_at is None] or runs
    if len(runs) != 1:
        return ()
    from orchestrator_tui.ui.present.run_headline import run_facts

    return run_facts(runs[0])


def _title(state: State) -> str:
    batches = tuple(sorted(state.batches.values(), key=lambda batch: batch.run is None or batch.ended_at is not None))
    if not batches:
        return "no batch"
    several = repositories(state)
    if len(several) > 1:
        return f"{len(several)} repositories: {', '.join(several)}"
    first = batch_title(batches[0])
    return first if len(batches) == 1 else f"{first} and {len(batches) - 1} more"


def _tallies(numbers: Counts, glyphs: Glyphs) -> tuple[Tally, ...]:
    return tuple(
        Tally(getattr(glyphs, sign), getattr(numbers, name), word, token, name in _RARE)
        for name, sign, word, token in _TALLIES
    )


def _elapsed(batches: tuple[Batch, ...], now: Instant) -> str:
    starts = [batch.started_at for batch in batches if batch.started_at is not None]
    if not starts:
        return ""
    start = min(starts, key=lambda at: at.wall_ms)
    ends = [batch.ended_at for batch in batches if batch.ended_at is not None]
    end = max(ends, key=lambda at: at.wall_ms) if len(ends) == len(batches) else now
    return duration(elapsed_ms(start, end))
