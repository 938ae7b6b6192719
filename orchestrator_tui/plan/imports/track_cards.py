"""The compact cards of tracks of seed 000 as a plan: what is merged is left out, the rest is what is to be done.

One block a track, of ``Key: value`` lines, in Markdown or plain text; track reports hold the same lines and more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.metadata import slugify
from orchestrator_tui.plan.imports.importer import Imported, Importer
from orchestrator_tui.plan.imports.marked_text import LINES_OF_COMMANDS, LISTED, NOTHING, listed
from orchestrator_tui.plan.problems import WARNING, Problem, nearest_of, shown

WORKFLOW = "tracks"
"""The workflow that a plan made of cards names."""

STATES = (
    "pending",
    "active",
    "review",
    "revision",
    "merged",
    "rescue",
    "serialized",
    "escalated",
    "blocked",
    "abandoned",
)
KEYS = ("Track", "Tasks", "Files", "Dependencies", "Validation", "State")
_ALSO = frozenset({"Work surface", "Track branch", "Worktree path"})
_LINE = re.compile(r"[-*#> ]*\**([A-Z][A-Za-z ]+?)\**:\**\s*(.*?)\s*")
_TASK = re.compile(r"[A-Za-z0-9][\w.#-]{0,60}")
_NEEDED = re.compile(r"(\S+?)(?:\s+(done|merged|pending|.*))?")
_OVER = ("merged", "abandoned")
_NOTHING = NOTHING | {"not declared"}


@frozen
class Card:
    """One block: what stands under each key, and the line that each stands in."""

    values: Mapping[str, str]
    lines: Mapping[str, int]

    @property
    def slug(self) -> str:
        """The name of its track."""
        return slugify(self.values["Track"])

    def listed(self, key: str) -> list[str]:
        """What a comma list holds."""
        entries = LINES_OF_COMMANDS if key == "Validation" else LISTED
        return [one for one in listed(self.values.get(key, ""), entries) if one.lower() not in _NOTHING]


def recognises(path: Path, text: str) -> bool:
    """Whether a file holds cards: a track with its files, its validation, and where it works."""
    found = {match[1] for line in text.splitlines() if (match := _LINE.fullmatch(line.strip()))}
    return {"Track", "Files", "Validation"} <= found and bool(found & _ALSO)


def convert(text: str, file: str) -> Imported:
    """The plan of all cards that are not over, with everything that is wrong with the file, one line each."""
    cards = list(_cards(text))
    problems = [problem for card in cards for problem in _problems(card, cards, file)]
    if any(one.level != WARNING for one in problems):
        return Imported(None, tuple(problems))
    left = [card for card in cards if card.values.get("State", "").lower() not in _OVER]
    if not left:
        text_ = "every track is merged or abandoned: there is nothing to do"
        return Imported(None, (*problems, Problem(file, cards[-1].lines["Track"], "State", text_)))
    commands = list(dict.fromkeys(command for card in left for command in card.listed("Validation")))
    names = {command: f"validation-{number}" for number, command in enumerate(commands, start=1)}
    tracks: list[dict[str, Any]] = []
    lines: dict[str, int] = {}
    for place, card in enumerate(left):
        tracks.append(_track(card, left, names))
        keys = {"Track": "slug", "Files": "files", "Validation": "checks", "Dependencies": "depends_on"}
        lines |= {f"tracks[{place}].{name}": card.lines.get(key, card.lines["Track"]) for key, name in keys.items()}
        lines[f"tracks[{place}]"] = card.lines["Track"]
    content = {
        "title": f"Tracks of {Path(file).stem}",
        "workflow": WORKFLOW,
        "checks": {name: command for command, name in names.items()},
        "tracks": tracks,
    }
    return Imported(content, tuple(problems), lines)


def _cards(text: str) -> Iterator[Card]:
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _LINE.fullmatch(line.strip())
        if match is None:
            continue
        if match[1] == "Track" and values:
            yield Card(values, lines)
            values, lines = {}, {}
        if match[1] in KEYS and match[1] not in values and (values or match[1] == "Track"):
            values[match[1]], lines[match[1]] = match[2], number
    if values:
        yield Card(values, lines)


def _problems(card: Card, cards: list[Card], file: str) -> Iterator[Problem]:
    if not card.slug:
        yield Problem(file, card.lines["Track"], "Track", "names no track")
    state = card.values.get("State", "")
    if state and state.lower() not in STATES:
        text = f"{shown(state)} is none of {', '.join(STATES)}"
        yield Problem(file, card.lines["State"], "State", text, nearest_of(state, STATES))
    if state.lower() in _OVER:
        yield Problem(file, card.lines["Track"], "State", f"{card.slug} is {state}: it is left out", level=WARNING)
        return
    for name, how in _needs(card):
        if _owner(name, cards) is None and how not in ("done", "merged"):
            text = f"{shown(name)} is not done, and no card does it: finish it first"
            yield Problem(file, card.lines["Dependencies"], "Dependencies", text)


def _needs(card: Card) -> list[tuple[str, str]]:
    """What a card waits for: a track or task, and how that stands."""
    found = [_NEEDED.fullmatch(one) for one in card.listed("Dependencies")]
    return [(match[1], (match[2] or "").lower()) for match in found if match is not None]


def _owner(name: str, cards: list[Card]) -> Card | None:
    return next((one for one in cards if name == one.slug or name in one.listed("Tasks")), None)


def _track(card: Card, cards: list[Card], names: Mapping[str, str]) -> dict[str, Any]:
    tasks = card.listed("Tasks")
    known = all(_TASK.fullmatch(one) for one in tasks)
    owners = [one.slug for name, _ in _needs(card) if (one := _owner(name, cards)) is not None]
    said = card.values.get("Tasks", "") or card.slug
    made: dict[str, Any] = {
        "slug": card.slug,
        "title": f"{card.values['Track']}: {said}"[:200],
        "brief": f"Do {said}, as the task list says." if known else said,
        "depends_on": [slug for slug in dict.fromkeys(owners) if slug != card.slug],
    }
    made |= {"tasks": tasks} if known and tasks else {}
    made |= {"files": card.listed("Files")} if card.listed("Files") else {}
    checks = [names[command] for command in card.listed("Validation")]
    return made | ({"checks": checks} if checks else {})


TRACK_CARDS = Importer("cards of tracks", recognises, convert)
