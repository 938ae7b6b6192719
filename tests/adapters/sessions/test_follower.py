"""One transcript on disk: its end first, its growth as it comes, its past when there is time."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator_tui.adapters.sessions.follower import WINDOW, Follower
from orchestrator_tui.adapters.sessions.lines import GrowingFile
from orchestrator_tui.core.facts import CallEnded
from tests.adapters.sessions.homes import FIXTURES, answer, line, prompt, result

BULK = {"type": "api-request-shape", "shape": "x" * 90_000}


def counted(follower: Follower) -> Follower:
    while follower.count():
        follower.look()
    return follower


def test_a_transcript_that_is_not_there_yet(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    follower = Follower(str(path), "s1")
    assert [follower.look(), follower.is_there] == [False, False]
    path.write_bytes(line(prompt(0, "go")) + line(answer(1)))
    assert [follower.look(), follower.is_there] == [True, True]
    assert follower.totals.prompt == "go"
    assert follower.changed_ms == path.stat().st_mtime_ns // 1_000_000
    assert not follower.look()
    path.unlink()
    assert [follower.look(), follower.is_there, follower.look()] == [True, False, False]


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_however_a_transcript_grows_it_tells_the_same(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    chance = random.Random(seed)
    data = (FIXTURES / "transcripts" / "main-headless.jsonl").read_bytes()
    path = tmp_path_factory.mktemp("grow") / "t.jsonl"
    path.touch()
    growing = Follower(str(path), "s1")
    calls: list[CallEnded] = []
    while data:
        size = chance.choice((1, 37, 700, 5_000, 40_000))
        with path.open("ab") as writer:
            writer.write(data[:size])
        data = data[size:]
        if chance.random() < 0.7 or not data:
            growing.look()
            calls += growing.transcript.take_ended()
    whole = Follower(str(path), "s1")
    whole.look()
    for one in (growing, whole):
        assert (one.totals.tokens, one.totals.stated, one.transcript.activity) == (
            57_719,
            0.045719600000000006,
            "Bash sleep 4",
        )
    assert calls == list(whole.transcript.take_ended())


def test_of_a_large_transcript_the_end_is_told_at_once_and_the_past_is_counted_later(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    with path.open("wb") as writer:
        writer.write(line(prompt(0, "what it is about")))
        for number in range(1, 41):
            writer.write(line(BULK) + line(answer(number, (f"toolu_{number}", "Bash", {"command": f"step {number}"}))))
            writer.write(line(result(number, f"toolu_{number}")))
    follower = Follower(str(path), "s1")
    assert follower.look()
    assert follower.transcript.activity == "Bash step 40"
    assert not follower.is_counted
    assert counted(follower).is_counted
    assert (follower.totals.tokens, follower.totals.prompt) == (40 * 1_100, "what it is about")
    with path.open("ab") as writer:
        writer.write(line(answer(41)))
    assert follower.look()
    assert follower.totals.tokens == 41 * 1_100


def test_a_window_that_holds_nothing_but_bulk_is_made_wider(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    talk = line(prompt(0, "go")) + line(answer(1, ("toolu_1", "Bash", {"command": "a"})))
    path.write_bytes(line(BULK) * 8 + talk + line(BULK) * 5)
    assert path.stat().st_size > 5 * WINDOW
    follower = Follower(str(path), "s1")
    follower.look()
    running = follower.transcript.in_flight
    assert running is not None
    assert running.words == "Bash a"


def test_a_transcript_that_was_replaced_is_told_anew(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(line(answer(1)) + line(answer(2)))
    follower = Follower(str(path), "s1")
    follower.look()
    other = tmp_path / "other"
    other.write_bytes(line(answer(7, ("toolu_1", "Bash", {"command": "b"}))))
    os.replace(other, path)
    assert follower.look()
    assert (follower.totals.tokens, follower.transcript.activity) == (1_100, "Bash b")


def test_what_was_forgotten_is_told_again(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(line(answer(1, ("toolu_1", "Bash", {}))) + line(result(2, "toolu_1")))
    follower = Follower(str(path), "s1")
    follower.look()
    assert len(follower.transcript.take_ended()) == 1
    follower.forget()
    assert follower.look()
    assert len(follower.transcript.take_ended()) == 1
    assert follower.totals.tokens == 1_100


def test_a_read_that_ends_at_its_limit_goes_on_at_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.jsonl"
    path.touch()
    follower = Follower(str(path), "s1")
    follower.look()
    monkeypatch.setattr(GrowingFile.read, "__defaults__", (10_000,))
    path.write_bytes(b"".join(line(answer(number)) for number in range(1, 201)))
    looks = 0
    while follower.look():
        looks += 1
    assert looks > 2
    assert follower.totals.tokens == 200 * 1_100


# --- what was written before the window ------------------------------------------------------------------------

DECISION = "d-0123456789ab"
AWAITED = frozenset({DECISION})


def test_a_transcript_that_appears_is_told_whole_however_much_was_written_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    follower = Follower(str(path), "s1")
    assert not follower.look()
    began = line(prompt(0, f"decision {DECISION}")) + line(answer(1, ("toolu_1", "Write", {"file_path": "a"})))
    path.write_bytes(began + line(BULK) * 4 + line(result(2, "toolu_1")) + line(answer(3)) + line(BULK))
    assert path.stat().st_size > 2 * WINDOW

    follower.look()

    assert follower.transcript.arrived(AWAITED) == {DECISION: "its next answer came 1.0 s later: Write a"}
    assert [one.tool for one in follower.transcript.take_ended()] == ["Write"]
    assert follower.is_counted
    assert follower.totals.tokens == 2 * 1_100


@pytest.mark.parametrize("answered_in", ["the past", "the window"])
def test_what_arrived_before_the_window_is_found_when_the_past_is_counted(tmp_path: Path, answered_in: str) -> None:
    path = tmp_path / "t.jsonl"
    went_on = line(answer(4, ("toolu_1", "Edit", {"file_path": "a"})))
    before, after = (went_on, b"") if answered_in == "the past" else (b"", went_on)
    path.write_bytes(
        line(answer(1)) + line(prompt(2, DECISION)) + before + line(BULK) * 20 + after + line(answer(5)) + line(BULK)
    )
    follower = Follower(str(path), "s1")
    follower.look()
    assert not follower.transcript.arrived(AWAITED)

    counted(follower)

    (words,) = follower.transcript.arrived(AWAITED).values()
    assert words.startswith("its next answer came 2.0 s later")


def test_what_was_given_before_the_window_arrives_with_the_next_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator_tui.adapters.sessions.follower.WIDEST", WINDOW)
    path = tmp_path / "t.jsonl"
    path.write_bytes(line(answer(1)) + line(prompt(2, DECISION)) + line(BULK) * 3)
    follower = Follower(str(path), "s1")
    follower.look()
    assert not counted(follower).transcript.arrived(AWAITED)
    with path.open("ab") as writer:
        writer.write(line(answer(3)))
    follower.look()
    assert follower.transcript.arrived(AWAITED) == {DECISION: "its next answer came 1.0 s later"}


def test_what_was_only_printed_before_the_window_has_not_arrived(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    said_by_itself = answer(1, ("toolu_1", "Bash", {"command": f"echo {DECISION}"}))
    printed = {"type": "attachment", "attachment": {"type": "hook_success", "stdout": DECISION}}
    queued = {"type": "queue-operation", "operation": "enqueue", "content": DECISION}
    only_printed = b"".join(map(line, (said_by_itself, printed, queued, answer(2))))
    path.write_bytes(only_printed + line(BULK) * 20 + line(answer(3)))
    follower = Follower(str(path), "s1")
    follower.look()
    assert not counted(follower).transcript.arrived(AWAITED)
