"""The ladders of workflows that do not ship, kept beside the journal for those who read no YAML (DESIGN §3)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.runtime.rules import OWN_LADDERS, load_rules

if TYPE_CHECKING:
    from orchestrator_tui.cli.journals import Place
    from orchestrator_tui.core.rules import Rules

_MODE = 0o600


def learned_rules(place: Place) -> Rules:
    """The rules with all ladders that there are, the person's own and the repository's among them.

    Files of workflows are read only when they have changed since somebody read them last: that loads what a first
    frame must not wait for.
    """
    seen = _seen(place)
    if seen != _known(place.directory / OWN_LADDERS):
        from orchestrator_tui.adapters.tasks.atomic import replace_file

        text = json.dumps({"files": seen, "workflows": _read(place) if seen else []}, ensure_ascii=False)
        replace_file(str(place.directory / OWN_LADDERS), text.encode("utf-8"), _MODE, lambda: None)
    return load_rules(place.directory)


def _seen(place: Place) -> list[list[object]]:
    """Every file that may be a workflow of the person's or the repository's: its path, time and size."""
    from orchestrator_tui.ui.settings import config_directory

    found: list[list[object]] = []
    for folder in (config_directory(os.environ) / "workflows", place.repository / ".orch" / "workflows"):
        try:
            entries = sorted(os.scandir(folder), key=lambda one: one.name)
            named = [one for one in entries if one.name.endswith((".yaml", ".yml"))]
            found += [[one.path, one.stat().st_mtime_ns, one.stat().st_size] for one in named]
        except OSError:
            # There is no such folder, or a file went meanwhile: the next start looks again.
            continue
    return found


def _known(path: Path) -> list[list[object]]:
    try:
        known = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    files = known.get("files") if isinstance(known, dict) else None
    return files if isinstance(files, list) else []


def _read(place: Place) -> list[dict[str, object]]:
    from orchestrator_tui.plan.catalogue import load_workflows
    from orchestrator_tui.plan.workflows import compiled_ladder
    from orchestrator_tui.ui.settings import config_directory

    shipped = load_rules().ladders
    workflows = load_workflows(place.repository, config_directory(os.environ), os.environ).workflows
    return [compiled_ladder(one.ladder) for name, one in workflows.items() if one.ladder != shipped.get(name)]
