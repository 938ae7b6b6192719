"""What a stage that divides a batch is told: the track list that it writes, and where (the plan file's ``tracks``)."""

from __future__ import annotations

from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.prompt_parts import Part, Section, bullets, one_line
from orchestrator_tui.core.schedule.paths import artefact_path
from orchestrator_tui.core.schedule.rules import RESOLVING, plan_of, run_of, stage_run, stages_of
from orchestrator_tui.core.workflow import StageWork

TRACK_LIST_EXAMPLE = """\
tracks:
  - slug: rate-limit            # a-z, 0-9 and -, begins with a letter or digit; branch and worktree are called by it
    title: Rate limiting of the public API
    kind: feature               # feature, bug …
    brief: |
      What is to be done, so that somebody who knows nothing else can do it.
    owned: [src/api/limiter.py, "tests/api/**"]     # what it may change and no other track may
    allowed: [src/api/app.py]                       # what it may change, too
    read_only: ["src/billing/**"]                   # what it must leave alone
    append_only: [CHANGELOG.md]                     # shared: it may only add at the end
    depends_on: []                                  # slugs that are merged before it starts
    priority: 1                                     # the higher one is merged first
    checks: {api-tests: pytest tests/api -q}        # name: command
    acceptance:
      - the 101st request within a minute gets 429
  - slug: document-limits
    title: Describe the limits
    owned: ["docs/**"]
    depends_on: [rate-limit]
    acceptance: [the headers are described]
"""

_RULES = """\
Every path pattern is relative to the top of the repository; ** spans folders. Two tracks that would change the same
file either share it as append_only, or one depends on the other, or they are one track: in doubt, serialize. What a
track does not declare it may not change; a track that declares nothing runs alone. No aliases, no other keys,
no absolute paths. The list is checked before a person is asked to approve it; nothing starts before."""


def divides(track: Track, work: StageWork) -> bool:
    """Whether this stage writes the track list of its batch."""
    return track.slug == BATCH_TRACK and any("{plan}" in one for one in work.artefacts)


def division(batch: Batch, track: Track, work: StageWork) -> Section:
    """The track list: its form, its rules, where it goes, and which workflows and checks there are."""
    run = stage_run(track)
    rule = None if run.stage == RESOLVING else stages_of(batch, track)[run.stage - 1][0]
    if not divides(track, work) and not (rule is not None and "{plan}" in rule.artefact):
        return Section("", ())
    known = [f"{name}: {one.ladder.title}" for name, one in sorted(run_of(batch).workflows.items())]
    shared = [f"{one.name}: {one.command}" for one in plan_of(batch).checks]
    parts = [
        Part(
            f"Write the tracks into {artefact_path(batch, track, '{plan}')} below your worktree, as YAML of this form:"
        ),
        Part(TRACK_LIST_EXAMPLE),
        Part(_RULES),
        Part(
            f"A track may also name its `workflow`; without it, {plan_of(batch).workflow} holds:\n{bullets(known)}",
            "the plan",
        ),
        Part(_tests(batch)),
        Part(f"Checks that every track gets without naming any:\n{bullets(shared)}" if shared else "", "the plan"),
        Part(
            f"At most {one_line(str(plan_of(batch).limits.agents), 10)} agents work at once." if _bound(batch) else ""
        ),
    ]
    return Section("The track list", tuple(parts))


def _tests(batch: Batch) -> str:
    """Whether the repository has tests, where somebody has looked (seed 001)."""
    required = plan_of(batch).tests_required
    if required is None:
        return ""
    if required:
        return "The repository has tests (tests_required: true): a track that is not purely cosmetic brings its own."
    return "The repository has no tests (tests_required: false): tracks bring none unless the person asks for them."


def _bound(batch: Batch) -> bool:
    return plan_of(batch).limits.agents > 0
