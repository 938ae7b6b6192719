"""A connection on real files: byte for byte back, only ours gone after edits, refused untouched where it must be."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator_tui.adapters.connection.files import LIMIT, Refused, read_text, write_text
from orchestrator_tui.adapters.connection.plan import Change, connect, connecting, disconnect, parting
from orchestrator_tui.adapters.connection.record import Records
from orchestrator_tui.adapters.connection.targets import Excluded, Target, settings_path, skill_path, targets
from orchestrator_tui.adapters.connection.wanted import VALUES
from tests.connection.samples import MALFORMED, SAMPLES, SKILL, command, wanted

SERVERS = json.dumps({"numStartups": 7, "oauthAccount": {"emailAddress": "p@example.org"}, "projects": {}}, indent=2)


class Person:
    """One person's home with Claude Code's files in it, and our state."""

    def __init__(self, root: Path) -> None:
        self.config, self.repository = root / "person" / ".claude", root / "repository"
        for directory in (self.config, self.repository):
            directory.mkdir(parents=True)
        self.settings = self.config / "settings.json"
        self.servers = self.config.parent / ".claude.json"
        self.skill = skill_path("user", self.config, self.repository)
        self.state = root / "state"
        self.records = Records(self.state)
        self.remembered: dict[str, bytes] | None = None

    def targets(self, python: str = "/opt/orch tui/bin/python", skill: str = SKILL) -> tuple[Target, ...]:
        return targets("user", self.config, self.repository, {}, wanted(python, skill))

    def connect(self, python: str = "/opt/orch tui/bin/python", skill: str = SKILL) -> tuple[Change, ...]:
        changes = connecting(self.targets(python, skill), self.records)
        connect(changes, self.records)
        return changes

    def disconnect(self) -> tuple[Change, ...]:
        changes = parting(self.targets(), self.records)
        disconnect(changes, self.records)
        return changes

    def files(self) -> dict[str, bytes]:
        """Everything below the person's home."""
        base = self.config.parent
        return {str(path.relative_to(base)): path.read_bytes() if path.is_file() else b"" for path in base.rglob("*")}


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


@pytest.mark.parametrize("name", SAMPLES)
def test_there_and_back_is_the_same_to_the_byte(person: Person, name: str) -> None:
    write(person.settings, SAMPLES[name])
    write(person.servers, SERVERS)
    before = person.files()
    person.connect()
    assert (
        command("Stop") in json.loads(person.settings.read_text("utf-8-sig"))["hooks"]["Stop"][-1]["hooks"][0].values()
    )
    once = person.files()
    assert not any(change.changes for change in person.connect())
    assert person.files() == once
    person.disconnect()
    assert person.files() == before
    assert not any(change.changes for change in person.disconnect())


def test_where_there_was_nothing_nothing_is_left(person: Person) -> None:
    shutil.rmtree(person.config)
    person.connect()
    assert {"settings.json", "skills"} == {path.name for path in person.config.iterdir()}
    assert person.servers.exists()
    person.disconnect()
    assert person.files() == {}


@pytest.mark.parametrize("name", SAMPLES)
def test_edited_in_between_only_ours_go(person: Person, name: str) -> None:
    write(person.settings, SAMPLES[name])
    person.connect()
    text = person.settings.read_text("utf-8")
    at = text.index("{") + 1
    person.settings.write_bytes((text[:at] + '"edited": "by hand", ' + text[at:]).encode())
    person.disconnect()
    left = json.loads(person.settings.read_text("utf-8-sig"))
    assert left == {"edited": "by hand", **json.loads(SAMPLES[name].lstrip("\ufeff").strip() or "{}")}


def test_only_what_goes_in_and_out_is_kept_never_the_secrets_beside_it(person: Person) -> None:
    write(person.settings, '{\n  "env": {\n    "ANTHROPIC_API_KEY": "sk-secret-1"\n  }\n}\n')
    write(person.servers, SERVERS.replace("p@example.org", "sk-secret-2"))
    person.connect()
    kept = "".join(path.read_text() for path in person.state.rglob("*.json"))
    assert "CLAUDE_CODE_ENABLE_TODO_TOOLS" in kept
    assert "sk-secret" not in kept
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (person.state / "connections").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((person.state / "connections").stat().st_mode) == 0o700


