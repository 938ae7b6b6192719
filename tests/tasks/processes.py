"""Real processes beside the test: our own writers, and a writer that behaves as Claude Code does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CLAUDE_CODE = '''
import json, os, sys, time

def lock(directory):
    """mkdir, as proper-lockfile does it: stale after 10 s, retried for a while."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.mkdir(directory)
            return
        except FileExistsError:
            try:
                stale = time.time() - os.stat(directory).st_mtime > 10
            except FileNotFoundError:
                continue
            if stale:
                os.rmdir(directory)
                continue
            time.sleep(0.002)
    sys.exit("Lock file is already being held")

def update(path, metadata):
    """TaskUpdate: read, change, truncate and write in place."""
    lock(path + ".lock")
    try:
        with open(path) as file:
            task = json.load(file)
        task.setdefault("metadata", {}).update(metadata)
        with open(path, "w") as file:
            file.write(json.dumps(task, indent=2))
    finally:
        os.rmdir(path + ".lock")
'''

OURS = """
import os, sys
from orchestrator_tui.adapters.tasks.lock import TaskLocked, task_lock
from orchestrator_tui.adapters.tasks.writer import create_task, merge_metadata, update_task
"""


@contextmanager
def running(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process with this code; killed at the end if it still runs."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def said(process: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ended(process: subprocess.Popen[str]) -> None:
    """Wait for its good end."""
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
