"""The gate card: one question with everything a person needs to answer it, and the life of the answer after."""

from __future__ import annotations

from datetime import tzinfo

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.gate_refusals import EDIT_ROLE, HELD_KINDS
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate, GateState, Option, Risk, State, Track
from orchestrator_tui.core.queries import GateKey, wants_confirmation
from orchestrator_tui.core.text import sanitise
from orchestrator_tui.core.tracks_shown import track_of
from orchestrator_tui.ui.present.card_header import full_header, short_header
from orchestrator_tui.ui.present.cells import Line, Part, clean
from orchestrator_tui.ui.present.delivery import life_lines, undo_left
from orchestrator_tui.ui.present.evidence import evidence_rows
from orchestrator_tui.ui.present.glyphs import UNICODE, Glyphs
from orchestrator_tui.ui.present.pieces import Piece
from orchestrator_tui.ui.present.routes import chosen_route, route_note, route_rows, route_word
from orchestrator_tui.ui.present.tool_input import has_input, input_pieces, option_notes
from orchestrator_tui.ui.present.words import PRODUCTION, RISK_NAMES, risk_label

PAGE = 9
"""Options a page of the card shows: as many as there are digits."""

NOTHING = Part("")

QUESTION_LIMIT = 12_000
"""Characters of a question that are shown: as many as an agent may ask, so that nothing decides unseen."""

INPUT_LINES = 200
"""Lines of a tool's input that the card takes; all of them have a screen of their own."""

OWN_ANSWER = "type an answer of your own"


@frozen
class CardInput:
    """What the person has done on the card so far; it belongs to one revision of one gate.

    Attributes:
        marks: keys of the marked options.
        page: page of the options, from 0.
        confirm: what was typed to confirm.
        armed: Enter was pressed once where it takes two.
        text: an answer of one's own, "" when none was typed.
    """

    marks: tuple[str, ...] = ()
    page: int = 0
    confirm: str = ""
    armed: bool = False
    text: str = ""


@frozen
class CardOption:
    """One choice on the page that is shown. ``key`` is what the agent gets back; "" is an answer of one's own.

    ``note`` is what the asker says of it beside the label.
    """

    digit: int
    key: str
    label: str
    role: str
    marked: bool
    recommended: str
    note: str = ""


@frozen
class CardView:
    """One gate in words.

    Attributes:
        key: its identity, or None when no gate is shown.
        revision: the revision that is shown, and therefore decided (reliability A-10).
        digest: its digest.
        corner: how the answer will travel.
        risk: the risk in full words, with its theme token.
        header: track, stage and revision in a few words; then how long it has waited and how its asker waits.
        full_header: the same and more, for a wide card.
        question: the question, clean.
        context: what the asker says beside it, clean, in its own lines.
        input: what the tool call in question is really about, line by line.
        options: the options of the page that is shown.
        pages: ``1/2`` when there are more than nine options, else "".
        several: several options may be marked at once.
        advice: the recommendation, or its deliberate absence.
        evidence: labelled facts.
        confirm: what is asked before Enter counts, as parts of one line; empty when nothing is.
        life: what became of the decision, one line a step.
        notes: what the person must know about the way of the answer.
        undo: the seconds left to take the decision back, or "".
        empty: what would fill the card.
    """

    key: GateKey | None
    revision: int = 0
    digest: str = ""
    corner: str = ""
    risk: Part = NOTHING
    header: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    full_header: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    question: str = ""
    context: str = ""
    input: tuple[Piece, ...] = ()
    options: tuple[CardOption, ...] = ()
    pages: str = ""
    several: bool = False
    advice: Part = NOTHING
    evidence: tuple[tuple[str, Line], ...] = ()
    confirm: Line = ()
    life: tuple[Line, ...] = ()
    notes: tuple[Part, ...] = ()
    undo: str = ""
    empty: tuple[str, ...] = ()
    glyphs: Glyphs = UNICODE


@frozen
class _Scene:
    gate: Gate
    batch: Batch
    track: Track | None
    now: Instant
    zone: tzinfo
    glyphs: Glyphs
    given: CardInput


def present_card(
    state: State,
    key: GateKey | None,
    now: Instant,
    glyphs: Glyphs,
    zone: tzinfo,
    *,
    given: CardInput | None = None,
    trust: str = "same user",
) -> CardView:
    """The card of the gate with this identity; what would fill it when there is none."""
    batch = None if key is None else state.batches.get(key.batch)
    gate = None if batch is None or key is None else batch.gates.get(key.gate)
    if batch is None or gate is None:
        return CardView(None, empty=("No gate is selected.", "When an agent asks, its question is answered here."))
    scene = _Scene(gate, batch, batch.tracks.get(track_of(batch, gate)), now, zone, glyphs, given or CardInput())
    is_open = gate.state is GateState.OPEN
    options = _options(scene)
    first = scene.given.page * PAGE
    return CardView(
        key=key,
        revision=gate.revision,
        digest=gate.digest,
        corner=_corner(gate, batch),
        risk=Part(RISK_NAMES[gate.risk], risk_label(gate)[1]),
        header=short_header(gate, scene.track, batch, now),
        full_header=full_header(gate, scene.track, batch, now, zone, trust),
        question=clean(gate.question.question, QUESTION_LIMIT),
        context=sanitise(gate.question.context.strip("\n"), 65_536),
        input=_input(gate),
        options=options[first : first + PAGE],
        pages=f"{scene.given.page + 1}/{page_count(gate)}" if page_count(gate) > 1 else "",
        several=gate.question.multiple and is_open,
        advice=_advice(scene, options, first) if is_open else NOTHING,
        evidence=(*evidence_rows(gate, scene.track, batch, now, glyphs), *route_rows(gate, batch, glyphs)),
        confirm=_confirm(scene) if is_open else (),
        life=life_lines(gate, zone, glyphs),
        notes=_notes(scene),
        undo=undo_left(gate, now),
        glyphs=glyphs,
    )


