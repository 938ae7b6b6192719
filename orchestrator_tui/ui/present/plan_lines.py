"""A plan laid out: its parts in lines of a width, each part for a panel of its own or one below the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orchestrator_tui.ui.present.cells import EMPTY, Line, Part, cell_width, fit, line_width, wrap
from orchestrator_tui.ui.present.glyphs import Glyphs
from orchestrator_tui.ui.present.plan import PlanConflict, PlanTrack, PlanView

Lay = Callable[[PlanView, int, Glyphs], tuple[Line, ...]]


def wave_lines(view: PlanView, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The tracks wave by wave, and whether they run side by side."""
    tracks = [track for wave in view.waves for track in wave.tracks]
    slug = min(28, max((cell_width(track.slug) for track in tracks), default=8))
    kind = min(10, max((cell_width(track.kind) for track in tracks), default=0))
    lines: list[Line] = []
    for wave in view.waves:
        if wave.heading:
            lines.append((Part(" "), Part(wave.heading, "heading")))
        for track in wave.tracks:
            lines += _track(track, slug, kind, width, glyphs.ellipsis)
    if not tracks:
        lines.append((Part(" "), Part(f"{view.summary.capitalize()}.", "quiet")))
    lines += [EMPTY] if view.verdict else []
    lines += [(Part(" "), Part(line)) for text in view.verdict for line in wrap(text, width - 2)]
    return tuple(lines)


def _track(track: PlanTrack, slug: int, kind: int, width: int, ellipsis: str) -> list[Line]:
    lead = 3 + slug + 2 + kind + 2
    head = (
        Part("   "),
        Part(fit(track.slug, slug, ellipsis=ellipsis), "strong"),
        Part("  "),
        Part(fit(track.kind, kind, ellipsis=ellipsis), "quiet"),
        Part("  "),
    )
    room = max(12, width - lead - 1)
    owned = wrap(track.owns, room) or ("",)
    lines: list[Line] = [(*head, Part(owned[0]))]
    lines += [(Part(" " * lead), Part(more)) for more in owned[1:]]
    waits = track.why or (f"starts after {track.after}" if track.after else "")
    lines += [(Part(" " * lead), Part(line, "quiet")) for line in wrap(waits, room) if waits]
    return lines


