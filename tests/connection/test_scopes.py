"""Two scopes, and two repositories, connected in one home: each takes out its own part, in every order, to the byte."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.connection.plan import connect, connecting, disconnect, parting
from orchestrator_tui.adapters.connection.record import Records
from orchestrator_tui.adapters.connection.targets import Target, targets
from tests.connection.samples import SAMPLES, wanted

PARTS = ("user", "first", "second")
"""Connected for everything, in one repository, and in another one."""

SERVERS: dict[str, str | None] = {
    "none": None,
    "empty": "",
    "empty object": "{}",
    "compact": '{"numStartups":7,"projects":{}}',
    "other servers": json.dumps({"mcpServers": {"x": {"command": "x"}}, "projects": {"/p": {"a": []}}}, indent=2),
    "carriage returns": '{\r\n\t"numStartups": 7\r\n}\r\n',
}
ORDERS = list(permutations(PARTS))
PAIRS = list(permutations(PARTS[:2]))


class Household:
    """One person's home and two repositories; everything of it is looked at."""

    def __init__(self, root: Path, *, own_config: bool = False) -> None:
        self.base = root / "household"
        self.config = self.base / "config" if own_config else self.base / ".claude"
        self.environ = {"CLAUDE_CONFIG_DIR": str(self.config)} if own_config else {}
        self.servers = (self.config if own_config else self.base) / ".claude.json"
        self.base.mkdir()
        for name in PARTS:
            (self.base / name).mkdir()
        self.records = Records(root / "state")
        self.state = root / "state" / "connections"

    def targets(self, part: str, python: str = "/opt/python") -> tuple[Target, ...]:
        scope = "user" if part == "user" else "project"
        return targets(scope, self.config, self.base / part, self.environ, wanted(python))

    def connect(self, part: str, python: str = "/opt/python") -> None:
        connect(connecting(self.targets(part, python), self.records), self.records)

    def disconnect(self, part: str) -> bool:
        changes = parting(tuple(reversed(self.targets(part))), self.records)
        disconnect(changes, self.records)
        return any(change.changes for change in changes)

    def connected(self) -> set[str]:
        """The parts whose server and hooks stand in the files."""
        state: dict[str, Any] = json.loads(self.servers.read_text() or "{}") if self.servers.exists() else {}
        found = {"user"} if "orch-tui" in state.get("mcpServers", {}) else set()
        for path, project in state.get("projects", {}).items():
            if "orch-tui" in project.get("mcpServers", {}):
                found.add(Path(path).name)
        for part in PARTS:
            settings = self.targets(part)[-1].path
            assert (settings.exists() and "orchestrator_tui.hook" in settings.read_text()) is (part in found)
        return found

    def files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() if path.is_file() else b"" for path in self.base.rglob("*")}


def there_and_back(home: Household, coming: tuple[str, ...], going: tuple[str, ...]) -> None:
    before = home.files()
    for place, part in enumerate(coming, 1):
        home.connect(part)
        assert home.connected() == set(coming[:place])
    for place, part in enumerate(going, 1):
        assert home.disconnect(part)
        assert home.connected() == set(going[place:])
        for gone in going[:place]:
            assert not home.disconnect(gone)
        for still in going[place:]:
            assert not any(change.changes for change in connecting(home.targets(still), home.records))
    assert home.files() == before
    assert not list(home.state.iterdir())


@pytest.mark.parametrize("own_config", [False, True])
@pytest.mark.parametrize("servers", SERVERS)
@pytest.mark.parametrize("going", PAIRS)
@pytest.mark.parametrize("coming", PAIRS)
def test_both_scopes_in_every_order(
    tmp_path: Path, coming: tuple[str, ...], going: tuple[str, ...], servers: str, own_config: bool
) -> None:
    home = Household(tmp_path, own_config=own_config)
    text = SERVERS[servers]
    if text is not None:
        home.config.mkdir()
        home.servers.write_bytes(text.encode())
        (home.config / "settings.json").write_bytes(SAMPLES["tabs"].encode())
    there_and_back(home, coming, going)


@pytest.mark.parametrize("going", ORDERS)
@pytest.mark.parametrize("coming", ORDERS)
@pytest.mark.parametrize("servers", ["none", "compact", "other servers"])
def test_two_repositories_beside_it_in_every_order(
    tmp_path: Path, coming: tuple[str, ...], going: tuple[str, ...], servers: str
) -> None:
    home = Household(tmp_path)
    text = SERVERS[servers]
    if text is not None:
        home.servers.write_bytes(text.encode())
    there_and_back(home, coming, going)


@pytest.mark.parametrize(("connected", "other"), PAIRS)
def test_a_scope_that_is_not_connected_has_nothing_to_take_out(tmp_path: Path, connected: str, other: str) -> None:
    home = Household(tmp_path)
    home.connect(connected)
    before = home.files()
    assert not home.disconnect(other)
    assert home.files() == before
    assert home.disconnect(connected)


@pytest.mark.parametrize("again", ["user", "first"])
def test_connected_and_taken_back_again_and_again_beside_the_other(tmp_path: Path, again: str) -> None:
    home = Household(tmp_path)
    before = home.files()
    other = "first" if again == "user" else "user"
    home.connect(again)
    home.connect(other)
    kept = 0
    for _ in range(5):
        assert home.disconnect(again)
        kept = max(kept, len(home.records.load(str(home.servers)).layers))
        home.connect(again, "/newer/python")
        home.connect(again)
    assert kept <= 3
    assert home.disconnect(other)
    assert home.disconnect(again)
    assert home.files() == before


@pytest.mark.parametrize("going", PAIRS)
@pytest.mark.parametrize("coming", PAIRS)
def test_a_session_wrote_its_state_anew_in_between(
    tmp_path: Path, coming: tuple[str, ...], going: tuple[str, ...]
) -> None:
    home = Household(tmp_path)
    for part in coming:
        home.connect(part)
        home.servers.write_text(json.dumps({"numStartups": 9, **json.loads(home.servers.read_text())}))
    for place, part in enumerate(going, 1):
        home.disconnect(part)
        assert home.connected() == set(going[place:])
    assert json.loads(home.servers.read_text()) == {"numStartups": 9}


@pytest.mark.parametrize("going", ORDERS)
@pytest.mark.parametrize("coming", ORDERS)
def test_the_same_with_two_repositories(tmp_path: Path, coming: tuple[str, ...], going: tuple[str, ...]) -> None:
    home = Household(tmp_path)
    for part in coming:
        home.connect(part)
    home.servers.write_text(json.dumps(json.loads(home.servers.read_text())))
    for place, part in enumerate(going, 1):
        home.disconnect(part)
        assert home.connected() == set(going[place:])
    assert not home.servers.exists()
