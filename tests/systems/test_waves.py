"""The sample session in waves, run with real agents to its proper end, and the files that its users know."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator_tui.cli.journals import find_place, load_state, reading
from orchestrator_tui.demo.repository import git, make_repository
from orchestrator_tui.resources import sample_plans_directory
from tests.cli.scene import command, environment

GOLDEN = Path(__file__).with_name("golden") / "waves"
PATIENCE_S = 120.0
PLAN = "waves.yaml"
ANSWERS = [{"gate": "^currency-2/", "option": "abandon"}, {"gate": "^batch/.*Bring", "option": "approve"}]
CONFIG = """# The shop

## Session Config

- **agents-per-wave:** 4
- **enforcement:** strict
- **docs-orchestrator:** { enabled: true }
"""


class Run:
    """The sample, run once: refused while the gate is closed, then to its end."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.repository = make_repository(root)
        shutil.copy(sample_plans_directory() / PLAN, root / PLAN)
        shutil.copytree(sample_plans_directory() / Path(PLAN).stem, root / Path(PLAN).stem)
        (root / "answers.yaml").write_text(json.dumps(ANSWERS))
        (self.repository / "CLAUDE.md").write_text(CONFIG)
        self.closed = self._run()
        lock = self.repository / ".orchestrator" / "bootstrap.lock"
        lock.parent.mkdir()
        lock.write_text("version: 1\ntier: fast\n")
        git(self.repository, "add", "--all")
        git(self.repository, "commit", "--quiet", "--message", "Set the project up for sessions")
        self.ended = self._run("--focus", "nothing but the export")
        with reading(find_place(str(self.repository))) as journal:
            assert journal is not None
            (self.batch,) = load_state(journal).batches.values()
        self.files = self.repository / ".orch" / "reports" / self.batch.id

    def _run(self, *more: str) -> subprocess.CompletedProcess[str]:
        told = ("--repo", str(self.repository), "--headless", "--yes", "--answers", "answers.yaml", *more)
        return subprocess.run(
            command("run", PLAN, *told),
            cwd=self.root,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def text(self, name: str) -> str:
        """An exported file without what differs from run to run: times, lengths and ids."""
        text = (self.files / name).read_text("utf-8").replace(self.batch.id, "BATCH")
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+(?:Z|\+00:00)", "TIME", text)
        text = re.sub(r"\d{4}-\d\d-\d\d-\d{4}", "DATE", text)
        text = re.sub(r'(session-start-ref: )"?\w+"?', r"\1SHA", text)
        text = re.sub(r'("duration_seconds":)\d+', r"\g<1>0", text)
        text = re.sub(r"(Duration: )[\d:]+", r"\g<1>0:00", text)
        # What two agents do at the same time comes in either order.
        noted = sorted(re.findall(r"^- \[TIME\].*\n", text, re.MULTILINE))
        return re.sub(r"(?:^- \[TIME\].*\n)+", "".join(noted), text, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    if not sys.platform.startswith("linux"):
        pytest.skip("runs of real processes are tried on Linux")
    root = tmp_path_factory.mktemp("waves")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCH_HOME", str(root / "home"))
        yield Run(root)


def test_nothing_starts_while_the_bootstrap_gate_is_closed(run: Run) -> None:
    """[004-07] [004-09]"""
    assert run.closed.returncode != 0
    assert ".orchestrator/bootstrap.lock: is missing: the bootstrap gate is CLOSED" in run.closed.stderr


def test_the_session_comes_to_its_proper_end(run: Run) -> None:
    """[004-02] [004-03] [004-08] [004-65]"""
    assert run.ended.returncode == 0, run.ended.stderr
    assert run.batch.state == "completed"
    waves = {slug: run.batch.tracks[slug].wave for slug in ("look", "csv", "currency", "edges", "close")}
    assert waves == {"look": 1, "csv": 2, "currency": 2, "edges": 4, "close": 5}
    began = [run.batch.tracks[slug].attempts[0].started_at.wall_ms for slug in ("look", "csv", "edges", "close")]
    assert began == sorted(began)
    assert (run.repository / "README.md").read_text().endswith("`shop.export.csv` writes a cart as csv.\n")


def test_every_change_is_an_agents_and_none_the_engines(run: Run) -> None:
    """[004-01] [004-36] What the session has changed since it began is what its agents own, and nothing else."""
    assert run.batch.run is not None
    since = f"{run.batch.run.plan.base_sha}..main"
    changed = set(git(run.repository, "log", "--no-merges", "--name-only", "--format=", since).split())
    owned = {path for one in run.batch.tracks.values() if one.work for path in one.work.planned.scope.owned}
    assert changed == {"shop/export.py", "tests/test_export.py", "tests/test_export_edges.py", "README.md"}
    assert changed <= owned
    (row,) = (run.files / ".orchestrator" / "metrics" / "sessions.jsonl").read_text().splitlines()
    assert json.loads(row)["total_files_changed"] == len(changed)


def test_the_settings_of_the_project_hold_for_the_session(run: Run) -> None:
    """[004-15] [004-19]"""
    assert run.batch.run is not None
    rules = run.batch.run.workflows["waves"]
    assert (rules.concurrency, rules.guard.enforcement) == (4, "strict")


def test_every_prompt_says_what_the_person_wants_first_and_how_to_end(run: Run) -> None:
    """[004-34] [004-71] [004-72]"""
    prompts = sorted(run.root.rglob("prompt.md"))
    assert len(prompts) >= 8
    for path in prompts:
        text = path.read_text("utf-8")
        if "/a-csv-7" in str(path) or "/a-edges-7" in str(path):
            # A reviewer is told the criteria and the diff alone.
            continue
        assert "**Priority Focus (from user):** nothing but the export" in text
        assert "You have 15 turns" in text
        assert "STATUS: partial" in text


def test_every_agent_has_the_scope_of_its_own_files(run: Run) -> None:
    """[004-75] [004-80]"""
    scopes = {path.parent.name: json.loads(path.read_text()) for path in run.root.rglob("attempts/*/wave-scope.json")}
    assert scopes["a-look-1-1-1"]["allowedPaths"] == []
    assert scopes["a-csv-2-1-1"] == {
        "wave": 2,
        "role": "Impl-Core",
        "enforcement": "strict",
        "allowedPaths": ["shop/export.py", "tests/test_export.py"],
        "blockedCommands": list(run.batch.run.workflows["waves"].guard.blocked) if run.batch.run else [],
        "gates": {"path-guard": True, "command-guard": True, "post-edit-validate": True},
    }


def test_the_scope_file_is_gone_after_the_last_wave(run: Run) -> None:
    """[004-77]"""
    assert (run.files / ".claude" / "STATE.md").exists()
    assert not (run.files / ".claude" / "wave-scope.json").exists()


@pytest.mark.parametrize("name", sorted(str(one.relative_to(GOLDEN)) for one in GOLDEN.rglob("*.*") if one.is_file()))
def test_its_files_are_those_that_its_users_know(run: Run, name: str) -> None:
    """[004-30] [004-45] [004-94] [004-96]"""
    assert run.text(name) == (GOLDEN / name).read_text("utf-8")
