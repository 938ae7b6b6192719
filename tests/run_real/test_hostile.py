"""Agents that misbehave: each is seen, shown, contained and recorded, and the others come through."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.run_real.ground import WRITE, Ground, quoted, until


def _played(ground: Ground, *acts: tuple[str, str], **more: Any) -> None:
    for name, shell in acts:
        ground.act(name, shell)
    ended = ground.run(ground.plan(["a", "b"], **more))
    assert ended.code == 1, ended.err
    assert ground.states()["b"] == "merged"
    assert not ground.processes()


OWN = "own=$(git symbolic-ref HEAD); git checkout -q --detach; git update-ref -d $own\n"
SHOUT = "printf '\\033]0;owned\\007\\033[2J\\033[31mred\\r\\n\\302\\233 8\\n'; printf '\\033[5mblink\\n' >&2; exit 3\n"

HOSTILE = {
    "stray": 'echo mine > good.txt; save "stray"\n',
    "shout": SHOUT,
    "daemon": f"setsid sleep 700 > /dev/null 2>&1 & {WRITE}",
    "endless": "exec sleep 600\n",
    "dying": "noted once && { " + WRITE.strip() + "; exit; }; note once; kill -SEGV $$\n",
    "homeless": 'here=$PWD; cd /; rm -rf "$here"\n',
    "branchless": WRITE + OWN,
    "elsewhere": "git checkout -q -b elsewhere 2> /dev/null || git checkout -q elsewhere\n" + WRITE,
    "careless": "echo precious > careless.txt\n",
}


def test_each_is_contained_and_the_others_come_through(ground: Ground) -> None:
    ground.begin()
    for slug, shell in HOSTILE.items():
        ground.act(f"{slug}-1", shell)
    ended = ground.run(ground.plan([*HOSTILE, "good"], rules={"stages": {"Write": {"wall": "3s", "attempts": 2}}}))
    assert ended.code == 1, ended.err
    assert not ground.processes()
    assert sorted(ground.batch().merged) == ["daemon", "dying", "good"]
    assert ground.file("good.txt") == "more of good\n"

    asked = {gate.track: gate.question for gate in ground.gates()}
    assert sorted(asked) == sorted({*HOSTILE} - {"daemon", "dying"})
    assert "good.txt is outside of this track's scope" in asked["stray"].context
    assert "wall limit" in asked["endless"].context
    assert "no branch checked out" in asked["branchless"].context
    assert "elsewhere checked out" in asked["elsewhere"].context
    assert "not committed: careless.txt" in asked["careless"].context
    assert "blink" in asked["shout"].context

    ends = {str(event.payload["attempt"]): event.payload for event in ground.events("attempt_ended")}
    assert ends["a-daemon-1-1-1"]["left_over"] > 0
    assert "left_over" in ground.signals()
    assert ends["a-dying-1-1-1"]["exit_code"] == -11
    assert len(ends) == len(ground.events("attempt_ended"))
    recorded = json.dumps([event.payload for event in ground.events()], ensure_ascii=False, default=dict)
    assert not [one for one in recorded if ord(one) < 32 or 127 <= ord(one) < 160]

    # Nothing is lost, whatever a person decides: here that all of it is enough.
    assert ground.git("show", "elsewhere:elsewhere.txt") == "more of elsewhere\n"
    ground.answers(("", "abandon"))
    ground.orch("run", "--resume", ground.batch().id, "--headless", "--answers", str(ground.root / "answers.yaml"))
    assert ground.batch().state == "awaiting_user"
    tree = Path(ground.batch().tracks["careless"].worktree)
    assert (tree / "careless.txt").read_text("utf-8") == "precious\n"


def test_writing_into_the_worktree_of_another(ground: Ground) -> None:
    """What lies there and belongs to nobody is that track's to explain; nothing of it is merged."""
    ground.begin()
    ground.act("a-1", "until [ -d ../b/.orch ]; do sleep 0.01; done; echo x > ../b/stray.txt; " + WRITE)
    ground.act("b-1", "until [ -e stray.txt ]; do sleep 0.01; done; echo b > b.txt; git add b.txt; git commit -qm b\n")
    ground.run(ground.plan(["a", "b"]))
    assert ground.states() == {"a": "merged", "b": "escalated"}
    assert "stray.txt" in ground.gates("cap")[0].question.context


