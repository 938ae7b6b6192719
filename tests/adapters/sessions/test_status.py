"""What an agent does now, each with its evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.adapters.claude_home import RegisteredSession
from orchestrator_tui.adapters.process import ProcessIdentity
from orchestrator_tui.adapters.sessions import status
from orchestrator_tui.adapters.sessions.status import Standing
from orchestrator_tui.adapters.sessions.subagents import Meta
from orchestrator_tui.adapters.sessions.teams import Member, Team
from orchestrator_tui.adapters.sessions.transcript import Transcript
from orchestrator_tui.core.agents import BUSY, GONE, IDLE, INPUT, PERMISSION, UNKNOWN
from tests.adapters.sessions.homes import answer, line, prompt, result

ENTRY = RegisteredSession(
    "s1", "/repo", ProcessIdentity(4242, "7", "b"), "2.1.328", "interactive", "cli", status="busy", status_ms=60_000
)
TEAM = Team("crew", "s1", "team-lead")
LIVES, ENDED = Standing(BUSY, ("registry: busy",)), Standing(GONE, ("pid 4242 has ended",), True)


def moment(wall_ms: int) -> str:
    return f"T{wall_ms // 1000}"


def fed(*said: dict[str, object]) -> Transcript:
    transcript = Transcript("s1")
    for one in said:
        transcript.feed(line(one))
    return transcript


RUNS = fed(prompt(0, "go"), answer(1, ("toolu_1", "Bash", {"command": "a"})))
OVER = fed(prompt(0, "go"), answer(1))
WAITS = fed(
    answer(1),
    {
        "type": "system",
        "subtype": "turn_duration",
        "pendingBackgroundAgentCount": 2,
        "timestamp": "2026-11-20T10:00:02.000Z",
    },
)
ASKS = fed(answer(1, ("toolu_1", "AskUserQuestion", {"questions": [{"question": "Ship?"}]})))


@pytest.mark.parametrize(
    ("entry", "transcript", "found", "evidence"),
    [
        (ENTRY, RUNS, BUSY, "registry: busy since T60"),
        (replace(ENTRY, status="idle"), OVER, IDLE, "registry: idle since T60"),
        (
            replace(ENTRY, status="waiting", waiting_for="permission prompt"),
            RUNS,
            PERMISSION,
            "registry: waiting, permission prompt since T60",
        ),
        (
            replace(ENTRY, status="waiting", waiting_for="permission prompt"),
            ASKS,
            INPUT,
            "registry: waiting, permission",
        ),
        (replace(ENTRY, status="waiting", waiting_for="input needed"), ASKS, INPUT, "registry: waiting, input needed"),
        (replace(ENTRY, status="waiting", waiting_for="dialog open"), OVER, INPUT, "registry: waiting, dialog open"),
        (replace(ENTRY, status="waiting"), OVER, INPUT, "registry: waiting since T60"),
        (ENTRY, WAITS, IDLE, "its transcript: its turn ended at T1795168802, 2 background agents at work"),
        (replace(ENTRY, entrypoint="sdk-cli"), WAITS, BUSY, "registry: busy since T60"),
        (replace(ENTRY, status_ms=1_795_168_900_000), WAITS, BUSY, "registry: busy since T1795168900"),
        (replace(ENTRY, status=""), RUNS, BUSY, "its transcript: a Bash call is in flight"),
        (replace(ENTRY, status=""), OVER, IDLE, "its transcript: its turn ended at T1795168801"),
        (replace(ENTRY, status=""), Transcript("s1"), UNKNOWN, "pid 4242 runs; its registry entry tells no status"),
    ],
)
def test_a_session_whose_process_runs(
    entry: RegisteredSession, transcript: Transcript, found: str, evidence: str
) -> None:
    standing = status.of_session(entry, True, transcript, moment)
    assert standing.status == found
    assert standing.evidence[0].startswith(evidence)
    assert not standing.finished


def test_a_session_whose_process_has_ended() -> None:
    killed = status.of_session(ENTRY, False, OVER, moment)
    assert (killed.status, killed.finished, killed.killed) == (GONE, True, True)
    assert killed.evidence == ("pid 4242 has ended; its entry in the registry was left behind",)
    closed = status.of_session(None, False, OVER, moment)
    assert (closed.status, closed.finished, closed.killed) == (GONE, True, False)
    cleared = status.of_session(None, False, OVER, moment, went_on="01a35b33-4d85")
    assert cleared.evidence == ("its process went on with session 01a35b33",)


@pytest.mark.parametrize(
    ("version", "found"), [("2.1.34", UNKNOWN), ("2.1.100", UNKNOWN), ("2.1.150", GONE), ("2.2.0", GONE), ("", GONE)]
)
def test_a_version_without_a_registry_leaves_it_unknown(version: str, found: str) -> None:
    transcript = fed({**answer(1), "version": version})
    assert status.of_session(None, False, transcript, moment).status == found


@pytest.mark.parametrize(
    ("meta", "transcript", "session", "told_end", "found", "finished"),
    [
        (Meta(), RUNS, LIVES, "", BUSY, False),
        (Meta(finished=True), OVER, LIVES, "", GONE, True),
        (Meta(), OVER, LIVES, "completed", GONE, True),
        (Meta(), RUNS, LIVES, "completed", BUSY, False),
        (Meta(finished=False), OVER, LIVES, "completed", BUSY, False),
        (Meta(), RUNS, ENDED, "", GONE, False),
        (Meta(), RUNS, Standing(UNKNOWN, ("no registry",)), "", UNKNOWN, False),
    ],
    ids=["runs", "meta says so", "its parent was told", "resumed", "resumed by meta", "session gone", "unknown"],
)
def test_a_sub_agent(
    meta: Meta, transcript: Transcript, session: Standing, told_end: str, found: str, finished: bool
) -> None:
    standing = status.of_subagent(meta, transcript, session, told_end=told_end)
    assert (standing.status, standing.finished) == (found, finished)
    assert standing.evidence


def test_a_teammate_in_its_leads_process() -> None:
    member = Member("mate1", "mate1@crew")
    assert status.of_mate(member, TEAM, RUNS, LIVES, moment).status == BUSY
    assert status.of_mate(member, TEAM, OVER, LIVES, moment).status == IDLE
    assert status.of_mate(None, TEAM, OVER, LIVES, moment).finished
    assert status.of_mate(None, None, OVER, LIVES, moment).status == IDLE
    assert status.of_mate(member, TEAM, RUNS, ENDED, moment).status == GONE
    woken = fed(answer(1), prompt(2, '<teammate-message teammate_id="team-lead">more</teammate-message>'))
    assert status.of_mate(member, TEAM, woken, LIVES, moment).status == BUSY
    assert status.of_mate(member, TEAM, fed(answer(1, ("t", "Bash", {})), result(2, "t")), LIVES, moment).status == BUSY


@pytest.mark.parametrize(
    ("active", "lead_lives", "found"),
    [(True, True, BUSY), (False, True, IDLE), (False, None, IDLE), (None, True, UNKNOWN), (True, False, UNKNOWN)],
)
def test_a_teammate_in_a_pane_of_its_own(active: bool | None, lead_lives: bool | None, found: str) -> None:
    member = Member("mate1", "mate1@crew", "%1", active)
    assert status.of_mate_in_pane(TEAM, member, lead_lives).status == found
    assert status.of_mate_in_pane(TEAM, None, lead_lives).finished
