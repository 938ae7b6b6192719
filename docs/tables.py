"""The tables inside written pages: numbers, routes, risks and bounds as the program has them, never typed by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from orchestrator_tui.adapters.discovery import FORGOTTEN_MS
from orchestrator_tui.adapters.tasks import document, files, listing, lock, reader, record
from orchestrator_tui.cli.naming_gates import NAMED_REVISION
from orchestrator_tui.core import bounds, normalise, refusal
from orchestrator_tui.core.delivery import SETTLE_MS
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Gate, GateState, Question, Risk
from orchestrator_tui.core.policy import AT_OPENING_MS
from orchestrator_tui.core.queries import wants_confirmation
from orchestrator_tui.core.risk import DECLARED, ENVIRONMENTS, KINDS
from orchestrator_tui.core.routes_shown import NUDGE_FACTS, ROUTE_FACTS
from orchestrator_tui.core.rules import NEVER_BY_RULE
from orchestrator_tui.hook import installed
from orchestrator_tui.runtime.doors import RECEIPT_MS
from orchestrator_tui.runtime.rules import load_rules
from orchestrator_tui.ui.present.words import RISK_WORDS
from orchestrator_tui.ui.settings_file import LIMITS

LIMIT_MEANINGS: Mapping[str, str] = {
    "gate_stale_ms": "an open gate is stale, and the first warning is given",
    "gate_repeat_ms": "from one warning to the next",
    "gate_level_ms": "the warning level rises by one",
    "gate_repeats": "repeated warnings at that pace; after them the slower pace holds",
    "gate_hourly_ms": "the slower pace",
    "silent_ms": "an agent that has not reported is silent, and is asked",
    "reply_ms": "it has this long to reply before its signs of life are judged",
    "undo_ms": "an answer that is hard to take back waits this long before it leaves",
    "activity_ms": "at most one activity of a track is journalled in this time",
    "acknowledge_shell_ms": "a printed answer may stay without evidence; a waiting reader has this long to take it",
    "acknowledge_hook_ms": "an answer that a hook printed, or that stands in an input, may stay without evidence",
    "acknowledge_task_file_ms": "a written answer may stay without evidence",
    "mail_ms": "how long an answer may wait for its agent's next tool call before the next weaker route is taken too",
    "acknowledge_mcp_ms": "a tool result of ours without a sign that its agent went on with it",
    "nudge_ms": "shortest time between two nudges of one idle agent",
    "claim_ms": "a reader that waits has this long to take the answer before a weaker route is tried",
}
"""Field of :class:`Limits` → what happens after that long (``gate_repeats`` is a count)."""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines)


def length(milliseconds: int) -> str:
    """A length of time as a person says it: ``5 s``, ``1.5 s``, ``5 min``, ``1 h``, ``7 days``."""
    for unit, name in ((86_400_000, "days"), (3_600_000, "h"), (60_000, "min")):
        if milliseconds % unit == 0 and milliseconds:
            return f"{milliseconds // unit} {name}"
    return f"{milliseconds / 1000:g} s"


def size(count: int) -> str:
    """A number of bytes: ``512 bytes``, ``12 KiB``, ``1 MiB``."""
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count % unit == 0 and count:
            return f"{count // unit} {name}"
    return f"{count:,} bytes"


def routes() -> str:
    """The ways of the routes that can be taken, strongest first, each with its evidence, deadline and fallback."""
    heads = ("route", "for", "who brings the answer", "delivered", "acknowledged by", "within", "else")
    rows = []
    for one in ROUTE_FACTS:
        name = f"`{one.route}`, {one.way}" if one.way else f"`{one.route}`"
        # What the engine does is its own evidence.
        within = length(getattr(Limits(), one.limit)) if one.limit else "at once"
        rows.append((name, one.whom, one.brings, one.delivered, one.evidence, within, one.otherwise))
    return table(heads, rows)


def nudges() -> str:
    """The nudges, which are no routes of an answer."""
    return table(("nudge", "what is done"), [(f"`{route}`", done) for route, done in NUDGE_FACTS.items()])


def limits() -> str:
    """Every clock of a batch with its default and the setting that changes it."""
    settings = {field: f"`limits.{key}`" for key, (field, *_) in LIMITS.items()}
    rows = []
    for name, meaning in LIMIT_MEANINGS.items():
        value = getattr(Limits(), name)
        rows.append(
            (f"`{name}`", str(value) if name == "gate_repeats" else length(value), meaning, settings.get(name, ""))
        )
    return table(("clock", "default", "after it", "setting"), rows)


def risks() -> str:
    """Every risk, highest first, with what an answer to such a gate needs."""
    heads = ("risk", "in the queue", "the key press", "`orch-tui decide`", "a rule may answer", "an answers file may")
    rows = []
    for risk in sorted(Risk, reverse=True):
        confirmation = {"slug": "track typed", "twice": "Enter twice", "": "Enter"}[wants_confirmation(_gate(risk))]
        options = ["`--revision`" if risk in NAMED_REVISION else "", "`--confirm`" if "typed" in confirmation else ""]
        options.append("`--reason`" if refusal.reason_needed(_gate(risk), ()) else "")
        rows.append(
            (
                f"**{risk.name.lower()}**",
                RISK_WORDS[risk][0],
                confirmation + (", with a reason" if options[-1] else ""),
                ", ".join(filter(None, options)) or "no more than the option",
                "never" if risk in NEVER_BY_RULE else "only as its rule says",
                "never" if risk is Risk.PRODUCTION else "yes",
            )
        )
    return table(heads, rows)


def _gate(risk: Risk) -> Gate:
    at = Instant(0, 0, "")
    return Gate("", "", 1, "", "", Question("task", "?"), risk, "", GateState.OPEN, at, at, "")


def declared() -> str:
    """What an agent may say in ``risk`` and in ``environment``, and which kinds have a risk of their own."""
    rows = [("`risk`", _named(DECLARED)), ("`environment`", _named(ENVIRONMENTS)), ("kind of gate", _named(KINDS))]
    return table(("said in", "means"), rows)


def _named(words: Mapping[str, Risk]) -> str:
    return "<br>".join(
        f"**{risk.name.lower()}**: {', '.join(f'`{word}`' for word, one in words.items() if one is risk)}"
        for risk in sorted(set(words.values()), reverse=True)
    )


def rules() -> str:
    """The confidence table as it is shipped: the rules that may answer a gate, and what they leave to a person."""
    rows = [
        (
            f"`{rule.id}`",
            rule.title,
            _RULE_ACTIONS[rule.action] + (f", at most {rule.uses} times a stage" if rule.uses else ""),
            f"{rule.max_risk.name.lower()} or lower",
            "any" if "" in rule.confidence else " or ".join(sorted(rule.confidence)),
            ", ".join(f"`{kind}`" for kind in sorted(rule.kinds)),
            ", ".join(sorted(rule.workflows)) or "any",
            ", ".join(str(stage) for stage in sorted(rule.stages)) or "any",
        )
        for rule in load_rules().answers
    ]
    heads = ("rule", "situation", "who answers", "risk", "confidence of its agent", "kinds", "workflows", "stages")
    return table(heads, rows)


_RULE_ACTIONS = {"answer": "the rule", "recommend": "a person, with a recommendation", "person": "a person"}


def ladders() -> str:
    """The built-in workflows: their stages, and the words that raise a risk in one of them."""
    rows = []
    for ladder in load_rules().ladders.values():
        for stage in ladder.stages:
            words = ", ".join(f"`{word}` → {risk.name.lower()}" for word, risk in stage.words.items())
            rows.append((f"`{ladder.workflow}`", str(stage.index), stage.name, stage.catches, words))
    return table(("workflow", "stage", "name", "what it catches", "words that raise the risk"), rows)


def bounds_of_questions() -> str:
    """How much of a question, an answer and a message is kept."""
    rows = [
        (
            "question",
            size(bounds.QUESTION_BYTES),
            "cut, with the number of characters left out and a hash of all of it",
        ),
        ("context", f"{size(bounds.CONTEXT_BYTES)}, more where the others leave room", "likewise"),
        ("options", str(normalise.MAX_OPTIONS), "those behind are counted in the question"),
        ("label of an option", f"{normalise.MAX_OPTION_CHARACTERS} characters", "cut"),
        (
            "subject (tool input)",
            f"{size(bounds.SUBJECT_BYTES)}, more where the others leave room",
            "long texts cut, else only its beginning and a hash",
        ),
        ("all of these together", size(bounds.TOGETHER_BYTES), ""),
        ("reason", size(refusal.MAX_REASON_BYTES), "refused"),
        ("answer of your own, message", size(refusal.MAX_TEXT_BYTES), "refused"),
        ("messages kept in a task", str(files.MESSAGE_LIMIT), "the oldest go"),
    ]
    return table(("part", "at most", "beyond that"), rows)


def bounds_of_files() -> str:
    """What is read of a task file that anybody may have written."""
    rows = [
        ("size of a task file", size(reader.FILE_LIMIT), "not read; the row says so"),
        ("one text in it", f"{record.FIELD_LIMIT:,} characters", "cut, with a note"),
        ("depth", f"{document.DEPTH_LIMIT} levels", "not read; the row says so"),
        ("values", f"{document.VALUE_LIMIT:,}", "not read; the row says so"),
        ("`blocks`, `blockedBy`", f"{reader.REFERENCE_LIMIT:,} entries", "the others are left out, with a note"),
        ("tasks in a list", f"{listing.FILE_COUNT_LIMIT:,}", "the others are not read, and that is said"),
        ("age of a session without a process", length(FORGOTTEN_MS), "its list is not followed any more"),
    ]
    return table(("what", "at most", "beyond that"), rows)


def locks() -> str:
    """The times of the lock on a task file."""
    rows = [
        ("a lock counts as left behind after", f"{lock.STALE_SECONDS:g} s", "Claude Code's own rule"),
        (
            "ours is dated back by",
            f"{lock.BACKDATED_SECONDS:g} s",
            "so that a killed writer of ours bars nobody for long",
        ),
        ("we hold it for at most", f"{lock.HOLD_SECONDS:g} s", "after that nothing is written"),
        ("we wait for it for at most", f"{lock.WAIT_SECONDS:g} s", "then the write has failed, and that is said"),
    ]
    return table(("what", "time", "why"), rows)


def short_times() -> str:
    """The short times that no setting changes."""
    rows = [
        ("a rule answers a gate at its opening, or never; opening lasts", length(AT_OPENING_MS)),
        (
            "after its opening, a rule's answer waits for the asker before it goes to the task file",
            length(SETTLE_MS),
        ),
        ("a reader that printed an answer may still look for its receipt", length(RECEIPT_MS)),
        ("a gate can be snoozed for", f"{length(refusal.MIN_SNOOZE_MS)} to {length(refusal.MAX_SNOOZE_MS)}"),
    ]
    return table(("what", "time"), rows)


def hooks() -> str:
    """The hooks that are installed, as the installation makes them."""
    started = {"always": "at every one", "by mail": "only where mail lies", "refusing": "at every one; may refuse"}
    rows = []
    for entry in installed.entries(Path("PYTHON"), Path("HOME")):
        tools = {"": "", "TaskUpdate": "`TaskUpdate`"}.get(entry.matcher)
        if tools is None:
            tools = "`TaskCreate`, `TaskUpdate`" if entry.starts == installed.ALWAYS else "every other"
        rows.append((f"`{entry.event}`", tools, started[entry.starts], _time(entry.timeout), entry.what))
    return table(("event", "tools", "Python starts", "may take", "what it does"), rows)


def _time(seconds: int) -> str:
    return f"{seconds} s" if seconds < 3_600 else f"{seconds // 3_600} h"


def hook_commands() -> str:
    """The three forms of command that are installed."""
    forms = {entry.starts: entry.command for entry in installed.entries(Path("PYTHON"), Path("HOME"))}
    return "\n".join(["```sh", *forms.values(), "```"])


TABLES: Mapping[str, Callable[[], str]] = {
    "hooks": hooks,
    "hook commands": hook_commands,
    "nudges": nudges,
    "routes": routes,
    "limits": limits,
    "risks": risks,
    "declared": declared,
    "rules": rules,
    "ladders": ladders,
    "bounds of questions": bounds_of_questions,
    "bounds of files": bounds_of_files,
    "locks": locks,
    "short times": short_times,
}
"""The tables by the name that stands in a page between ``<!-- table NAME … -->`` and ``<!-- end of NAME -->``."""
