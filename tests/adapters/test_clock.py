"""The machine's clocks, their fallbacks, and time that does as it is told."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestrator_tui.adapters import clock
from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.core.instant import elapsed_ms


def test_now_is_between_two_looks_at_the_clocks() -> None:
    wall, boot = time.time_ns() // 1_000_000, clock.boot_ms()
    now = clock.SystemClock().now()
    assert wall <= now.wall_ms <= time.time_ns() // 1_000_000
    assert boot <= now.boot_ms <= clock.boot_ms()


def test_all_processes_of_a_boot_name_it_alike() -> None:
    code = "from orchestrator_tui.adapters.clock import boot_id; print(boot_id())"
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stdout.strip() == clock.boot_id() != ""


@pytest.mark.parametrize("content", [None, b"", b"\x01\xff"])
def test_a_boot_without_a_name_is_named_by_its_minute(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "boot_id"
    if content is not None:
        path.write_bytes(content)
    assert clock._linux_boot_id(str(path)) == ""
    begun = clock.since_boot()
    assert begun.startswith("since-")
    assert clock.since_boot(lambda: time.time_ns() + 3_600 * 10**9) != begun


def test_a_manual_clock_moves_only_when_told() -> None:
    manual = ManualClock()
    start = manual.now()
    assert manual.now() == start
    assert elapsed_ms(start, manual.advance(1_500)) == 1_500
    assert elapsed_ms(start, manual.step_wall(-60_000)) == 1_500
    after = manual.reboot("boot-2", 10_000)
    assert (after.boot_ms, after.boot_id) == (0, "boot-2")
    assert elapsed_ms(start, after) == 0, "the wall clock had been set back further than the boot took"
