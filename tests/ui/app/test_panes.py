"""Going to the terminal in which an agent sits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.model import State
from tests.ui import states
from tests.ui.app.driving import opened

AGENT = Agent("0a1b2c3d-0000-4000-8000-000000000000", pane="cc:@0.%3")


class FakePanes:
    """Remembers who was gone to; ``refused`` is why it cannot be."""

    def __init__(self, refused: str = "") -> None:
        self.refused = refused
        self.gone: list[Agent] = []

    def jump(self, agent: Agent) -> str:
        if self.refused:
            raise OSError(self.refused)
        self.gone.append(agent)
        return "switched to tmux pane %3"


def sitting(agent: Agent | None) -> State:
    state = states.checkout()
    return states.with_track(state, replace(state.batches[states.BATCH].tracks["pay-webhook"], agent=agent))


@pytest.mark.parametrize("keys", [("J",), ("v", "enter"), ("v", "J")])
async def test_a_key_goes_to_the_terminal_of_the_selected_track(keys: tuple[str, ...]) -> None:
    panes = FakePanes()
    async with opened(sitting(AGENT), panes=panes) as driver:
        await driver.press(*keys)
        await driver.settle()
        assert panes.gone == [AGENT]
        assert "switched to tmux pane %3" in driver.text


async def test_why_a_terminal_cannot_be_gone_to_is_told() -> None:
    async with opened(sitting(AGENT), panes=FakePanes("its tmux server does not answer")) as driver:
        await driver.press("J")
        await driver.settle()
        assert "its tmux server does not answer" in driver.text


@pytest.mark.parametrize("agent", [None, replace(AGENT, pane="")])
async def test_without_a_pane_the_key_says_so(agent: Agent | None) -> None:
    panes = FakePanes()
    async with opened(sitting(agent), panes=panes) as driver:
        await driver.press("J")
        assert "sits in no terminal that is known" in driver.text
        assert panes.gone == []
