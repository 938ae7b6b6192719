"""What worktrees of a repository are given of what git ignores: asked once, and remembered beside its journal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from orchestrator_tui.adapters.git.worktrees import ignored_candidates
from orchestrator_tui.adapters.tasks.atomic import replace_file
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.core.codec import from_data, to_data
from orchestrator_tui.core.model import Batch, GateState
from orchestrator_tui.core.plan import Plan, Provision

_FILE = "provision.json"


def provisioned(place: Place, plan: Plan) -> Plan:
    """The plan with what its worktrees get: as it says, as was answered before, or what is to be asked about.

    Raises:
        OSError: git cannot be asked.
    """
    if plan.provision.copy or plan.provision.link:
        return plan
    known = _remembered(place)
    if known is not None:
        return replace(plan, provision=replace(plan.provision, copy=known.copy, link=known.link))
    found = ignored_candidates(place.repository)
    return replace(plan, offered=Provision(copy=found.copies, link=found.links))


def remember(place: Place, batch: Batch) -> None:
    """Keep what was answered for the runs to come.

    Raises:
        OSError: it cannot be written.
    """
    answered = (GateState.DELIVERED, GateState.ACKNOWLEDGED)
    asked = [one for one in batch.gates.values() if one.question.kind == "provision" and one.state in answered]
    if not asked or batch.run is None:
        return
    given = batch.run.plan.provision
    text = json.dumps(to_data(Provision(copy=given.copy, link=given.link)), indent=2)
    replace_file(str(place.directory / _FILE), text.encode(), 0o600, lambda: None)


def _remembered(place: Place) -> Provision | None:
    path = Path(place.directory) / _FILE
    try:
        return from_data(Provision, json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        # Nothing was answered yet, or what was written is not readable: it is asked again.
        return None
