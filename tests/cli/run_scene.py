"""A run in a real journal: the events of a folded one recorded, and a stand-in for its host that takes requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.cli.journals import load_state
from orchestrator_tui.core.event import GATE_KINDS, Draft, Event
from orchestrator_tui.core.model import Batch
from orchestrator_tui.journal.port import Lease
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.requests import taken
from orchestrator_tui.runtime.requests_run import ADD, take_control, take_tracks
from tests.cli.scene import Ended, Scene, eventually
from tests.core.builders import BATCH
from tests.core.run_builders import RunLedger

Result = TypeVar("Result")


def store(scene: Scene, ledger: RunLedger) -> None:
    """Record the events of a run into the journal of the scene's repository."""
    with scene.holder():
        pass
    with scene.journal() as journal:
        first, *rest = ledger.events
        journal.open_batch(BATCH, _draft(first), first.at, "host")
        lease = journal.take_lease(BATCH, "a host", first.at)
        assert not isinstance(lease, str)
        for event in rest:
            if event.kind in GATE_KINDS:
                journal.change_gate(BATCH, _draft(event), event.at, "host")
            else:
                journal.append(lease, [_draft(event)], event.at, "host")
        lease.release(rest[-1].at)


def _draft(event: Event) -> Draft:
    return Draft(event.kind, event.payload)


@contextmanager
def hosted(scene: Scene) -> Iterator[tuple[SqliteJournal, Lease]]:
    """Hold the run's batch, as its host does."""
    with scene.journal() as journal:
        lease = journal.take_lease(BATCH, "host of ann", SystemClock().now())
        assert not isinstance(lease, str)
        try:
            yield journal, lease
        finally:
            lease.release(SystemClock().now())


def asked(scene: Scene, *arguments: str) -> Ended:
    """Run a command beside a host that takes the first request as the real one does."""
    return answered(scene, lambda: scene.run(*arguments))


def answered(scene: Scene, ask: Callable[[], Result]) -> Result:
    """Call something beside a host that takes the first request as the real one does."""
    with hosted(scene) as (journal, lease), ThreadPoolExecutor(1) as pool:
        command = pool.submit(ask)
        eventually(lambda: bool(journal.requests(BATCH)) or command.done(), "a request, or the command's end")
        for request in journal.requests(BATCH):
            batch = run_of(scene)
            take = take_tracks if request.kind == ADD else take_control
            drafts, outcome = take(batch, request.payload, request.origin)
            gates = [one for one in drafts if one.kind in GATE_KINDS]
            journal.append(lease, [one for one in drafts if one not in gates], SystemClock().now(), "host")
            for one in gates:
                journal.change_gate(BATCH, one, SystemClock().now(), "host")
            journal.append(lease, [taken(request, outcome)], SystemClock().now(), "host")
        return command.result()


def run_of(scene: Scene) -> Batch:
    with scene.journal() as journal:
        return load_state(journal, [BATCH]).batches[BATCH]


def kinds(scene: Scene, after: int) -> Sequence[str]:
    """The kinds of events since then, without those of leases and requests."""
    with scene.journal() as journal:
        found = [event.kind for event in journal.events(BATCH, after)]
    return [one for one in found if not one.startswith(("lease_", "request_"))]
