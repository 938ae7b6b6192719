"""``orch-tui run`` with real Claude Code as its agents: from a plan to a published branch, whatever happens between."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from threading import Event
from typing import Any

import pytest

from orchestrator_tui.core.model import GateState
from orchestrator_tui.core.records import Attempt
from tests.claude_e2e.cockpit import Cockpit
from tests.claude_e2e.plans import ClaudeRun, committing, shell
from tests.claude_e2e.scripts import answered, ask, bash, create, ours, question
from tests.claude_rig import MAIN_VERSION, ApiError, ClaudeRig, Step, call, say, wait_until
from tests.claude_rig.script import Conversation, Script, next_step

pytestmark = pytest.mark.e2e_claude

APPROVED = say("It is fine.\n\nAPPROVED")
NO_RETRY = {"x-should-retry": "false"}


@pytest.fixture
def run(each_claude_rig: ClaudeRig) -> Iterator[ClaudeRun]:
    """A repository for a run, for each supported Claude Code."""
    with ClaudeRun(each_claude_rig) as made:
        yield made


@pytest.fixture
def main_run(claude_rig: ClaudeRig) -> Iterator[ClaudeRun]:
    """The same for the Claude Code that the project is made for."""
    with ClaudeRun(claude_rig) as made:
        yield made


def test_a_plan_is_reviewed_asked_about_merged_and_published(run: ClaudeRun) -> None:
    asked = ours("request_decision", question="Which ending?", options=["happy", "sad"], request_id="ending")
    run.script("write", "alpha", _in_turn([*committing("alpha"), asked, say("written")], [*committing("alpha", "!")]))
    finding = shell("orch-agent finding --severity blocker 'no ending' --file alpha.txt --line 2")
    run.script("review", "alpha", _in_turn([finding, say("REQUIRES_REWORK")], [APPROVED]))
    # It begins on what alpha has left, once that is merged.
    run.script("write", "beta", [shell("cat alpha.txt >> beta.txt && git commit -qam beta"), say("written")])
    run.script("review", "beta", [APPROVED])
    checks = {"letters": "! grep -q forbidden alpha.txt beta.txt"}
    host = run.host(
        str(
            run.plan(
                "alpha",
                "beta",
                checks=checks,
                after={"beta": ["alpha"]},
                agent={"models": {"reviewer": "claude-opus-4-5"}},
            )
        )
    )

    ending = run.wait_gate("Which ending?")
    assert (ending.track, ending.asker) == ("alpha", _attempt(run, "alpha").session)
    run.decide(ending, "sad")
    publish = run.wait_gate("Bring")
    run.decide(publish, "approve", "--confirm", "batch")
    assert host.wait(60) == 0, run.describe()

    batch = run.batch()
    assert batch.state == "completed"
    assert batch.merged == ("alpha", "beta")
    assert run.git("show", "main:alpha.txt") == "alpha\nmore of alpha\n!\n"
    assert run.git("show", "main:beta.txt") == "beta\nalpha\nmore of alpha\n!\n"
    assert run.rig.requests.first_with('"sad"', "write-alpha"), "the answer came as the result of its call"
    ended = run.gate(ending)
    assert (ended.state, ended.steps[-1].route) == (GateState.ACKNOWLEDGED, "mcp")

    track = batch.tracks["alpha"]
    assert [(one.stage, one.role, one.outcome) for one in track.attempts] == [
        (1, "implementer", "done"),
        (2, "reviewer", "done"),
        (1, "implementer", "done"),
        (2, "reviewer", "done"),
    ]
    assert [one.verdict for one in track.attempts if one.stage == 2] == ["REQUIRES_REWORK", "APPROVED"]
    assert {one.model for one in track.attempts if one.role == "reviewer"} == {"claude-opus-4-5"}
    assert [(one.title, one.state) for one in track.findings] == [("no ending", "fixed")]
    assert track.attempts[0].session == track.attempts[2].session != track.attempts[1].session
    report = json.loads(run.orch("report", batch.id, "--format", "json"))
    spent = sum(one.cost_usd for each in batch.tracks.values() for one in each.attempts)
    assert spent > 0
    assert f"{spent:.2f}"[:3] in json.dumps(report)
    assert [head.id for head in run.journal.batches()] == [batch.id]
    assert run.agents() == []


def test_a_killed_host_is_gone_on_with_and_its_agents_work_on(run: ClaudeRun) -> None:
    thinks = Event()
    asked = ours("request_decision", question="Which ending?", options=["happy", "sad"], request_id="ending")
    run.script("write", "alpha", [*committing("alpha"), asked, say("written")])
    run.script("write", "beta", [shell("true"), bash("true", hold=thinks), *committing("beta"), say("written")])
    for slug in ("alpha", "beta"):
        run.script("review", slug, [APPROVED])
    run.host(str(run.plan("alpha", "beta")))
    ending = run.wait_gate("Which ending?")
    run.rig.requests.wait_for_step("write-beta", 1)
    before = run.agents()
    assert len(before) == 2

    run.kill_host()
    thinks.set()
    run.rig.requests.wait_for_step("write-beta", 4)
    host = run.resume()
    run.decide(ending, "happy")
    run.decide(run.wait_gate("Bring"), "approve", "--confirm", "batch")
    assert host.wait(60) == 0, run.describe()
    assert set(run.batch().merged) == {"alpha", "beta"}
    for slug in ("alpha", "beta"):
        assert [one.outcome for one in run.track(slug).attempts] == ["done", "done"]
    processes = [run.track(slug).attempts[0].process for slug in ("alpha", "beta")]
    assert len({one[0] for one in processes if one is not None}) == 2
    assert len(run.events("attempt_started")) == 4, "nothing was started a second time"
    assert run.agents() == []


def test_what_an_agent_may_not_do_alone_is_a_gate(run: ClaudeRun) -> None:
    path = str(run.trees / "alpha" / "alpha.txt")
    run.script(
        "write",
        "alpha",
        [
            call("Read", file_path=path),
            call("Edit", file_path=path, old_string="alpha", new_string="alpha and more"),
            bash("rm -rf build"),
            call("AskUserQuestion", questions=[question("Which way?", "left", "right")]),
            shell("git commit -q -a -m edited"),
            say("written"),
        ],
    )
    run.script("review", "alpha", [APPROVED])
    allowed = ["Bash(git commit:*)", "Read", "Bash(git add:*)"]
    run.rig.settings = {"permissions": {"allow": allowed}}
    run.rig.write_settings()
    host = run.host(str(run.plan("alpha", permissions="default")))

    edit = run.wait_gate("Allow Edit")
    assert edit.track == "alpha"
    run.decide(edit, "allow")
    remove = run.wait_gate("rm -rf build")
    run.decide(remove, "deny", "--reason", "nothing is removed here")
    run.decide(run.wait_gate("Which way?"), "left")
    run.decide(run.wait_gate("Bring"), "approve", "--confirm", "batch")
    assert host.wait(60) == 0, run.describe()

    assert run.git("show", "main:alpha.txt") == "alpha and more\n"
    assert run.rig.requests.first_with("nothing is removed here", "write-alpha")
    assert run.rig.requests.first_with('"Which way?"="left"', "write-alpha")
    for gate in (edit, remove):
        now = run.gate(gate)
        assert (now.revision, now.state) == (1, GateState.ACKNOWLEDGED), run.describe()
        assert set(now.routes) == {"hook", "stdin"} if run.rig.cli.version == MAIN_VERSION else {"stdin"}
    denied = [one for one in run.events("signal_raised") if one.payload["kind"] == "permission_denied"]
    assert "rm -rf build" in denied[-1].payload["text"]


def test_what_an_agent_is_told_reaches_it_while_it_works(main_run: ClaudeRun) -> None:
    run, thinks = main_run, Event()
    run.script("write", "alpha", [shell("true"), bash("true", hold=thinks), *committing("alpha"), say("written")])
    run.script("review", "alpha", [APPROVED])
    host = run.host(str(run.plan("alpha")))
    run.rig.requests.wait_for_step("write-alpha", 1)
    run.orch("tell", "alpha", "mind the commas")
    message = run.wait(lambda batch: batch.tracks["alpha"].messages, "the message")[0]
    run.wait(lambda batch: batch.tracks["alpha"].messages[0].written_at, "it is written")
    assert run.track("alpha").messages[0].read_at is None, "it is not read before its agent has gone on"
    thinks.set()
    run.rig.requests.wait_for(message.id, "write-alpha")
    run.decide(run.wait_gate("Bring"), "approve", "--confirm", "batch")
    assert host.wait(60) == 0, run.describe()
    told = run.track("alpha").messages[0]
    assert told.read_at is not None
    assert told.routes == ("stdin", "transcript")


def test_an_agent_that_ended_before_its_answer_goes_on_with_it(run: ClaudeRun) -> None:
    asked = ours("request_decision", question="Which ending?", options=["happy", "sad"], request_id="ending")
    script = _going_on([*committing("alpha"), asked], [*committing("alpha", "!"), say("written")])
    run.script("write", "alpha", script)
    run.script("review", "alpha", [APPROVED])
    host = run.host(str(run.plan("alpha")))
    ending = run.wait_gate("Which ending?")
    for pid in run.agents():
        os.kill(pid, signal.SIGKILL)
    run.wait(lambda batch: batch.tracks["alpha"].attempts[0].ended_at, "its end")
    assert run.gate(ending).state is GateState.OPEN
    run.decide(ending, "sad")
    run.decide(run.wait_gate("Bring"), "approve", "--confirm", "batch")
    assert host.wait(60) == 0, run.describe()

    first, second, _ = run.track("alpha").attempts
    assert (second.purpose, second.session) == ("answer", first.session)
    decision = run.gate(ending).decision
    assert decision is not None
    assert run.rig.requests.first_with(decision.id, "write-alpha")
    assert run.gate(ending).state is GateState.ACKNOWLEDGED
    assert run.git("show", "main:alpha.txt") == "alpha\nmore of alpha\n!\n"


def test_a_paused_agent_goes_on_in_its_conversation(run: ClaudeRun) -> None:
    thinks = Event()
    script = _going_on([*committing("alpha"), bash("true", hold=thinks)], [*committing("alpha", "!"), say("written")])
    run.script("write", "alpha", script)
    run.script("review", "alpha", [APPROVED])
    host = run.host(str(run.plan("alpha")))
    run.rig.requests.wait_for_step("write-alpha", 2)
    run.orch("pause", "--now")
    run.wait(lambda batch: batch.tracks["alpha"].attempts[0].ended_at, "its end")
    assert run.agents() == []
    thinks.set()
    run.orch("resume")
    run.decide(run.wait_gate("Bring"), "approve", "--confirm", "batch")
    assert host.wait(60) == 0, run.describe()
    first, second, _ = run.track("alpha").attempts
    assert (first.outcome, first.stopping, second.session) == ("stopped", "paused", first.session)
    assert run.rig.requests.first_with("You had stopped: paused", "write-alpha")
    assert run.git("show", "main:alpha.txt") == "alpha\nmore of alpha\n!\n"


def test_a_rate_limit_parks_an_agent_until_it_ends(run: ClaudeRun) -> None:
    limits: list[int] = []

    def limited(conversation: Conversation) -> Step:
        if conversation.step == 0:
            return shell("true")
        limits.append(int(time.time()) + 8)
        return Step(error=ApiError(429, "rate_limit_error", f"usage limit reached|{limits[-1]}", NO_RETRY))

    run.script("write", "alpha", _going_on(limited, [*committing("alpha"), say("written")]))
    run.script("review", "alpha", [APPROVED])
    host = run.host(str(run.plan("alpha")))
    publish = run.wait_gate("Bring")
    run.decide(publish, "approve", "--confirm", "batch")
    assert host.wait(60) == 0, run.describe()

    paused = [one.payload for one in run.events("track_paused")]
    assert [one["why"] for one in paused] == ["rate limit"] * len(paused)
    assert paused[-1]["resumes_wall_ms"] == 1000 * limits[-1]
    resumed = run.events("track_resumed")[-1]
    assert resumed.at.wall_ms >= 1000 * limits[-1]
    first, second, _ = run.track("alpha").attempts
    assert (first.stopping, second.session) == ("paused: rate limit", first.session)
    assert first.ended_at is not None
    assert first.ended_at.wall_ms < resumed.at.wall_ms < second.started_at.wall_ms


def test_a_bound_ends_an_agent_and_a_person_is_asked(main_run: ClaudeRun) -> None:
    run = main_run
    run.script("write", "alpha", _going_on([bash("true")] * 9, [*committing("alpha"), say("written")]))
    run.script("review", "alpha", [APPROVED])
    host = run.host(str(run.plan("alpha", agent={"max_turns": 3})))
    gate = run.wait_gate("alpha cannot go on")
    assert "Reached maximum number of turns (3)" in gate.question.question
    run.decide(gate, "retry", "--reason", "be brief")
    run.decide(run.wait_gate("Bring"), "approve", "--confirm", "batch")
    assert host.wait(60) == 0, run.describe()
    first, second, _ = run.track("alpha").attempts
    assert (first.stopping, second.session) == ("budget: Reached maximum number of turns (3)", first.session)
    assert run.rig.requests.first_with("be brief", "write-alpha")


def test_an_agent_that_ends_its_turn_waits_for_its_answer(run: ClaudeRun) -> None:
    """Held by its hook at its end, or idle with its input open: the answer goes on in the same process."""
    run.script("write", "alpha", [create("s"), ask("Red or blue?", "red", "blue", stage=1), say("I wait"), *_ended()])
    asking = shell("orch-agent ask 'Happy or sad?' --stage 1 --option happy='it ends well' --option sad='it does not'")
    run.script("write", "beta", [asking, say("I wait"), *committing("beta"), say("written")])
    for slug in ("alpha", "beta"):
        run.script("review", slug, [APPROVED])
    host = run.host(str(run.plan("alpha", "beta")))
    held, idle = run.wait_gate("Red or blue?"), run.wait_gate("Happy or sad?")
    run.rig.requests.wait_for_step("write-beta", 1)
    run.wait(lambda batch: "stdin" in batch.gates[idle.id].routes, "the way by its input")
    waiters = run.journal.waiters
    run.wait(lambda _: any(one.what == "hook" for one in waiters.live(held.batch, held.id)), "its hook holds it")
    run.decide(held, "blue")
    run.decide(idle, "sad")
    run.decide(run.wait_gate("Bring"), "approve", "--confirm", "batch")
    assert host.wait(60) == 0, run.describe()
    for gate, slug, route in ((held, "alpha", "hook"), (idle, "beta", "stdin")):
        now = run.gate(gate)
        assert now.decision is not None
        assert (now.state, now.steps[-1].route) == (GateState.ACKNOWLEDGED, route), run.describe()
        assert run.rig.requests.first_with(now.decision.id, f"write-{slug}")
        assert [one.purpose for one in run.track(slug).attempts] == ["implement", "review"]


def test_a_cockpit_beside_shows_what_agents_do_and_watches_none_of_their_sessions(main_run: ClaudeRun) -> None:
    run, thinks = main_run, Event()
    run.script("write", "alpha", [shell("true"), bash("true", hold=thinks), *committing("alpha"), say("written")])
    run.script("review", "alpha", [APPROVED])
    host = run.host(str(run.plan("alpha")))
    run.rig.requests.wait_for_step("write-alpha", 1)
    with closing(Cockpit(run.rig, 0)) as cockpit:
        wait_until(lambda: "alpha" in cockpit.screen(), "the track", context=cockpit.screen)
        wait_until(lambda: "Bash true" in cockpit.screen(), "what its agent does", context=cockpit.screen)
        thinks.set()
        publish = run.wait_gate("Bring")
        wait_until(lambda: "Bring" in cockpit.screen(), "the question", context=cockpit.screen)
        run.decide(publish, "approve", "--confirm", "batch")
        assert host.wait(60) == 0, run.describe()
        track = run.track("alpha")
        assert (track.model, track.tokens) == (run.rig.requests.all("review-alpha")[-1].model, 6 * (120 + 42))
        assert [head.id for head in run.journal.batches()] == [run.batch().id]


def _ended() -> list[Step]:
    """The letter is written after the answer; the question of the task is taken down."""
    return [answered(stage=1), *committing("alpha"), say("written")]


def _in_turn(*scripts: list[Step]) -> Any:
    """The first script for the first prompt of a conversation, the second for its second, and so on."""
    return lambda conversation: next_step(scripts[min(conversation.prompts, len(scripts)) - 1], conversation)


def _going_on(first: Script, again: list[Step]) -> Any:
    """The first script until the agent is told that it goes on, then the other one."""

    def step(conversation: Conversation) -> Step:
        told = [place for place, one in enumerate(conversation.messages) if "You had stopped" in str(one)]
        if not told:
            return next_step(first, conversation)
        done = sum(one.get("role") == "assistant" for one in conversation.messages[told[-1] :])
        found: Step = again[min(done, len(again) - 1)]
        return found

    return step


def _attempt(run: ClaudeRun, slug: str) -> Attempt:
    return run.track(slug).attempts[-1]
