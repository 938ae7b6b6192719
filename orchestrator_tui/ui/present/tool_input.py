"""What a tool call is really about: its command, the change of its edit, its plan, its previews; whole and as it is.

Who allows a call answers for every line of it, so nothing is passed over, and what could not be kept is said first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from orchestrator_tui.core.bounds import left_out
from orchestrator_tui.core.model import Gate, Question
from orchestrator_tui.core.normalise_calls import ASK_TOOL, NO_PLAN, command_of, tool_words
from orchestrator_tui.core.text import plural
from orchestrator_tui.ui.present.cells import clean
from orchestrator_tui.ui.present.file_change import FileNow, edited, written
from orchestrator_tui.ui.present.pieces import Piece, code_pieces, safe_line

INPUT = "input"
"""What is shown of a gate's call, beside what can be looked up of its track (``diff``, ``output``)."""

MOST_LINES = 20_000
"""Lines of an input that are shown; how many are left out is said."""

_FILE_TOOLS = frozenset({"Edit", "MultiEdit", "Write"})
_OF_TOOLS = frozenset({"permission", "question"})
_COMMANDS = ("command", "url", "query")


def has_input(question: Question) -> bool:
    """Whether there is more to a question than its words: it is about a tool call, or its options show something."""
    if question.kind in ("permission", "plan"):
        return True
    if question.kind == "question":
        return any(_previews(question))
    return isinstance(question.subject, Mapping) and _has_subject(question)


def _has_subject(question: Question) -> bool:
    from orchestrator_tui.ui.present.run_subject import has_subject

    return has_subject(question)


def input_title(question: Question) -> str:
    """What the input is called."""
    if question.kind == "plan":
        return "Plan"
    if question.kind not in _OF_TOOLS:
        from orchestrator_tui.ui.present.run_subject import subject_title

        return subject_title(question)
    tool = _subject(question).get("tool")
    return "Previews" if tool == ASK_TOOL else f"Input  {clean(tool_words(str(tool or '')), 80)}"


def file_of(question: Question) -> str:
    """The path of the file that a call would change, whose content tells what the change is; "" for any other."""
    path = _given(question).get("file_path")
    return path if _subject(question).get("tool") in _FILE_TOOLS and isinstance(path, str) else ""


def input_pieces(gate: Gate, now: FileNow | None = None) -> tuple[Piece, ...]:
    """All of a gate's input, line by line; ``now`` is the file that it would change, where that was looked up."""
    return _pieces(_Asked(gate), now)


def input_text(gate: Gate) -> str:
    """The input as plain text, to be copied: a command as it is, anything else as it is shown."""
    if gate.question.kind != "permission":
        return ""
    return command_of(gate.question) or "\n".join(f"{one.gutter}{one.text}" for one in input_pieces(gate))


def option_notes(question: Question) -> Mapping[str, str]:
    """What the asker says of each option beside its label, by the option's key."""
    if question.kind != "question":
        return {}
    described = zip(question.options, _raw_options(question), strict=False)
    notes = {option.key: clean(str(raw.get("description") or ""), 2_000) for option, raw in described}
    return {key: note for key, note in notes.items() if note}


# --- the pieces --------------------------------------------------------------------------------------------


class _Asked:
    """A gate as the key of what is made of it: its digest tells whether anything of it changed."""

    __slots__ = ("_key", "question")

    def __init__(self, gate: Gate) -> None:
        self.question = gate.question
        self._key = (gate.batch, gate.id, gate.revision, gate.digest, gate.question.question)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=16)
def _pieces(asked: _Asked, now: FileNow | None) -> tuple[Piece, ...]:
    question = asked.question
    if question.kind == "plan":
        found = list(_prose(question.context) if question.context.strip() else (Piece(NO_PLAN, "quiet", prose=True),))
        missing = left_out(question.context)
    elif question.kind not in _OF_TOOLS:
        from orchestrator_tui.ui.present.run_subject import subject_pieces

        found, missing = list(subject_pieces(question)), left_out(question.subject)
    else:
        found = list(_of_tool(question, now) if question.kind == "permission" else _of_options(question))
        missing = left_out(question.subject)
    if len(found) > MOST_LINES:
        found = [*found[:MOST_LINES], Piece(f"{len(found) - MOST_LINES:,} more lines are not shown", "gate strong")]
    if missing:
        warning = f"{plural(missing, 'character')} of it could not be kept: the agent's terminal shows all of it."
        found = [Piece(warning, "risk-failure strong", prose=True), *found]
    return tuple(found)


