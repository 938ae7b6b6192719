"""Sessions in waves of roles as they run: order, bases, what only reads, scope, prompts, and the close."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.exports.wave_scope import wave_scope_files
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.plan import BATCH_TRACK, CheckCommand, PlannedTrack, Scope
from orchestrator_tui.core.prompt import dispatch_prompt
from orchestrator_tui.core.report.summary import track_report
from orchestrator_tui.core.schedule.breaker import turn_limit
from orchestrator_tui.core.schedule.guarding import attempt_scope, scope_patterns
from orchestrator_tui.core.schedule.rules import batch_workflow
from orchestrator_tui.core.session import OFF, GuardRules, Session
from orchestrator_tui.core.wave_roles import placed
from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.runtime.requests_run import take_tracks
from orchestrator_tui.ui.present.telling import tell
from tests.runtime.run.memory_world import Act, Agent
from tests.runtime.run.scene import Scene

WAVES = replace(load_workflows(None, None).workflows["waves"], gates=("publish",))
DISCOVER, IMPLEMENT, TEST, FINALIZE, TIDY, CHECK, REVIEW = range(1, 8)
UNIT = CheckCommand("unit", "make test")


def track(slug: str, role: str = "", *files: str) -> PlannedTrack:
    owned = files or (() if role == "Discovery" else (f"{slug}.txt",))
    return PlannedTrack(slug, f"Task {slug}", "work", "waves", "b", Scope(owned), role=role)


def does(agent: Agent) -> tuple[int, str]:
    agent.append(f"{agent.attempt.track}.txt", "more\n")
    return 0, "STATUS: done — more of it\ndone"


def says(words: str) -> Act:
    return lambda agent: (0, words)


class Session4(Scene):
    """A session of these tracks in so many waves, whose agents do what they should."""

    def __init__(self, *tracks: PlannedTrack, session: Session | None = None, **more: object) -> None:
        said = session or Session()
        workflow = more.pop("workflow", WAVES)
        super().__init__(*self._placed(tracks, said), workflow=workflow, **more)  # type: ignore[arg-type]
        plan = replace(self.plan, tracks=(), session=said)
        self.ledger.must(Draft("plan_recorded", {"plan": to_data(plan)}))
        self.world.acts = {
            f"*/{DISCOVER}": says("done"),
            f"*/{IMPLEMENT}": does,
            f"*/{TEST}": does,
            f"*/{FINALIZE}": does,
            f"*/{TIDY}": does,
            f"*/{REVIEW}": says("PROCEED"),
        }

    @staticmethod
    def _placed(tracks: tuple[PlannedTrack, ...], session: Session) -> tuple[PlannedTrack, ...]:
        plan = replace(Scene().plan, tracks=tracks, session=session)
        return placed(plan, WAVES.sessions)

    def began(self) -> list[str]:
        """The tracks in the order in which their first agent started."""
        events = [one for one in self.ledger.events if one.kind == "attempt_started"]
        return list(dict.fromkeys(str(one.payload["track"]) for one in events))


ALL = (
    track("close", "Finalization"),
    track("edges", "Quality"),
    track("polish", "Impl-Polish"),
    track("core", "Impl-Core"),
    track("look", "Discovery"),
)


@pytest.mark.parametrize("waves", [3, 4, 5, 6])
def test_roles_work_one_after_the_other_however_many_waves_there_are(waves: int) -> None:
    """[004-60] [004-61] [004-62] [004-63] [004-65]"""
    scene = Session4(*ALL, session=Session(waves=waves))
    scene.play()
    assert scene.began() == ["look", "core", "polish", "edges", "close"]
    assert [one.question.kind for one in scene.open_gates()] == ["publish"]


def test_each_wave_has_its_scope_its_agents_its_review_its_adaptation_and_its_end_told() -> None:
    """[004-58] The wave loop: a manifest first, agents, their output judged, the plan adapted, progress told."""
    rules = replace(WAVES, merging=replace(WAVES.merging, checks=()), baseline=replace(WAVES.baseline, keep_ms=0))
    scene = Session4(*ALL, workflow=rules, checks=(CheckCommand("typecheck", "run types"),))

    def types(cwd: str) -> int:
        """What fails is what came of the core, until it is mended."""
        return int("core" in scene.ledger.batch.merged and "mended" not in scene.git.read(cwd)["core.txt"])

    scene.world.checks["run types"] = types

    def mend(agent: Agent) -> tuple[int, str]:
        if agent.attempt.track in ("core", "polish"):
            return does(agent)
        agent.append("core.txt", "mended\n")
        return 0, "STATUS: done — mended\ndone"

    scene.world.acts[f"*/{IMPLEMENT}"] = mend
    manifests = []
    for _ in range(60):
        scene.world.settle()
        running = scene.world.jobs.running()
        if not running:
            break
        (document,) = wave_scope_files(scene.ledger.batch, scene.ledger.now)
        if isinstance(document.content, dict):
            manifests.append((document.content["wave"], document.content["role"], document.content["allowedPaths"]))
        scene.world.jobs.let(running[0])
    assert list(dict.fromkeys((wave, role) for wave, role, _ in manifests)) == [
        (1, "Discovery"),
        (2, "Impl-Core"),
        (3, "Impl-Polish"),
        (4, "Quality"),
        (5, "Finalization"),
    ]
    assert (2, "Impl-Core", ["core.txt"]) in manifests
    judged = {
        one for one, track in scene.ledger.batch.tracks.items() for try_ in track.attempts if try_.stage == REVIEW
    }
    assert {"core", "polish", "edges"} <= judged
    run = scene.ledger.batch.run
    assert run is not None
    assert [bool(one.adaptations) for one in run.waves] == [False, True, False, False, False]
    ends = [tell(one, scene.ledger.batch).text for one in scene.ledger.events if one.kind == "wave_ended"]
    assert [one.split(" is over")[0] for one in ends] == [f"wave {number}" for number in range(1, 6)]


def test_agents_of_one_wave_start_together_and_the_next_waits_for_all() -> None:
    """[004-65]"""
    core = ("a", "b", "c")
    scene = Session4(*(track(slug, "Impl-Core") for slug in core), track("z", "Quality"))
    scene.play()
    kinds = [(one.kind, one.payload.get("track")) for one in scene.ledger.events]
    started = [kinds.index(("attempt_started", slug)) for slug in (*core, "z")]
    first_end = min(kinds.index(("attempt_ended", slug)) for slug in core)
    assert max(started[:3]) < first_end
    assert started[3] > max(kinds.index(("merge_recorded", slug)) for slug in core)


def test_what_only_reads_is_done_without_a_merge() -> None:
    """[004-67]"""
    scene = Session4(track("look", "Discovery"), track("core", "Impl-Core"))
    scene.play()
    assert scene.states() == {"look": TrackState.DONE, "core": TrackState.MERGED}


def test_a_critical_issue_that_comes_up_is_told_and_becomes_work_of_a_later_role() -> None:
    """[004-147] It stands out in the timeline, and the person has a track of Impl-Polish more, after the core."""
    scene = Session4(*ALL, files={"leak.txt": "leak\n"})

    def look(agent: Agent) -> tuple[int, str]:
        told = {"track": "look", "attempt": agent.attempt.id, "finding": "f-1", "severity": "blocker", "by": "scout"}
        scene.ledger.must(Draft("finding_added", {**told, "title": "the key is logged", "file": "leak.txt"}))
        return 0, "done"

    scene.world.acts[f"*/{DISCOVER}"] = look
    scene.world.settle()
    scene.world.jobs.let(scene.world.jobs.running()[0])
    (found,) = [one for one in scene.ledger.events if one.kind == "finding_added"]
    told = tell(found, scene.ledger.batch)
    assert (told.text, told.detail, told.token) == ("blocker: the key is logged", "leak.txt  by scout", "track-failed")
    added = placed(replace(scene.plan, tracks=(track("leak", "Impl-Polish"),)), WAVES.sessions)
    drafts, outcome = take_tracks(scene.ledger.batch, {"tracks": [to_data(one) for one in added]}, "ann")
    assert outcome == "done"
    scene.ledger.must(*drafts)
    scene.play()
    began = scene.began()
    assert began.index("core") < began.index("leak") < began.index("edges")
    assert scene.states()["leak"] is TrackState.MERGED


def test_discovery_that_changes_a_file_is_not_accepted() -> None:
    """[004-67] [004-84]"""
    scene = Session4(track("look", "Discovery"))

    def meddles(agent: Agent) -> tuple[int, str]:
        agent.append("other.txt", "x\n")
        return 0, "done"

    scene.world.acts[f"*/{DISCOVER}"] = meddles
    scene.play()
    assert scene.gate("cap").question.context.count("although its stage only reads")


def test_a_file_outside_of_the_scope_is_seen_in_the_diff_and_sent_back() -> None:
    """[004-84]"""
    scene = Session4(track("core", "Impl-Core"))

    prompts: list[str] = []

    def strays(agent: Agent) -> tuple[int, str]:
        prompts.append(agent.attempt.prompt)
        agent.append("other.txt", "x\n")
        return 0, "done"

    scene.world.acts[f"*/{IMPLEMENT}"] = strays
    scene.play()
    assert "outside its scope: other.txt" in prompts[1]
    assert "outside its scope: other.txt" in scene.gate("cap").question.context
    assert scene.states()["core"] is TrackState.ESCALATED


def test_a_later_wave_builds_on_what_earlier_ones_merged() -> None:
    """[004-02]"""
    scene = Session4(track("core", "Impl-Core"), track("edges", "Quality"))

    def looks(agent: Agent) -> tuple[int, str]:
        assert "more" in agent.world.git.read(agent.attempt.worktree)["core.txt"]
        return does(agent)

    scene.world.acts[f"*/{TEST}"] = looks
    scene.play()
    assert scene.states()["edges"] is TrackState.MERGED


def test_rework_leads_to_the_stage_of_the_tracks_own_role() -> None:
    scene = Session4(track("edges", "Quality"))
    words = iter(("FIX_REQUIRED", "PROCEED"))
    scene.world.acts[f"*/{REVIEW}"] = lambda agent: (0, next(words))
    scene.play()
    assert [one.stage for one in scene.track("edges").attempts] == [TEST, REVIEW, TEST, REVIEW]


def test_the_gate_before_everything_is_not_asked_again() -> None:
    """[004-10] The repository of these runs has no such file at all: nobody looks once it has begun."""
    scene = Session4(track("core", "Impl-Core"))
    assert WAVES.sessions.bootstrap
    scene.play()
    scene.world.restart()
    scene.play()
    assert [one.question.kind for one in scene.open_gates()] == ["publish"]


@pytest.mark.parametrize(("kind", "turns"), [("housekeeping", 8), ("feature", 15), ("deep", 25), ("", 15)])
def test_turns_follow_from_the_type_of_the_session(kind: str, turns: int) -> None:
    """[004-97] [004-20]"""
    scene = Session4(track("core", "Impl-Core"), session=Session(type=kind))
    assert turn_limit(scene.ledger.batch, scene.track("core"), IMPLEMENT) == turns


def test_turns_that_the_session_says_go_before_those_of_its_type() -> None:
    """[004-20]"""
    scene = Session4(track("core", "Impl-Core"), session=Session(type="deep", turns=3))
    assert turn_limit(scene.ledger.batch, scene.track("core"), IMPLEMENT) == 3


def test_every_attempt_is_guarded_by_its_own_files() -> None:
    """[004-75] [004-77]"""
    scene = Session4(track("core", "Impl-Core", "src/api/", "*.md", "docs/**"), track("look", "Discovery"))
    batch = scene.ledger.batch
    made = attempt_scope(batch, scene.track("core"), IMPLEMENT)
    assert made is not None
    assert made["allowedPaths"] == ["src/api/", "**/*.md", "docs/"]
    assert list(made) == ["wave", "role", "enforcement", "allowedPaths", "blockedCommands", "gates"]
    for slug, stage in (("core", REVIEW), ("look", DISCOVER)):
        read = attempt_scope(batch, scene.track(slug), stage)
        assert read is not None
        assert read["allowedPaths"] == []


@pytest.mark.parametrize("guard", [GuardRules(), GuardRules(OFF)])
def test_without_enforcement_no_attempt_is_guarded(guard: GuardRules) -> None:
    """[004-80]"""
    scene = Session4(track("core", "Impl-Core"), workflow=replace(WAVES, guard=guard))
    assert attempt_scope(scene.ledger.batch, scene.track("core"), IMPLEMENT) is None


def test_scopes_in_the_patterns_of_a_scope_file() -> None:
    """[004-78]"""
    assert scope_patterns(Scope(("src", "a.py", "x/?.py", "*.md"), (), (), ("LOG.md",))) == [
        "src",
        "src/",
        "a.py",
        "x/*.py",
        "**/*.md",
        "LOG.md",
    ]
    assert scope_patterns(Scope()) == ["**/*"]


def prompt_of(scene: Session4, slug: str) -> str:
    return dispatch_prompt(scene.ledger.batch, scene.track(slug))


def test_a_prompt_carries_what_the_seed_wants_and_nothing_of_others() -> None:
    """[004-34] [004-70] [004-71] [004-72] [004-73]"""
    core = replace(track("core", "Impl-Core"), acceptance=("it is there",), checks=(UNIT,))
    scene = Session4(core, track("secret", "Impl-Core"), session=Session(focus="the api endpoints"), checks=(UNIT,))
    seen: list[str] = []

    def reads(agent: Agent) -> tuple[int, str]:
        seen.append(agent.attempt.prompt)
        return does(agent)

    scene.world.acts[f"core/{IMPLEMENT}"] = reads
    scene.play()
    text = seen[0]
    for needed in (
        "core.txt",
        "Task core",
        "it is there",
        "unit: make test",
        "gets its test",
        "You have 15 turns",
        "STATUS: done — what you did",
        "**Priority Focus (from user):** the api endpoints",
    ):
        assert needed in text
    assert "secret" not in text


def test_housekeeping_works_one_after_the_other_and_is_told_what_it_is() -> None:
    """[004-87] [004-88] [004-90]"""
    workflow = replace(WAVES, concurrency=1, guard=GuardRules(OFF))
    tracks = (track("a"), track("b"))
    scene = Session4(*tracks, session=Session(type="housekeeping"), workflow=workflow)
    seen: list[str] = []

    def tidies(agent: Agent) -> tuple[int, str]:
        assert len(scene.world.jobs.running()) <= 1
        seen.append(agent.attempt.prompt)
        return does(agent)

    scene.world.acts[f"*/{TIDY}"] = tidies
    scene.play()
    assert len(seen) == 2
    for word in ("git cleanup", "continuous integration", "branches that are to be merged", "documentation"):
        assert word in seen[0]


def test_nothing_broken_is_ever_on_the_base_branch() -> None:
    """[004-95] While the checks fail a person is asked what now, and never whether to publish."""
    scene = Session4(track("core", "Impl-Core"), checks=(UNIT,))
    before = scene.git.branches["main"]
    scene.world.checks = {"make test": lambda path: 1}
    scene.play()
    assert "core" not in scene.ledger.batch.merged
    assert [one.question.kind for one in scene.open_gates()] == ["review"]
    assert scene.git.branches["main"] == before


def test_the_reports_of_who_only_reads_and_of_the_run_itself_ask_nothing_of_a_merge() -> None:
    """[004-96] A batch that is through has no item left to do, and what changed nothing has nothing to commit."""
    scene = Session4(track("look", "Discovery"), track("core", "Impl-Core"))
    scene.play()
    scene.answer("publish", "approve")
    scene.play()
    batch = scene.ledger.batch
    assert batch.state == "completed"
    look = track_report(batch, batch.tracks["look"], scene.ledger.now)
    assert (look.state, look.checklist) == ("done", ())
    own = track_report(batch, batch.tracks[BATCH_TRACK], scene.ledger.now)
    (told,) = own.tracks
    assert (told.state, told.outcome, told.next_action) == ("completed", "done", "none")
    assert {one.result for one in own.checklist} == {"PASS"}
    assert {one.name for one in own.checklist} == set(batch_workflow(batch).batch_gate)
