"""A host that ends by a fault of its own says in few lines what it was and how the run goes on; nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.cli.journals import find_place
from orchestrator_tui.cli.main import main
from orchestrator_tui.journal.lease import lease_holder
from orchestrator_tui.runtime.host import Host
from tests.adapters.git.repositories import repository

PLAN = """\
title: Cart
workflow: tracks
agent: {runner: command, command: ["true"]}
checks: {tests: "true"}
tracks: [{slug: a, title: A, brief: do, files: [a.txt], acceptance: [it is there]}]
"""


def test_what_ended_the_host_is_said_with_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = repository(tmp_path / "shop")
    (tmp_path / "plan.yaml").write_text(PLAN)
    monkeypatch.setenv("ORCH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ORCH_DEBUG", raising=False)

    def broken(*more: object) -> object:
        raise LookupError("nothing there")

    monkeypatch.setattr(Host, "_turn", broken)
    code = main(["run", str(tmp_path / "plan.yaml"), "--headless", "--yes", "--repo", str(shop)])
    assert code == 1
    left, why = capsys.readouterr().err.splitlines()[-2:]
    batch = left.partition(" ")[0]
    assert left == f"{batch} was left in the middle; its agents go on. Go on with: orch-tui run --resume {batch}"
    assert "an error of orch-tui itself: LookupError('nothing there')" in why
    assert lease_holder(find_place(str(shop)).directory, batch) is None
