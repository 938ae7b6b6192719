"""The way from a key to an answer: what is on the card, what is marked, and what still has to be said (pure).

A :class:`Card` is what the person has in front of them. It remembers the revision and the digest that are shown:
those are the ones that are decided (reliability A-10). A card that changed by itself rests for half a second.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from orchestrator_tui.core.commands import Decide
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.gate_refusals import carries_words, takes_both, wants_text
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Gate, GateState, Option, State
from orchestrator_tui.core.queries import GateKey, find_gate, wants_confirmation
from orchestrator_tui.core.refusal import reason_needed
from orchestrator_tui.ui.present.card import page_count

REST_MS = 500
"""For this long after the card changed by itself no decision key works (reliability A-10)."""

OWN = ""
"""The key that stands for an answer in one's own words; no agent's option has it."""


@frozen
class Card:
    """The gate in front of the person, and how far its answer has got.

    Attributes:
        key: identity of the gate, or None while no gate is shown.
        revision: the shown revision.
        digest: the shown digest.
        shown_at: when this revision came on screen.
        rests_from: when the card changed without a key; None when a key brought it.
        marked: keys of the marked options; :data:`OWN` for an answer in one's own words.
        page: which nine options are shown, from 0.
        reason: why, in the person's words.
        text: an answer in the person's own words.
        typing: what was typed of the confirmation so far; None when it is not asked for.
        armed: Enter was pressed once where it has to be pressed twice.
        asked: the words that go with the marked option were asked for; there may be none.
        interrupted: the gate changed while the person typed; what they type on is nobody's command.
    """

    key: GateKey | None = None
    revision: int = 0
    digest: str = ""
    shown_at: Instant | None = None
    rests_from: Instant | None = None
    marked: tuple[str, ...] = ()
    page: int = 0
    reason: str = ""
    text: str = ""
    typing: str | None = None
    armed: bool = False
    asked: bool = False
    interrupted: bool = False


class Wants(Enum):
    """What is missing before an answer can go."""

    REASON = "reason"
    TEXT = "text"
    WORDS = "words"
    SLUG = "slug"
    AGAIN = "again"


def lay(gate: Gate | None, now: Instant, *, by_key: bool) -> Card:
    """A fresh card with ``gate`` on it; ``by_key`` is False when nobody asked for it."""
    rests = None if by_key else now
    if gate is None:
        return Card(rests_from=rests)
    return Card(GateKey(gate.batch, gate.id), gate.revision, gate.digest, now, rests)


def follow(card: Card, state: State, now: Instant) -> Card:
    """The card after the state changed: a new revision is a fresh card, a decided or ended gate has no marks."""
    gate = None if card.key is None else find_gate(state, card.key)
    interrupted = card.interrupted or card.typing is not None
    if gate is None:
        return card if card.key is None else replace(lay(None, now, by_key=False), interrupted=interrupted)
    if (gate.revision, gate.digest) != (card.revision, card.digest):
        return replace(lay(gate, now, by_key=False), interrupted=interrupted)
    if gate.state is not GateState.OPEN and not is_blank(card):
        return replace(unmark(card), interrupted=interrupted)
    return card


def rests(card: Card, now: Instant) -> bool:
    """Whether decision keys are dead because the card changed by itself a moment ago."""
    return card.rests_from is not None and elapsed_ms(card.rests_from, now) < REST_MS


def turn(card: Card, gate: Gate, direction: int) -> Card:
    """The card one page of options on (1) or back (-1)."""
    return replace(card, page=min(max(card.page + direction, 0), page_count(gate) - 1))


def mark(card: Card, gate: Gate, option: str) -> Card:
    """The card with ``option`` marked; several can be where the gate allows it, and a second mark takes one off.

    An answer in one's own words stands alone, but where a question takes both.
    """
    own_beside = takes_both(gate.question)
    if not gate.question.multiple or (option == OWN and not own_beside):
        marked: tuple[str, ...] = (option,)
    elif option in card.marked:
        marked = tuple(key for key in card.marked if key != option)
    else:
        chosen = {*card.marked, option} - (set() if own_beside else {OWN})
        listed = [one.key for one in gate.question.options if one.key in chosen]
        marked = (*listed, *([OWN] if OWN in chosen else []))
    return replace(card, marked=marked, text="", typing=None, armed=False, asked=False)


def unmark(card: Card) -> Card:
    """The card with nothing marked, typed or armed; what Esc leaves."""
    return replace(card, marked=(), reason="", text="", typing=None, armed=False, asked=False)


def is_blank(card: Card) -> bool:
    """Whether nothing is marked or under way on the card."""
    return not card.marked and card.typing is None and not card.armed


def wants(card: Card, gate: Gate) -> Wants | None:
    """What the answer on the card still lacks, in the order in which it is asked for; None when it can go."""
    own = OWN in card.marked
    if (own or wants_text(gate.question, card.marked)) and not card.text.strip():
        return Wants.TEXT
    if not own and not card.reason.strip() and reason_needed(gate, card.marked):
        return Wants.REASON
    if not own and not card.reason.strip() and not card.asked and carries_words(gate.question, card.marked):
        return Wants.WORDS
    confirmation = wants_confirmation(gate)
    if confirmation == "slug" and card.typing != gate.track:
        return Wants.SLUG
    if confirmation == "twice" and not card.armed:
        return Wants.AGAIN
    return None


def answer(card: Card, gate: Gate) -> Decide:
    """The command for the answer on the card: the revision and digest that were shown, nothing newer."""
    typed = {"slug": card.typing or "", "twice": "twice"}
    with_text = OWN in card.marked or wants_text(gate.question, card.marked)
    return Decide(
        batch=gate.batch,
        gate=gate.id,
        revision=card.revision,
        digest=card.digest,
        options=tuple(key for key in card.marked if key != OWN),
        text=card.text if with_text else "",
        reason=card.reason,
        confirm=typed.get(wants_confirmation(gate), ""),
        shown_wall_ms=None if card.shown_at is None else card.shown_at.wall_ms,
    )


def option_with_role(gate: Gate, *roles: str) -> Option | None:
    """The gate's option whose role comes first in ``roles``, or None."""
    for role in roles:
        for option in gate.question.options:
            if option.role == role:
                return option
    return None
