"""Many tracks at once: every worktree is made, and nothing is left waiting."""

from __future__ import annotations

import pytest

from tests.run_real.ground import Ground


def _names(count: int) -> list[str]:
    return [f"t{number:02}" for number in range(count)]


def test_twenty_four_tracks_start_at_once(ground: Ground) -> None:
    ground.begin()
    ended = ground.run(ground.plan(_names(24)))
    assert ended.code == 1, ended.err
    kinds = [event.kind for event in ground.events("worktree_ready", "attempt_started")]
    assert kinds.index("attempt_started") == 25  # the integration's, then 24, then the first agent
    assert set(ground.states().values()) == {"merged"}
    assert not [one for one in ground.batch().gates.values() if one.question.kind == "worktree"]
    assert not ground.processes()


@pytest.mark.slow
def test_fifty_tracks_of_scripted_agents_end_without_a_stuck_gate(ground: Ground) -> None:
    ground.begin()
    scripts = ground.root / "scripts"
    scripts.mkdir()
    for slug in _names(50):
        steps = f"- write: {{path: {slug}.txt, content: 'more of {slug}'}}\n    - commit: write {slug}"
        asks = "- ask: {question: 'Which colour?', options: {blue: Blue, green: Green}}" if slug.endswith("7") else ""
        first = f"  '1':\n    {asks or '- say: begins'}\n    {steps}\n"
        second = "  '2':\n    - verdict: APPROVED\n"
        (scripts / f"{slug}.yaml").write_text(f"track: {slug}\nstages:\n{first}{second}", "utf-8")
    ground.answers(("Which colour", "blue"))
    agent = {"runner": "scripted", "scripts": str(scripts)}
    ended = ground.run(ground.plan(_names(50), agent=agent, limits={"agents": 8}), patience_s=200)
    assert ended.code == 1, ended.err
    assert set(ground.states().values()) == {"merged"}
    assert not ground.gates()
    assert len(ground.batch().gates) == 1 + 5
    assert not ground.processes()
