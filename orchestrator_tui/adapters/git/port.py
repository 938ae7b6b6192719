"""The repository of a run behind the engine's port (``runtime.run_world.Git``): one place that knows both."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from orchestrator_tui.adapters.git import (
    bringing,
    copies,
    freshness,
    inspect,
    merging,
    pool,
    previewing,
    publishing,
    state,
    tamper,
)
from orchestrator_tui.adapters.git.command import WRITE_SECONDS, commit_identity, git
from orchestrator_tui.adapters.git.content import changed_files, content
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.history import branch_tip, commit_id, missing_base
from orchestrator_tui.adapters.git.keeping import keep_branch
from orchestrator_tui.adapters.git.lock import repository_lock
from orchestrator_tui.adapters.git.moving import settle
from orchestrator_tui.adapters.git.names import branch_name, safe_path
from orchestrator_tui.adapters.git.taken import stands_as_taken
from orchestrator_tui.adapters.git.trees import contents
from orchestrator_tui.adapters.git.worktrees import Removed, create, look, provision, remove
from orchestrator_tui.adapters.plain_file import beginning
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.plan import BATCH_TRACK, Plan, PlannedTrack, Provision
from orchestrator_tui.core.run import Inspection
from orchestrator_tui.core.scope import expand, matches
from orchestrator_tui.runtime.ports import Clock
from orchestrator_tui.runtime.run_world import BaseDrift, Beginning, MergeMade, TreeKept, TreeMade

_TEST_FILE = re.compile(
    r"(^|/)(tests?|specs?|__tests__)/|(^|/)(test_[^/]*|[^/]*[._-](test|spec))\.[^/]+$", re.IGNORECASE
)
_DOCUMENTS = (".md", ".rst", ".txt", ".yaml", ".yml", ".json")
"""Endings of what specifies, and tests nothing, wherever it lies."""
_INTEGRATION, _POOL, _FRESH = "integration", "pool", "fresh"
_SIDE_BYTES = 6000
_MOST_NAMED = 5
_MOST_UNTRACKED = 10_000
_SEVERAL = "*"

TRUST_MS = 5_000
"""How long settings are taken for unchanged because their files look so: what they include is not looked at."""


class RunGit:
    """Implements :class:`~orchestrator_tui.runtime.run_world.Git` for one batch."""

    def __init__(self, batch: str, clock: Clock) -> None:
        self._batch, self._clock = batch, clock
        self._compared: tuple[tuple[str, tamper.Stamp], Instant, tuple[str, ...]] | None = None

    # --- before anything is made -----------------------------------------------------------------------------

    def beginning(self, plan: Plan) -> Beginning:
        """Look at the repository before anything is made."""
        repository = Path(plan.repository)
        try:
            state.require_version()
        except GitError as error:
            return Beginning("", "", "", (str(error),))
        seen = state.tree_state(repository)
        problems = []
        if seen.bare:
            problems.append(f"{plan.repository} is a bare repository: begin in a clone with a working tree")
        if seen.partial:
            problems.append("the repository is a partial clone, and our git fetches nothing: git fetch --refetch first")
        if seen.nested and _inside_a_tree(Path(plan.worktrees)):
            problems.append(
                f"{plan.worktrees} lies in the working tree of another repository: name another place with worktrees"
            )
        if seen.in_progress:
            problems.append(f"a {seen.in_progress} is in progress in {plan.repository}: finish or abort it first")
        if seen.dirty:
            named = ", ".join(seen.dirty[:_MOST_NAMED])
            problems.append(f"the working tree has changes that are not committed: {named}; commit or put them away")
        if seen.shallow:
            problems.append("the repository is a shallow clone: git fetch --unshallow first")
        missing = missing_base(repository, plan.base)
        if missing:
            problems.append(missing)
        if plan.integration and branch_tip(repository, plan.integration) is not None:
            problems.append(
                f"the integration branch {plan.integration} is there already, and another batch may be using it: "
                "name another one by `integration`, or delete it"
            )
        mark = tamper.fingerprint(repository)
        base = branch_tip(repository, plan.base)
        return Beginning(base or "", seen.branch, json.dumps(mark.entries), tuple(problems))

    def tampered(self, plan: Plan, fingerprint: str) -> tuple[str, ...]:
        """What has changed in the repository's configuration and hooks since the batch began, in words."""
        repository, now = Path(plan.repository), self._now()
        stamp = (fingerprint, tamper.stamp(repository))
        if self._compared is not None and self._compared[0] == stamp and elapsed_ms(self._compared[1], now) < TRUST_MS:
            return self._compared[2]
        entries = tuple((str(name), str(sha)) for name, sha in json.loads(fingerprint))
        before = tamper.Fingerprint("", "", "", entries)
        words = tamper.difference(before, tamper.fingerprint(repository))
        self._compared = stamp, now, words
        return words

    def files(self, plan: Plan) -> tuple[str, ...]:
        """The tracked files of the repository."""
        return tracked_files(Path(plan.repository))

    # --- worktrees -------------------------------------------------------------------------------------------

    def integration(self, plan: Plan) -> TreeMade:
        """The dedicated integration worktree on its branch, made from the base where there is none."""
        path = self._place(plan, _INTEGRATION)
        made = merging.ensure_integration(Path(plan.repository), path, plan.integration, plan.base_sha)
        return TreeMade(str(made.path), made.branch, made.base_sha)

    def tip(self, plan: Plan) -> str:
        """The commit at which the integration branch is now."""
        found = branch_tip(Path(plan.repository), plan.integration)
        if found is None:
            raise GitError(f"the integration branch {plan.integration} is gone")
        return found

    def worktree(self, plan: Plan, batch: str, track: PlannedTrack, base: str, adopt: bool) -> TreeMade:
        """The worktree of a track, from ``base``."""
        path, branch = self._place(plan, track.slug), branch_name(batch, track.slug)
        made = create(Path(plan.repository), path, branch, base, f"orch-tui:{batch}", adopt=adopt)
        return TreeMade(str(made.path), made.branch, made.base_sha)

    def acquire(self, plan: Plan, batch: str, track: PlannedTrack, base: str, adopt: bool, slots: int) -> TreeMade:
        """A slot of the batch's pool for a track, its worktree made from ``base``."""
        repository, root = Path(plan.repository), Path(plan.worktrees) / _POOL
        pool.init(root, slots)
        branch = branch_name(batch, track.slug)
        made = pool.acquire(repository, root, branch, base, track.slug, adopt=adopt, into=plan.integration)
        return TreeMade(str(made.path), made.branch, made.base_sha)

    def release(self, plan: Plan, track: PlannedTrack, into: str) -> TreeKept:
        """Give a track's slot back when nothing in it would be lost."""
        repository, root = Path(plan.repository), Path(plan.worktrees) / _POOL
        slot = pool.release_of(repository, root, track.slug, into)
        if slot is None or slot.state == "idle":
            return TreeKept(True)
        size = look(slot.path, "HEAD", None).disk_bytes if slot.path.is_dir() else 0
        return TreeKept(False, f"{slot.name}: {slot.reason}", size)

    def copy(self, plan: Plan, name: str, head: str) -> str:
        """A second worktree at a commit, on no branch."""
        root = Path(plan.worktrees) / _FRESH
        root.mkdir(mode=0o755, parents=True, exist_ok=True)
        path = safe_path(root, name)
        copies.copy(Path(plan.repository), path, head)
        return str(path)

    def drop(self, plan: Plan, path: str) -> TreeKept:
        """Remove such a copy when nothing in it would be lost."""
        why = copies.drop(Path(plan.repository), Path(path))
        return TreeKept(not why, why)

    def provision(self, plan: Plan, path: str, rules: Provision) -> tuple[str, ...]:
        """Copy and link into a fresh worktree what the plan says."""
        if not rules.copy and not rules.link:
            return ()
        return provision(Path(plan.repository), Path(path), rules.copy, rules.link)

    def remove(self, plan: Plan, track: PlannedTrack, path: str, branch: str, into: str) -> TreeKept:
        """Remove a clean and merged worktree and its branch; keep everything else."""
        outcome = remove(Path(plan.repository), Path(path), branch, into)
        if isinstance(outcome, Removed):
            return TreeKept(True)
        size = look(Path(path), branch, None).disk_bytes if Path(path).is_dir() else 0
        return TreeKept(False, outcome.reason, size)

    def _place(self, plan: Plan, slug: str) -> Path:
        root = Path(plan.worktrees)
        root.mkdir(mode=0o755, parents=True, exist_ok=True)
        return safe_path(root, slug)

    # --- looking ---------------------------------------------------------------------------------------------

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
        """A worktree's changes against its base."""
        tree, scope = Path(path), track.scope
        seen = inspect.changes(tree, base_sha)
        breaches = (
            inspect.scope_breaches(seen, scope.owned, scope.allowed, scope.read_only, scope.append_only)
            if scope.declared or scope.read_only
            else ()
        )
        if taken:
            loose, grows = {*seen.uncommitted, *seen.untracked}, frozenset(expand(scope.append_only, taken))
            kept = {file: commit for file, commit in taken.items() if file not in loose}
            breaches = tuple(
                one
                for one in breaches
                if one.path not in kept or not stands_as_taken(tree, one.path, kept[one.path], one.path in grows)
            )
        wanted = (*artefacts, *own)
        names = [one.path for one in seen.files]
        return Inspection(
            id=identifier,
            head=seen.head,
            at=self._now(),
            files=tuple(names),
            outside=(
                *self._strayed(track, seen.branch, branch),
                *(f"{one.path} {one.why}" for one in breaches if not _is_promised(one.path, wanted)),
            ),
            missing=tuple(one for one in artefacts if not _exists(tree, one)),
            uncommitted=tuple(dict.fromkeys((*seen.uncommitted, *seen.untracked))),
            tests=tuple(name for name in names if _TEST_FILE.search(name) and not name.endswith(_DOCUMENTS)),
            marked=seen.marked,
            added=sum(one.added for one in seen.files),
            removed=sum(one.removed for one in seen.files),
            commits=seen.commits,
        )

    def _strayed(self, track: PlannedTrack, branch: str, shared: str) -> tuple[str, ...]:
        """That a worktree has left its branch: what is committed there is not the track's."""
        own = shared or branch_name(self._batch, track.slug)
        if track.slug == BATCH_TRACK or branch == own:
            return ()
        return (f"its worktree has {branch or 'no branch'} checked out and not {own}",)

    def diff(self, path: str, base: str, limit: int, files: tuple[str, ...] = ()) -> str:
        """The diff of a worktree against its base, bounded; of ``files`` alone where they are named, new ones too."""
        return inspect.diff(Path(path), base, limit, files)

    def digest(self, path: str, base: str, head: str) -> str:
        """SHA-256 of a head and its diff against the base."""
        return inspect.digest(Path(path), base, head)

    def shared(self, paths: Mapping[str, tuple[str, str]]) -> tuple[tuple[str, str, str], ...]:
        """Files that two of these tracks have both changed."""
        touched: dict[str, set[str]] = {}
        for slug, (path, base) in paths.items():
            seen = inspect.changes(Path(path), base)
            touched[slug] = {one.path for one in seen.files} | (set(seen.uncommitted) - set(seen.brought))
        slugs = sorted(touched)
        return tuple(
            (one, other, file)
            for place, one in enumerate(slugs)
            for other in slugs[place + 1 :]
            for file in sorted(touched[one] & touched[other])
        )

    def sides(self, tree: str, ours: str, theirs: str, file: str) -> str:
        """Both sides of a conflicting file as a text for a person, bounded."""
        seen = previewing.sides(Path(tree), ours, theirs, file)
        if not seen.marked:
            return f"merged already:\n{seen.ours}\n\nthis track:\n{seen.theirs}"[:_SIDE_BYTES]
        # A person knows the two sides by what they are, not by their commits.
        named = seen.marked.replace(f"<<<<<<< {ours}", "<<<<<<< merged already")
        return named.replace(f">>>>>>> {theirs}", ">>>>>>> this track")[:_SIDE_BYTES]

    def text(self, path: str, file: str, limit: int) -> str | None:
        """The beginning of a plain file below a worktree; None where there is none, or a link leads out of it."""
        tree, place = Path(path).resolve(), Path(path) / file
        try:
            if not place.resolve().is_relative_to(tree):
                return None
        except OSError:
            return None
        found = beginning(place, limit)
        return None if found is None else found.decode("utf-8", "replace")

    # --- merging ---------------------------------------------------------------------------------------------

    def commit(self, path: str, message: str) -> str:
        """Commit everything in a worktree that a person told us to commit."""
        tree = Path(path)
        git(tree, "add", "--all", timeout=WRITE_SECONDS)
        command = ("commit", "--no-gpg-sign", "--no-verify", "-m", message)
        git(tree, *command, timeout=WRITE_SECONDS, env=commit_identity(tree))
        return commit_id(tree, "HEAD")

    def merge(
        self, plan: Plan, tree: str, head: str, expected_tip: str, message: str, joins: Callable[[str], bool]
    ) -> MergeMade:
        """Merge ``head`` into the integration worktree with ``--no-ff``."""
        aside = ""
        try:
            outcome = merging.merge(Path(tree), head, message, expected_tip, joins)
        except GitError:
            aside = _tidied(Path(tree))
            if not aside:
                raise
            outcome = merging.merge(Path(tree), head, message, expected_tip, joins)
        if isinstance(outcome, merging.Merged):
            return MergeMade("merged", outcome.sha, outcome.joined, aside)
        return MergeMade("conflict", files=outcome.files, aside=aside)

    def undo(self, tree: str, to_sha: str, expected_tip: str) -> str:
        """Set the integration branch back to where it was before a merge of ours."""
        aside = _tidied(Path(tree))
        merging.undo(Path(tree), to_sha, expected_tip)
        return aside

    def keep_branch(self, plan: Plan, branch: str, sha: str) -> None:
        """Have a branch of this name, at this commit where there is none."""
        keep_branch(Path(plan.repository), branch, sha)

    def bring(self, path: str, tip: str, take: str, joins: Callable[[str], bool], mine: str) -> MergeMade:
        """Merge the integration tip into a track's worktree so that a conflict is resolved there."""
        made = bringing.bring(Path(path), tip, take, joins, mine)
        return MergeMade(made.result, made.tip, made.files, head=made.head)

    def untracked(self, plan: Plan) -> tuple[str, ...]:
        """Files of the repository's own working tree that git neither knows nor ignores."""
        return contents(Path(plan.repository)).untracked[:_MOST_UNTRACKED]

    def content(self, plan: Plan, sha: str, patterns: tuple[str, ...]) -> tuple[str, str]:
        """The tree of a commit, and a digest of its files that fall under these patterns, "" without any."""
        return content(Path(plan.repository), sha, patterns)

    def changed(self, plan: Plan, since: str, until: str) -> tuple[str, ...]:
        """The files that differ between two commits."""
        return changed_files(Path(plan.repository), since, until)

    def base(self, plan: Plan, since: str) -> BaseDrift:
        """Where the base branch is now, compared with a commit that it was at."""
        return freshness.drift(Path(plan.repository), plan.base, since)

    def publish(self, plan: Plan, sha: str, expected_base: str, message: str) -> str:
        """Bring the integrated work onto the base branch, which must be where it was when that was approved."""
        repository = Path(plan.repository)
        outcome = publishing.publish(repository, plan.base, sha, expected_base, message=message)
        if isinstance(outcome, publishing.Refused):
            raise GitError(outcome.reason)
        return outcome.sha

    def _now(self) -> Instant:
        return self._clock.now()


