"""The signs: one cell each, told apart without colour, and an ASCII set."""

from dataclasses import asdict

import pytest

from orchestrator_tui.core.model import StageStatus
from orchestrator_tui.core.text import is_clean
from orchestrator_tui.ui.present.cells import cell_width
from orchestrator_tui.ui.present.glyphs import ASCII, STAGE_TOKENS, UNICODE, Glyphs, stage_glyph


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_every_sign_is_one_clean_cell(glyphs: Glyphs) -> None:
    for name, sign in asdict(glyphs).items():
        assert (cell_width(sign), is_clean(sign)) == (1, True), name


def test_the_ascii_set_is_ascii() -> None:
    assert "".join(asdict(ASCII).values()).isascii()


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_standings_and_stages_are_told_apart_without_colour(glyphs: Glyphs) -> None:
    standings = (
        glyphs.working,
        glyphs.asking,
        glyphs.pending,
        glyphs.done,
        glyphs.gate,
        glyphs.failed,
        glyphs.unknown,
    )
    assert len(set(standings)) == len(standings)
    stages = [stage_glyph(status, glyphs) for status in StageStatus]
    assert len(set(stages)) == len(stages)


def test_every_stage_status_has_a_look() -> None:
    assert set(STAGE_TOKENS) == set(StageStatus)
