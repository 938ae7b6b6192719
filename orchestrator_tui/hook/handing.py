"""Handing over: what waits for the agent of this call, in one text, each answer claimed before and recorded after.

Every step is a compare-and-set, so that the hook may be killed anywhere: what was claimed and not recorded as
delivered is claimed again by the next call, and is the same decision with the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from orchestrator_tui.core.agents import session_of
from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.words import brought_words
from orchestrator_tui.hook import owed, proof
from orchestrator_tui.hook.messages import left, unread, was_shown
from orchestrator_tui.hook.settling import to_look_again
from orchestrator_tui.hook.visit import ROUTE, Visit
from orchestrator_tui.journal import mail
from orchestrator_tui.journal.port import JournalError
from orchestrator_tui.runtime.doors import Taken

TEXT_CHARACTERS = 9_000
"""What one call tells at most, but for a single answer: Claude Code puts longer texts where the model may not look."""


def settle(visit: Visit) -> None:
    """Record which answers the caller was given by an earlier call and has gone on with."""
    for gate in owed.of_agent(visit.gates(), visit.caller.address):
        step = owed.brought(gate)
        evidence = proof.taken(visit, gate, step) if step is not None and gate.claim is None else ""
        if evidence:
            visit.door.acknowledge(gate, evidence, ROUTE)


def bring(visit: Visit, write: Callable[[str], None], claimed: tuple[Gate, ...], more: str = "") -> bool:
    """Hand over claimed answers, and what was said to the caller, with ``more`` below; whether there was anything."""
    messages = unread(visit)
    if not claimed and not messages:
        return False
    text = brought_words(claimed, [one.message for one in messages])
    hand_over(visit, claimed, lambda: write(f"{text}\n\n{more}" if more else text))
    was_shown(visit, messages)
    return True


def answers(visit: Visit) -> tuple[Gate, ...]:
    """The answers that are there for the caller now, claimed for handing over."""
    return claim(visit, owed.of_agent(visit.gates(), visit.caller.address))


def claim(visit: Visit, gates: Iterable[Gate]) -> tuple[Gate, ...]:
    """Claim the answers among these gates that can be brought now, as many as one text may hold."""
    claimed: list[Gate] = []
    for gate in gates:
        if not owed.to_bring(gate) or (claimed and len(brought_words([*claimed, gate])) > TEXT_CHARACTERS):
            continue
        try:
            found = visit.door.take(gate.id, gate.revision)
        except JournalError:
            # What is claimed already is to be handed over.
            if not claimed:
                raise
            break
        if isinstance(found, Taken) and not found.again:
            claimed.append(found.gate)
    return tuple(claimed)


def hand_over(visit: Visit, claimed: Iterable[Gate], write: Callable[[], None]) -> None:
    """Write once for all claimed answers, and record for each how far it came.

    Raises:
        OSError: nobody reads it; that is recorded.
    """
    once = _Once(write)
    for gate in claimed:
        visit.door.hand_over(gate, once, lambda: "", evidence=proof.printed(visit))
    once()


@contextmanager
def looking(visit: Visit) -> Iterator[None]:
    """Take the session's mail while looking what waits; what is left, or could not be looked at, is posted again."""
    session = visit.caller.session
    with suppress(OSError):
        # Where it cannot be removed nothing can be recorded either, and the next call looks again.
        mail.take(visit.home, session)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            mail.post(visit.home, session)
        raise
    now, alone = visit.clock.now(), not visit.attended
    asked = (gate for gate in visit.gates() if session_of(gate.asker) == session)
    if any(owed.to_look_for(gate, now, alone) for gate in asked) or left(visit) or to_look_again(visit):
        mail.post(visit.home, session)


class _Once:
    """Writes at the first call; every further one ends as that did."""

    def __init__(self, write: Callable[[], None]) -> None:
        self._write: Callable[[], None] | None = write
        self._error: OSError | None = None

    def __call__(self) -> None:
        write, self._write = self._write, None
        if write is not None:
            try:
                write()
            except OSError as error:
                self._error = error
        if self._error is not None:
            raise self._error
