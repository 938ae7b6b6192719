"""``orch-tui pool init|acquire|release|status|merge|cleanup|reset|health``: a pool of worktrees by hand (seed 003).

Nothing that is not merged is ever removed, and no two processes get the same slot: all happens under one lock.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.git import pool
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.names import check_slug
from orchestrator_tui.adapters.git.pool_file import LARGEST, Slot, made_at
from orchestrator_tui.adapters.git.pool_merge import merge_all
from orchestrator_tui.adapters.git.port import worktrees_root
from orchestrator_tui.adapters.git.state import tree_state
from orchestrator_tui.adapters.git.worktrees import look
from orchestrator_tui.cli.arguments import add_command, add_json, add_repository
from orchestrator_tui.cli.asking_hosts import check_authority
from orchestrator_tui.cli.faults import DONE, UNFINISHED, BadInput, Fault, nearest
from orchestrator_tui.cli.journals import Place, find_place, load_state, reading
from orchestrator_tui.cli.json_view import print_json
from orchestrator_tui.cli.tables import print_table, say, tell
from orchestrator_tui.cli.worktrees import size
from orchestrator_tui.core.exports.pool_state import BUSY, ERROR, IDLE, SlotRow, pool_state
from orchestrator_tui.core.frozen import frozen

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands

POOL = "pool"
BRANCHES = "auto/"
"""How the branches begin that are made by hand in a pool."""

_HELP = (
    "init [SIZE]: count out slots (8) · acquire TASK: take one, prints wt-1|path|branch · release SLOT: give it back "
    "when its work is merged · status: the slots · merge [BRANCH]: merge what busy slots hold, in the order of their "
    "dependencies · cleanup: give back every slot that loses nothing · reset [SIZE]: the same, with another size · "
    "health: compare the slots with what is there"
)


@frozen
class _Asked:
    """What was asked for, and where the pool is."""

    repository: Path
    root: Path
    name: str
    base: str
    after: str
    into: str
    json: bool


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, POOL, description=f"A pool of worktrees. {_HELP}.")
    parser.add_argument("action", metavar="ACTION", help=" | ".join(_ACTIONS))
    parser.add_argument(
        "name", metavar="NAME", nargs="?", default="", help="the size, task, slot or branch it is about"
    )
    parser.add_argument("--base", metavar="BRANCH", default="", help="acquire: where the branch begins (what is here)")
    parser.add_argument("--after", metavar="TASK", action="append", default=[], help="acquire: merged behind this task")
    parser.add_argument("--into", metavar="BRANCH", default="", help="release, cleanup, reset: where it must be merged")
    parser.add_argument("--batch", metavar="BATCH", help="status, health: look at the pool of this run")
    add_repository(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Do one thing with the pool."""
    action = _ACTIONS.get(arguments.action)
    if action is None:
        raise BadInput(f"pool knows no {arguments.action!r}{nearest(arguments.action, _ACTIONS)}")
    if arguments.batch and arguments.action not in _LOOKING:
        raise BadInput(f"the pool of a run is its host's: only {' and '.join(_LOOKING)} take --batch")
    place = find_place(arguments.repo)
    if action is _merge:
        _refuse_agents(place)
    root = worktrees_root(place.repository, POOL)
    try:
        if arguments.batch:
            root = _of_run(arguments)
        here = tree_state(place.repository).branch
        base, after = arguments.base or here, " ".join(map(check_slug, arguments.after))
        asked = _Asked(place.repository, root, arguments.name, base, after, arguments.into, arguments.json)
        return action(asked)
    except pool.Exhausted as error:
        raise Fault(f"POOL_EXHAUSTED: {error}") from error
    except GitError as error:
        raise BadInput(str(error)) from error


def _refuse_agents(place: Place) -> None:
    """An agent of a run may not move a branch of the person's: that is what their own answers are for (Authority)."""
    with reading(place) as journal:
        for batch in () if journal is None else load_state(journal).batches.values():
            if batch.run is not None and batch.ended_at is None:
                check_authority(batch)


def _of_run(arguments: Namespace) -> Path:
    """The folder of a run's pool."""
    with reading(find_place(arguments.repo)) as journal:
        batches = {} if journal is None else load_state(journal).batches
    found = [one for one in batches.values() if one.id.startswith(arguments.batch) and one.run is not None]
    if len(found) != 1 or found[0].run is None:
        raise BadInput(f"there is no run {arguments.batch!r}{nearest(arguments.batch, batches)}")
    return Path(found[0].run.plan.worktrees) / POOL


