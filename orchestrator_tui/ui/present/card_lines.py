"""The gate card laid out: its parts in lines of a width, each option a place to click."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator_tui.ui.present.card import CardOption, CardView
from orchestrator_tui.ui.present.cells import EMPTY, Line, Part, cell_width, cut, fit_line, line_width, told, wrap
from orchestrator_tui.ui.present.pieces import piece_lines

LIFE_INDENT = 12
"""Cells before what is told of a step, below its words."""

WIDE = 100
"""Cells from which the header says everything in one line and recommendations stand beside their option."""


def card_lines(view: CardView, width: int, height: int = 0) -> tuple[Line, ...]:
    """The whole card in lines of at most ``width`` cells, the first of them blank.

    Sections are shortened so that options and confirmation stay in sight within ``height`` lines, and at last lose
    the blank lines between them; with a height of 0 nothing is left out.
    """
    room = max(10, width - 1)
    if view.key is None:
        return told(view.empty, width)
    whole = {name: section for name, make in _SECTIONS.items() if (section := list(make(view, room)))}
    shown = _shortened(whole, height) if height else whole
    joined = _joined_sections(shown, height) if height else _JOINED
    lines: list[Line] = []
    for name, section in shown.items():
        lines += ([EMPTY] if lines and name not in joined else []) + section
    return tuple(_within((Part(" "), *line), width) if line else line for line in lines)


def _within(line: Line, width: int) -> Line:
    return line if line_width(line) <= width else fit_line(line, width)


MORE = "\0more"
"""What a click on the lines that are left out means; no agent's key can be this."""

_Sections = dict[str, list[Line]]


def _shortened(whole: _Sections, height: int) -> _Sections:
    """The sections, cut where they may give way until all fit in ``height`` lines or nothing more may be cut.

    Nothing is cut where all fit without the blank lines between them.
    """
    shown = dict(whole)
    if _height(whole, _JOINED | {*_CLOSES_UP}) <= height:
        return shown
    for name, least in _GIVES:
        # What would be allowed is cut only where no blank line is left to be closed up.
        over = _height(shown, _JOINED | {*_CLOSES_UP} if name == "input" else _JOINED) - height
        section = shown.get(name, [])
        room = max(least + 1, len(section) - over)
        if over > 0 and room < len(section):
            shown[name] = _cut(whole[name], room, from_the_end=name == "life")
    return shown


def _cut(section: list[Line], room: int, *, from_the_end: bool) -> list[Line]:
    """``room`` lines of a section, one of them telling how many are left out.

    The end of an answer's life tells most, and the beginning of all else.
    """
    hidden = len(section) - room + 1
    kept = 1 if from_the_end else room - 1
    more = (Part(f"… {hidden} more lines", "quiet", MORE),)
    return [*section[:kept], more, *section[kept + hidden :]]


def _joined_sections(shown: _Sections, height: int) -> frozenset[str]:
    """The sections without a blank line before them: more of them the less room there is."""
    joined = _JOINED
    for name in _CLOSES_UP:
        if _height(shown, joined) <= height:
            break
        joined |= {name}
    return joined


def _height(shown: _Sections, joined: frozenset[str]) -> int:
    return sum(map(len, shown.values())) + sum(name not in joined for name in [*shown][1:])


def _header(view: CardView, room: int) -> Sequence[Line]:
    dot = view.glyphs.bullet
    parts: Sequence[Sequence[str]] = view.full_header if room >= WIDE else view.header
    joined = [part for group in parts for part in group]
    if cell_width(f" {dot} ".join(joined)) <= room:
        parts = (joined,)
    return [(Part(line, "quiet"),) for group in parts for line in _joined(group, room, dot)]


def _joined(parts: Sequence[str], room: int, dot: str) -> Iterator[str]:
    line = ""
    for part in parts:
        longer = f"{line} {dot} {part}" if line else part
        if line and cell_width(longer) > room:
            yield line
            longer = part
        line = cut(longer, room)
    if line:
        yield line


def _question(view: CardView, room: int) -> Sequence[Line]:
    return [(Part(line, "strong"),) for line in wrap(view.question, room)]


def _context(view: CardView, room: int) -> Sequence[Line]:
    return [(Part(line),) for line in wrap(view.context, room)] if view.context else ()


def _input(view: CardView, room: int) -> Sequence[Line]:
    return piece_lines(view.input, room)


def _options(view: CardView, room: int) -> Sequence[Line]:
    lines: list[Line] = []
    side = room >= WIDE
    widest = max((cell_width(option.label) for option in view.options), default=0)
    for option in view.options:
        lines += _option(view, option, room, widest if side else 0)
    if view.several:
        lines.append((Part("     several may be marked", "quiet"),))
    if view.pages:
        lines.append((Part("  "), Part("< >", "key"), Part(f" page {view.pages} of the options", "quiet")))
    return lines


def _option(view: CardView, option: CardOption, room: int, column: int) -> Iterator[Line]:
    token = "option-marked" if option.marked else ""
    mark = view.glyphs.marked if option.marked else " "
    lead = f"{mark} {option.digit}  "
    first, *rest = wrap(option.label, room - len(lead)) or ("",)
    head = (Part(lead, token or "key", option.key or OWN), Part(first, token, option.key or OWN))
    gap = " " * (column + len(lead) + 2 - line_width(head))
    beside = (*head, Part(f"{gap}{view.glyphs.recommended} {option.recommended}", "quiet"))
    is_beside = bool(column) and not rest and line_width(beside) <= room
    yield beside if option.recommended and is_beside else head
    for line in rest:
        yield (Part(" " * len(lead)), Part(line, token, option.key or OWN))
    for line in wrap(option.note, room - len(lead)) if option.note else ():
        yield (Part(" " * len(lead)), Part(line, "quiet", option.key or OWN))
    if option.recommended and not is_beside:
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
    lines = [piece for line in view.life for piece in _step(line, room)]
    if view.undo:
        lines.append((Part("u", "key"), Part(f" takes it back, {view.undo} left", "gate")))
    return lines


def _step(line: Line, room: int) -> Iterator[Line]:
    """One step of an answer; what is told of it goes below where it has no room beside."""
    if len(line) < 4 or line_width(line) <= room:
        yield line
        return
    yield line[:-1]
    for text in wrap(line[-1].text.strip(), room - LIFE_INDENT):
        yield (Part(" " * LIFE_INDENT), Part(text, line[-1].token))


def _confirm(view: CardView, room: int) -> Sequence[Line]:
    """What is asked before Enter counts; what is typed stays in sight, on a line of its own if need be."""
    if len(view.confirm) > 1 and line_width(view.confirm) > room:
        return (view.confirm[:1], view.confirm[1:])
    return (view.confirm,) if view.confirm else ()


_SECTIONS = {
    "header": _header,
    "notes": _notes,
    "question": _question,
    "context": _context,
    "input": _input,
    "options": _options,
    "advice": _advice,
    "evidence": _evidence,
    "life": _life,
    "confirm": _confirm,
}
"""What lays out each section, in the order in which they stand."""

_JOINED = frozenset({"context"})
"""Sections without a blank line before them."""

_GIVES = (
    ("context", 2),
    ("evidence", 2),
    ("input", 4),
    ("question", 4),
    ("context", 1),
    ("evidence", 1),
    ("life", 3),
    ("input", 1),
    ("question", 1),
)
"""Sections that give way on a low screen, in this order, with the lines they keep."""

_CLOSES_UP = ("evidence", "advice", "notes", "life", "confirm", "input", "question", "options")
"""Sections that lose the blank line before them when all that may give way has, in this order."""
