"""A run that can record nothing for a while: nothing is begun or lost, it is said, and it goes on by itself."""

from __future__ import annotations

import resource

from tests.run_real.ground import WRITE, Ground, until

LIMIT = 16 * 1024
"""Bytes to which its host may write a file: less than its journal holds by then, and more than its words take."""


def _said(ground: Ground) -> str:
    return (ground.root / "host.txt").read_text("utf-8")


def test_a_journal_that_takes_nothing_is_said_and_the_run_goes_on_when_it_does_again(ground: Ground) -> None:
    """As on a full disk: what its agent does meanwhile is found afterwards, and nothing is done a second time."""
    ground.begin()
    ground.act("a-1", "note here; until noted go; do sleep 0.02; done; " + WRITE)
    host = ground.host(str(ground.plan(["a"])), "--yes")
    until(lambda: (ground.root / "notes" / "here").exists(), "its agent is at work")
    resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (LIMIT, resource.RLIM_INFINITY))
    (ground.root / "notes" / "go").touch()
    until(lambda: "nothing is begun or decided" in _said(ground), "it is said")
    assert not ground.events("attempt_ended")
    assert host.poll() is None
    resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    until(lambda: ground.batch().state == "awaiting_user", "it goes on to its end")
    assert "it can be recorded again" in _said(ground)
    assert "unwritable" in ground.signals()
    assert ground.states() == {"a": "merged"}
    assert len([line for line in ground.log()["a"] if line[0] == "start"]) == 2
