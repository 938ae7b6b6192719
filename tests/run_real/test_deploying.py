"""Deploys with real commands: after the merge, one track at a time, and once, whoever is killed meanwhile."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.run_real.ground import WORKFLOW, Ground, quoted, until

DEPLOYING = WORKFLOW + "  - {name: Deploy, runs: deploy, after_merge: true}\n"
WHOLE = ["begins", "through", "healthy"]


def _log(ground: Ground) -> list[str]:
    path = ground.root / "deploys"
    return path.read_text("utf-8").split() if path.exists() else []


def _plan(ground: Ground, *slugs: str) -> Path:
    """A plan; each deploy finds its track merged, notes its begin, waits for leave, and notes that it got through."""
    ground.begin({f"{slug}.txt": f"{slug}\n" for slug in slugs}, DEPLOYING)
    log, go = quoted(ground.root / "deploys"), quoted(ground.root / "go")
    # Not for ever: a test that is broken off gives no leave.
    waits = f"n=0; until [ -e {go} ] || [ $n -ge 3000 ]; do n=$((n+1)); sleep 0.02; done"
    deploy = f"echo begins >> {log}; {waits}; echo through >> {log}"
    place = {"deploy": f"grep -q more $ORCH_TRACK.txt && {{ {deploy}; }}", "health": f"echo healthy >> {log}"}
    return ground.plan(slugs, environments={"dev": {**place, "risk": "dev"}})


def _killed_while_it_deploys(ground: Ground, plan: Path) -> None:
    host = ground.host(str(plan), "--yes")
    until(lambda: _log(ground), "the first deploy")
    host.kill()
    host.wait()


def _resume(ground: Ground, *answers: tuple[str, str]) -> None:
    ground.orch("run", "--resume", ground.batch().id, "--headless", "--answers", str(ground.answers(*answers)))


def test_a_host_that_is_killed_while_it_deploys_deploys_nothing_twice(ground: Ground) -> None:
    _killed_while_it_deploys(ground, _plan(ground, "a", "b"))
    (ground.root / "go").touch()
    _resume(ground)
    assert ground.states() == {"a": "merged", "b": "merged"}
    assert _log(ground) == WHOLE * 2
    assert not ground.processes()


@pytest.mark.parametrize(("option", "after"), [("again", WHOLE), ("done", ["healthy"])])
def test_a_deploy_of_which_nobody_knows_is_a_persons_and_never_repeated_by_itself(
    ground: Ground, option: str, after: list[str]
) -> None:
    """What follows it is killed, too: whether it goes through is known to nobody, and the run does not wait for it."""
    _killed_while_it_deploys(ground, _plan(ground, "a"))
    ((shim, words),) = ground.processes().items()
    assert "shim.py" in words
    os.kill(shim, signal.SIGKILL)
    (ground.root / "go").touch()
    until(lambda: _log(ground)[1:], "the deploy itself goes on")
    for _ in range(2):
        _resume(ground)
        (gate,) = ground.gates()
        assert gate.question.kind == "unknown_effect"
        assert _log(ground) == ["begins", "through"]
    _resume(ground, ("not known whether", option))
    assert ground.states() == {"a": "merged"}
    assert _log(ground) == ["begins", "through", *after]
