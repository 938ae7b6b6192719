"""All exports by name: what a workflow lists under ``exports`` and ``orch-tui report --files`` writes."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator_tui.core.exports.build_args import build_args_files
from orchestrator_tui.core.exports.build_result import build_result_files
from orchestrator_tui.core.exports.dashboard import dashboard_files
from orchestrator_tui.core.exports.document import Export
from orchestrator_tui.core.exports.task_metadata import task_files

EXPORTS: Mapping[str, Export] = {
    "dashboard": dashboard_files,
    "task-metadata": task_files,
    "build-args": build_args_files,
    "build-result": build_result_files,
}
