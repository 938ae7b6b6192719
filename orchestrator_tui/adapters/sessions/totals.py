"""What one transcript amounts to: tokens counted once an answer, cost, title, and the tasks that it reported on.

Claude Code writes an answer as several lines with the same id, each with the usage of the whole so far; the largest
of them counts. Of a large transcript the past is counted apart and put before what was followed from its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.adapters.sessions import entries
from orchestrator_tui.adapters.sessions.prices import cost, read_usage

SAME_ANSWER = 64
"""Answers that are remembered by their id: the lines of one stand close together."""
MOST_TASKS = 50

TITLES: Mapping[str, str] = {"custom-title": "customTitle", "ai-title": "aiTitle", "summary": "summary"}
"""The kinds of entries that hold a title, a person's own first, and where in the entry it stands."""

_MONEY_DIGITS = 6
_ABSURD = 1e9
_TITLE_LIMIT = 100
# Written by the program itself where a person's words would stand.
_NOT_SAID = ("<", "[Request interrupted", "Caveat:", "This session is being continued", "Another Claude session")


class Totals:
    """Counts what entries say, in their order.

    Attributes:
        elsewhere: ids of answers that another part of the same transcript counts.
        first_ids: ids of the first answers that were counted here.
        tokens, model, tasks: as of :class:`~orchestrator_tui.core.facts.AgentFact`.
        prompt: what a person asked for first.
        paid: what all answers cost in US dollars; None when a price is not known.
        stated: what Claude Code itself said last that the session has cost, with its sub-agents; None if nothing.
        settled: no answer came since that was said.
    """

    __slots__ = (
        "_counted",
        "_titles",
        "elsewhere",
        "first_ids",
        "model",
        "paid",
        "prompt",
        "settled",
        "stated",
        "tasks",
        "tokens",
    )

    def __init__(self, elsewhere: frozenset[str] = frozenset()) -> None:
        self.elsewhere = elsewhere
        self.first_ids: set[str] = set()
        self.tokens = 0
        self.model = ""
        self.prompt = ""
        self.tasks: tuple[str, ...] = ()
        self.paid: float | None = 0.0
        self.stated: float | None = None
        self.settled = False
        self._titles: dict[str, str] = {}
        self._counted: dict[str, tuple[int, float | None]] = {}

    def answer(self, message: Mapping[str, Any]) -> None:
        """Count an answer, or what a further line of it adds."""
        name, model = entries.text(message, "id"), entries.text(message, "model", 80)
        if model.startswith("<"):
            # An error that Claude Code itself put there.
            return
        self.model = model or self.model
        usage = read_usage(message.get("usage"))
        if usage is None or name in self.elsewhere:
            return
        self.settled = False
        before = self._counted.pop(name, (0, 0.0))
        now = usage.tokens, cost(model, usage)
        self._remember(name, now := max(now, before, key=lambda one: one[0]))
        self.tokens += now[0] - before[0]
        if now[1] is None or self.paid is None:
            self.paid = None
        else:
            self.paid += now[1] - (before[1] or 0.0)

    def state(self, entry: Mapping[str, Any]) -> None:
        """Take what Claude Code itself says that the session has cost, which it does at its end."""
        stated = entry.get("totalCostUSD")
        if isinstance(stated, bool) or not isinstance(stated, int | float) or not 0 <= stated < _ABSURD:
            return
        if entry.get("hasUnknownModelCost") is not True:
            self.stated, self.settled = float(stated), True

    def name(self, entry: Mapping[str, Any]) -> None:
        """Take a title."""
        kind = str(entry.get("type"))
        said = entries.text(entry, TITLES[kind], _TITLE_LIMIT)
        if said:
            self._titles[kind] = said

    def said(self, words: str) -> None:
        """Take what a person asked for: the first of it tells what the session is about."""
        if not self.prompt and not words.lstrip().startswith(_NOT_SAID):
            self.prompt = entries.text({"": words}, "", _TITLE_LIMIT)

    def report(self, task: str) -> None:
        """Take a task that was reported on."""
        if task and self.tasks[:1] != (task,):
            self.tasks = (task, *(one for one in self.tasks if one != task))[:MOST_TASKS]

    @property
    def title(self) -> str:
        """What it is called, or ""."""
        return next((self._titles[kind] for kind in TITLES if kind in self._titles), "")

    def _remember(self, name: str, counted: tuple[int, float | None]) -> None:
        if not name:
            return
        if len(self.first_ids) < SAME_ANSWER:
            self.first_ids.add(name)
        self._counted[name] = counted
        if len(self._counted) > SAME_ANSWER:
            del self._counted[next(iter(self._counted))]


def join(past: Totals, recent: Totals) -> Totals:
    """Both parts of one transcript as one."""
    whole = Totals()
    whole.tokens = past.tokens + recent.tokens
    whole.model = recent.model or past.model
    whole.prompt = past.prompt or recent.prompt
    whole.tasks = (*recent.tasks, *(one for one in past.tasks if one not in recent.tasks))[:MOST_TASKS]
    whole.paid = None if past.paid is None or recent.paid is None else past.paid + recent.paid
    whole.stated = past.stated if recent.stated is None else recent.stated
    whole.settled = recent.settled or (past.settled and not recent.tokens)
    whole._titles = {**past._titles, **recent._titles}
    return whole


def own_cost(totals: Totals, others: float | None) -> float | None:
    """What an agent has cost itself, in US dollars; None when it is not known.

    ``others`` is what its sub-agents have cost: what Claude Code states for a session holds theirs, too.
    """
    if totals.stated is not None and others is not None and (totals.settled or totals.paid is None):
        return round(max(0.0, totals.stated - others), _MONEY_DIGITS)
    return None if totals.paid is None else round(totals.paid, _MONEY_DIGITS)
