"""The headline: counts, title and elapsed time at every width."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import State
from orchestrator_tui.ui.present.glyphs import ASCII, UNICODE
from orchestrator_tui.ui.present.headline import headline_line, present_headline
from tests.ui.drawing import drawn, expected, tokens_of, widths
from tests.ui.states import BATCH, NOW, ago, checkout, empty


@pytest.mark.parametrize(
    ("width", "picture"),
    [
        (
            120,
            "| orch-tui  Checkout hardening                          "
            "⚠ 3 waiting   ● 3 working   ? 1 unknown   ✓ 2   ✗ 1      1:07:45 |",
        ),
        (80, "| Checkout hardening                           ⚠ 3  ● 3  ? 1  ✓ 2  ✗ 1   1:07:45 |"),
        (60, "| Checkout hardening       ⚠ 3  ● 3  ? 1  ✓ 2  ✗ 1   1:07:45 |"),
        (40, "| Checkout hardening       ⚠ 3   1:07:45 |"),
    ],
)
def test_as_drawn(width: int, picture: str) -> None:
    """[002-11]"""
    line = headline_line(present_headline(checkout(), NOW, UNICODE), width)
    assert drawn([line]) == expected(picture)
    assert widths([line]) == {width}


def test_a_very_wide_one_tells_the_oldest_gate() -> None:
    line = headline_line(present_headline(checkout(), NOW, UNICODE), 160)
    assert "⚠ 3 waiting, oldest 6:40   ●" in drawn([line])


def test_a_replay_says_so_at_every_width() -> None:
    view = present_headline(checkout(), NOW, UNICODE, mode="replay")
    assert drawn([headline_line(view, 120)]).startswith(" replay  Checkout hardening")
    assert "read-only" in drawn([headline_line(view, 120)])
    assert drawn([headline_line(view, 80)]).startswith(" replay  Checkout")


def test_nothing_at_all() -> None:
    line = headline_line(present_headline(empty(), NOW, UNICODE), 80)
    assert drawn([line]) == expected(
        "| no batch                                                  ⚠ 0  ● 0  ✓ 0  ✗ 0  |"
    )


def test_numbers_that_are_zero_are_quiet() -> None:
    tokens = tokens_of(headline_line(present_headline(empty(), NOW, UNICODE), 120))
    assert tokens["⚠ 0 waiting"] == "quiet"
    tokens = tokens_of(headline_line(present_headline(checkout(), NOW, UNICODE), 120))
    assert tokens["⚠ 3 waiting"] == "track-waiting"
    assert tokens["✗ 1"] == "track-failed"


def test_an_ended_batch_no_longer_ages() -> None:
    batch = replace(checkout().batches[BATCH], ended_at=ago(7, 45))
    view = present_headline(State({BATCH: batch}), NOW, UNICODE)
    assert view.elapsed == "1:00:00"


def test_a_session_without_a_title_is_named_by_the_beginning_of_its_id() -> None:
    session = "e3f59a0e-4c76-4596-b65a-a4eb2fde40cf"
    for title in ("", session):
        state = State({session: replace(checkout().batches[BATCH], id=session, title=title, gates={})})
        assert present_headline(state, NOW, UNICODE).title == "session e3f59a0e"


def test_several_batches_are_counted() -> None:
    batch = checkout().batches[BATCH]
    view = present_headline(State({BATCH: batch, "b": replace(batch, id="b", gates={}, tracks={})}), NOW, ASCII)
    assert view.title == "Checkout hardening and 1 more"
    assert view.tallies[0].glyph == "!"
