"""The clocks of a batch: when a gate is stale, an agent silent, an answer late."""

from __future__ import annotations

from orchestrator_tui.core.frozen import frozen


@frozen
class Limits:
    """The clocks of a batch, frozen into it when it opens (reliability A-7). Milliseconds."""

    gate_stale_ms: int = 300_000
    gate_repeat_ms: int = 300_000
    gate_level_ms: int = 900_000
    gate_repeats: int = 9
    gate_hourly_ms: int = 3_600_000
    silent_ms: int = 600_000
    reply_ms: int = 120_000
    undo_ms: int = 5_000
    activity_ms: int = 10_000
    acknowledge_shell_ms: int = 10_000
    acknowledge_hook_ms: int = 660_000
    acknowledge_task_file_ms: int = 300_000
    claim_ms: int = 5_000
    mail_ms: int = 60_000
    acknowledge_mcp_ms: int = 30_000
    nudge_ms: int = 60_000
