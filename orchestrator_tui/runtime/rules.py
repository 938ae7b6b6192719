"""The rules that ship, and the person's own ladders, read from their compiled form with the standard library alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from orchestrator_tui.core.event import Event
from orchestrator_tui.core.model import Risk
from orchestrator_tui.core.rules import AnswerRule, Ladder, Rules, StageRule

WORKFLOWS = Path(__file__).resolve().parent.parent / "workflows"
COMPILED = WORKFLOWS / "compiled.json"


OWN_LADDERS = "ladders.json"
"""Where beside a journal the ladders are that do not ship: the cockpit writes them, everybody else reads them."""


def load_rules(directory: Path | None = None) -> Rules:
    """The ladders and answer rules that ship with the program, and the ladders of one's own beside a journal.

    Args:
        directory: where the journal is; its ladders go before those of the same name that ship. A file there that
            cannot be read, or is of another version, is as none: what it does not judge, a person does.
    """
    own = {} if directory is None else _own(directory / OWN_LADDERS)
    shipped = _shipped()
    return Rules({**shipped.ladders, **own}, shipped.answers) if own else shipped


def _own(path: Path) -> dict[str, Ladder]:
    try:
        ladders = [_ladder(one) for one in json.loads(path.read_text("utf-8"))["workflows"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
    return {one.workflow: one for one in ladders}


@cache
def _shipped() -> Rules:
    content = json.loads(COMPILED.read_text("utf-8"))
    ladders = [_ladder(one) for one in content["workflows"]]
    return Rules({one.workflow: one for one in ladders}, tuple(_answer(one) for one in content["answers"]))


def with_recorded(shipped: Rules, recorded: Iterable[Event]) -> Rules:
    """The shipped rules with the ladders of these ``workflow_recorded`` events before those of the same name."""
    ladders = {}
    for one in recorded:
        # Loaded here, since few batches that hooks meet are runs.
        from orchestrator_tui.core.codec import from_data

        ladders[str(one.payload["workflow"])] = from_data(Ladder, one.payload["rules"]["ladder"])
    return Rules({**shipped.ladders, **ladders}, shipped.answers) if ladders else shipped


def _ladder(data: dict[str, Any]) -> Ladder:
    stages = tuple(
        StageRule(
            index=index,
            name=one["name"],
            artefact=one["artefact"],
            catches=one["catches"],
            skip_risk=one["skip_risk"],
            risk=Risk[one["risk"].upper()],
            words={word: Risk[risk.upper()] for word, risk in one["words"].items()},
        )
        for index, one in enumerate(data["stages"], start=1)
    )
    return Ladder(data["workflow"], data["title"], data["kind"], stages)


def _answer(data: dict[str, Any]) -> AnswerRule:
    return AnswerRule(
        id=data["id"],
        confidence=frozenset(data["confidence"]),
        max_risk=Risk[data["max_risk"].upper()],
        kinds=frozenset(data["kinds"]),
        workflows=frozenset(data["workflows"]),
        stages=frozenset(data["stages"]),
        action=data["action"],
        title=data["title"],
        words=tuple(data["words"]),
        instruction=data["instruction"],
        uses=data["uses"],
    )
