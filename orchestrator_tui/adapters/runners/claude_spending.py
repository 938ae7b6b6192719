"""What an attempt of Claude Code has used: tokens once an answer, cost, and turns, live and settled at each result.

The stream shows an answer when it begins, with the usage of its beginning; what it cost in the end is only told by the
result of its turn. So what was counted live since the last result gives way to the next one's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.adapters.sessions import entries
from orchestrator_tui.adapters.sessions.prices import cost, read_usage

SAME_ANSWER = 256
"""Answers that are remembered by their id."""

_ABSURD_USD, _ABSURD_TOKENS = 1e9, 10**15
_TOKENS = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")


class Spending:
    """Counts answers and results in their order. ``turns`` are answers of the main agent, ``model`` is its last."""

    __slots__ = ("_cost", "_counted", "_live_cost", "_live_tokens", "_tokens", "model", "turns")

    def __init__(self) -> None:
        self.turns = 0
        self.model = ""
        self._cost, self._tokens = 0.0, 0
        self._live_cost, self._live_tokens = 0.0, 0
        self._counted: dict[str, tuple[int, float]] = {}

    @property
    def cost_usd(self) -> float:
        """US dollars so far."""
        return round(self._cost + self._live_cost, 6)

    @property
    def tokens(self) -> int:
        """Tokens so far, those from caches included."""
        return self._tokens + self._live_tokens

    def answer(self, message: Mapping[str, Any], *, main: bool) -> None:
        """Count an answer, or what a further line of it adds."""
        name, model = entries.text(message, "id"), entries.text(message, "model", 80)
        if model.startswith("<"):
            # An error that Claude Code itself put there.
            return
        if main:
            self.model = model or self.model
        known = bool(name) and name in self._counted
        if main and not known:
            self.turns += 1
        usage = read_usage(message.get("usage"))
        before = self._counted.pop(name, (0, 0.0))
        now = before if usage is None else max(before, (usage.tokens, cost(model, usage) or 0.0))
        if name:
            self._counted[name] = now
            if len(self._counted) > SAME_ANSWER:
                del self._counted[next(iter(self._counted))]
        self._live_tokens += now[0] - before[0]
        self._live_cost += now[1] - before[1]

    def result(self, entry: Mapping[str, Any]) -> None:
        """Take what a result tells: of what came since the last one, or of the whole of this process."""
        since = entry.get("model_usage_since_last_result")
        if isinstance(since, Mapping):
            # A conversation that is gone on with brings along what it has cost before; this it does not.
            tokens, paid = _sum(since)
            self._tokens, self._cost = self._tokens + tokens, self._cost + paid
        else:
            tokens, paid = _sum(entry.get("modelUsage"))
            self._tokens = max(self._tokens, tokens)
            self._cost = max(self._cost, _usd(entry.get("total_cost_usd")) or paid)
        self._live_tokens, self._live_cost = 0, 0.0


def _sum(usage: Any) -> tuple[int, float]:
    """Tokens and cost of all models."""
    models = [one for one in usage.values() if isinstance(one, Mapping)] if isinstance(usage, Mapping) else []
    tokens = sum(_count(one.get(key)) for one in models for key in _TOKENS)
    return tokens, sum(_usd(one.get("costUSD")) for one in models)


def _count(value: Any) -> int:
    return value if type(value) is int and 0 < value < _ABSURD_TOKENS else 0


def _usd(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _ABSURD_USD:
        return 0.0
    return float(value)