def test_connected_anew_after_an_update_it_still_comes_back(person: Person) -> None:
    write(person.settings, SAMPLES["tabs"])
    before = person.files()
    person.connect()
    person.connect(python="/new/python", skill=SKILL + "More.\n")
    person.connect()
    assert person.skill.read_text() == SKILL
    person.disconnect()
    assert person.files() == before


def test_edited_between_two_connections_the_edit_stays(person: Person) -> None:
    write(person.settings, SAMPLES["four spaces"])
    person.connect()
    edited = person.settings.read_text().replace('"opus"', '"sonnet"')
    write(person.settings, edited)
    person.connect(python="/new/python")
    person.disconnect()
    assert json.loads(person.settings.read_text()) == json.loads(SAMPLES["four spaces"].replace('"opus"', '"sonnet"'))


def test_a_running_session_rewrites_its_state_at_any_time(person: Person) -> None:
    write(person.servers, SERVERS)
    changes = connecting(person.targets(), person.records)
    write(person.servers, SERVERS.replace("7", "8"))
    connect(changes, person.records)
    value = json.loads(person.servers.read_text())
    assert (value["numStartups"], list(value["mcpServers"])) == (8, ["orch-tui"])
    # Claude Code writes the whole of it anew.
    person.servers.write_text(json.dumps({**value, "numStartups": 9}))
    person.disconnect()
    assert json.loads(person.servers.read_text()) == {**json.loads(SERVERS), "numStartups": 9}


def test_a_record_that_is_lost_takes_out_what_is_surely_ours(person: Person) -> None:
    write(person.settings, SAMPLES["minimal"])
    person.connect()
    shutil.rmtree(person.state)
    (change,) = (one for one in person.disconnect() if one.target.path == person.settings)
    assert json.loads(person.settings.read_text()) == {
        "model": "opus",
        "env": dict(VALUES),
        "permissions": {"allow": []},
    }
    assert len(change.left) == 2
    assert not person.skill.exists()


def test_a_skill_that_was_edited_stays(person: Person) -> None:
    person.connect()
    person.skill.write_text("mine")
    assert [change.left for change in person.connect() if change.left]
    person.disconnect()
    assert person.skill.read_text() == "mine"


# --- refused, and nothing touched ----------------------------------------------------------------------------------


@pytest.fixture
def untouched(person: Person) -> Iterator[Person]:
    """The person's files are afterwards what they were when the test asked for them to be kept in mind."""
    yield person
    assert person.files() == person.remembered
    assert not list(person.config.parent.rglob("*.tmp"))


def remember(person: Person) -> None:
    person.remembered = person.files()


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_settings_are_refused(untouched: Person, name: str) -> None:
    text, line, _ = MALFORMED[name]
    write(untouched.settings, text)
    remember(untouched)
    with pytest.raises(Refused) as caught:
        untouched.connect()
    said = str(caught.value)
    assert str(untouched.settings) in said
    assert said.endswith("; nothing was changed")
    assert not line or f"line {line}:" in said


@pytest.mark.parametrize(
    ("data", "why"),
    [(b'{"a": "\xff"}', "not UTF-8"), (b"\n\n\xfe\xff", "line 3"), (b'{"a": "\x00"}', "control character")],
)
def test_bytes_that_are_no_text(untouched: Person, data: bytes, why: str) -> None:
    untouched.settings.write_bytes(data)
    remember(untouched)
    with pytest.raises(Refused, match=why):
        untouched.connect()


def test_a_read_only_file(untouched: Person) -> None:
    write(untouched.settings, "{}")
    untouched.settings.chmod(0o444)
    remember(untouched)
    with pytest.raises(Refused, match=r"is read-only \(mode 0444\); run: chmod u\+w"):
        untouched.connect()


def test_a_file_with_two_names(untouched: Person) -> None:
    write(untouched.settings, "{}")
    os.link(untouched.settings, untouched.config / "other.json")
    remember(untouched)
    with pytest.raises(Refused, match="one of 2 names"):
        untouched.connect()


def test_no_file_at_all(untouched: Person) -> None:
    untouched.settings.mkdir()
    remember(untouched)
    with pytest.raises(Refused, match=r"not a regular file|directory"):
        untouched.connect()


def test_a_fifo_does_not_hold_us(untouched: Person) -> None:
    os.mkfifo(untouched.settings)
    remember(untouched)
    with pytest.raises(Refused, match="not a regular file"):
        untouched.connect()


