"""Stage progress: the ladder, its two-line form, and tracks without one."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import Stage, StageStatus
from orchestrator_tui.core.queries import TrackKey
from orchestrator_tui.core.records import Attempt, Check, Finding
from orchestrator_tui.ui.present.glyphs import ASCII, UNICODE
from orchestrator_tui.ui.present.stages import StagesView, check_parts, present_stages, stage_lines, strip_lines
from orchestrator_tui.ui.present.strip import long_strip, short_strip
from tests.ui.drawing import drawn, expected, text_of, widths
from tests.ui.states import BATCH, COUNSEL, NOW, PERMISSION, ago, checkout, track, track_key, with_track

PANEL = """
| 1 ✓ Generate PRD                  4:10   1 attempt    prd.md            |
| 2 ✓ Shape the Plan                6:02   1 attempt    plan.md           |
| 3 ✓ Plan Refinement Counsel       9:45   2 rounds     approved, high    |
| 4 ✓ Multi-Agent Implementation   31:20   2 attempts   214 tests ✓       |
| 5 ✓ Simplification Pass           5:31   1 attempt    −84 lines         |
| 6 ✓ Create PR + Codex Review      8:12   1 attempt    PR #41, 2 findin… |
| 7 ✓ Copilot Feedback Review       2:00   none                           |
| 8 ⚠ Self-Healing Deploy          12:07   dev ✓ staging ✓ prod waits     |
|                                                                         |
| CI ✓ 214 checks  staging ✓ 14 min  counsel ✓ high  PR #41               |
"""
NARROW = """
| 1 ✓ Generate PRD                  4:10   prd.md          |
| 2 ✓ Shape the Plan                6:02   plan.md         |
| 3 ✓ Plan Refinement Counsel       9:45   approved, high  |
| 4 ✓ Multi-Agent Implementation   31:20   214 tests ✓     |
| 5 ✓ Simplification Pass           5:31   −84 lines       |
| 6 ✓ Create PR + Codex Review      8:12   PR #41, 2 find… |
| 7 ✓ Copilot Feedback Review       2:00   none            |
| 8 ⚠ Self-Healing Deploy          12:07   dev ✓ staging … |
|                                                          |
| CI ✓ 214 checks  staging ✓ 14 min  counsel ✓ high  PR #41|
"""
STRIP = """
| pay-webhook   ✓1 ✓2 ✓3 ✓4 ✓5 ✓6 ✓7 ⚠8   Self-Healing Deploy               12:07 |
| dev ✓ staging ✓ prod waits   CI ✓ 214 checks  staging ✓ 14 min         wave 1/2 |
"""


def view(slug: str) -> StagesView:
    return present_stages(checkout(), track_key(slug), NOW, UNICODE)


@pytest.mark.parametrize(("width", "golden"), [(73, PANEL), (58, NARROW)])
def test_the_ladder_as_drawn(width: int, golden: str) -> None:
    """[002-09]"""
    lines = stage_lines(view("pay-webhook"), width)
    assert drawn(lines) == expected(golden)
    assert widths(lines) <= {0, width}


def test_two_lines_for_a_narrow_screen() -> None:
    """[002-10]"""
    lines = strip_lines(view("pay-webhook"), 81)
    assert drawn(lines) == expected(STRIP)
    assert widths(lines) == {81}


@pytest.mark.parametrize("width", range(10, 140, 11))
def test_every_width_is_kept(width: int) -> None:
    assert widths(strip_lines(view("pay-webhook"), width)) == {width}
    assert max(widths(stage_lines(view("pay-webhook"), width))) <= width


def test_title_and_corner() -> None:
    assert (view("pay-webhook").title, view("pay-webhook").corner) == ("pay-webhook", "wave 1 of 2")


def test_no_track_and_plain_work_say_so() -> None:
    nothing = present_stages(checkout(), None, NOW, UNICODE)
    assert drawn(stage_lines(nothing, 60)) == "\n  Select a track to see its stages."
    assert drawn(strip_lines(nothing, 60)) == " Select a track to see its stages.\n"
    assert present_stages(checkout(), TrackKey(BATCH, "no such"), NOW, UNICODE).key is None
    plain = replace(track("notes", 0, StageStatus.RUNNING), stages=(), progress="reads the docs")
    found = present_stages(with_track(checkout(), plain), track_key("notes"), NOW, UNICODE)
    assert found.empty == ("This track has no stages: it is plain work.", "reads the docs")


def test_a_running_stage_tells_its_progress_and_a_skipped_one_that_it_was() -> None:
    running = replace(track("one", 2, StageStatus.RUNNING), progress="writing tests")
    skipped = replace(running.stages[0], status=StageStatus.SKIPPED)
    found = present_stages(
        with_track(checkout(), replace(running, stages=(skipped, *running.stages[1:]))), track_key("one"), NOW, UNICODE
    )
    assert [(row.glyph, row.detail) for row in found.rows[:3]] == [("–", "skipped"), ("→", "writing tests"), ("○", "")]


@pytest.mark.parametrize(
    ("purposes", "words"),
    [((), ""), (("stage",), "1 attempt"), (("stage", "review"), "2 attempts"), (("review", "review"), "2 rounds")],
)
def test_attempts_and_rounds(purposes: tuple[str, ...], words: str) -> None:
    attempts = tuple(Attempt(str(place), 1, purpose, (), "", ago(1)) for place, purpose in enumerate(purposes))
    one = replace(track("one", 2, StageStatus.RUNNING), attempts=attempts)
    found = present_stages(with_track(checkout(), one), track_key("one"), NOW, UNICODE)
    assert found.rows[0].attempts == words


@pytest.mark.parametrize(
    ("result", "sign"), [("pass", "✓"), ("fail", "✗"), ("partial", "⚠"), ("skip", "–"), ("not_run", "○"), ("odd", "?")]
)
def test_a_check_in_a_few_words(result: str, sign: str) -> None:
    assert text_of(check_parts(Check("CI", result, "214 checks", NOW), UNICODE)) == f"CI {sign} 214 checks"


def test_a_stage_with_an_open_gate_waits_unless_it_is_only_held() -> None:
    """[002-07]"""
    running = track("one", 3, StageStatus.RUNNING)
    own = replace(COUNSEL, track="one")
    held = replace(PERMISSION, question=replace(PERMISSION.question, stage=3))
    assert text_of(short_strip(running, (own,), UNICODE)) == "✓✓⚠○○○○○"
    assert text_of(short_strip(running, (held,), UNICODE)) == "✓✓→○○○○○"
    assert text_of(short_strip(running, (), ASCII)) == "++>....."


def test_a_long_strip_keeps_the_current_stage_in_sight() -> None:
    stages = tuple(Stage(number, f"part {number}") for number in range(1, 31))
    long = replace(track("one", 20, StageStatus.RUNNING), stages=stages)
    shown = text_of(long_strip(long, (), UNICODE, 40))
    assert "○20" in shown
    assert len(shown) <= 40


def test_findings_are_counted_in_the_corner() -> None:
    one = replace(track("one", 2, StageStatus.RUNNING), findings=(Finding("f", "nit", "a name"),))
    assert (
        present_stages(with_track(checkout(), one), track_key("one"), NOW, UNICODE).corner == "1 finding, wave 1 of 2"
    )
