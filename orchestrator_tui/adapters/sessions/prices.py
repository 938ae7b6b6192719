"""What an answer of a model costs by its usage: list prices in ``prices.json``, dated, and nothing for what is unknown.

The prices are those that Claude Code itself counts with, measured with ``--model`` and answers of known usage, so that
a session's cost computed from its transcript is the cost that it shows. A model that is not in the table has no cost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from orchestrator_tui.core.frozen import frozen

_FILE = Path(__file__).with_name("prices.json")
_MILLION = 1_000_000
_ABSURD = 10**12
_STANDARD_SPEEDS = (None, "", "standard")
# What may stand behind a model's name without making it another model: date, provider's version, context size, region.
_SAME_MODEL = re.compile(r"(-\d{8})?(-latest)?(-v\d+(:\d+)?)?(@[\w.-]*)?(\[\w+\])?")


@frozen
class Usage:
    """What one answer used, in tokens; ``writes_1h`` is the part of ``cache_writes`` that is kept for an hour."""

    inputs: int = 0
    outputs: int = 0
    cache_reads: int = 0
    cache_writes: int = 0
    writes_1h: int = 0
    searches: int = 0
    standard: bool = True

    @property
    def tokens(self) -> int:
        """All tokens: what went in, new or from the cache or into it, and what came out."""
        return self.inputs + self.outputs + self.cache_reads + self.cache_writes


def read_usage(value: Any) -> Usage | None:
    """The usage of an answer as the Messages API tells it, or None where none is told."""
    if not isinstance(value, Mapping):
        return None
    written, server = value.get("cache_creation"), value.get("server_tool_use")
    return Usage(
        _count(value, "input_tokens"),
        _count(value, "output_tokens"),
        _count(value, "cache_read_input_tokens"),
        _count(value, "cache_creation_input_tokens"),
        _count(written, "ephemeral_1h_input_tokens"),
        _count(server, "web_search_requests"),
        value.get("speed") in _STANDARD_SPEEDS,
    )


def cost(model: str, usage: Usage) -> float | None:
    """What an answer of ``model`` costs in US dollars; None when its price is not known."""
    prices = _prices_of(model)
    if not usage.tokens and not usage.searches:
        return 0.0
    if prices is None or not usage.standard:
        return None
    hour = min(usage.writes_1h, usage.cache_writes)
    paid = (
        usage.inputs * prices["input"]
        + usage.outputs * prices["output"]
        + usage.cache_reads * prices["cache_read"]
        + (usage.cache_writes - hour) * prices["cache_write"]
        + hour * prices["cache_write_1h"]
    ) / _MILLION
    longer = prices.get("long_prompt")
    if longer is not None and usage.inputs + usage.cache_reads + usage.cache_writes > longer["above"]:
        paid *= longer["times"]
    total: float = paid + usage.searches * _table()["web_search_usd"]
    return total


def priced_models() -> tuple[str, ...]:
    """The models whose prices are known, for the reference page."""
    return tuple(_table()["models"])


def as_of() -> str:
    """The day on which the prices held."""
    day: str = _table()["as_of"]
    return day


@lru_cache(maxsize=64)
def _prices_of(model: str) -> Mapping[str, Any] | None:
    # Cloud providers put their own names before it: us.anthropic.claude-…
    name = model[max(0, model.find("claude-")) :]
    known: Mapping[str, Mapping[str, Any]] = _table()["models"]
    best = max((one for one in known if name.startswith(one) and _SAME_MODEL.fullmatch(name[len(one) :])), default="")
    return known.get(best)


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return table


def _count(value: Any, key: str) -> int:
    number = value.get(key) if isinstance(value, Mapping) else None
    return number if type(number) is int and 0 < number < _ABSURD else 0
