"""All foreign files that ``check``, ``run`` and ``add`` take in the place of a plan."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.plan.imports.auto_progress import AUTO_PROGRESS
from orchestrator_tui.plan.imports.auto_tasks import AUTO_TASKS
from orchestrator_tui.plan.imports.build_args import BUILD_ARGS
from orchestrator_tui.plan.imports.importer import Importer
from orchestrator_tui.plan.imports.plan_tables import PLAN_TABLE
from orchestrator_tui.plan.imports.state_md import STATE_MD
from orchestrator_tui.plan.imports.track_cards import TRACK_CARDS
from orchestrator_tui.plan.imports.wave_plan import WAVE_PLAN

IMPORTERS: tuple[Importer, ...] = (AUTO_PROGRESS, AUTO_TASKS, BUILD_ARGS, STATE_MD, WAVE_PLAN, TRACK_CARDS, PLAN_TABLE)


def importer_for(path: Path, text: str) -> Importer | None:
    """What reads this file, or None where it is a plan of our own or nothing known."""
    return next((one for one in IMPORTERS if one.recognises(path, text)), None)
