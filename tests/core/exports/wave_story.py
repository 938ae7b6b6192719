"""The session of seed 004's own example: csv export in five waves, told as the events of a run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.plan import BATCH_TRACK, CheckCommand, Plan, PlannedTrack, Scope
from orchestrator_tui.core.schedule.opening import added, planned, run_batch
from orchestrator_tui.core.session import DocsTask, Session
from orchestrator_tui.core.wave_roles import placed
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.plan.catalogue import load_workflows
from tests.core.builders import MINUTE
from tests.core.run_builders import REPOSITORY, RunLedger

WAVES = load_workflows(None, None).workflows["waves"]
BEGAN = Instant(wall_ms=1_776_754_800_000, boot_ms=50_000_000, boot_id="boot-1")
"""2026-04-21T07:00:00Z"""

CHECKS = (CheckCommand("tests", "make test"),)


def track(slug: str, title: str, role: str, *files: str) -> PlannedTrack:
    return PlannedTrack(slug, title, "work", "waves", f"Do {title}.", Scope(files), role=role, checks=CHECKS)


TRACKS = (
    track("map-exporters", "map exporters", "Discovery"),
    track("csv-writer", "csv writer", "Impl-Core", "src/csv.py"),
    track("api", "api route", "Impl-Core", "src/api/", "tests/csv/**/*.py"),
    track("headers", "headers", "Impl-Polish", "src/headers.py"),
    track("close", "close the session", "Finalization", "CHANGELOG.md"),
)
PLAN = Plan(
    title="Export as csv",
    workflow="waves",
    base="feat/export",
    integration="orch/list-1/integration",
    repository=REPOSITORY,
    worktrees="/w",
    tracks=TRACKS,
    base_sha="4f2c1aa" + "0" * 33,
    checks=CHECKS,
    file="plan.yaml",
    session=Session(type="feature", issues=(41, 44)),
)
DOCS = (
    DocsTask("export-guide", "user", "docs/export.md", "new command: export"),
    DocsTask("adr", "dev", "docs/adr/*.md", "why two writers"),
)


@dataclass
class Story(RunLedger):
    """The example as it happens; every step leaves it at a moment whose files are looked at."""

    plan: Plan = field(default_factory=lambda: PLAN)
    workflow: Workflow = field(default_factory=lambda: WAVES)

    def __post_init__(self) -> None:
        self.now = BEGAN
        plan = replace(self.plan, tracks=placed(self.plan, self.workflow.sessions))
        self.batch = self._fold(None, run_batch(plan, "/lists/list-1"))
        slugs = [one.slug for one in plan.tracks]
        checked = {"waves": [{"wave": 1, "tracks": slugs}]}
        self.must(*planned(plan, {self.workflow.name: self.workflow}, checked))
        self.phase("approved")
        self.phase("running")
        self.tree(BATCH_TRACK)

    def does(self, slug: str, stage: int, verdict: str, summary: str, *files: str) -> None:
        """One agent at work for a minute, and what git and the checks say of it."""
        self.tree(slug)
        self.move(slug, "preparing")
        self.move(slug, "running")
        self.enter(slug, stage)
        self.begin(slug)
        self.end(slug, verdict=verdict, summary=summary)
        self.inspect(slug, *files)
        if files:
            self.check(slug, "tests", "pass" if verdict == "done" else "fail")

    def ships(self, slug: str, stage: int, summary: str, *files: str) -> None:
        self.does(slug, stage, "done", summary, *files)
        self.judge(slug)
        self.move(slug, "approved")
        self.move(slug, "merging")
        self.merge(slug)

    def two_waves(self) -> None:
        """Discovery is done; of the two writers one is left unfinished; a track joins for what it left."""
        self.ships("map-exporters", 1, "two writers found")
        self.does("csv-writer", 2, "partial", "quoting left", "src/csv.py")
        self.move("csv-writer", "abandoned", "its quoting is another track's")
        self.ships("api", 2, "route and its tests", "src/api/export.py", "tests/csv/test_export.py")
        joined = replace(track("quoting", "csv quoting", "Impl-Polish", "src/csv.py"), wave=3)
        self.must(*added(joined, self.workflow, 3))

    def third_wave_begins(self) -> None:
        self.two_waves()
        self.tree("headers")
        self.move("headers", "preparing")

    def closes(self) -> None:
        """The rest: quoting is given up, headers and the close are done."""
        self.two_waves()
        self.ships("headers", 2, "one header row", "src/headers.py")
        self.move("quoting", "abandoned", "waits for a decision on the dialect")
        self.ships("close", 4, "change log written", "CHANGELOG.md")
        self.tick(60 * MINUTE)
        for phase in ("verifying", "awaiting_user", "completed"):
            self.phase(phase)
        self.must(Draft("batch_ended", {"outcome": "completed"}))


def with_docs() -> Plan:
    return replace(PLAN, session=replace(PLAN.session, docs=DOCS))
