"""Runs of the shipped pipelines in memory: agents that write what each stage promises, and short ways to look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from orchestrator_tui.core.model import Gate
from orchestrator_tui.core.plan import CheckCommand, Environment, PlannedTrack, Scope
from orchestrator_tui.core.schedule.paths import artefact_path
from orchestrator_tui.core.workflow import StageWork
from orchestrator_tui.plan.catalogue import load_workflows
from orchestrator_tui.runtime.rules import load_rules
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import Scene

BUILT_IN = load_workflows(None, None).workflows
PRD, BUG = BUILT_IN["prd-to-pr"], BUILT_IN["bug-to-pr"]
BUILD, DEPLOY = 4, 8

PLACES = (
    Environment("dev", "make dev", "health dev", "dev"),
    Environment("staging", "make staging", "health staging", "staging"),
    Environment("production", "make production", "health production", "production"),
)
UNIT = CheckCommand("unit", "make test")


def pipeline(slug: str, bug: bool = False, **fields: object) -> PlannedTrack:
    """A track of one of the two pipelines, that owns its own folder."""
    workflow = BUG if bug else PRD
    base = PlannedTrack(
        slug,
        f"Item {slug}",
        workflow.ladder.kind,
        workflow.name,
        brief=f"what {slug} is about",
        scope=Scope(owned=(f"src/{slug}/**", f"tests/{slug}/**")),
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def filled(done: StageWork) -> str:
    """The form of a stage's artefact, with the first choice, or a word, in every line of it."""
    return "".join(f"{name}: {rule.partition(' | ')[0]}\n" for name, rule in done.form.items())


def work(agent: Agent) -> tuple[int, str]:
    """Write what the stage promises, code and test in the build, and end with the word that says done."""
    attempt = agent.attempt
    batch = agent.world.batch
    track = batch.tracks[attempt.track]
    done = BUILT_IN[track.workflow].works[attempt.stage - 1]
    for path in done.artefacts:
        agent.append(artefact_path(batch, track, path), f"{track.slug}, stage {attempt.stage}\n{filled(done)}")
    if attempt.stage == BUILD:
        agent.append(f"tests/{track.slug}/test_it.py", f"test of {track.slug}\n")
        agent.append(f"src/{track.slug}/it.py", f"code of {track.slug}\n")
    word = next((word for word, meaning in done.verdicts.items() if meaning == "done"), "")
    return 0, f"stage {attempt.stage} of {track.slug}\n{word}"


def pipelines(
    *tracks: PlannedTrack,
    environments: Iterable[Environment] = (),
    files: dict[str, str] | None = None,
    checked: dict[str, object] | None = None,
) -> Scene:
    """A run whose spend gate is approved, with the confidence table that ships."""
    scene = Scene(
        *tracks,
        workflow=PRD,
        others=(BUG,),
        checks=(UNIT,),
        environments=tuple(environments),
        files={**{f"src/{one.slug}/it.py": "" for one in tracks}, **(files or {})},
        checked=checked,
    )
    scene.ledger.rules = load_rules()
    scene.world.acts = {f"*/{stage}": work for stage in range(1, 9)}
    scene.world.settle()
    scene.answer("spend", "approve")
    return scene


def play_by_rules(scene: Scene) -> None:
    """Go on until nothing moves, where the confidence table answers what it may."""
    for _ in range(100):
        scene.play()
        before = len(scene.ledger.events)
        scene.ledger.due()
        scene.deliver()
        if len(scene.ledger.events) == before:
            return
    raise AssertionError("it does not come to rest")


def stages_done(scene: Scene, slug: str) -> list[int | None]:
    """The stages of which an agent has done an attempt, in the order of their beginning."""
    return [one.stage for one in scene.track(slug).attempts]


def asked(scene: Scene) -> list[tuple[str, str]]:
    """Track and kind of every open gate."""
    return sorted((one.track, one.question.kind) for one in scene.open_gates())


def waiting(scene: Scene, kind: str) -> list[Gate]:
    return [one for one in scene.open_gates() if one.question.kind == kind]
