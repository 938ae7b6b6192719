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
