"""What a run asks of the world: git, jobs under shims, and agents behind one port (DESIGN §3, effects).

Every method is safe to call from several threads, may take seconds or minutes, and raises :class:`OSError` with one
line for a person when it cannot be done. What changes something can be called again after a crash in its middle: it
finds what was done and finishes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol

from orchestrator_tui.core.call_answers import Chosen
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.plan import Plan, PlannedTrack, Provision
from orchestrator_tui.core.repetition import Repeated
from orchestrator_tui.core.run import Inspection
from orchestrator_tui.runtime.baseline import NoResults, Results
from orchestrator_tui.runtime.grounding import NoPast, Past

# --- jobs ----------------------------------------------------------------------------------------------------


@frozen
class JobOrder:
    """One process to run under a shim. ``environment`` is the whole of it; ``secrets`` never reach its output files.

    ``stdin`` is written first; unless ``keep_open``, its input ends there. ``wall_ms`` is a hard limit, 0 for none.
    """

    argv: tuple[str, ...]
    cwd: str
    environment: Mapping[str, str]
    stdin: bytes = b""
    keep_open: bool = False
    wall_ms: int = 0
    secrets: tuple[str, ...] = ()


EXITED = "exited"
"""Why a job ended that nobody and nothing ended."""


@frozen
class JobSeen:
    """A job at one look.

    ``status`` is ``absent``, ``starting``, ``running``, ``ended`` or ``lost`` (neither shim nor process lives, and no
    result was left); ``reason`` says how it ended: ``exited``, ``signal 9``, ``stopped``, ``wall limit``, ``cannot
    start: …``; ``left_over`` counts the processes that were found behind it and ended, ``dropped_bytes`` what it
    printed beyond what is kept.
    """

    status: str
    process: tuple[int, str, str] | None = None
    exit_code: int | None = None
    reason: str = ""
    left_over: int = 0
    last_output_wall_ms: int = 0
    dropped_bytes: int = 0


class Jobs(Protocol):
    """Processes under shims, named by the effects that they are for."""

    def start(self, identifier: str, order: JobOrder) -> JobSeen:
        """Start it, or adopt what was started under this name; the same name never starts two."""

    def look(self, identifier: str) -> JobSeen:
        """How it is now; cheap."""

    def say(self, identifier: str, data: bytes) -> None:
        """Write into its input, whole or not at all."""

    def close_input(self, identifier: str) -> None:
        """End its input."""

    def stop(self, identifier: str) -> None:
        """Begin the stop ladder; it goes on without us and leaves no process behind. Idempotent."""

    def follow(self, identifier: str, stream: str, offset: int) -> tuple[bytes, int]:
        """What was written to ``output`` or ``error`` since ``offset``, and the next offset."""

    def tail(self, identifier: str, stream: str, limit: int) -> bytes:
        """The last of what was written to ``output`` or ``error``."""


# --- agents --------------------------------------------------------------------------------------------------


@frozen
class AttemptOrder:
    """One attempt that is to be made.

    ``part`` is the angle of its stage that it is about, or "". ``prompt`` is everything that the agent is told;
    ``resume`` the conversation that it goes on with, or "";
    ``directory`` a private folder of the attempt, for prompt and settings files; ``tasks`` the batch's task list,
    ``batch`` its id, ``repository`` the main working tree, ``home`` our state directory, ``spec`` the folder of the
    track's documents below its worktree; ``scope`` the scope file that guards it, None where nothing does.
    """

    id: str
    track: str
    stage: int
    stage_name: str
    number: int
    purpose: str
    role: str
    model: str
    prompt: str
    worktree: str
    directory: str
    tasks: str
    batch: str
    repository: str
    home: str
    plan: Plan
    resume: str = ""
    turns: int = 0
    cost_usd: float = 0.0
    wall_ms: int = 0
    writes: bool = True
    spec: str = ""
    scope: Mapping[str, Any] | None = None
    part: str = ""


@frozen
class AttemptNews:
    """How an attempt stands by its output so far: the whole of it, so that the newest news replace all before.

    ``cost_usd``, ``tokens`` and ``turns`` are of this attempt alone, a conversation that it goes on with left out.
    ``answered`` are decision ids that the agent was given by its input and has gone on with, and the ``request_id`` of
    asks whose answers it has taken; ``parked_until_ms`` is when a rate limit ends (wall clock), 0 while there is none;
    ``asks`` are tool calls that wait now for an answer by the control protocol, each as the hook input that it amounts
    to, with its ``request_id``; ``idle`` tells that its turn has ended and it waits for input; ``heard`` is how many
    messages of its input it has taken up, the prompt included: one that was said later may still be on its way;
    ``repeated`` is how far it goes in circles by its own calls, each pattern that happened twice at least.
    """

    session: str = ""
    activity: str = ""
    model: str = ""
    cost_usd: float = 0.0
    tokens: int = 0
    turns: int = 0
    denials: tuple[str, ...] = ()
    parked_until_ms: int = 0
    answered: tuple[str, ...] = ()
    asks: tuple[Mapping[str, Any], ...] = ()
    idle: bool = False
    heard: int = 0
    repeated: tuple[Repeated, ...] = ()


@frozen
class AttemptEnd:
    """What an attempt claims at its end: ``done`` or ``failed``, the verdict word it ended with, and a few words.

    ``parked_until_ms`` is set when a rate limit ended it: when that ends (wall clock); ``bound`` when one of the bounds
    did that it was started with: ``turns`` or ``cost``.
    """

    claim: str
    verdict: str = ""
    summary: str = ""
    cost_usd: float = 0.0
    tokens: int = 0
    turns: int = 0
    session: str = ""
    model: str = ""
    parked_until_ms: int = 0
    bound: str = ""


class Follower(Protocol):
    """Reads the output of one attempt as it grows, from its beginning."""

    def feed(self, data: bytes) -> AttemptNews | None:
        """How the attempt stands after these bytes; None when they told nothing. Never raises on content."""

    def end(self, exit_code: int | None, reason: str, errors: bytes) -> AttemptEnd:
        """What the attempt claims, once its process has ended."""


class Runner(Protocol):
    """One kind of agent: Claude Code, any command, or a script."""

    def order(self, attempt: AttemptOrder) -> JobOrder:
        """How to start it; writes the files that it needs into the attempt's folder."""

    def follower(self, attempt: AttemptOrder, words: frozenset[str]) -> Follower:
        """A reader of its output; ``words`` are the verdicts that it may end with."""

    def message(self, text: str) -> bytes:
        """A text as its input takes it, while it runs; b"" when it takes none."""

    def session(self, attempt: AttemptOrder) -> str:
        """The conversation that this attempt is, known from its start on; "" where only its output tells, or none."""

    def answers(self, ask: Mapping[str, Any], decided: Sequence[Chosen]) -> bytes:
        """The answer to one of its ``asks`` as its input takes it: a decision on each question, in their order."""

    def interrupt(self) -> bytes:
        """What makes it stop its turn and listen; b"" when only a signal does."""