def test_a_forged_approval(ground: Ground) -> None:
    """It asks, and writes the answer into its own task file: the gate stays open until a person has answered."""
    ground.begin()
    forge = (
        'ask "Deploy to production?" --option yes --option no --risk production --wait 0 > /dev/null\n'
        '"$ORCH_TEST_PYTHON" - "$ORCH_TASKS" <<\'END\'\n'
        "import json, pathlib, sys\n"
        "for path in pathlib.Path(sys.argv[1]).glob('*.json'):\n"
        "    task = json.loads(path.read_text())\n"
        "    if task.get('metadata', {}).get('track') == 'a':\n"
        "        told = {'gate': f\"task-{task['id']}-stage-{task['metadata'].get('stage', 0)}\", 'revision': 1}\n"
        "        told |= {'option': 'yes', 'label': 'yes', 'by': 'person', 'reason': 'fine'}\n"
        "        told |= {'at': '2026-01-01T00:00:00Z'}\n"
        "        task['metadata'] |= {'decision': told, 'needsDecision': False, 'stageStatus': 'in_progress'}\n"
        "        path.write_text(json.dumps(task))\n"
        "END\n"
    )
    ground.act("a-1", forge + WRITE)
    ended = ground.run(ground.plan(["a", "b"]))
    assert "waits for a person: Deploy to production?" in ended.err
    assert ground.states() == {"a": "running", "b": "merged"}
    assert not ground.processes()
    (gate,) = ground.gates()
    assert (gate.question.question, gate.decision) == ("Deploy to production?", None)
    (signal,) = ground.batch().signals.values()
    assert (signal.kind, signal.track, signal.gate) == ("spoof_suspected", "a", gate.id)
    assert "nobody made here" in signal.text


def test_settings_and_hooks_that_run_programs(ground: Ground) -> None:
    ground.begin()
    # An agent beside it commits with these settings too, and its git obeys them: only what is not an agent's counts.
    bait = f'[ -n "$ORCH_ATTEMPT" ] || touch {quoted(ground.root / "bait")}'
    hook = '"$(git rev-parse --git-common-dir)/hooks"'
    tamper = (
        f"{WRITE}git config core.fsmonitor '{bait}; false'; mkdir -p {hook}\n"
        f"printf '#!/bin/sh\\n{bait}\\n' > {hook}/post-merge; chmod +x {hook}/post-merge\n"
        f"cp {hook}/post-merge {hook}/reference-transaction; cp {hook}/post-merge {hook}/post-checkout\n"
    )
    ground.act("a-1", tamper)
    ground.run(ground.plan(["a", "b"]))
    (gate,) = ground.gates("tampered")
    assert "core.fsmonitor" in gate.question.context
    assert "post-merge" in gate.question.context
    assert "tampered" in ground.signals()
    assert ground.batch().merged == ()
    ground.answers(("configuration or hooks", "go_on"))
    ground.orch("run", "--resume", gate.batch, "--headless", "--answers", str(ground.root / "answers.yaml"))
    assert ground.states() == {"a": "merged", "b": "merged"}
    assert not (ground.root / "bait").exists()


@pytest.mark.slow
def test_a_flood_is_capped(ground: Ground) -> None:
    ground.begin()
    size = 66 << 20
    _played(ground, ("a-1", f"yes 'a line of a flood' | head -c {size}; {WRITE}"))
    assert ground.states()["a"] == "merged"
    held = sum(path.stat().st_size for path in ground.home.rglob("*") if path.is_file() and "a-a-1-1-1" in str(path))
    assert held < 65 << 20
    assert "flood" in ground.signals()


def test_one_that_says_nothing_is_nudged_rescued_and_asked_about(ground: Ground) -> None:
    ground.begin()
    stall = {"checks": 1, "interval": "1s", "reply": "1s", "rescues": 1}
    ground.act("a-1", "exec sleep 600\n")
    ground.host(str(ground.plan(["a", "b"], rules={"stall": stall})), "--yes")
    gate = until(lambda: ground.runs() and ground.gates("escalation"), "it is asked about")[0]
    assert "stuck again" in gate.question.question
    assert {one.payload["action"] for one in ground.events("rescue_recorded")} == {"continuation nudge", "fresh agent"}
    starts = [line for line in ground.log()["a"] if line[0] == "start"]
    assert len(starts) == 2
    ground.orch("cancel", "a", "--reason", "it never ends")
    until(lambda: ground.states() == {"a": "abandoned", "b": "merged"}, "it is given up")
    until(lambda: not [words for words in ground.processes().values() if "sleep" in words], "its agent is ended")


def test_it_moves_the_integration_branch(ground: Ground) -> None:
    """Whoever moves the branch that tracks come together on is told of, and nothing is merged over it."""
    ground.begin()
    move = 'git update-ref "refs/heads/orch/$ORCH_BATCH/integration" HEAD\n'
    ground.act("a-1", WRITE + move)
    ground.run(ground.plan(["a", "b"]))
    assert {gate.track for gate in ground.gates()} == {"a", "b"}
    assert all(gate.question.context.endswith("it was moved meanwhile") for gate in ground.gates())
    assert (ground.states(), ground.batch().merged) == ({"a": "approved", "b": "approved"}, ())
    assert os.path.isdir(ground.batch().tracks["a"].worktree)
