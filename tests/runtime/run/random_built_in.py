"""Random runs on the ladders that ship: agents that end with their words and write what their stages promise."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule.forms import TEXT
from orchestrator_tui.core.schedule.paths import artefact_path
from orchestrator_tui.core.schedule.rules import stages_of
from orchestrator_tui.core.workflow import StageWork, Workflow
from orchestrator_tui.plan.catalogue import load_workflows
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.random_story import Story


@cache
def built_in() -> dict[str, Workflow]:
    """The workflows that ship, by name."""
    return dict(load_workflows(Path("/nowhere"), None).workflows)


class BuiltInStory(Story):
    """A random plan on one ladder that ships."""

    def __init__(self, chance: random.Random, name: str) -> None:
        super().__init__(chance, built_in()[name])
        stages = max(len(self.workflow.works), len(self.workflow.batch_works))
        self.world.acts = {"*/" + str(stage): self.act for stage in range(stages + 2)}

    def act(self, agent: Agent) -> tuple[int, str]:
        work = self._work(agent)
        if self.calm or self.chance.random() > self.badness:
            return self._as_told(agent, work)
        if work.verdicts and self.chance.random() < 0.5:
            return 0, self.chance.choice(list(work.verdicts))
        return super().act(agent)

    def _work(self, agent: Agent) -> StageWork:
        """How the stage of an attempt is done; that of an attempt at a conflict is like no stage's."""
        track, stage = self.ledger.batch.tracks[agent.attempt.track], agent.attempt.stage
        stages = stages_of(self.ledger.batch, track)
        return stages[stage - 1][1] if 1 <= stage <= len(stages) else StageWork()

    def _as_told(self, agent: Agent, work: StageWork) -> tuple[int, str]:
        """Do the work, write what the stage promises, and end with the word for it."""
        code, said = self._well(agent)
        batch = self.ledger.batch
        track = batch.tracks[agent.attempt.track]
        for place, artefact in enumerate(work.artefacts):
            path = artefact_path(batch, track, artefact).replace("*", "one")
            text = _filled(work) if place == 0 and work.form else "written\n"
            agent.write(path, text, commit=agent.attempt.writes and track.slug != BATCH_TRACK and work.commits)
        words = [word for word, meaning in work.verdicts.items() if meaning == "done"]
        return code, words[0] if words else said


def _filled(work: StageWork) -> str:
    """A document with every line of its form, and nothing to ask."""
    lines = []
    for name, rule in work.form.items():
        value = "none" if rule == TEXT else rule.partition("|")[0].strip()
        lines.append(f"{name}: {value}")
    return "\n".join(lines) + "\n"
