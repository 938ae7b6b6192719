"""``orch-agent note``, ``finding`` and ``check``: requests that the batch's holder turns into events (DESIGN §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator_tui.agent.stop import BAD_USAGE, DONE, UNFINISHED, Stop

if TYPE_CHECKING:
    from orchestrator_tui.agent.arguments import Values
    from orchestrator_tui.agent.call import Call


def note(values: Values, call: Call) -> int:
    """Leave a note."""
    return _request(call, "note", {"text": values["text"]})


def finding(values: Values, call: Call) -> int:
    """Record what a review found.

    Raises:
        Stop: it has no severity.
    """
    if "severity" not in values:
        raise Stop(BAD_USAGE, "finding: --severity is missing: blocker, concern, follow-up or nit")
    return _request(call, "finding", {key: value for key, value in values.items() if key != "track"})


def check(values: Values, call: Call) -> int:
    """Record the result of a deterministic command."""
    return _request(call, "check", {key: value for key, value in values.items() if key != "track"})


def _request(call: Call, kind: str, payload: dict[str, Any]) -> int:
    from orchestrator_tui.journal.port import JournalError

    call.start()
    try:
        call.request(kind, payload)
    except JournalError as error:
        raise Stop(UNFINISHED, f"the {kind} was not recorded: {error}") from None
    finally:
        call.keep_house()
    return DONE
