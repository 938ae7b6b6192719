"""The command runner: templates are filled argument by argument, prompts are private, plain output is understood."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.adapters.runners.choose import runner_for
from orchestrator_tui.adapters.runners.command import CommandRunner, fill
from orchestrator_tui.adapters.runners.plain import PlainFollower
from orchestrator_tui.core.plan import AgentChoice
from orchestrator_tui.core.text import is_clean
from tests.adapters.runners.made import feed_in, make_attempt, run

WORDS = frozenset({"APPROVED", "REQUIRES_REWORK"})
TOLD = {"prompt": "a b; $(c) {model}", "model": "m", "resume": "", "track": "alpha", "prompt_file": "/p"}


def test_each_argument_is_filled_on_its_own() -> None:
    template = ("agent", "--say={prompt}", "{prompt}", "x{track}-{model}", "{unknown}", "{}", "{{model}}")
    assert fill(template, TOLD) == (
        "agent",
        "--say=a b; $(c) {model}",
        "a b; $(c) {model}",
        "xalpha-m",
        "{unknown}",
        "{}",
        "{m}",
    )


def test_an_argument_for_nothing_falls_away_with_its_option() -> None:
    assert fill(("agent", "--resume", "{resume}", "--model", "{model}"), TOLD) == ("agent", "--model", "m")
    assert fill(("agent", "run", "{resume}", "--resume={resume}"), TOLD) == ("agent", "run", "--resume=")


def test_the_prompt_is_private_and_no_shell_reads_it(tmp_path: Path) -> None:
    agent = AgentChoice(
        "command", (sys.executable, "-c", "import sys; print(sys.argv[1:])", "{prompt}", "{prompt_file}")
    )
    attempt = make_attempt(tmp_path, agent)
    order = runner_for(attempt.plan, os.environ).order(attempt)
    prompt_file = Path(order.argv[4])
    assert prompt_file.parent == Path(attempt.directory)
    assert prompt_file.stat().st_mode & 0o777 == 0o600
    assert prompt_file.parent.stat().st_mode & 0o777 == 0o700
    assert prompt_file.read_text() == attempt.prompt
    assert order.argv[3] == attempt.prompt
    assert (order.stdin, order.keep_open, order.cwd) == (b"", False, attempt.worktree)
    done = run(order)
    assert done.stdout.decode().strip() == repr([attempt.prompt, str(prompt_file)])
    # Made again, the file is replaced, links and all.
    prompt_file.unlink()
    prompt_file.symlink_to(tmp_path / "elsewhere")
    runner_for(attempt.plan, os.environ).order(attempt)
    assert prompt_file.read_text() == attempt.prompt
    assert not (tmp_path / "elsewhere").exists()


def test_a_template_without_the_prompt_gets_it_on_its_input(tmp_path: Path) -> None:
    attempt = make_attempt(tmp_path, AgentChoice("command", ("cat",)))
    order = CommandRunner(os.environ).order(attempt)
    assert order.stdin.decode() == attempt.prompt
    assert run(order).stdout == order.stdin


def test_the_environment_is_the_allow_list_and_who_the_agent_is(tmp_path: Path) -> None:
    source = {"PATH": "/usr/bin", "HOME": "/h", "AWS_SECRET_ACCESS_KEY": "no", "MY_TOKEN": "yes", "ORCH_TRACK": "other"}
    attempt = make_attempt(tmp_path, AgentChoice("command", ("env",), environment=("MY_TOKEN",)), wall_ms=7)
    order = CommandRunner(source).order(attempt)
    made = order.environment
    assert "AWS_SECRET_ACCESS_KEY" not in made
    assert made["MY_TOKEN"] == "yes"
    assert made["PATH"].split(":") == ["/usr/bin", os.path.dirname(os.path.abspath(sys.executable))]
    assert {name: made[name] for name in made if name.startswith("ORCH_")} == {
        "ORCH_TRACK": "alpha",
        "ORCH_TASKS": attempt.tasks,
        "ORCH_BATCH": attempt.batch,
        "ORCH_REPOSITORY": attempt.repository,
        "ORCH_HOME": attempt.home,
        "ORCH_STAGE": "2",
        "ORCH_ATTEMPT": "a-alpha-2-1-1",
        "ORCH_PURPOSE": "implement",
        "ORCH_SPEC": "agent-os/specs/2026-01-02-0304-alpha",
    }
    assert order.wall_ms == 7


def test_what_cannot_be_ordered_is_said_in_a_line(tmp_path: Path) -> None:
    empty = make_attempt(tmp_path, AgentChoice("command"))
    with pytest.raises(OSError, match=r"agent\.command is the template"):
        CommandRunner(os.environ).order(empty)
    long = make_attempt(tmp_path, AgentChoice("command", ("x", "{prompt}")), prompt="p" * 200_000)
    with pytest.raises(OSError, match=r"use \{prompt_file\}"):
        CommandRunner(os.environ).order(long)
    unknown = make_attempt(tmp_path, AgentChoice("robots"))
    with pytest.raises(OSError, match="no runner 'robots'; known are claude, command, scripted"):
        runner_for(unknown.plan, os.environ)


def test_it_takes_nothing_on_its_input() -> None:
    runner = CommandRunner(os.environ)
    assert (runner.message("hi"), runner.answers({}, ()), runner.interrupt()) == (b"", b"", b"")


def test_plain_output_is_followed() -> None:
    follower = PlainFollower(WORDS)
    assert follower.feed(b"reads file") is None
    first = follower.feed(b"s\nwrites \x1b[31mred\x1b[0m\n10%\r50%\r99%\r\n\n")
    assert first is not None
    assert first.activity == "99%"
    assert feed_in(follower, [b"APPROVED\n", b"on reflection\nVERDICT: REQUIRES_REWORK\nsee above"])[-1].activity
    end = follower.end(0, "exited", b"")
    assert (end.claim, end.verdict, end.summary) == ("done", "REQUIRES_REWORK", "see above")


def test_a_failed_one_tells_why() -> None:
    assert PlainFollower(WORDS).end(None, "signal 9", b"").summary == "signal 9"
    follower = PlainFollower(WORDS)
    follower.feed(b"works\nAPPROVED\n")
    end = follower.end(3, "exited", b"Traceback\nKeyError: \x1b'x'\n\n")
    assert (end.claim, end.verdict, end.summary) == ("failed", "APPROVED", "KeyError: \\x1b'x'")


def test_a_verdict_alone_is_all_there_is_to_say() -> None:
    follower = PlainFollower(WORDS)
    follower.feed(b"**APPROVED**")
    assert follower.end(0, "", b"").summary == "APPROVED"


@given(data=st.binary(max_size=400), cuts=st.lists(st.integers(0, 400), max_size=8))
def test_any_bytes_in_any_pieces_end_the_same(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(data)]
    pieces = [data[first:second] for first, second in pairwise(places)]
    whole, cut = PlainFollower(WORDS), PlainFollower(WORDS)
    feed_in(whole, [data])
    news = feed_in(cut, pieces)
    assert all(is_clean(one.activity) for one in news)
    end = cut.end(0, "", data)
    assert end == whole.end(0, "", data)
    assert is_clean(end.summary)


def test_a_shell_only_where_the_template_says_so(tmp_path: Path) -> None:
    agent = AgentChoice("command", ("sh", "-c", 'cat "$1"', "sh", "{prompt_file}"))
    attempt = make_attempt(tmp_path, agent)
    done: subprocess.CompletedProcess[bytes] = run(CommandRunner(os.environ).order(attempt))
    assert done.stdout.decode() == attempt.prompt
