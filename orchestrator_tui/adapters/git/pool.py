"""A pool of worktrees: few places, each used by one track after the other (seed 003, without its faults).

All of it happens under one lock a pool. A slot is written down as taken before its worktree is made, so that a crash
in between is finished by the same call; and a slot that holds anything that would be lost is neither used again nor
cleared, but shown with the reason until a person has looked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from orchestrator_tui.adapters.git.creating import create
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.history import branch_tip, commit_id
from orchestrator_tui.adapters.git.keeping import Kept, remove
from orchestrator_tui.adapters.git.listing import Listed, listed
from orchestrator_tui.adapters.git.lock import file_lock
from orchestrator_tui.adapters.git.pool_file import LARGEST, NAME, Slot, read, write
from orchestrator_tui.adapters.git.trees import contents, some

__all__ = ["Exhausted", "Slot", "acquire", "health", "init", "release", "release_of", "reset", "status"]

_LOCK_NAME = ".pool.lock"


class Exhausted(GitError):
    """No slot is free."""


def init(root: Path, size: int = LARGEST, at: str = "") -> tuple[Slot, ...]:
    """Make a pool of ``size`` idle slots below ``root``; one that is there already stays as it is.

    Args:
        at: the time, as ISO 8601, to be written down as that of its making.

    Raises:
        GitError: the size is not 1 to 8, a pool of another size is there, or the directory cannot be used.
    """
    if not 1 <= size <= LARGEST:
        raise GitError(f"a pool has 1 to {LARGEST} slots, not {size}")
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GitError(f"cannot make {root}: {error.strerror}") from error
    with _locked(root) as below:
        if not (below / NAME).exists():
            write(below, tuple(Slot(f"wt-{number}", below / f"wt-{number}") for number in range(1, size + 1)), at)
        slots = read(below)
    if len(slots) != size:
        raise GitError(f"the pool in {root} has {len(slots)} slots, not {size}: reset it first")
    return slots


def acquire(
    repository: Path,
    root: Path,
    branch: str,
    base: str,
    owner: str,
    *,
    adopt: bool = False,
    into: str = "",
    after: str = "",
    at: str = "",
) -> Slot:
    """Take a free slot for ``owner`` and make its worktree with the new branch ``branch`` at ``base``.

    Called again with the same owner and branch, it returns the same slot, its worktree finished if need be.

    Args:
        adopt: take up the owner's slot again that holds work, or a branch of that name that is there already.
        into, after, at: what is written down beside: the branch it is merged into, owners merged before, the time.

    Raises:
        GitError: every slot is taken, the branch is not free, or the worktree cannot be made.
    """
    base_sha = commit_id(repository, base)
    with _locked(root) as below:
        slots = read(below)
        own = ("busy", "dirty") if adopt else ("busy",)
        slot = next((one for one in slots if one.state in own and one.owner == owner), None)
        if slot is not None and slot.branch != branch:
            raise GitError(f"{owner} works in {slot.name} already, on {slot.branch}")
        if slot is None:
            slot = _free(repository, below, slots)
            slot = replace(slot, state="busy", owner=owner, branch=branch, base_sha=base_sha, reason="")
            slot = replace(slot, into=into, after=after, acquired_at=at)
            _put(below, slot)
        try:
            made = create(repository, slot.path, branch, slot.base_sha, _reason(slot), adopt=adopt)
        except GitError as error:
            _put(below, _failed(slot, str(error)))
            raise
        slot = replace(slot, state="busy", base_sha=made.base_sha, reason="")
        _put(below, slot)
        return slot


def release(repository: Path, root: Path, name: str, into: str | None) -> Slot:
    """Clear a slot whose work is merged into ``into``, branch included; otherwise it stays, ``dirty``, with the reason.

    Raises:
        GitError: there is no such slot, or git fails.
    """
    with _locked(root) as below:
        slot = next((one for one in read(below) if one.name == name), None)
        if slot is None:
            raise GitError(f"there is no slot {name!r} in the pool {root}")
        cleared = _cleared(repository, slot, into)
        _put(below, cleared)
        return cleared


def release_of(repository: Path, root: Path, owner: str, into: str | None) -> Slot | None:
    """Clear the slot of an owner as :func:`release` does; None when it has none, as after a release.

    Raises:
        GitError: git fails.
    """
    with _locked(root) as below:
        slot = next((one for one in read(below) if one.owner == owner and one.state != "idle"), None)
        if slot is None:
            return None
        cleared = _cleared(repository, slot, into)
        _put(below, cleared)
        return cleared


def status(root: Path) -> tuple[Slot, ...]:
    """The slots as they were last written down.

    Raises:
        GitError: there is no pool in ``root``.
    """
    return read(Path(os.path.realpath(root)))


def health(repository: Path, root: Path) -> tuple[Slot, ...]:
    """Compare every slot with what is really there, and write down what differs.

    Raises:
        GitError: there is no pool, or git fails.
    """
    with _locked(root) as below:
        trees = {os.path.realpath(one.path): one for one in listed(repository)}
        slots = tuple(_examined(slot, trees.get(str(slot.path))) for slot in read(below))
        write(below, slots)
        return slots


def reset(repository: Path, root: Path, size: int, into: str | None) -> tuple[Slot, ...]:
    """Clear every slot that loses nothing, and give the pool another size if the slots beyond it are free.

    Slots that hold something stay as they are, ``dirty``; so do busy ones whose work is not merged.

    Raises:
        GitError: the size is not 1 to 8, a slot beyond it cannot be cleared, or git fails.
    """
    if not 1 <= size <= LARGEST:
        raise GitError(f"a pool has 1 to {LARGEST} slots, not {size}")
    with _locked(root) as below:
        slots = tuple(_cleared(repository, slot, into) for slot in read(below))
        write(below, slots)
        held = next((one for one in slots[size:] if one.state != "idle"), None)
        if held is not None:
            raise GitError(f"the pool cannot shrink to {size}: {held.name} is {held.state}, {held.reason}")
        more = (Slot(f"wt-{number}", below / f"wt-{number}") for number in range(len(slots) + 1, size + 1))
        slots = (*slots[:size], *more)
        write(below, slots)
        return slots


@contextmanager
def _locked(root: Path) -> Iterator[Path]:
    below = Path(os.path.realpath(root))
    if not below.is_dir():
        raise GitError(f"there is no pool in {root}")
    with file_lock(below / _LOCK_NAME):
        yield below


def _reason(slot: Slot) -> str:
    return f"orch-tui: pool {slot.name} for {slot.owner}"


def _put(below: Path, slot: Slot) -> None:
    write(below, tuple(slot if one.name == slot.name else one for one in read(below)))


def _free(repository: Path, below: Path, slots: tuple[Slot, ...]) -> Slot:
    """The first idle slot whose place is really empty; one that is not is marked and passed over."""
    trees = {os.path.realpath(one.path): one for one in listed(repository)}
    for slot in slots:
        if slot.state != "idle" and not _was_removed(repository, slot, trees):
            continue
        slot = Slot(slot.name, slot.path)
        seen = _examined(slot, trees.get(str(slot.path)))
        if seen.state == "idle":
            return seen
        _put(below, seen)
    busy = sum(one.state == "busy" for one in slots)
    others = f", {len(slots) - busy} need a look" if busy < len(slots) else ""
    raise Exhausted(f"no slot of the pool {below} is free: {busy} of {len(slots)} busy{others}")


def _was_removed(repository: Path, slot: Slot, trees: dict[str, Listed]) -> bool:
    """Whether a person has cleared what a slot was kept for: worktree and branch are gone, and nothing is in its place.

    One that is busy is its owner's all the same, who may have been stopped before anything was made.
    """
    if slot.state == "busy" or os.path.lexists(slot.path) or str(slot.path) in trees:
        return False
    return not slot.branch or branch_tip(repository, slot.branch) is None


def _failed(slot: Slot, why: str) -> Slot:
    """A slot whose worktree could not be made: idle again when nothing of it is left."""
    if os.path.lexists(slot.path):
        return replace(slot, state="error", reason=why)
    return Slot(slot.name, slot.path)


def _cleared(repository: Path, slot: Slot, into: str | None) -> Slot:
    if slot.state == "idle" and not os.path.lexists(slot.path):
        return slot
    tree = next((one for one in listed(repository) if os.path.realpath(one.path) == str(slot.path)), None)
    branch = slot.branch or (tree.branch if tree else "")
    if tree is None and (os.path.lexists(slot.path) or not branch):
        return replace(slot, state="error", reason=f"{slot.path} is no worktree of {repository}")
    if tree is None and branch_tip(repository, branch) is None:
        return Slot(slot.name, slot.path)
    outcome = remove(repository, slot.path, branch, into)
    if isinstance(outcome, Kept):
        return replace(slot, state="dirty", branch=branch, reason=outcome.reason)
    return Slot(slot.name, slot.path)


def _examined(slot: Slot, tree: Listed | None) -> Slot:
    """The slot as it is by what is really in its place."""
    there = os.path.lexists(slot.path)
    if slot.state == "idle":
        if tree is None and not there:
            return slot
        return replace(slot, state="error", branch=tree.branch if tree else "", reason="it should be empty and is not")
    if tree is None or not there:
        missing = "its directory is gone" if tree else "it is no worktree of this repository any more"
        return replace(slot, state="error", reason=missing)
    if tree.branch != slot.branch:
        return replace(slot, state="error", reason=f"it holds {tree.branch or 'no branch'}, not {slot.branch}")
    if slot.state == "busy":
        return slot
    held = contents(slot.path)
    left = (*held.uncommitted, *held.untracked)
    return replace(slot, state="dirty", reason=f"it holds changes: {some(left)}" if left else slot.reason)
