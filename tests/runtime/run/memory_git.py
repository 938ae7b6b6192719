"""A repository in memory behind the run's port: commits, branches, worktrees, three-way merges file by file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import TypeVar

from orchestrator_tui.adapters.git.joining import both
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.plan import Plan, PlannedTrack, Provision
from orchestrator_tui.core.run import Inspection
from orchestrator_tui.core.scope import Touched, breaches, expand
from orchestrator_tui.runtime.run_world import BaseDrift, Beginning, MergeMade, TreeKept, TreeMade

Files = dict[str, str]
Made = TypeVar("Made")


class Crash(BaseException):
    """The process that keeps the run dies here."""


@dataclass
class Commit:
    """One commit: its files and parents."""

    files: Files
    parents: tuple[str, ...]


@dataclass
class Tree:
    """One worktree: its branch, what is changed in it and not committed, and a merge that was begun in it."""

    branch: str
    changed: Files = field(default_factory=dict)
    merging: str = ""
    conflicts: tuple[str, ...] = ()


def dying(method: Callable[..., Made]) -> Callable[..., Made]:
    """A change of the repository after which the process may die: what was done is done, and nobody is told."""

    @wraps(method)
    def changed(self: MemoryGit, *args: object) -> Made:
        place = len(self.calls)
        made = method(self, *args)
        if self.crash_at == (place, True):
            self.crash_at = (-1, False)
            raise Crash
        return made

    return changed


class MemoryGit:
    """Implements the port ``Git``. ``calls`` remembers what was asked; ``broken`` makes one kind of call fail.

    By a text that is an ``OSError``; else by the error itself.
    """

    def __init__(self, files: Files, at: Instant) -> None:
        self.at = at
        self.commits: dict[str, Commit] = {}
        self.branches: dict[str, str] = {}
        self.trees: dict[str, Tree] = {}
        self.calls: list[str] = []
        self.provisioned: list[tuple[str, Provision]] = []
        self.slots: dict[str, str] = {}
        self.broken: dict[str, str | Exception] = {}
        self.tampering: tuple[str, ...] = ()
        self.lying_about: tuple[str, ...] = ()
        self.overlapping: tuple[tuple[str, str, str], ...] = ()
        self.crash_at = (-1, False)
        self.branches["main"] = self._store(files, ())

    # --- as an agent works -----------------------------------------------------------------------------------

    def write(self, path: str, name: str, text: str) -> None:
        """Change a file of a worktree."""
        self.trees[path].changed[name] = text

    def move_base(self, **files: str) -> str:
        """Commit on the base branch, as a person does beside the run; names without their ending."""
        now = self.branches["main"]
        changed = {f"{name}.txt": text for name, text in files.items()}
        self.branches["main"] = self._store({**self.commits[now].files, **changed}, (now,))
        return self.branches["main"]

    def read(self, path: str) -> Files:
        """The files of a worktree as they are."""
        tree = self.trees[path]
        return {**self.commits[self.branches[tree.branch]].files, **tree.changed}

    def commit(self, path: str, message: str) -> str:
        """Commit everything; what is merged becomes a parent."""
        tree, files = self.trees[path], self.read(path)
        head = self.branches[tree.branch]
        parents = (head, tree.merging) if tree.merging else (head,)
        if files != self.commits[head].files or tree.merging:
            self.branches[tree.branch] = self._store(files, parents)
        tree.changed, tree.merging, tree.conflicts = {}, "", ()
        return self.branches[tree.branch]

    # --- the port --------------------------------------------------------------------------------------------

    def beginning(self, plan: Plan) -> Beginning:
        return Beginning(self.branches["main"], "main", "[]")

    def files(self, plan: Plan) -> tuple[str, ...]:
        return tuple(self.commits[self.branches["main"]].files)

    @dying
    def integration(self, plan: Plan) -> TreeMade:
        self._call("integration")
        return self._tree(f"{plan.worktrees}/integration", plan.integration, plan.base_sha)

    def tip(self, plan: Plan) -> str:
        return self.branches[plan.integration]

    @dying
    def worktree(self, plan: Plan, batch: str, track: PlannedTrack, base: str, adopt: bool) -> TreeMade:
        self._call(f"worktree {track.slug}")
        return self._tree(f"{plan.worktrees}/{track.slug}", f"orch/{track.slug}", base)

    @dying
    def acquire(self, plan: Plan, batch: str, track: PlannedTrack, base: str, adopt: bool, slots: int) -> TreeMade:
        self._call(f"acquire {track.slug}")
        owners = {owner: name for name, owner in self.slots.items()}
        name = owners.get(track.slug)
        if name is None:
            free = [f"wt-{number}" for number in range(1, slots + 1) if f"wt-{number}" not in self.slots]
            if not free:
                raise OSError("no slot is free")
            name = free[0]
            self.slots[name] = track.slug
        return self._tree(f"{plan.worktrees}/pool/{name}", f"orch/{track.slug}", base)

    @dying
    def release(self, plan: Plan, track: PlannedTrack, into: str) -> TreeKept:
        self._call(f"release {track.slug}")
        name = next((name for name, owner in self.slots.items() if owner == track.slug), None)
        if name is None:
            return TreeKept(True)
        path = f"{plan.worktrees}/pool/{name}"
        if self.trees[path].changed:
            return TreeKept(False, "it holds changes", 1)
        if self.branches[self.trees[path].branch] not in self._ancestors(self.branches[into]):
            return TreeKept(False, "it is not merged", 1)
        del self.trees[path], self.slots[name]
        return TreeKept(True)

    @dying
    def copy(self, plan: Plan, name: str, head: str) -> str:
        self._call(f"copy {name}")
        path = f"{plan.worktrees}/fresh/{name}"
        self.branches[f"detached {name}"] = head
        self.trees[path] = Tree(f"detached {name}")
        return path

    @dying
    def drop(self, plan: Plan, path: str) -> TreeKept:
        self._call("drop")
        tree = self.trees.get(path)
        if tree is not None and tree.changed:
            return TreeKept(False, "it holds changes", 1)
        self.trees.pop(path, None)
        return TreeKept(True)

    def provision(self, plan: Plan, path: str, rules: Provision) -> tuple[str, ...]:
        self.provisioned.append((path, rules))
        return ()

    @dying
    def inspect(
        self,
        identifier: str,
        track: PlannedTrack,
        path: str,
        base_sha: str,
        artefacts: tuple[str, ...],
        own: tuple[str, ...],
        branch: str = "",
        taken: Mapping[str, str] | None = None,
    ) -> Inspection:
        self._call(f"inspect {track.slug}")
        base, now, tree = self.commits[base_sha].files, self.read(path), self.trees[path]
        names = [name for name in sorted({*base, *now}) if base.get(name) != now.get(name)]
        scope = track.scope
        touched = [Touched(name, now.get(name, "").startswith(base.get(name, ""))) for name in names]
        found = breaches(touched, scope.owned, scope.allowed, scope.read_only, scope.append_only)
        kept = {
            name: self.commits[self.branches[tree.branch] if sha == "HEAD" else sha].files.get(name)
            for name, sha in (taken or {}).items()
        }
        found = tuple(one for one in found if one.path not in kept or kept[one.path] != now.get(one.path))
        return Inspection(
            id=identifier,
            head=self.branches[tree.branch],
            at=self.at,
            files=tuple(names),
            outside=tuple(f"{one.path} {one.why}" for one in found if scope.declared and one.path not in own),
            missing=tuple(one for one in artefacts if one not in now),
            uncommitted=tuple(tree.changed),
            tests=tuple(one for one in names if "test" in one),
            marked=tuple(one for one in names if "<<<\n" in now.get(one, "") and ">>>\n" in now.get(one, "")),
            commits=len(self._ancestors(self.branches[tree.branch]).keys() - self._ancestors(base_sha).keys()),
        )

    @dying
    def merge(
        self, plan: Plan, tree: str, head: str, expected_tip: str, message: str, joins: Callable[[str], bool]
    ) -> MergeMade:
        self._call(f"merge {head[:6]}")
        branch = self.trees[tree].branch
        tip = self.branches[branch]
        if tip != expected_tip:
            if self.commits[tip].parents == (expected_tip, head):
                return MergeMade("merged", tip)
            raise OSError(f"{branch} was moved meanwhile")
        files, conflicts = self._merged(tip, head)
        joined = self._joined(files, conflicts, tip, head, joins)
        if len(joined) < len(conflicts):
            return MergeMade("conflict", files=tuple(one for one in conflicts if one not in joined))
        self.branches[branch] = self._store(files, (tip, head))
        return MergeMade("merged", self.branches[branch], joined)

    @dying
    def undo(self, tree: str, to_sha: str, expected_tip: str) -> str:
        self._call("undo")
        self.branches[self.trees[tree].branch] = to_sha
        return ""

    @dying
    def bring(self, path: str, tip: str, take: str, joins: Callable[[str], bool], mine: str) -> MergeMade:
        self._call(f"bring {take}".rstrip())
        tree = self.trees[path]
        head = self.branches[tree.branch]
        if tip in self._ancestors(head) and not take:
            return MergeMade("clean", tip)
        # A merge that is under way is finished first, also where another tip is asked for.
        tip = tree.merging or tip
        if tip not in self._ancestors(head):
            files, conflicts = self._both(head, tip, joins)
            for name in conflicts:
                files[name] = f"<<<\n{self.commits[head].files[name]}===\n{self.commits[tip].files[name]}>>>\n"
            tree.changed, tree.merging, tree.conflicts = files, tip, conflicts
            if conflicts and not take:
                return MergeMade("conflict", tip, conflicts)
        conflicts = self._both(mine, tip, joins)[1] if take else ()
        sides = self.commits[mine if take == "ours" else tip].files
        tree.changed |= {name: sides[name] for name in conflicts}
        made = self.commit(path, "merge")
        return MergeMade("taken", tip, conflicts, head=made) if conflicts else MergeMade("clean", tip)

    def shared(self, paths: Mapping[str, tuple[str, str]]) -> tuple[tuple[str, str, str], ...]:
        return self.overlapping

    def text(self, path: str, file: str, limit: int) -> str | None:
        return self.read(path).get(file)

    def sides(self, tree: str, ours: str, theirs: str, file: str) -> str:
        return f"{self.commits[ours].files.get(file, '')}\n---\n{self.commits[theirs].files.get(file, '')}"

    def digest(self, path: str, base: str, head: str) -> str:
        return hashlib.sha256(f"{base}{head}".encode()).hexdigest()

    def diff(self, path: str, base: str, limit: int, files: tuple[str, ...] = ()) -> str:
        self._call("diff")
        return "diff"[:limit]

    @dying
    def remove(self, plan: Plan, track: PlannedTrack, path: str, branch: str, into: str) -> TreeKept:
        self._call(f"remove {track.slug}")
        tree = self.trees.get(path)
        if tree is None:
            return TreeKept(True)
        if tree.changed:
            return TreeKept(False, "it holds changes", 1)
        if self.branches[tree.branch] not in self._ancestors(self.branches[into]):
            return TreeKept(False, "it is not merged", 1)
        del self.trees[path]
        return TreeKept(True)

    def keep_branch(self, plan: Plan, branch: str, sha: str) -> None:
        self.branches.setdefault(branch, sha)

    def untracked(self, plan: Plan) -> tuple[str, ...]:
        return self.lying_about

    def content(self, plan: Plan, sha: str, patterns: tuple[str, ...]) -> tuple[str, str]:
        files = self.commits[sha].files
        digest = repr([(name, files[name]) for name in expand(patterns, sorted(files))]) if patterns else ""
        return f"tree of {sorted(files.items())}", digest

    def changed(self, plan: Plan, since: str, until: str) -> tuple[str, ...]:
        then, files = self.commits[since].files, self.commits[until].files
        return tuple(name for name in sorted({*then, *files}) if then.get(name) != files.get(name))

    def base(self, plan: Plan, since: str) -> BaseDrift:
        now = self.branches.get("main", "")
        if not now:
            return BaseDrift("")
        new = [one for one in self._ancestors(now) if one not in self._ancestors(since)]
        then, files = self.commits[since].files, self.commits[now].files
        changed = tuple(name for name in sorted({*then, *files}) if then.get(name) != files.get(name))
        return BaseDrift(now, len(new), since not in self._ancestors(now), changed)

    @dying
    def publish(self, plan: Plan, sha: str, expected_base: str, message: str) -> str:
        self._call("publish")
        now = self.branches["main"]
        if sha in self._ancestors(now):
            return now
        if now != expected_base:
            raise OSError("main has moved since this was approved")
        files, conflicts = self._merged(now, sha)
        if conflicts:
            raise OSError(f"it conflicts with main in {conflicts[0]}")
        self.branches["main"] = sha if now in self._ancestors(sha) else self._store(files, (now, sha))
        return self.branches["main"]

    def tampered(self, plan: Plan, fingerprint: str) -> tuple[str, ...]:
        return self.tampering

    # --- inside ------------------------------------------------------------------------------------------------

    def _call(self, what: str) -> None:
        place = len(self.calls)
        self.calls.append(what)
        if self.crash_at == (place, False):
            self.crash_at = (-1, False)
            raise Crash
        why = self.broken.pop(what.split()[0], "")
        if isinstance(why, Exception):
            raise why
        if why:
            raise OSError(why)

    def _store(self, files: Files, parents: tuple[str, ...]) -> str:
        sha = hashlib.sha1(repr((sorted(files.items()), parents)).encode()).hexdigest()
        self.commits[sha] = Commit(dict(files), parents)
        return sha

    def _tree(self, path: str, branch: str, base: str) -> TreeMade:
        if path not in self.trees:
            self.branches.setdefault(branch, base)
            self.trees[path] = Tree(branch)
        return TreeMade(path, branch, base)

    def _ancestors(self, sha: str) -> dict[str, None]:
        found: dict[str, None] = {}
        waiting = [sha]
        while waiting:
            one = waiting.pop(0)
            if one not in found:
                found[one] = None
                waiting += self.commits[one].parents
        return found

    def _both(self, head: str, tip: str, joins: Callable[[str], bool]) -> tuple[Files, tuple[str, ...]]:
        """A merge of a tip into a head, and what of it is left in conflict."""
        files, conflicts = self._merged(head, tip)
        joined = self._joined(files, conflicts, tip, head, joins)
        return files, tuple(one for one in conflicts if one not in joined)

    def _joined(
        self, files: Files, conflicts: tuple[str, ...], first: str, then: str, joins: Callable[[str], bool]
    ) -> tuple[str, ...]:
        """Join what both have appended, where they have appended otherwise."""
        mine, joined = self._ancestors(first), []
        base = self.commits[next(one for one in self._ancestors(then) if one in mine)].files
        for name in filter(joins, conflicts):
            content = both(
                *(one.get(name, "").encode() for one in (base, *(self.commits[n].files for n in (first, then))))
            )
            if content is not None:
                files[name] = content.decode()
                joined.append(name)
        return tuple(joined)

    def _merged(self, ours: str, theirs: str) -> tuple[Files, tuple[str, ...]]:
        mine = self._ancestors(ours)
        base = self.commits[next(one for one in self._ancestors(theirs) if one in mine)].files
        left, right = self.commits[ours].files, self.commits[theirs].files
        files, conflicts = dict(left), []
        for name in sorted({*left, *right, *base}):
            if right.get(name) == base.get(name) or left.get(name) == right.get(name):
                continue
            if left.get(name) != base.get(name):
                conflicts.append(name)
            elif name in right:
                files[name] = right[name]
            else:
                files.pop(name, None)
        return files, tuple(conflicts)
