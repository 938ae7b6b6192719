"""One of two processes that decide the same gates at the same moment; run as ``python -m``, driven by pipes."""

from __future__ import annotations

import sys
from pathlib import Path

from orchestrator_tui.journal.port import Refused
from orchestrator_tui.journal.sqlite import SqliteJournal
from tests.journal.drafts import BATCH, at, decided


def main(directory: str, name: str, option: str) -> None:
    """For each gate id read from stdin: wait for the start line, decide, print the outcome.

    The start line is written to both processes at once, so that they meet within microseconds.
    """
    journal = SqliteJournal(Path(directory), lock_timeout_s=30)
    print("ready", flush=True)
    for line in sys.stdin:
        gate = line.strip()
        draft = decided(gate, option=option, by=name, decision=f"{name}:{gate}")
        outcome = journal.change_gate(BATCH, draft, at(1), name)
        print("decided" if not isinstance(outcome, Refused) else f"refused {outcome.why}", flush=True)
    journal.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