def _of_tool(question: Question, now: FileNow | None) -> Iterator[Piece]:
    subject, given = _subject(question), _given(question)
    tool = subject.get("tool")
    if not given and "beginning" in subject:
        yield from code_pieces(str(subject["beginning"]))
        return
    # What the agent says that the call is for is told as the question's context.
    shown = {"description"} if given.get("description") == question.context else set()
    for field in _COMMANDS:
        if isinstance(given.get(field), str):
            shown.add(field)
            yield from _command(given[field], "$" if field == "command" else "")
    if tool in _FILE_TOOLS and isinstance(given.get("file_path"), str):
        shown |= {"file_path", "old_string", "new_string", "replace_all", "content", "edits"}
        yield Piece(safe_line(given["file_path"]), "strong", main=True)
        yield from written(given, now) if tool == "Write" else edited(given, now)
    for key, value in given.items():
        if key not in shown:
            yield from _field(str(key), value)


def _command(text: str, sign: str) -> Iterator[Piece]:
    """A command; where it has several lines they are numbered, so that a wrapped line is told from the next one."""
    lines = text.split("\n")
    room = len(str(len(lines)))
    for number, line in enumerate(lines, start=1):
        gutter = f"{number:>{room}} " if len(lines) > 1 else f"{sign} ".lstrip()
        yield Piece(safe_line(line), "", gutter, main=len(lines) == 1)


def _field(key: str, value: Any, indent: str = "") -> Iterator[Piece]:
    """One field of an input as readable lines: short values beside their name, long ones below it."""
    name = f"{indent}{clean(key, 80)}: "
    if isinstance(value, str) and "\n" not in value:
        yield Piece(safe_line(value), "", name)
    elif isinstance(value, str):
        yield Piece("", "", name)
        yield from code_pieces(value, f"{indent}  ")
    elif isinstance(value, Mapping) and value:
        yield Piece("", "", name)
        for inner, one in value.items():
            yield from _field(str(inner), one, f"{indent}  ")
    elif isinstance(value, (list, tuple)) and value:
        yield Piece("", "", name)
        for place, one in enumerate(value, start=1):
            yield from _field(str(place), one, f"{indent}  ")
    else:
        yield Piece(safe_line(_word(value)), "", name)


def _word(value: Any) -> str:
    words = {None: "nothing", True: "yes", False: "no"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


# --- plans and previews ------------------------------------------------------------------------------------


def _prose(text: str) -> Iterator[Piece]:
    """Markdown as plain text: headings stand out, code keeps its blanks."""
    code = False
    for line in text.strip("\n").split("\n"):
        fence = line.lstrip().startswith(("```", "~~~"))
        code = code != fence
        if fence or code or line.lstrip().startswith("|"):
            yield Piece(safe_line(line), "quiet" if fence else "")
        else:
            yield Piece(safe_line(line), "strong" if line.startswith("#") else "", prose=True)


def _of_options(question: Question) -> Iterator[Piece]:
    for place, (option, raw) in enumerate(zip(question.options, _raw_options(question), strict=False), start=1):
        if place > 1:
            yield Piece("")
        yield Piece(clean(option.label, 500), "strong", f"{place}  ", prose=True)
        description, preview = raw.get("description"), raw.get("preview")
        if isinstance(description, str) and description:
            yield Piece(clean(description, 2_000), "quiet", "   ", prose=True)
        if isinstance(preview, str) and preview:
            yield from code_pieces(preview, "   ")


def _previews(question: Question) -> Iterator[bool]:
    return (bool(raw.get("preview")) for raw in _raw_options(question))


def _raw_options(question: Question) -> Sequence[Mapping[str, Any]]:
    listed = _given(question).get("options")
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


# --- parts -------------------------------------------------------------------------------------------------


def _subject(question: Question) -> Mapping[str, Any]:
    return question.subject if isinstance(question.subject, Mapping) else {}


def _given(question: Question) -> Mapping[str, Any]:
    given = _subject(question).get("input")
    return given if isinstance(given, Mapping) else {}
