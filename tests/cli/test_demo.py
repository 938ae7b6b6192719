"""The demo's plan and scripts: whatever its workflows demand of a stage, the script of that stage does."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator_tui.cli.journals import load_state
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.workflow import AGENT
from orchestrator_tui.demo.script import SCRIPTS, Step, load_script
from orchestrator_tui.demo.stage import TRACKS, Stage, set_stage
from orchestrator_tui.journal.sqlite import open_journal
from tests.cli.scene import command, environment


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCH_HOME", str(directory / "state"))
        yield set_stage(directory)


@pytest.fixture(scope="module")
def batch(stage: Stage) -> Batch:
    journal = open_journal(stage.repository, {"ORCH_HOME": str(stage.place.home)}, create=False)
    try:
        return load_state(journal, [stage.batch]).batches[stage.batch]
    finally:
        journal.close()


def every(steps: list[Step], chosen: str) -> Iterator[Step]:
    """All steps, those behind a question as far as this option, else its first one, leads to them."""
    for step in steps:
        yield step
        if step.ask is not None:
            yield from every(step.ask.on.get(chosen, step.ask.on.get(next(iter(step.ask.options)), [])), chosen)


def test_the_plan_is_recorded_as_any_other_and_nothing_has_started(stage: Stage, batch: Batch) -> None:
    assert batch.kind == "run"
    assert set(batch.tracks) == {"batch", *TRACKS}
    assert batch.run is not None
    assert batch.run.plan.agent.runner == "scripted"
    assert not any(track.attempts or track.worktree for track in batch.tracks.values())
    assert not stage.environments.exists()


@pytest.mark.parametrize("slug", TRACKS)
def test_a_script_does_what_each_stage_of_its_workflow_demands(slug: str, stage: Stage, batch: Batch) -> None:
    assert batch.run is not None
    workflow = batch.run.workflows[batch.tracks[slug].workflow]
    script = load_script(Path(batch.run.plan.agent.scripts) / f"{slug}.yaml")
    for rule, work in zip(workflow.ladder.stages, workflow.works, strict=True):
        steps = list(every(script.steps_of(rule.index), "keep"))
        if work.runs != AGENT:
            assert not steps
            continue
        written = {step.write.path for step in steps if step.write is not None}
        wanted = {path.replace("{slug}", slug) for path in (*work.artefacts, rule.artefact) if path}
        assert wanted <= written, rule.name
        verdicts = [step.verdict for step in steps if step.verdict is not None]
        assert bool(verdicts) == bool(work.verdicts), rule.name
        assert set(verdicts) <= set(work.verdicts), rule.name


def test_the_scripts_lie_in_the_repository_beside_the_plan_that_names_them(stage: Stage) -> None:
    names = sorted(path.name for path in SCRIPTS.glob("*.yaml"))
    assert sorted(path.name for path in (stage.repository / "agents").iterdir()) == names
    assert (stage.repository / "plan.yaml").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--answers", "missing.yaml"), "missing.yaml"),
        (("--dir", "full"), "not an empty directory"),
    ],
)
def test_bad_input_is_a_line_and_makes_nothing(arguments: tuple[str, str], words: str, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    ended = subprocess.run(
        command("demo", "--headless", *arguments),
        cwd=tmp_path,
        env=environment({"ORCH_HOME": str(tmp_path / "state")}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, words in ended.stderr, "Traceback" in ended.stderr) == (2, True, False)
    assert not (tmp_path / "state").exists()
