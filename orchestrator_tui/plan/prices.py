"""What one attempt costs by assumption: data with a date, beside this file; never a promise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from orchestrator_tui.core.frozen import frozen

_FILE = Path(__file__).with_name("prices.json")


@frozen
class Prices:
    """US dollars for one attempt, by a part of the model's name, else by tier, else ``unknown``."""

    families: Mapping[str, float]
    tiers: Mapping[str, float]
    unknown: float
    as_of: str
    assumption: str

    def attempt(self, model: str, tier: str) -> float:
        """What one attempt of a model may cost."""
        name = model.lower()
        by_family = next((price for family, price in self.families.items() if family in name), None)
        return by_family if by_family is not None else self.tiers.get(tier, self.unknown)


@cache
def load_prices() -> Prices:
    """The prices that ship with the program."""
    data = json.loads(_FILE.read_text("utf-8"))
    return Prices(data["families"], data["tiers"], data["unknown"], data["as_of"], data["assumption"])