def _inside_a_tree(place: Path) -> bool:
    return any((parent / ".git").exists() for parent in Path(os.path.realpath(place)).parents)


def _tidied(tree: Path) -> str:
    """Put aside what checks have changed in the integration worktree; the reference that keeps it, or ""."""
    with repository_lock(tree):
        # What a merge that was cut short has changed is its own, and is finished.
        settle(tree)
        return merging.set_aside(tree) or ""


def _is_promised(path: str, artefacts: tuple[str, ...]) -> bool:
    """Whether a path is what a stage promises; a promise with ``*`` in its last part is one of several files."""
    return any(path == one or (_SEVERAL in one and matches(path, one)) for one in artefacts)


def _exists(tree: Path, artefact: str) -> bool:
    """Whether an artefact is there: a file with something in it, not a link that leads elsewhere."""
    if _SEVERAL in artefact:
        folder, _, pattern = artefact.rpartition("/")
        return any(_exists(tree, f"{folder}/{found.name}") for found in (tree / folder).glob(pattern))
    path = tree / artefact
    inside = os.path.realpath(path).startswith(os.path.realpath(tree) + os.sep)
    return inside and path.is_file() and path.stat().st_size > 0


def tracked_files(repository: Path) -> tuple[str, ...]:
    """The files of the main working tree that git knows."""
    return tuple(name for name in git(repository, "ls-files", "-z").split("\0") if name)


def worktrees_root(repository: Path, batch: str) -> Path:
    """Where the worktrees of a batch are unless its plan says otherwise: outside the repository, beside it."""
    return repository.parent / f"{repository.name}-worktrees" / batch
