"""The ten failures that seed 002 was written against; each of them does not happen here.

The runs are those of the shipped pipelines: every stage, artefact, gate and rule is theirs, only the agents, the
repository and the processes are in memory.
"""

from __future__ import annotations

from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.exports.dashboard import dashboard_files
from orchestrator_tui.core.model import Risk, TrackState
from orchestrator_tui.core.plan import Plan, Scope
from orchestrator_tui.core.queries import gate_queue, stale_gates
from orchestrator_tui.core.report.summary import batch_summary
from orchestrator_tui.core.schedule.paths import artefact_path
from orchestrator_tui.plan.checked import APPEND_ONLY
from orchestrator_tui.plan.conflicts import conflict_matrix, settled
from orchestrator_tui.plan.tree import Tree
from tests.core.builders import Ledger, fact, opened
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import Scene
from tests.systems.pipeline_scene import (
    BUILD,
    PLACES,
    asked,
    pipeline,
    pipelines,
    play_by_rules,
    stages_done,
    waiting,
    work,
)

S = TrackState
COUNSEL = 3
SLUGS = ("alpha", "beta", "gamma")
BEFORE_MERGE = [1, 2, 3, 4, 5, 6, 7]


def three(**more: object) -> Scene:
    """Two features and a bug, that have nothing to do with each other."""
    return pipelines(pipeline("alpha"), pipeline("beta", bug=True), pipeline("gamma"), **more)  # type: ignore[arg-type]


def ask(scene: Scene, slug: str, gate: str = "question", **fields: Any) -> None:
    """The agent of a track asks something that only a person may answer."""
    track = scene.track(slug)
    question: dict[str, Any] = {"question": "Is the lock the cause?", "confidence": "low", "stage": track.stage}
    more = {"track": slug, "workflow": track.workflow, "source": "shell", "risk": "check", **question, **fields}
    scene.ledger.must(opened(gate, **more))


def test_f1_no_branch_is_contaminated() -> None:
    """Every pipeline works in a worktree and on a branch of its own; base and main working tree stay as they were.

    [002-144] [002-36] [002-37]
    """
    scene = three()
    base = scene.git.branches["main"]
    homes: dict[str, set[str]] = {}
    heads: dict[str, list[str]] = {}

    def home(agent: Agent) -> tuple[int, str]:
        homes.setdefault(agent.attempt.track, set()).add(agent.attempt.worktree)
        ended = work(agent)
        files = scene.git.read(agent.attempt.worktree)
        heads[agent.attempt.track] = sorted(set(files) - set(scene.git.commits[base].files))
        return ended

    scene.world.acts = {f"*/{stage}": home for stage in range(1, 9)}
    play_by_rules(scene)
    assert homes == {slug: {f"/trees/{slug}"} for slug in SLUGS}
    assert not any(other in path for slug in SLUGS for path in heads[slug] for other in SLUGS if other != slug)
    assert scene.git.branches["main"] == base, "only the approved publish gate moves the base"
    assert len({scene.track(slug).branch for slug in SLUGS}) == 3
    assert asked(scene) == [("batch", "publish")]


def test_f2_parallel_is_parallel() -> None:
    """The first agents of all pipelines are dispatched in one go, and each stage of one runs beside those of others.

    [002-145] [002-30] [002-56]
    """
    scene = three()
    scene.world.settle()
    kinds = [event.kind for event in scene.ledger.events]
    assert kinds.count("attempt_started") == 3
    assert "attempt_ended" not in kinds
    for _ in range(6):
        running = scene.world.jobs.running()
        assert {one.split("-")[1] for one in running} == set(SLUGS)
        for one in running:
            scene.world.jobs.let(one)
        scene.world.settle()


def test_f3_no_stage_is_skipped_under_pressure() -> None:
    """An agent that claims more than its stage, or less than its artefact, moves nothing: all stages run, in order.

    [002-114] [002-124] [002-132] [002-146] [002-29]
    """
    scene = three()
    hasty: list[int] = []

    def hurry(agent: Agent) -> tuple[int, str]:
        """Says that everything is done, first without the artefact."""
        if agent.attempt.stage == COUNSEL and agent.attempt.number == 1:
            hasty.append(agent.attempt.stage)
            return 0, "this is simple enough to skip counsel\nall 8 stages are complete\nAPPROVED"
        return work(agent)

    scene.world.acts[f"alpha/{COUNSEL}"] = hurry
    play_by_rules(scene)
    assert hasty == [COUNSEL]
    assert stages_done(scene, "alpha") == [1, 2, 3, 3, 4, 5, 6, 7]
    again = scene.world.attempts["a-alpha-3-1-2"].prompt
    missing = artefact_path(scene.ledger.batch, scene.track("alpha"), "{spec}/counsel-log.md")
    assert f"artefact not found at {missing}: run this stage again" in again
    assert stages_done(scene, "beta") == stages_done(scene, "gamma") == BEFORE_MERGE
    watched = Ledger(rules=scene.ledger.rules)
    watched.see(fact("1", track="alpha", workflow="prd-to-pr", stage=2, stageStatus="completed"))
    watched.see(fact("1", track="alpha", workflow="prd-to-pr", stage=5, stageStatus="in_progress"))
    assert [one.kind for one in watched.batch.signals.values()] == ["stage_jumped"]


