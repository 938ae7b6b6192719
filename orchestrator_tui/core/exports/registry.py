"""All exports by name: what a workflow lists under ``exports`` and ``orch-tui report --files`` writes."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator_tui.core.exports.auto_progress import auto_progress_files
from orchestrator_tui.core.exports.auto_state_machine import auto_state_machine_files
from orchestrator_tui.core.exports.batch_summary import batch_summary_files
from orchestrator_tui.core.exports.build_args import build_args_files
from orchestrator_tui.core.exports.build_result import build_result_files
from orchestrator_tui.core.exports.counsel_log import counsel_log_files
from orchestrator_tui.core.exports.dashboard import dashboard_files
from orchestrator_tui.core.exports.discovery_brief import discovery_brief_files
from orchestrator_tui.core.exports.document import Export
from orchestrator_tui.core.exports.execution_mode import execution_mode_files
from orchestrator_tui.core.exports.group_checkpoints import group_checkpoint_files
from orchestrator_tui.core.exports.pool_state import pool_files
from orchestrator_tui.core.exports.qa_report import qa_report_files
from orchestrator_tui.core.exports.session_close import session_close_files
from orchestrator_tui.core.exports.session_md import handoff_files, session_files
from orchestrator_tui.core.exports.session_metrics import session_metrics_files
from orchestrator_tui.core.exports.state_md import state_md_files
from orchestrator_tui.core.exports.task_metadata import task_files
from orchestrator_tui.core.exports.track_report import track_card_files, track_report_files
from orchestrator_tui.core.exports.wave_scope import wave_scope_files

EXPORTS: Mapping[str, Export] = {
    "dashboard": dashboard_files,
    "task-metadata": task_files,
    "counsel-log": counsel_log_files,
    "track-cards": track_card_files,
    "track-reports": track_report_files,
    "discovery-brief": discovery_brief_files,
    "batch-summary": batch_summary_files,
    "session": session_files,
    "handoff": handoff_files,
    "build-args": build_args_files,
    "build-result": build_result_files,
    "state-md": state_md_files,
    "wave-scope": wave_scope_files,
    "session-metrics": session_metrics_files,
    "session-close": session_close_files,
    "auto-progress": auto_progress_files,
    "auto-state-machine": auto_state_machine_files,
    "pool-state": pool_files,
    "group-checkpoints": group_checkpoint_files,
    "qa-report": qa_report_files,
    "execution-mode": execution_mode_files,
}