# --- git -----------------------------------------------------------------------------------------------------


@frozen
class TreeMade:
    """A worktree that stands: where, on which branch, from which commit; what was put into it."""

    path: str
    branch: str
    base_sha: str
    provisioned: tuple[str, ...] = ()


@frozen
class MergeMade:
    """What became of a merge: ``merged`` with its commit, or ``conflict`` with the files.

    ``aside`` is the reference under which changes were kept that stood in its way, "" without any. Of one that is made
    ``files`` are those in which both appendages stay; ``head`` is the commit in which one side was taken.
    """

    result: str
    sha: str = ""
    files: tuple[str, ...] = ()
    aside: str = ""
    head: str = ""


@frozen
class TreeKept:
    """What became of a worktree at its end: removed, or why it is kept and how large it is."""

    removed: bool
    why: str = ""
    disk_bytes: int = 0


@frozen
class BaseDrift:
    """How far the base branch has gone since a commit of it: ``sha`` is where it is now, "" when it is gone.

    ``rewritten`` tells that it no longer holds that commit; ``files`` differ from it, bounded.
    """

    sha: str
    commits: int = 0
    rewritten: bool = False
    files: tuple[str, ...] = ()


@frozen
class Beginning:
    """What the repository is like when a batch begins. ``problems`` keep it from beginning, one line each."""

    base_sha: str
    branch: str
    fingerprint: str
    problems: tuple[str, ...] = ()


