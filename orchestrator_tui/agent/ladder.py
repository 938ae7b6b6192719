"""The names of a built-in workflow's stages, read without loading the whole core: ``report`` must start fast."""

from __future__ import annotations

import json
import os

_COMPILED = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "workflows", "compiled.json")


def stage_names(workflow: str) -> tuple[str, ...]:
    """The stages' names in their order; () for a workflow that does not ship with the program."""
    if not workflow:
        return ()
    with open(_COMPILED, encoding="utf-8") as file:
        workflows = json.load(file)["workflows"]
    found = next((one for one in workflows if one["workflow"] == workflow), None)
    return () if found is None else tuple(stage["name"] for stage in found["stages"])