def page_count(gate: Gate) -> int:
    """How many pages the options of a gate take."""
    return max(1, -(-len(_choices(gate)) // PAGE))


def option_at(gate: Gate, page: int, digit: int) -> Option | None:
    """The option that a digit means on a page, raw; None where there is none."""
    choices = _choices(gate)
    place = page * PAGE + digit - 1
    return choices[place] if 1 <= digit <= PAGE and 0 <= place < len(choices) else None


def _choices(gate: Gate) -> tuple[Option, ...]:
    """The agent's options and, where it is accepted, an answer of one's own."""
    options = gate.question.options
    if (gate.question.free_text or not options) and all(option.role != "text" for option in options):
        return (*options, Option("", OWN_ANSWER, "text"))
    return options


def _options(scene: _Scene) -> tuple[CardOption, ...]:
    gate = scene.gate
    chosen = gate.decision.options if gate.decision is not None else scene.given.marks
    own = bool(scene.given.text if gate.decision is None else gate.decision.text)
    recommended = gate.recommendation if gate.state is GateState.OPEN and not _is_production(gate) else None
    why = _recommended_words(gate)
    notes = option_notes(gate.question)
    return tuple(
        CardOption(
            digit=place % PAGE + 1,
            key=option.key,
            label=_label(option, scene),
            role=option.role,
            marked=option.key in chosen or (own and option.role == "text"),
            recommended=why if recommended is not None and option.key == recommended else "",
            note=notes.get(option.key, ""),
        )
        for place, option in enumerate(_choices(gate))
    )


def _input(gate: Gate) -> tuple[Piece, ...]:
    """The input as far as the question's own words do not tell it; a plan is the context."""
    if not has_input(gate.question) or gate.question.kind == "plan":
        return ()
    if gate.question.kind == "question":
        return (Piece("d shows what the options look like", "quiet"),)
    asked = clean(gate.question.question, QUESTION_LIMIT)
    pieces = tuple(one for one in input_pieces(gate) if not one.main or one.text not in asked)
    if len(pieces) <= INPUT_LINES:
        return pieces
    return (*pieces[:INPUT_LINES], Piece(f"{len(pieces) - INPUT_LINES:,} more lines: d shows all", "quiet"))


def _is_production(gate: Gate) -> bool:
    """Production shows no recommendation, whoever gave one (DESIGN §2.4)."""
    return gate.risk is Risk.PRODUCTION or gate.question.environment in PRODUCTION


def _label(option: Option, scene: _Scene) -> str:
    written = scene.given.text if scene.gate.decision is None else scene.gate.decision.text
    if option.role == "text" and written:
        return f'your answer: "{clean(written, 500)}"'
    if option.role == EDIT_ROLE and written:
        return f"{clean(option.words, 500)}: {clean(written, 500)}"
    return clean(option.words, 500) or clean(option.key, 500)


def _recommended_words(gate: Gate) -> str:
    why = clean(gate.recommendation_why, 300)
    confidence = clean(gate.question.confidence, 16)
    if confidence and "confidence" not in why:
        why = f"{confidence} confidence: {why}" if why else f"{confidence} confidence"
    if "(" in why:
        return f"recommended: {why}"
    return f"recommended ({why})" if why else "recommended"


def _advice(scene: _Scene, options: tuple[CardOption, ...], first: int) -> Part:
    """The absence of a recommendation, or where it stands when it is on another page."""
    gate = scene.gate
    if _is_production(gate):
        return Part("No recommendation: production is yours.", "risk-production")
    if gate.recommendation is not None:
        place = next((place for place, option in enumerate(options) if option.recommended), first)
        if first <= place < first + PAGE:
            return NOTHING
        return Part(
            f"{scene.glyphs.recommended} recommended on page {place // PAGE + 1}: {options[place].label}", "quiet"
        )
    if gate.question.kind in HELD_KINDS:
        # Claude Code's own dialogs recommend nothing, and nobody misses it there.
        return NOTHING
    why = clean(gate.recommendation_why, 300)
    return Part(f"No recommendation: {why}." if why else "No recommendation was given.", "quiet")


def _corner(gate: Gate, batch: Batch) -> str:
    chosen = chosen_route(gate, batch)
    return "no route" if chosen is None else f"via {route_word(chosen.route)}"


def _notes(scene: _Scene) -> tuple[Part, ...]:
    gate = scene.gate
    notes: list[Part] = []
    if gate.undelivered:
        notes.append(Part("The answer did not reach its agent. Enter tries again.", "risk-failure strong"))
    for signal in scene.batch.signals.values():
        if signal.kind == "spoof_suspected" and signal.gate == gate.id:
            notes.append(Part(clean(signal.text, 300), "risk-failure strong"))
    if gate.state is GateState.OPEN:
        note = route_note(gate, scene.batch)
        if note:
            notes.append(Part(note, "quiet"))
    return tuple(notes)


def _confirm(scene: _Scene) -> Line:
    gate, given = scene.gate, scene.given
    wanted = wants_confirmation(gate)
    if wanted == "slug":
        slug = clean(gate.track, 80)
        token = "track-done" if given.confirm == gate.track else "strong"
        return (
            Part(f"Type {slug} to confirm: ", "risk-production"),
            Part(clean(given.confirm, 80), token),
            Part(scene.glyphs.caret, "accent"),
        )
    if wanted == "twice" and given.armed:
        return (Part("Press Enter once more to send it.", "gate strong"),)
    return ()
