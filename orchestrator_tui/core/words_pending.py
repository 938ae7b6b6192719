"""What is said to agents that ask by a tool while there is no answer: it waits, it will never come, it did not hold.

Each of these texts says that it is no approval: an agent that reads none into silence must not read one into words.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.text import sanitise_line

ALONE = "Nobody has orch-tui open now; the question waits in the queue."

_QUESTION_LIMIT = 300
_WHY_LIMIT = 300
_LISTED = 20


def pending_words(gate: Gate, why: str, attended: bool) -> str:
    """A question was asked, and its answer is still to come; ``attended`` tells whether somebody is there to see it."""
    alone = "" if attended else f"\n{ALONE}"
    return (
        f"Pending, not approved: {_asked(gate)}\n{_sentence(why)}.{alone}\n"
        "Tell your person that it waits, go on with work that does not depend on it, and assume no answer. Fetch the"
        " answer with pending_decisions, or by request_decision with the same question or request_id."
    )


def waiting_words(gates: Sequence[Gate], attended: bool) -> str:
    """Which questions of an agent are still undecided."""
    lines = ["Still undecided, so not approved; do not ask again:"]
    lines += [f"- {_asked(gate)}" for gate in gates[:_LISTED]]
    if len(gates) > _LISTED:
        lines.append(f"- and {len(gates) - _LISTED} more")
    return "\n".join(lines if attended else [*lines, ALONE])


def over_words(gate: Gate, why: str) -> str:
    """A question will never be answered."""
    return (
        f"No answer will come, and none is an approval: {_asked(gate)}\n{_sentence(why)}.\n"
        "If it still needs a decision, ask anew with another request_id."
    )


def void_words(gate: Gate, why: str) -> str:
    """An answer that was handed over ended in that very moment."""
    return (
        f"The answer that you were just given to {_asked(gate)} does not hold: {sanitise_line(why, _WHY_LIMIT)}.\n"
        "Do not go on by it; undo what you began because of it, or ask what to do."
    )


def _sentence(why: str) -> str:
    clean = sanitise_line(why, _WHY_LIMIT)
    return clean[:1].upper() + clean[1:]


def _asked(gate: Gate) -> str:
    return f"gate {gate.id} r{gate.revision}: {sanitise_line(gate.question.question, _QUESTION_LIMIT)}"