def _now() -> str:
    return datetime.fromtimestamp(SystemClock().now().wall_ms // 1000, UTC).isoformat()


def _size(asked: _Asked, otherwise: int) -> int:
    if not asked.name:
        return otherwise
    if not asked.name.isascii() or not asked.name.isdigit():
        raise BadInput(f"{asked.name!r} is no size: a pool has 1 to {LARGEST} slots")
    return int(asked.name)


def _init(asked: _Asked) -> int:
    slots = pool.init(asked.root, _size(asked, LARGEST), _now())
    say(f"a pool of {len(slots)} slots: {asked.root}")
    return DONE


def _acquire(asked: _Asked) -> int:
    if not asked.name:
        raise BadInput("name the task: orch-tui pool acquire TASK")
    if not asked.base:
        raise BadInput("no branch is checked out here: name one with --base BRANCH")
    branch, at = BRANCHES + check_slug(asked.name), _now()
    slot = pool.acquire(
        asked.repository, asked.root, branch, asked.base, asked.name, into=asked.base, after=asked.after, at=at
    )
    # The one line that scripts cut at its bars: nothing else is ever printed here.
    tell(f"{slot.name}|{slot.path}|{slot.branch}")
    return DONE


def _release(asked: _Asked) -> int:
    slots = pool.status(asked.root)
    slot = next((one for one in slots if asked.name in (one.name, one.owner or one.name)), None)
    if slot is None:
        raise BadInput(f"there is no slot {asked.name!r}{nearest(asked.name, [one.name for one in slots])}")
    left = pool.release(asked.repository, asked.root, slot.name, _into(asked, slot))
    if left.state != "idle":
        say(f"{left.name} stays: {left.reason}")
        return UNFINISHED
    tell(f"RELEASED:{left.name}")
    return DONE


def _into(asked: _Asked, slot: Slot) -> str | None:
    """Where the work of a slot must be before it is given back; None where that was never said: on a remote."""
    return asked.into or slot.into or asked.base or None


def _status(asked: _Asked) -> int:
    return _show(asked, pool.status(asked.root))


def _health(asked: _Asked) -> int:
    slots = pool.health(asked.repository, asked.root)
    _show(asked, slots)
    issues = [one for one in slots if one.state in ("dirty", "error")]
    say(f"{len(issues)} issues" if len(issues) != 1 else "1 issue")
    return UNFINISHED if issues else DONE


def _show(asked: _Asked, slots: tuple[Slot, ...]) -> int:
    if asked.json:
        print_json(pool_state(len(slots), made_at(asked.root) or None, [_row(one) for one in slots]))
        return DONE
    counts = {state: sum(_row(one).status == state for one in slots) for state in (BUSY, IDLE, ERROR)}
    tell("AGENT POOL STATUS")
    words = " | ".join(f"{state.capitalize()}: {count}" for state, count in counts.items())
    tell(f"Pool Size: {len(slots)} | {words}")
    print_table(("ID", "STATUS", "TASK", "BRANCH", "DISK", "WHY", "PATH"), [_cells(one) for one in slots], right=(4,))
    return DONE


def _row(slot: Slot) -> SlotRow:
    if slot.state == IDLE:
        return SlotRow(slot.name, str(slot.path))
    status = BUSY if slot.state == BUSY else ERROR
    return SlotRow(slot.name, str(slot.path), status, slot.owner or None, slot.branch or None, slot.acquired_at or None)


def _cells(slot: Slot) -> list[str]:
    disk = size(look(slot.path, "HEAD", None).disk_bytes) if (slot.path / ".git").exists() else "-"
    status = "idle" if slot.state == IDLE else slot.state.upper()
    return [slot.name, status, slot.owner or "-", slot.branch or "-", disk, slot.reason or "-", str(slot.path)]


def _merge(asked: _Asked) -> int:
    into = asked.name or asked.base
    found = merge_all(asked.repository, pool.status(asked.root), into)
    tell("MERGE RESULTS")
    for one in found:
        tell(f"{one.slot.branch} into {into}: {f'stays: {one.why}' if one.why else 'merged'}")
    failed = sum(bool(one.why) for one in found)
    say(f"{len(found) - failed} merged" + (f", {failed} need you" if failed else ""))
    return UNFINISHED if failed else DONE


def _cleanup(asked: _Asked) -> int:
    slots = tuple(
        pool.release(asked.repository, asked.root, one.name, _into(asked, one)) for one in pool.status(asked.root)
    )
    return _told(slots)


def _reset(asked: _Asked) -> int:
    slots = pool.status(asked.root)
    wanted = _size(asked, len(slots))
    for one in slots:
        pool.release(asked.repository, asked.root, one.name, _into(asked, one))
    return _told(pool.reset(asked.repository, asked.root, wanted, asked.into or asked.base or None))


def _told(slots: tuple[Slot, ...]) -> int:
    kept = [one for one in slots if one.state != "idle"]
    for one in kept:
        say(f"{one.name} stays: {one.reason}")
    tell(f"{len(slots) - len(kept)} of {len(slots)} slots are free")
    return UNFINISHED if kept else DONE


_LOOKING = ("status", "health")
_ACTIONS: dict[str, Callable[[_Asked], int]] = {
    "init": _init,
    "acquire": _acquire,
    "release": _release,
    "status": _status,
    "merge": _merge,
    "cleanup": _cleanup,
    "reset": _reset,
    "health": _health,
}
