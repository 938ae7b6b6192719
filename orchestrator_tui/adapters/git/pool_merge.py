"""Merging what the slots of a pool hold into one branch: in the order of dependencies, all of a slot or nothing of it.

Merges are made in git's object store; only then the branch moves, at once, with the tree it is checked out in. So a
conflict leaves nothing behind, and neither does a kill (seed 003: it merged by name, into whatever was checked out).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.history import branch_tip, contains
from orchestrator_tui.adapters.git.merge_commit import commit_merge
from orchestrator_tui.adapters.git.pool_file import Slot
from orchestrator_tui.adapters.git.previewing import preview
from orchestrator_tui.adapters.git.publishing import Refused, publish
from orchestrator_tui.adapters.git.trees import contents, some
from orchestrator_tui.core.frozen import frozen


@frozen
class SlotMerged:
    """What became of one slot's work: merged when ``why`` is "", else why not."""

    slot: Slot
    why: str = ""


def merge_order(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Busy slots, each behind the owners it comes after, else in the order in which they were taken."""
    left = sorted((one for one in slots if one.state == "busy"), key=lambda one: (one.acquired_at, len(one.name)))
    ordered: list[Slot] = []
    while left:
        waiting = {one.owner for one in left}
        following = next((one for one in left if not waiting & set(one.after.split())), left[0])
        ordered.append(following)
        left.remove(following)
    return tuple(ordered)


def merge_all(repository: Path, slots: Sequence[Slot], into: str) -> tuple[SlotMerged, ...]:
    """Merge the work of all busy slots into the branch ``into``; what conflicts, and what comes after it, stays.

    Raises:
        GitError: there is no such branch, or it cannot be moved; then nothing was merged.
    """
    base = branch_tip(repository, into)
    if base is None:
        raise GitError(f"there is no branch {into}")
    tip, found = base, list[SlotMerged]()
    for slot in merge_order(slots):
        behind = next((one.slot.owner for one in found if one.why and one.slot.owner in slot.after.split()), "")
        made, why = (tip, f"it comes after {behind}") if behind else _merged(repository, slot, tip)
        tip = made
        found.append(SlotMerged(slot, why))
    if tip != base:
        moved = publish(repository, into, tip, base)
        if isinstance(moved, Refused):
            raise GitError(moved.reason)
    return tuple(found)


def _merged(repository: Path, slot: Slot, tip: str) -> tuple[str, str]:
    """The tip with the work of a slot, and why it is not in it, or ""."""
    head = branch_tip(repository, slot.branch)
    if head is None:
        return tip, f"its branch {slot.branch} is not there"
    held = contents(slot.path)
    left = (*held.uncommitted, *held.untracked)
    if left:
        return tip, f"it holds changes that no commit has: {some(left)}"
    if contains(repository, tip, head):
        return tip, ""
    outcome = preview(repository, tip, head)
    if not outcome.clean:
        return tip, f"it conflicts in {', '.join(outcome.conflicts)}"
    return commit_merge(repository, outcome.tree, tip, head, f"Merge {slot.branch} (Agent Pool)"), ""
