"""The names of a workflow's stages, read without loading the whole core: ``report`` must start fast."""

from __future__ import annotations

import json
import os
from pathlib import Path

OWN = "ladders.json"
"""The file beside a journal that ``runtime.rules`` names so, too: loading that would load the core."""

_COMPILED = Path(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "workflows", "compiled.json")


def stage_names(workflow: str, own: Path) -> tuple[str, ...]:
    """The stages' names in their order; () for a workflow that neither is one's own nor ships with the program.

    ``own`` is the file of the ladders that do not ship, which go first; one that cannot be read is as none.
    """
    try:
        names = _names(workflow, own)
    except (OSError, ValueError, LookupError, TypeError):
        names = ()
    return names or _names(workflow, _COMPILED)


def _names(workflow: str, path: Path) -> tuple[str, ...]:
    workflows = json.loads(path.read_text("utf-8"))["workflows"]
    found = next((one for one in workflows if one["workflow"] == workflow), None)
    return () if found is None else tuple(str(stage["name"]) for stage in found["stages"])