def test_a_file_where_the_directory_should_be(untouched: Person) -> None:
    untouched.config.rmdir()
    untouched.config.write_text("")
    remember(untouched)
    with pytest.raises(Refused, match="is not a directory"):
        untouched.connect()


def test_a_file_that_is_too_large(untouched: Person) -> None:
    with untouched.settings.open("wb") as file:
        file.truncate(LIMIT + 1)
    sizes = untouched.settings.stat().st_size
    with pytest.raises(Refused, match="larger than"):
        untouched.connect()
    assert untouched.settings.stat().st_size == sizes
    untouched.settings.unlink()
    remember(untouched)


def test_a_file_that_changed_after_it_was_shown(untouched: Person) -> None:
    write(untouched.settings, "{}")
    changes = connecting(untouched.targets(), untouched.records)
    write(untouched.settings, '{"model": "haiku"}')
    remember(untouched)
    with pytest.raises(Refused, match="changed by somebody else just now; nothing was changed, try again"):
        connect(changes, untouched.records)
    assert not any(untouched.records.load(change.path).layers for change in changes)


def test_a_file_that_changes_at_the_last_moment(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("theirs")
    with pytest.raises(Refused, match="try again"):
        write_text(str(path), "as it was", "ours")
    with pytest.raises(Refused, match="try again"):
        write_text(str(path), None, "ours")
    with pytest.raises(Refused, match="try again"):
        write_text(str(path), "as it was", None)
    assert (path.read_text(), [one.name for one in tmp_path.glob("*settings*")]) == ("theirs", ["settings.json"])


def test_a_state_that_another_holds_for_long(untouched: Person) -> None:
    write(untouched.servers, SERVERS)
    changes = connecting(untouched.targets(), untouched.records)
    lock = Path(f"{untouched.servers}.lock")
    lock.mkdir()
    remember(untouched)
    with pytest.raises(Refused, match="is locked by another writer"):
        connect(changes, untouched.records)


def test_our_state_cannot_be_written(untouched: Person) -> None:
    write(untouched.settings, "{}")
    untouched.state.write_text("a file")
    remember(untouched)
    with pytest.raises(Refused, match="cannot be kept"):
        untouched.connect()


# --- how a file is replaced ----------------------------------------------------------------------------------------


def test_links_and_modes_stay(person: Person, tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    target = dotfiles / "claude-settings.json"
    write(target, SAMPLES["tabs"])
    target.chmod(0o640)
    person.settings.symlink_to(os.path.relpath(target, person.config))
    person.connect()
    assert person.settings.is_symlink()
    assert "orchestrator_tui.hook" in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    person.disconnect()
    assert person.settings.is_symlink()
    assert target.read_bytes() == SAMPLES["tabs"].encode()


def test_a_link_to_nothing_yet(person: Person, tmp_path: Path) -> None:
    person.settings.symlink_to(tmp_path / "later.json")
    person.connect()
    assert "orchestrator_tui.hook" in (tmp_path / "later.json").read_text()
    person.disconnect()
    assert person.settings.is_symlink()
    assert not (tmp_path / "later.json").exists()


def test_gits_exclude_file(person: Person, tmp_path: Path) -> None:
    exclude = Excluded(tmp_path / "exclude", ("/.claude/settings.local.json", "/x/"))
    exclude.path.write_text("# mine\n/x/\n*.log")
    connect(connecting((exclude,), person.records), person.records)
    assert exclude.path.read_text() == "# mine\n/x/\n*.log\n/.claude/settings.local.json\n"
    exclude.path.write_text(exclude.path.read_text() + "more\n")
    disconnect(parting((exclude,), person.records), person.records)
    assert exclude.path.read_text() == "# mine\n/x/\n*.log\nmore\n"


def test_the_places_of_a_project(tmp_path: Path) -> None:
    config, repository = tmp_path / "c", tmp_path / "r"
    found = targets("project", config, repository, {"CLAUDE_CONFIG_DIR": str(config)}, wanted())
    assert [one.path for one in found] == [
        repository / ".claude/skills/orch-tui/SKILL.md",
        config / ".claude.json",
        repository / ".claude/settings.local.json",
    ]
    assert settings_path("user", config, repository) == config / "settings.json"


def test_a_missing_file_reads_as_none(tmp_path: Path) -> None:
    assert read_text(str(tmp_path / "none")) is None
    assert read_text(str(tmp_path / "none" / "deeper")) is None
