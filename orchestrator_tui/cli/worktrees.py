"""``orch-tui worktrees [--clean NAME]``: each worktree of ours with what is in it; removed by name if nothing is lost.

What is not committed, not tracked or not merged is never removed; the reason is told (G-4, seed 002: preserved).
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.worktrees import Kept, listed, look, remove
from orchestrator_tui.cli.arguments import add_command, add_json, add_repository
from orchestrator_tui.cli.asking_hosts import check_authority
from orchestrator_tui.cli.faults import DONE, UNFINISHED, BadInput, nearest
from orchestrator_tui.cli.journals import Place, find_place, load_state, reading
from orchestrator_tui.cli.json_view import print_json
from orchestrator_tui.cli.tables import print_table, say, tell
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import Batch, State, Track
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.run import Work
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.tracks_shown import is_run_itself
from orchestrator_tui.journal.sqlite import SqliteJournal

if TYPE_CHECKING:
    from orchestrator_tui.adapters.git.worktrees import Listed
    from orchestrator_tui.cli.arguments import Commands

OURS = "orch/"
"""How the branches begin that runs make."""


@frozen
class Tree:
    """One worktree of ours, and the track that it was made for, where that is known."""

    name: str
    path: Path
    branch: str
    base_sha: str = ""
    into: str | None = None
    batch: Batch | None = None
    track: Track | None = None


@frozen
class Seen:
    """What is in a worktree; ``state`` is ``clean``, ``dirty``, ``unmerged``, ``gone`` or ``unreadable``."""

    tree: Tree
    state: str
    why: str = ""
    uncommitted: int = 0
    untracked: int = 0
    unmerged: int | None = None
    disk_bytes: int = 0


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "worktrees")
    parser.add_argument(
        "--clean", metavar="NAME", nargs="+", default=[], help="remove these, each only if nothing in it would be lost"
    )
    add_repository(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """List the worktrees, or remove the named ones."""
    place = find_place(arguments.repo)
    with reading(place) as journal:
        state = State() if journal is None else load_state(journal)
        trees = found(place, state)
        if arguments.clean:
            chosen = [_named(trees, one) for one in arguments.clean]
            return max([_clean(place, journal, one) for one in chosen], default=DONE)
    seen = [_seen(one) for one in trees]
    if arguments.json:
        print_json({"worktrees": [_view(one) for one in seen]})
    elif not seen:
        say("No worktree of ours here.")
    else:
        print_table(("WORKTREE", "BRANCH", "STATE", "DISK", "WHY", "PATH"), [_row(one) for one in seen], right=(3,))
    return DONE


def found(place: Place, state: State) -> tuple[Tree, ...]:
    """The worktrees that a track has or had, and those that git knows on a branch of ours; by name.

    Raises:
        BadInput: the repository cannot be looked at.
    """
    try:
        known = {str(one.path): one for one in listed(place.repository)}
    except GitError as error:
        raise BadInput(str(error)) from error
    trees = [
        _of_track(batch, track, track.work)
        for batch in state.batches.values()
        for track in batch.tracks.values()
        if track.work is not None and track.worktree and _is_there(track, track.work, known)
    ]
    told = {str(one.path) for one in trees}
    trees += [_unknown(one) for path, one in known.items() if path not in told and one.branch.startswith(OURS)]
    names = [one.name for one in trees]
    named = [one if names.count(one.name) == 1 else _longer(one) for one in trees]
    return tuple(sorted(named, key=lambda one: one.name))


def _is_there(track: Track, work: Work, known: Mapping[str, Listed]) -> bool:
    """Whether a track's worktree is there, or should be; the slot that it has given back may be another's by now."""
    tree = known.get(track.worktree)
    return not work.removed or (tree is not None and tree.branch == track.branch)


def _of_track(batch: Batch, track: Track, work: Work) -> Tree:
    assert batch.run is not None
    own = is_run_itself(track)
    into = batch.run.plan.base if own else batch.run.plan.integration
    name = "integration" if own else track.slug
    return Tree(name, Path(track.worktree), track.branch, work.base_sha, into, batch, track)


def _unknown(tree: Listed) -> Tree:
    # Nobody knows what it is merged into: it is safe only where all of it was pushed.
    return Tree(tree.branch.removeprefix(OURS), tree.path, tree.branch, tree.head)


def _longer(tree: Tree) -> Tree:
    batch = tree.batch.id if tree.batch is not None else "?"
    return Tree(f"{batch}:{tree.name}", tree.path, tree.branch, tree.base_sha, tree.into, tree.batch, tree.track)


def _named(trees: Sequence[Tree], wanted: str) -> Tree:
    chosen = [one for one in trees if wanted in (one.name, one.branch, str(one.path))]
    if len(chosen) == 1:
        return chosen[0]
    known = [name for one in trees for name in (one.name, one.branch)]
    raise BadInput(f"there is no worktree {wanted!r}{nearest(wanted, known)}")


# --- looking -----------------------------------------------------------------------------------------------


def _seen(tree: Tree) -> Seen:
    if not tree.path.is_dir():
        return Seen(tree, "gone", "its directory is not there")
    try:
        status = look(tree.path, tree.base_sha or "HEAD", tree.into)
    except GitError as error:
        return Seen(tree, "unreadable", str(error))
    left = status.unmerged_into if tree.into is not None else status.unpushed
    dirty = bool(status.uncommitted or status.untracked)
    return Seen(
        tree,
        "dirty" if dirty else "clean" if left == 0 else "unmerged",
        _why(tree, dirty, left),
        len(status.uncommitted),
        len(status.untracked),
        left,
        status.disk_bytes,
    )


def _why(tree: Tree, dirty: bool, left: int | None) -> str:
    work = tree.track.work if tree.track is not None else None
    if tree.track is not None and _at_work(tree.batch, tree.track):
        return "its batch works in it" if is_run_itself(tree.track) else f"{_state(tree.track)} now"
    if work is not None and work.kept:
        return f"kept: {work.kept}"
    if dirty:
        return "holds changes that no commit has"
    if left is None:
        return f"{tree.into} is not there" if tree.into is not None else "nothing of it was pushed"
    if left:
        commits = plural(left, "commit is", "commits are")
        return f"{commits} not in {tree.into}" if tree.into is not None else f"{commits} not pushed"
    return "can be removed"


def _state(track: Track) -> str:
    return track.state.value.replace("_", " ")


def _at_work(batch: Batch | None, track: Track) -> bool:
    """Whether somebody works in the worktree of a track, or may go on there: in a batch that has ended nobody does."""
    if batch is not None and batch.ended_at is not None:
        return False
    going = bool(track.attempts) and track.attempts[-1].ended_at is None
    return going or (track.state not in ENDED_TRACK_STATES and track.work is not None and track.work.ready)


def _view(seen: Seen) -> dict[str, Any]:
    tree = seen.tree
    return {
        "name": tree.name,
        "batch": None if tree.batch is None else tree.batch.id,
        "track": None if tree.track is None else tree.track.slug,
        "branch": tree.branch,
        "path": str(tree.path),
        "state": seen.state,
        "why": seen.why,
        "uncommitted": seen.uncommitted,
        "untracked": seen.untracked,
        "unmerged": seen.unmerged,
        "disk_bytes": seen.disk_bytes,
    }


def _row(seen: Seen) -> list[str]:
    tree = seen.tree
    return [tree.name, tree.branch, seen.state, size(seen.disk_bytes), seen.why, str(tree.path)]


def size(count: int) -> str:
    """A number of bytes as people say it: ``4.1 MiB``."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


