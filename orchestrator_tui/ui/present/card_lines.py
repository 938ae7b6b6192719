"""The gate card laid out: its parts in lines of a width, each option a place to click."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator_tui.ui.present.card import CardOption, CardView
from orchestrator_tui.ui.present.cells import EMPTY, Line, Part, cell_width, cut, line_width, wrap

WIDE = 90
"""Cells from which the header says everything in one line and recommendations stand beside their option."""


def card_lines(view: CardView, width: int) -> tuple[Line, ...]:
    """The whole card in lines of at most ``width`` cells, one blank cell at either side."""
    room = max(10, width - 2)
    if view.key is None:
        return tuple((Part(" "), Part(line, "quiet")) for line in view.empty)
    sections = (
        _header(view, room),
        _question(view, room),
        _options(view, room),
        _advice(view, room),
        _evidence(view, room),
        _notes(view, room),
        _life(view, room),
        (view.confirm,) if view.confirm else (),
    )
    lines: list[Line] = []
    for section in sections:
        if section:
            lines += ([EMPTY] if lines else []) + list(section)
    return tuple((Part(" "), *line) for line in lines)


def _header(view: CardView, room: int) -> Sequence[Line]:
    parts = [*view.header, *view.timing] if room >= WIDE else list(view.header)
    lines: list[Line] = [(Part(line, "quiet"),) for line in _joined(parts, room)]
    if room < WIDE:
        lines += [(Part(line, "quiet"),) for line in _joined(view.timing, room)]
    return lines


def _joined(parts: Sequence[str], room: int) -> Iterator[str]:
    line = ""
    for part in parts:
        longer = f"{line} · {part}" if line else part
        if line and cell_width(longer) > room:
            yield line
            longer = part
        line = cut(longer, room)
    if line:
        yield line


def _question(view: CardView, room: int) -> Sequence[Line]:
    lines: list[Line] = [(Part(line, "strong"),) for line in wrap(view.question, room)]
    if view.context:
        lines += [(Part(line),) for line in wrap(view.context, room)]
    return lines


def _options(view: CardView, room: int) -> Sequence[Line]:
    lines: list[Line] = []
    side = room >= WIDE
    widest = max((cell_width(option.label) for option in view.options), default=0)
    for option in view.options:
        lines += _option(view, option, room, min(widest, room - 40) if side else 0)
    if view.pages:
        lines.append((Part(f"   page {view.pages}  > next  < back", "quiet"),))
    return lines


def _option(view: CardView, option: CardOption, room: int, column: int) -> Iterator[Line]:
    token = "option-marked" if option.marked else ""
    lead = f"   {option.digit}  "
    first, *rest = wrap(option.label, room - len(lead)) or ("",)
    head = (Part(lead, token or "key", option.key or OWN), Part(first, token, option.key or OWN))
    if option.recommended and column:
        gap = " " * max(2, column + len(lead) + 2 - line_width(head))
        yield (*head, Part(f"{gap}{view.glyphs.recommended} {option.recommended}", "quiet"))
    else:
        yield head
    for line in rest:
        yield (Part(" " * len(lead)), Part(line, token, option.key or OWN))
    if option.recommended and not column:
        for line in wrap(f"{view.glyphs.recommended} {option.recommended}", room - len(lead)):
            yield (Part(" " * len(lead)), Part(line, "quiet"))


OWN = "\0own"
"""What a click on "an answer of one's own" means; no agent's key can be this."""


def _advice(view: CardView, room: int) -> Sequence[Line]:
    return [(Part(line, view.advice.token),) for line in wrap(view.advice.text, room)] if view.advice.text else ()


def _evidence(view: CardView, room: int) -> Sequence[Line]:
    lines: list[Line] = []
    last = ""
    label_room = max((cell_width(label) for label, _ in view.evidence), default=0) + 2
    for label, facts in view.evidence:
        size = line_width(facts)
        if lines and label == last and line_width(lines[-1]) + 2 + size <= room:
            lines[-1] = (*lines[-1], Part("  "), *facts)
            continue
        shown = label if label != last else ""
        lead = Part(shown + " " * (label_room - cell_width(shown)), "quiet")
        last = label
        if size <= room - label_room or len(facts) != 1:
            lines.append((lead, *facts))
            continue
        for place, text in enumerate(wrap(facts[0].text, room - label_room)):
            lines.append((lead if not place else Part(" " * label_room), Part(text, facts[0].token)))
    return lines


def _notes(view: CardView, room: int) -> Sequence[Line]:
    return [(Part(line, note.token),) for note in view.notes for line in wrap(note.text, room)]


def _life(view: CardView, room: int) -> Sequence[Line]:
    lines = list(view.life)
    if view.undo:
        lines.append((Part("u", "key"), Part(f" takes it back, {view.undo} left", "gate")))
    return lines
