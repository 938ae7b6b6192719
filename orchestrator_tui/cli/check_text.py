"""The check of a plan as text of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from orchestrator_tui.cli.tables import signs
from orchestrator_tui.core.text import plural, sanitise_line
from orchestrator_tui.plan.checked import (
    APPEND_ONLY,
    DEPLOY_QUEUE,
    NONE,
    ORDER,
    SERIALISE,
    Checked,
    Estimate,
    Pair,
    Threshold,
)
from orchestrator_tui.plan.problems import ERROR, REMARK, Problem, has_errors
from orchestrator_tui.ui.present.cells import cell_width, cut, fit
from orchestrator_tui.ui.present.glyphs import Glyphs

WIDTH = 80

_ORDER = (SERIALISE, APPEND_ONLY, ORDER, DEPLOY_QUEUE)
_SLUG = 24
_MATRIX_TRACKS = 24
"""So many tracks fit beside each other."""


def lines(path: Path, checked: Checked | None, problems: Sequence[Problem]) -> Iterator[str]:
    """Everything that was found, section by section."""
    if checked is not None:
        plan = checked.plan
        yield cut(f"{plan.title}", WIDTH)
        yield f"  workflow {plan.workflow}, from {plan.base or '?'}, {plural(len(plan.tracks), 'track')}"
        yield ""
    yield from _findings(path, problems, checked)
    # Of a plan whose workflow nobody knows, waves and costs would be those of none.
    if checked is not None and checked.plan.workflow in checked.workflows:
        yield from _conflicts(checked)
        yield from _waves(checked)
        yield ""
        yield from _wrapped(checked.verdict.why, "")
        yield from _estimate(checked.estimate, checked.plan.limits.cost_usd)


def _findings(path: Path, problems: Sequence[Problem], checked: Checked | None) -> Iterator[str]:
    yield "Findings"
    marks = signs()
    for problem in problems:
        # A finding stays on its one line, however long: it can be copied and found by an editor.
        sign = {ERROR: marks.failed, REMARK: marks.bullet}.get(problem.level, marks.gate)
        yield f"  {sign} {problem}"
    if not has_errors(problems) and checked is not None:
        tracks, waves = plural(len(checked.plan.tracks), "track"), plural(len(checked.waves), "wave")
        yield f"  {marks.done} {tracks}, {waves}, no cycle"
    elif checked is None:
        yield f"  {path} holds no plan that could be checked further."


def _conflicts(checked: Checked) -> Iterator[str]:
    if len(checked.plan.tracks) < 2:
        return
    pairs = [one for one in checked.matrix if one.consequence != NONE]
    yield ""
    yield "Conflicts" if pairs else "Conflicts: none"
    if not pairs:
        return
    marks = _marks(signs())
    slugs = [one.slug for one in checked.plan.tracks]
    if len(slugs) <= _MATRIX_TRACKS:
        yield from _matrix(slugs, checked.matrix, marks)
    for consequence in _ORDER:
        told = [(pair, clash) for pair in pairs for clash in pair.clashes if clash.consequence == consequence]
        if told:
            yield f"  {marks[consequence]} {consequence}"
        for pair, clash in told:
            yield from _wrapped(f"{pair.a} + {pair.b}: {clash.why}", "    ")


def _marks(glyphs: Glyphs) -> dict[str, str]:
    signs = (glyphs.serialised, glyphs.appended, glyphs.running, glyphs.queued)
    return {**dict(zip(_ORDER, signs, strict=True)), NONE: "·" if glyphs.bullet == "·" else "."}


def _matrix(slugs: Sequence[str], matrix: Iterable[Pair], marks: dict[str, str]) -> Iterator[str]:
    cells = {(one.a, one.b): marks[one.consequence] for one in matrix}
    cells |= {(b, a): mark for (a, b), mark in cells.items()}
    yield " " * (5 + _SLUG) + "".join(f"{number % 100:>2}" for number in range(1, len(slugs) + 1))
    for number, slug in enumerate(slugs, start=1):
        row = "".join(f" {cells.get((slug, other), signs().skipped)}" for other in slugs)
        yield f"  {number:>2} {fit(slug, _SLUG)}{row}"


def _waves(checked: Checked) -> Iterator[str]:
    if not checked.waves:
        return
    yield ""
    yield "Waves"
    why = {one.track: one.why for one in checked.readiness}
    for wave in checked.waves:
        for number, slug in enumerate(wave.tracks):
            head = f"  {wave.wave:>2}  " if number == 0 else "      "
            yield cut(f"{head}{fit(slug, _SLUG)}  {why.get(slug) or 'starts at once'}", WIDTH)


def _estimate(estimate: Estimate, cap: float) -> Iterator[str]:
    yield ""
    yield f"Estimate  ${estimate.usd_low:,.2f} to ${estimate.usd_high:,.2f}, ${estimate.usd:,.2f} expected"
    most = "no bound" if estimate.usd_max is None else f"${estimate.usd_max:,.2f}"
    yield f"At most   {most}" + (f"; the plan allows ${cap:,.2f}" if cap else "; the plan sets no limit")
    yield (
        f"Agents    {plural(estimate.attempts, 'attempt')}, {estimate.reviews} of them reviews; "
        f"at most {estimate.attempts_max:,}; {_at_once(estimate)}"
    )
    if not estimate.as_of:
        yield f"Prices    none: {estimate.assumption}"
        return
    by_source: dict[str, list[str]] = {}
    for role, one in estimate.models.items():
        by_source.setdefault(one.source, []).append(f"{role} {sanitise_line(one.model, 60) or 'default'}")
    for number, (source, models) in enumerate(by_source.items()):
        yield from _wrapped(f"{', '.join(models)} ({source})", "Models    " if number == 0 else " " * 10, " " * 10)
    yield from _wrapped(f"assumed as of {estimate.as_of}: {estimate.assumption}", "Prices    ", " " * 10)


def _at_once(estimate: Estimate) -> str:
    if estimate.agents_first in (0, estimate.agents):
        return f"{estimate.agents} at once"
    return f"{estimate.agents_first} at once, {estimate.agents} by your leave"


def explain_lines(checked: Checked) -> Iterator[str]:
    """Every threshold of the workflows: its value, and what it means."""
    for workflow, group in groupby(checked.explain, key=lambda one: one.workflow):
        yield ""
        yield f"Thresholds of {workflow}"
        for one in group:
            yield from _threshold(one)


def _threshold(one: Threshold) -> Iterator[str]:
    yield from _wrapped(f"{one.key}: {one.value}", "  ", "    ")
    yield from _wrapped(one.meaning.replace("`", ""), "      ")


def _wrapped(text: str, first: str, rest: str | None = None) -> Iterator[str]:
    """A text in lines of 80 cells; nothing of it is lost."""
    clean = sanitise_line(text)
    if cell_width(first + clean) <= WIDTH:
        yield first + clean
        return
    yield from textwrap.wrap(
        clean, WIDTH, initial_indent=first, subsequent_indent=first if rest is None else rest, break_on_hyphens=False
    )