# --- removing ----------------------------------------------------------------------------------------------


def _clean(place: Place, journal: SqliteJournal | None, tree: Tree) -> int:
    """Remove one worktree with its branch, or say why it stays."""
    if tree.batch is not None:
        check_authority(tree.batch)
    over = tree.batch is None or tree.batch.ended_at is not None
    if tree.track is not None and _at_work(tree.batch, tree.track):
        say(f"{tree.name} stays: {tree.track.slug} is {_state(tree.track)}")
        return UNFINISHED
    if tree.track is not None and is_run_itself(tree.track) and not over:
        say(f"{tree.name} stays: its batch has not ended")
        return UNFINISHED
    try:
        done = remove(place.repository, tree.path, tree.branch, tree.into)
    except GitError as error:
        done = Kept(str(error))
    if isinstance(done, Kept):
        say(f"{tree.name} stays: {done.reason}")
        return UNFINISHED
    branch = f" and its branch {done.branch}" if done.branch else ""
    tell(f"removed {tree.name}{branch}")
    if journal is not None and tree.batch is not None and tree.track is not None:
        _record(journal, tree.batch.id, tree.track.slug, bool(done.branch))
    return DONE


def _record(journal: SqliteJournal, batch: str, track: str, branch: bool) -> None:
    """Tell the journal, unless another process holds the batch: the listing looks at the disk in any case."""
    now = SystemClock().now()
    lease = journal.take_lease(batch, "worktrees", now)
    if isinstance(lease, str):
        return
    try:
        journal.append(lease, [Draft("worktree_removed", {"track": track, "branch_removed": branch})], now, "cli")
    finally:
        lease.release(SystemClock().now())
