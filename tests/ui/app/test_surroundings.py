"""What surrounds the screens: warnings, settings, and the hostile text that agents and clipboards hold."""

from dataclasses import replace

import pytest
from textual import events

from orchestrator_tui.core.model import State
from orchestrator_tui.core.queries import GateKey
from orchestrator_tui.runtime.ports import Live
from orchestrator_tui.ui.settings import Settings
from tests.hostile_text import MARKUP, PAYLOADS
from tests.ui import states
from tests.ui.app.driving import opened

DEPLOY = GateKey(states.BATCH, states.DEPLOY.id)
COUNSEL = GateKey(states.BATCH, states.COUNSEL.id)


async def test_a_gate_that_turns_stale_rings_once() -> None:
    async with opened() as driver:
        assert (driver.warner.bells, driver.warner.notices) == (0, [])
        key = {"gate": states.COUNSEL.id, "revision": 1}
        driver.session.happen(states.BATCH, "gate_stale", **key, count=1, level=1, age_ms=300_000)
        await driver.settle()
        driver.session.report()
        await driver.settle()
        assert driver.warner.bells == 1
        assert [title for title, _, _ in driver.warner.notices] == ["orch-tui: fix-auth-race has waited 1:50"]
        assert driver.warner.titles[-1] == "⚠ 3 waiting 6:40 — orch-tui"


async def test_settings_reach_the_screen() -> None:
    settings = Settings(theme="light", ascii=True, keymap={"next-waiting": "W", "nonsense": "x"}, terminal_title=False)
    async with opened(settings=settings) as driver:
        assert driver.app.theme == "light"
        assert "●" not in driver.text
        assert "W next" in driver.status
        assert 'there is no action "nonsense"' in driver.text
        await driver.press("w")
        assert driver.app.desk.card.key == DEPLOY
        await driver.press("W")
        assert driver.app.desk.card.key == COUNSEL
        assert driver.warner.titles == []


async def test_an_unknown_theme_falls_back_and_says_so() -> None:
    async with opened(settings=Settings(theme="drak")) as driver:
        assert driver.app.theme == "dark"
        assert 'did you mean "dark"?' in driver.text


# --- hostile text -------------------------------------------------------------------------------------------


def poisoned(payload: str) -> State:
    """The batch with ``payload`` wherever an agent has words."""
    question = replace(
        states.COUNSEL.question,
        question=payload,
        context=payload,
        options=tuple(replace(option, label=payload) for option in states.COUNSEL.question.options),
    )
    gate = replace(states.COUNSEL, question=question, recommendation_why=payload, risk_why=payload)
    state = states.with_gate(states.checkout(), gate)
    track = state.batches[states.BATCH].tracks["fix-auth-race"]
    return states.with_track(state, replace(track, title=payload, progress=payload, branch=payload))


def forbidden(text: str) -> list[str]:
    return [character for character in text.replace("\n", "") if not character.isprintable()]


@pytest.mark.parametrize("keys", [("x",), ("slash",), ("ctrl+p",), ("e", "shift+tab")])
async def test_pasted_text_is_made_safe_wherever_it_goes(keys: tuple[str, ...]) -> None:
    async with opened() as driver:
        await driver.press(*keys)
        driver.app.post_message(events.Paste("a\x1b]52;c;eA==\x07b\u202ec"))
        await driver.settle()
        assert "a\\x1b]52" in driver.text
        assert forbidden(driver.text) == []


async def test_a_pasted_confirmation_counts_as_typed() -> None:
    async with opened() as driver:
        await driver.press("1", "enter", "o", "k", "enter")
        driver.app.post_message(events.Paste("pay-webhook\n"))
        await driver.settle()
        assert driver.typing == "pay-webhook"


async def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened() as driver:
        colours = {
            segment.style.color.triplet
            for strip in driver.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and segment.style.color is not None
        }
        assert colours
        assert all(triplet is None or triplet.red == triplet.green == triplet.blue for triplet in colours)
        assert "Deploy 9d1e0b4 to production?" in driver.text


async def test_hostile_text_is_inert_on_the_main_screen() -> None:
    async with opened() as driver:
        await driver.press("w")
        for payload in (*(" ".join(group) for group in PAYLOADS.values()), " ".join(MARKUP)):
            driver.session.state = poisoned(payload)
            driver.session.report()
            await driver.settle()
            assert forbidden(driver.text) == []


@pytest.mark.parametrize("keys", [("e", "2"), ("v",), ("x",), ("m",), ("ctrl+p",)])
async def test_hostile_text_is_inert_on_every_screen(keys: tuple[str, ...]) -> None:
    payload = " ".join(one for group in (*PAYLOADS.values(), MARKUP) for one in group)
    async with opened(poisoned(payload), live=Live(problem=payload)) as driver:
        await driver.press("w", *keys)
        await driver.settle()
        assert forbidden(driver.text) == []