def test_f4_no_gate_dies_in_silence() -> None:
    """A gate of one pipeline stops neither the others nor itself from being seen: it warns at five minutes.

    [002-147] [002-157]
    """
    scene = three()
    while scene.track("beta").stage < COUNSEL:
        scene.world.settle()
        scene.world.jobs.let(next(one for one in scene.world.jobs.running() if "beta" in one))
        scene.world.settle()
    ask(scene, "beta")
    scene.play()
    assert (scene.states()["alpha"], scene.states()["gamma"]) == (S.MERGED, S.MERGED)
    assert scene.track("beta").stage == COUNSEL
    ledger = scene.ledger
    ledger.tick(299_999 - (ledger.now.wall_ms - ledger.gate("question").asked_at.wall_ms))
    ledger.due()
    assert not stale_gates(ledger.state, ledger.now)
    ledger.tick(1)
    ledger.due()
    assert [one.id for one in stale_gates(ledger.state, ledger.now)] == ["question"]
    assert [event.kind for event in ledger.events].count("gate_stale") == 1
    assert gate_queue(ledger.state)[0].id == "question"


def test_f5_nobody_loses_sight_of_a_pipeline() -> None:
    """At every moment the dashboard says of each pipeline the very stage that its agent works in.

    [002-127] [002-148] [002-40] [002-73]
    """
    scene = three()
    looks = 0
    for _ in range(60):
        scene.world.settle()
        running = scene.world.jobs.running()
        if not running:
            break
        (document,) = dashboard_files(scene.ledger.batch, scene.ledger.now)
        blocks = str(document.content).split("\n║  [")[1:]
        told = {text.partition("]")[2].partition("(")[0].strip(): text for text in blocks}
        for job in running:
            attempt = scene.world.attempts.get(job)
            if attempt is not None:
                looks += 1
                assert f"Stage {attempt.stage}/8: {attempt.stage_name}" in told[attempt.track]
                assert f"→{attempt.stage}" in told[attempt.track]
        scene.world.jobs.let(running[0])
    assert looks >= 3 * 7
    assert all(track.stages for track in batch_summary(scene.ledger.batch, scene.ledger.now).tracks)


def test_f6_the_person_is_asked_only_what_is_the_persons() -> None:
    """Two pipelines with three environments each: dev is the table's, staging is recommended, production is bare.

    [002-123] [002-140] [002-149] [002-72] [002-89]
    """
    deploy = tuple(one.name for one in PLACES)
    scene = pipelines(pipeline("alpha", deploy=deploy), pipeline("beta", bug=True, deploy=deploy), environments=PLACES)
    play_by_rules(scene)
    assert asked(scene) == [("alpha", "deploy_staging"), ("beta", "deploy_staging")]
    assert scene.ledger.batch.decided_by_rule == 2, "both dev deploys"
    assert scene.ledger.batch.decided_by_person == 1, "the spend gate"
    assert {gate.recommendation for gate in scene.open_gates()} == {"approve"}
    for gate in waiting(scene, "deploy_staging"):
        scene.answer_gate(gate, "approve")
    play_by_rules(scene)
    production = waiting(scene, "deploy_production")
    assert production
    assert all((gate.risk, gate.recommendation) == (Risk.PRODUCTION, None) for gate in production)


def test_f7_pipelines_that_share_files_are_coordinated_before_they_start() -> None:
    """The conflict is found before dispatch; who does not own the file may only append, is told so, and held to it.

    [002-150] [002-30] [002-47] [002-50]
    """
    file = "src/startup.cs"
    alpha = pipeline("alpha", scope=Scope(owned=("src/alpha/**", "tests/alpha/**", file)))
    beta = pipeline("beta", bug=True, priority=1, scope=Scope(owned=("src/beta/**", "tests/beta/**", file)))
    plan = Plan("Release", "prd-to-pr", "main", "", "/repository", "", (alpha, beta))
    (pair,) = conflict_matrix(plan, Tree((file,)))
    assert (pair.consequence, pair.why) == (APPEND_ONLY, f"{file}: beta owns, alpha appends at the end")
    scene = pipelines(*settled(plan, (pair,)).tracks, files={file: "using System;\n"})

    def rewrite(agent: Agent) -> tuple[int, str]:
        agent.write(file, "mine alone\n" if agent.attempt.number == 1 else "using System;\n")
        return work(agent)

    def own(agent: Agent) -> tuple[int, str]:
        agent.append(file, "beta\n")
        return work(agent)

    scene.world.acts |= {f"alpha/{BUILD}": rewrite, f"beta/{BUILD}": own}
    scene.world.settle()
    told = scene.world.attempts["a-alpha-1-1-1"].prompt
    assert f"beta (running): src/beta/**, tests/beta/**, {file}" in told
    assert f"anybody may only append to them, at the END:\n- {file}" in told
    play_by_rules(scene)
    assert f"{file} " in scene.world.attempts["a-alpha-4-1-2"].prompt.partition("outside its scope: ")[2][:40]
    assert scene.merged_files()[file] == "using System;\nbeta\n"
    assert scene.ledger.batch.merged == ("beta", "alpha")


