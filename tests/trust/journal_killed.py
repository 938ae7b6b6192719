"""A fork server that kills the writers it makes, at random moments; run as ``python -m``, reports one line of JSON.

Each cycle makes two writers on one journal. A writer tells each acknowledged write down a pipe. Both are killed with
SIGKILL after a random time of up to four milliseconds, one a little later than the other, so that the second goes on
while the first dies holding whatever it held. Then every told write must be in the journal, and its chain must hold.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from orchestrator_tui.core.event import Event
from orchestrator_tui.journal.lease import HeldLease
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.verify import verify_batch
from tests.journal.drafts import BATCH, asked, at, decided, note, opened

LONGEST_LIFE_S = 0.004
CHECK_EVERY, VERIFY_EVERY = 5, 50


@dataclass
class Report:
    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    torn: int = 0
    broken: str = ""


class Writer:
    """A forked process that writes until it is killed; ``told`` is what it acknowledged."""

    def __init__(self, directory: Path, name: str, holds: bool) -> None:
        self.reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.reading)
            try:
                write_for_ever(directory, name, holds, writing)
            finally:
                os._exit(1)
        os.close(writing)

    def wait_until_ready(self) -> None:
        os.read(self.reading, 1)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def told(self) -> list[str]:
        _, status = os.waitpid(self.pid, 0)
        with os.fdopen(self.reading, "rb") as pipe:
            text = pipe.read().decode()
        if not os.WIFSIGNALED(status):
            raise RuntimeError(f"the writer ended by itself: {text}")
        # A line that was not finished was not told.
        return text.replace("!", "").split("\n")[:-1]


def write_for_ever(directory: Path, name: str, holds: bool, pipe: int) -> None:
    journal = SqliteJournal(directory, lock_timeout_s=30)
    lease = journal.take_lease(BATCH, name, at(0)) if holds else None
    os.write(pipe, b"!")
    number = 0
    while True:
        gate = f"{name}-{number}"
        journal.change_gate(BATCH, asked(gate), at(number), "hook")
        os.write(pipe, f"gate_opened {gate}\n".encode())
        journal.change_gate(BATCH, decided(gate, decision=gate), at(number), "cockpit")
        os.write(pipe, f"gate_decided {gate}\n".encode())
        if isinstance(lease, HeldLease):
            # One transaction of three events: all of them, or none.
            journal.append(lease, [note(f"{gate}/{part}") for part in range(3)], at(number), "host")
            os.write(pipe, f"notes {gate}\n".encode())
            if number % 7 == 6:
                journal.checkpoint()
        number += 1


def happened(event: Event) -> str:
    payload = event.payload
    return f"{event.kind} {payload.get('gate') or payload.get('text', '')}"


def check(journal: SqliteJournal, told: list[str], after: int, report: Report) -> int:
    """Compare what was told with what is there; returns the seq up to which was looked."""
    there = set()
    for event in journal.events(BATCH, after):
        there.add(happened(event))
        after = event.seq
    for line in told:
        kind, _, gate = line.partition(" ")
        wanted = {f"note_added {gate}/{part}" for part in range(3)} if kind == "notes" else {line}
        report.lost += len(wanted - there)
    parts: dict[str, int] = {}
    for line in there:
        if line.startswith("note_added"):
            gate = line.rpartition("/")[0]
            parts[gate] = parts.get(gate, 0) + 1
    report.torn += sum(1 for count in parts.values() if count != 3)
    report.acknowledged += len(told)
    return after


def main(directory: str, kills: str, seed: str) -> None:
    """Kill ``kills`` writers of the journal in ``directory``, chance seeded by ``seed``."""
    path, chance, report = Path(directory), random.Random(int(seed)), Report()
    SqliteJournal(path).close()
    journal = SqliteJournal(path)
    journal.open_batch(BATCH, opened(), at(0), "cockpit")
    # Nothing is carried over a fork: the journal is open here only while nobody else lives.
    journal.close()
    after, cycle, told = 1, 0, list[str]()
    while report.kills < int(kills) or told:
        pair = [Writer(path, f"{cycle}{side}", holds=side == "a") for side in ("a", "b")]
        if chance.random() < 0.8:
            for writer in pair:
                writer.wait_until_ready()
        chance.shuffle(pair)
        for writer in pair:
            time.sleep(chance.random() * LONGEST_LIFE_S)
            writer.kill()
        told += [line for writer in pair for line in writer.told()]
        report.kills += len(pair)
        cycle += 1
        if cycle % CHECK_EVERY == 0:
            journal = SqliteJournal(path)
            after = check(journal, told, after, report)
            if cycle % VERIFY_EVERY == 0 or report.kills >= int(kills):
                report.broken = report.broken or verify_batch(journal, BATCH).reason
            journal.close()
            told = []
    print(json.dumps(report.__dict__))


if __name__ == "__main__":
    main(*sys.argv[1:])
