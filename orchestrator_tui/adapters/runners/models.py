"""Which models a person has confirmed for the roles of a repository's agents: asked once, kept beside its journal.

It is the link of seed 000's chain between the project's file and the workflow's defaults; the chain itself is
``plan.models_chain``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from orchestrator_tui.adapters.claude_home import read_json
from orchestrator_tui.core.text import sanitise_line

FILE = "models.json"
MOST_ROLES = 100

_LIMIT = 100


def confirmed_models(directory: Path) -> dict[str, str]:
    """The models by role that were confirmed; ``directory`` is that of the repository's journal."""
    found = read_json(directory / FILE)
    if not isinstance(found, dict):
        return {}
    texts = ((role, model) for role, model in found.items() if isinstance(model, str) and role and model.strip())
    return {sanitise_line(role, _LIMIT): sanitise_line(model, _LIMIT) for role, model in list(texts)[:MOST_ROLES]}


def confirm_models(directory: Path, models: Mapping[str, str]) -> None:
    """Keep these beside what was confirmed before; "" forgets a role. Raises OSError."""
    kept = {role: model for role, model in {**confirmed_models(directory), **models}.items() if model}
    new = directory / f".{FILE}.{os.getpid()}.new"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(kept, file, indent=2, sort_keys=True)
    os.replace(new, directory / FILE)
