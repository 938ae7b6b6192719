"""Warnings beside the screen: once a rise, no bell in a focused window, nothing raw to the terminal."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate, GateState, Question, Risk, State
from orchestrator_tui.ui.notices import Notice, newly_stale, notice, terminal_title
from orchestrator_tui.ui.settings import Settings
from orchestrator_tui.ui.warner import RESTORE_TITLE, SAVE_TITLE, TerminalWarner

START = Instant(1_700_000_000_000, 5_000_000, "boot")
NOW = START.plus(400_000)


def gate(name: str, **changes: object) -> Gate:
    base = Gate(
        batch="b",
        id=name,
        revision=1,
        digest="d",
        track=name,
        question=Question("task", f"Deploy {name}?"),
        risk=Risk.CHECK,
        risk_why="",
        state=GateState.OPEN,
        asked_at=START,
        opened_at=START,
        source="test",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def state(*gates: Gate) -> State:
    return State({"b": Batch("b", "Batch", "watched", "running", gates={one.id: one for one in gates})})


FRESH = state(gate("pay"), gate("auth"))
STALE = state(gate("pay", stale_count=1, stale_level=1), gate("auth"))


def test_a_rise_is_told_once() -> None:
    assert [one.id for one in newly_stale(FRESH, STALE)] == ["pay"]
    assert notice(FRESH, STALE, NOW, False, Settings()) == Notice(
        True, "orch-tui: pay has waited 6:40", "Deploy pay?", False
    )
    assert notice(STALE, STALE, NOW, False, Settings()) is None


def test_the_first_picture_warns_of_nothing() -> None:
    assert notice(None, STALE, NOW, None, Settings()) is None


@pytest.mark.parametrize(("focused", "bell"), [(True, False), (False, True), (None, True)])
def test_the_bell_is_silent_in_a_focused_window(focused: bool | None, bell: bool) -> None:
    told = notice(FRESH, STALE, NOW, focused, Settings())
    assert told is not None
    assert told.bell is bell


def test_each_way_can_be_switched_off() -> None:
    assert notice(FRESH, STALE, NOW, None, Settings(bell=False, desktop_notices=False)) is None
    without_desktop = notice(FRESH, STALE, NOW, None, Settings(desktop_notices=False))
    assert without_desktop == Notice(True, "", "", False)
    quiet = notice(FRESH, STALE, NOW, None, Settings(bell=False))
    assert quiet is not None
    assert quiet.bell is False


def test_several_rises_are_one_notice_and_higher_levels_are_urgent() -> None:
    after = state(gate("pay", stale_count=3, stale_level=2), gate("auth", stale_count=1, stale_level=1))
    told = notice(FRESH, after, NOW, None, Settings())
    assert told is not None
    assert told.title == "orch-tui: auth has waited 6:40, 1 more too"
    assert told.urgent


def test_a_new_revision_counts_from_nothing() -> None:
    again = state(gate("pay", revision=2, stale_count=1, stale_level=1))
    assert [one.id for one in newly_stale(STALE, again)] == ["pay"]


def test_the_title_tells_what_waits() -> None:
    assert terminal_title(FRESH, NOW, "⚠") == "⚠ 2 waiting 6:40 — orch-tui"
    assert terminal_title(state(), NOW, "⚠") == "orch-tui"


class Desk:
    """Records what went to the terminal and which commands were run."""

    def __init__(self, **environment: str) -> None:
        self.written: list[str] = []
        self.commands: list[list[str]] = []
        self.warner = TerminalWarner(
            self.written.append, environment, lambda command: self.commands.append(list(command)), lambda name: name
        )


def test_an_unknown_terminal_gets_both_sequences_and_notify_send() -> None:
    desk = Desk(DISPLAY=":0")
    desk.warner.desktop("pay <b>", "a;b <i>", True)
    assert desk.written == ["\x1b]9;pay <b>: a;b <i>\x1b\\", "\x1b]777;notify;pay <b>;a,b <i>\x1b\\"]
    assert desk.commands == [
        ["notify-send", "--app-name=orch-tui", "--urgency=critical", "--", "pay <b>", "a;b &lt;i&gt;"]
    ]


def test_a_terminal_that_shows_notices_gets_one() -> None:
    desk = Desk(DISPLAY=":0", TERM_PROGRAM="WezTerm")
    desk.warner.desktop("pay", "?", False)
    assert (desk.written, desk.commands) == (["\x1b]777;notify;pay;?\x1b\\"], [])


def test_without_a_desktop_session_no_program_is_run() -> None:
    desk = Desk()
    desk.warner.desktop("pay", "?", False)
    assert desk.commands == []


def test_tmux_is_asked_to_hand_the_sequence_through() -> None:
    desk = Desk(TMUX="x", TERM_PROGRAM="kitty")
    desk.warner.desktop("pay", "?", False)
    assert desk.written == ["\x1bPtmux;\x1b\x1b]9;pay: ?\x1b\x1b\\\x1b\\"]


def test_hostile_words_reach_the_terminal_as_visible_escapes() -> None:
    desk = Desk()
    desk.warner.desktop("a\x1b]52;c;x\x07", "b\x9b2J\n\x00", False)
    desk.warner.title("t\x1b\\\x1b[2J")
    for text in desk.written:
        inner = text.removeprefix(SAVE_TITLE).removeprefix("\x1b]").removesuffix("\x1b\\")
        assert inner.isprintable(), text


def test_the_title_is_written_when_it_changes_and_given_back() -> None:
    desk = Desk()
    for text in ("one", "one", "two"):
        desk.warner.title(text)
    desk.warner.close()
    desk.warner.close()
    assert desk.written == [f"{SAVE_TITLE}\x1b]0;one\x1b\\", "\x1b]0;two\x1b\\", RESTORE_TITLE]