class Git(Protocol):
    """The repository of a run; the only one that changes branches and worktrees."""

    def beginning(self, plan: Plan) -> Beginning:
        """Look at the repository before anything is made."""

    def files(self, plan: Plan) -> tuple[str, ...]:
        """The tracked files of the repository."""

    def integration(self, plan: Plan) -> TreeMade:
        """The dedicated integration worktree on its branch, made from the base where there is none."""

    def tip(self, plan: Plan) -> str:
        """The commit at which the integration branch is now."""

    def worktree(self, plan: Plan, batch: str, track: PlannedTrack, base: str, adopt: bool) -> TreeMade:
        """The worktree of a track, from ``base``; ``adopt`` takes over a branch or worktree of its name."""

    def acquire(self, plan: Plan, batch: str, track: PlannedTrack, base: str, adopt: bool, slots: int) -> TreeMade:
        """A slot of the batch's pool for a track, its worktree made from ``base``; the same again when asked again.

        ``adopt`` takes up the track's own slot again that was kept for a person to look at.
        """

    def release(self, plan: Plan, track: PlannedTrack, into: str) -> TreeKept:
        """Give a track's slot back when nothing in it would be lost; otherwise it stays taken, and why."""

    def copy(self, plan: Plan, name: str, head: str) -> str:
        """A second worktree at a commit, on no branch; where. One that stands already is taken."""

    def drop(self, plan: Plan, path: str) -> TreeKept:
        """Remove such a copy when nobody has changed anything in it; otherwise it stays, and why."""

    def provision(self, plan: Plan, path: str, rules: Provision) -> tuple[str, ...]:
        """Copy and link into a fresh worktree what the plan says; what was done."""

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
        """A worktree's changes against its base: breaches of scope, missing artefacts, uncommitted files.

        ``own`` are the artefacts of all stages of its ladder: they belong to the track whatever its scope says.
        ``branch`` is what must be checked out there, in a tree that it shares; its own branch without it. ``taken`` are
        files, each with the commit that has it as a person wants it: as there, or only appended to, it is no breach.
        """

    def text(self, path: str, file: str, limit: int) -> str | None:
        """The beginning of a file below a worktree, no more bytes than the limit; None where there is no plain one."""

    def commit(self, path: str, message: str) -> str:
        """Commit everything in a worktree that a person told us to commit; the new head."""

    def merge(
        self, plan: Plan, tree: str, head: str, expected_tip: str, message: str, joins: Callable[[str], bool]
    ) -> MergeMade:
        """Merge ``head`` into the integration worktree with ``--no-ff``; on conflict nothing is left behind.

        What checks have changed of tracked files is put aside. What both append to files that ``joins`` names stays.
        """

    def undo(self, tree: str, to_sha: str, expected_tip: str) -> str:
        """Set the integration branch, and nothing else, back to where it was before a merge of ours.

        Returns the reference under which changes were kept that stood in the way, "" without any.
        """

    def bring(self, path: str, tip: str, take: str, joins: Callable[[str], bool], mine: str) -> MergeMade:
        """Merge the integration tip into a track's worktree so that a conflict is resolved there.

        A conflict is left in the worktree for its agent, with its files told, unless ``take`` says whose side of the
        conflicting files is taken (``ours`` the track's, in ``mine``, ``theirs`` the tip's) and committed. ``result``
        is ``conflict``, ``taken`` or ``clean``, ``sha`` the tip that came: of a merge that was under way, that one.
        Files that ``joins`` names are joined as by :meth:`merge`.
        """

    def shared(self, paths: Mapping[str, tuple[str, str]]) -> tuple[tuple[str, str, str], ...]:
        """Files that two of these tracks (slug → worktree, base) have both changed: track, other track, file."""

    def sides(self, tree: str, ours: str, theirs: str, file: str) -> str:
        """Both sides of a conflicting file as a text for a person, bounded."""

    def digest(self, path: str, base: str, head: str) -> str:
        """SHA-256 of a head and its diff against the base: what an approval is bound to."""

    def diff(self, path: str, base: str, limit: int, files: tuple[str, ...] = ()) -> str:
        """The diff of a worktree against its base, bounded; of ``files`` alone where they are named, new ones too."""

    def remove(self, plan: Plan, track: PlannedTrack, path: str, branch: str, into: str) -> TreeKept:
        """Remove a clean and merged worktree and its branch; keep everything else, and say why."""

    def keep_branch(self, plan: Plan, branch: str, sha: str) -> None:
        """Have a branch of this name, at this commit where there is none: what was merged stays when its merge goes."""

    def untracked(self, plan: Plan) -> tuple[str, ...]:
        """Files of the repository's own working tree that git neither knows nor ignores, bounded."""

    def content(self, plan: Plan, sha: str, patterns: tuple[str, ...]) -> tuple[str, str]:
        """The tree of a commit, and a digest of its files that fall under these patterns, "" without any."""

    def changed(self, plan: Plan, since: str, until: str) -> tuple[str, ...]:
        """The files that differ between two commits."""

    def base(self, plan: Plan, since: str) -> BaseDrift:
        """Where the base branch is now, compared with a commit that it was at."""

    def publish(self, plan: Plan, sha: str, expected_base: str, message: str) -> str:
        """Bring the integrated work onto the base branch, which must be at ``expected_base``; its new head."""

    def tampered(self, plan: Plan, fingerprint: str) -> tuple[str, ...]:
        """What has changed in the repository's configuration and hooks since the batch began, in words."""


@frozen
class RunWorld:
    """All that a run asks of the world, beside what every engine has."""

    git: Git
    jobs: Jobs
    runner: Runner
    directory: str
    results: Results = field(default_factory=NoResults)
    past: Past = field(default_factory=NoPast)
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