def cost_lines(view: PlanView, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Agents, models and money, labelled."""
    label = max((cell_width(name) for name, _ in view.costs), default=0) + 2
    lines: list[Line] = []
    for name, words in view.costs:
        token = _COST_TOKENS.get(name, "")
        for place, text in enumerate(wrap(words, max(10, width - label - 2))):
            lines.append((Part(" " + fit("" if place else name, label), "quiet"), Part(text, token)))
    return tuple(lines)


_COST_TOKENS = {"estimate": "strong", "at most": "strong"}


def conflict_lines(view: PlanView, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Which tracks meet, what follows, and over what: a grid, and beside or below it the words for its signs."""
    if not view.conflicts:
        return ((Part(" "), Part("No two tracks meet: no file, no place to deploy to.", "quiet")),)
    order = [track.slug for wave in view.waves for track in wave.tracks]
    met = {slug for one in view.conflicts for slug in (one.first, one.second)}
    slugs = [*(slug for slug in order if slug in met), *sorted(met.difference(order))]
    head = min(20, max(map(cell_width, slugs)))
    # As wide as the names need, and as the screen allows; below that they could not be told apart.
    widest = max(map(cell_width, slugs))
    told = [line for one in view.conflicts for line in _conflict(one, width, glyphs)]
    for room, beside in ((width // 2, True), (width, False)):
        column = min(widest, (room - head - 2) // len(slugs) - 2)
        if column < _NARROWEST:
            continue
        grid = _grid(view, slugs, (head, column), width if beside else 0, glyphs)
        if all(line_width(line) < width for line in grid):
            return grid if beside else (*grid, *told)
    return tuple(told)


_NARROWEST = 5


def _grid(view: PlanView, slugs: list[str], sizes: tuple[int, int], width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """A row for each track that meets a later one; with a width, what follows and over what stands behind it."""
    head, column = sizes
    titles = tuple(Part("  " + fit(slug, column, ellipsis=glyphs.ellipsis), "quiet") for slug in slugs)
    lines: list[Line] = [(Part(" " * (1 + head)), *titles)]
    for slug in slugs:
        # Each pair stands once, in the row of the one that is listed first.
        own = [one for one in view.conflicts if slug == min(one.first, one.second, key=slugs.index)]
        cells = tuple(_cell(own, slug, other, column, glyphs) for other in slugs)
        row: Line = (Part(" "), Part(fit(slug, head, ellipsis=glyphs.ellipsis)), *cells)
        words = [_words(one, glyphs) for one in own] if width else []
        lines += [(*row, *words[0])] if words else [row] if own else []
        lines += [(Part(" " * line_width(row)), *more) for more in words[1:]]
    return tuple(lines)


def _cell(own: list[PlanConflict], slug: str, other: str, column: int, glyphs: Glyphs) -> Part:
    met = next((one for one in own if other in (one.first, one.second) and other != slug), None)
    sign: str = glyphs.skipped if slug == other else glyphs.bullet if met is None else getattr(glyphs, met.sign)
    return Part("  " + fit("  " + sign, column), "quiet" if met is None else met.token or "strong")


def _words(one: PlanConflict, glyphs: Glyphs) -> Line:
    sign: str = getattr(glyphs, one.sign)
    return Part(f"  {sign} ", one.token or "strong"), Part(f"{one.consequence}: "), Part(one.over, "quiet")


def _conflict(one: PlanConflict, width: int, glyphs: Glyphs) -> list[Line]:
    """Pair, consequence and over what, beside each other as far as they have room."""
    sign: str = getattr(glyphs, one.sign)
    pair: Line = (
        Part(f" {sign} ", one.token or "strong"),
        Part(one.first),
        Part(" and ", "quiet"),
        Part(f"{one.second}: "),
    )
    beside = line_width(pair) + cell_width(one.consequence) < width
    if one.over and line_width(pair) + cell_width(f"{one.consequence}: {one.over}") < width:
        return [(*pair, Part(f"{one.consequence}: ", one.token), Part(one.over, "quiet"))]
    lines: list[Line] = [(*pair, Part(one.consequence, one.token))] if beside else [pair]
    if not beside:
        lines += [(Part("   "), Part(text, one.token)) for text in wrap(one.consequence, width - 4)]
    return lines + [(Part("   "), Part(text, "quiet")) for text in wrap(one.over, width - 4) if one.over]


def finding_lines(view: PlanView, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """What the check found, whole."""
    lines: list[Line] = []
    for one in view.findings:
        sign: str = getattr(glyphs, one.sign)
        place = (Part(f"{one.place}  ", "quiet"),) if one.place else ()
        head: Line = (Part(f" {sign} ", one.token), *place)
        used = 3 + sum(cell_width(part.text) for part in place)
        if used + cell_width(one.text) <= width - 1:
            lines.append((*head, Part(one.text)))
            continue
        lines += [head] if place else []
        rows = wrap(one.text, max(10, width - 4))
        lead = Part("   ") if place else head[0]
        lines += [(lead if not number else Part("   "), Part(row)) for number, row in enumerate(rows)]
    return tuple(lines)


PARTS: Mapping[str, Lay] = {
    "Tracks": wave_lines,
    "Cost": cost_lines,
    "Conflicts": conflict_lines,
    "Check": finding_lines,
}
"""The parts of a plan by their titles, in the order in which they are read."""


def plan_lines(view: PlanView, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """All of a plan one part below the other, for narrow screens; what keeps it from being started comes first."""
    names = sorted(PARTS, key=lambda name: name != "Check") if view.is_faulty else list(PARTS)
    lines: list[Line] = []
    for name in names:
        lines += [EMPTY] if lines else []
        lines.append((Part(" "), Part(name, "accent")))
        lines += PARTS[name](view, width, glyphs)
    return tuple(lines)