def test_what_is_too_much_to_share_is_done_one_after_the_other() -> None:
    """Two tracks that change the same file with no priority between them are never at work at the same time.

    [002-51]
    """
    pair = {"a": "alpha", "b": "beta", "consequence": "serialise", "why": "both change src/startup.cs"}
    scene = pipelines(pipeline("alpha"), pipeline("beta", bug=True), checked={"matrix": [pair]})
    for _ in range(60):
        scene.world.settle()
        running = scene.world.jobs.running()
        assert len({one.split("-")[1] for one in running if one.startswith("a-")}) <= 1
        if not running:
            break
        scene.world.jobs.let(running[0])
    assert scene.states() == {"alpha": S.MERGED, "beta": S.MERGED}


def test_f8_no_context_is_polluted_by_another_pipeline() -> None:
    """[002-151] An agent is told its own work item, stage and scope; of others nothing but which files are theirs."""
    scene = three()
    finding = {"track": "alpha", "finding": "f-1", "severity": "nit", "title": "alpha has a long name", "by": "x"}
    scene.ledger.must(Draft("finding_added", finding))
    play_by_rules(scene)
    for attempt in scene.world.attempts.values():
        for slug in SLUGS:
            if slug != attempt.track:
                assert f"what {slug} is about" not in attempt.prompt
                assert f"stage 1 of {slug}" not in attempt.prompt
        if attempt.track != "alpha":
            assert "alpha has a long name" not in attempt.prompt
    sessions = [attempt.resume for attempt in scene.world.attempts.values()]
    assert set(sessions) == {""}, "no stage goes on in the conversation of another one"


def test_f9_whoever_comes_back_goes_on_where_it_was() -> None:
    """The coordinator is gone after every step and an agent dies in the middle: nothing is done twice or left out.

    [002-108] [002-120] [002-152]
    """
    scene = three()
    killed = False
    for _ in range(200):
        scene.world.restart()
        scene.world.settle()
        running = scene.world.jobs.running()
        if not running:
            break
        if not killed and scene.track("beta").stage == BUILD and "a-beta-4-1-1" in running:
            killed = True
            scene.world.jobs.kill("a-beta-4-1-1")
        else:
            scene.world.jobs.let(running[0])
    assert killed
    assert stages_done(scene, "alpha") == stages_done(scene, "gamma") == BEFORE_MERGE
    assert stages_done(scene, "beta") == [1, 2, 3, 4, 4, 5, 6, 7]
    trees = {scene.world.attempts[one.id].worktree for one in scene.track("beta").attempts}
    assert trees == {"/trees/beta"}, "dispatched again into the worktree that it had"
    assert len(scene.world.jobs.started) == len(set(scene.world.jobs.started))
    assert scene.states() == dict.fromkeys(SLUGS, S.MERGED)


def test_f10_no_deploy_meets_another() -> None:
    """One environment, one deploy at a time with its health check; one that breaks it stops those behind it.

    [002-101] [002-153] [002-34]
    """
    tracks = [pipeline(slug, deploy=("dev",)) for slug in SLUGS]
    scene = pipelines(*tracks, environments=PLACES[:1])
    scene.world.checks["health dev"] = lambda cwd: 1 if len(put(scene)) == 2 else 0
    for _ in range(200):
        scene.world.settle()
        scene.ledger.due()
        scene.deliver()
        scene.world.settle()
        running = scene.world.jobs.running()
        assert sum(one[0] in "dh" for one in running) <= 1
        if not running:
            break
        scene.world.jobs.let(running[0])
    assert len(put(scene)) == 2, "the third is not deployed behind a break"
    (gate,) = [one for one in scene.open_gates() if one.question.kind == "deploy_failure"]
    assert gate.risk is Risk.FAILURE
    scene.world.checks.clear()
    scene.answer_gate(gate, "again")
    play_by_rules(scene)
    assert scene.states() == dict.fromkeys(SLUGS, S.MERGED)
    assert put(scene) == [put(scene)[0], put(scene)[1], put(scene)[1], put(scene)[-1]]


def put(scene: Scene) -> list[str]:
    """The tracks that were deployed, in this order."""
    return [one.split("-")[1] for one in scene.world.jobs.started if one.startswith("d-")]
