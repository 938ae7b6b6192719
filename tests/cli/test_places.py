"""`keys`, `themes` and `locate`: what the program has and where, with the person's own settings."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.ui.actions import ACTIONS
from tests.cli.scene import Scene, orch


def settings(scene: Scene, text: str) -> Path:
    path = scene.place.home / "config" / "settings.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_every_key_is_listed(scene: Scene) -> None:
    ended = scene.run("keys", "--json")
    assert (ended.code, ended.err) == (0, "")
    found = ended.json()["keys"]
    assert {one["action"] for one in found} == {action.id for action in ACTIONS}
    assert all(
        list(one) == ["action", "keys", "default", "remapped", "group", "scopes", "description"] for one in found
    )
    submit = next(one for one in found if one["action"] == "submit")
    assert (submit["keys"], submit["remapped"]) == (["enter"], False)
    shown = scene.run("keys")
    assert all(action.tooltip in shown.out for action in ACTIONS)


def test_a_remapped_key_is_shown_and_a_bad_one_is_named(scene: Scene) -> None:
    path = settings(scene, "keymap:\n  next-waiting: Z\n  nxt: x\n")
    ended = scene.run("keys", "--json")
    assert ended.code == 1
    waiting = next(one for one in ended.json()["keys"] if one["action"] == "next-waiting")
    assert (waiting["keys"], waiting["default"], waiting["remapped"]) == (["Z"], ["w"], True)
    assert str(path) in ended.err
    assert 'there is no action "nxt"' in ended.err


def test_themes(scene: Scene) -> None:
    ended = scene.run("themes", "--json")
    found = ended.json()["themes"]
    assert ended.code == 0
    assert [(one["name"], one["chosen"]) for one in found] == [
        ("contrast", False),
        ("dark", True),
        ("light", False),
        ("terminal", False),
    ]
    assert all(list(one) == ["name", "dark", "chosen", "path"] and Path(one["path"]).is_file() for one in found)
    assert "light" in scene.run("themes").out


def test_a_theme_of_ones_own_and_a_broken_one(scene: Scene) -> None:
    settings(scene, "theme: mine\n")
    own = scene.place.home / "config" / "themes"
    own.mkdir()
    (own / "mine.yaml").write_text("primary: '#112233'\n")
    ended = scene.run("themes", "--json")
    chosen = [one for one in ended.json()["themes"] if one["chosen"]]
    assert (ended.code, [one["path"] for one in chosen]) == (0, [str(own / "mine.yaml")])
    (own / "mine.yaml").write_text("primary: nocolour\n")
    broken = scene.run("themes", "--json")
    assert broken.code == 1
    assert f'{own / "mine.yaml"}: "primary"' in broken.err
    assert 'the theme "mine" of the settings cannot be used' in broken.err


def test_locate(scene: Scene, tmp_path: Path) -> None:
    ended = scene.run("locate", "--json", env={"CLAUDE_CONFIG_DIR": str(tmp_path / "claude")})
    found = ended.json()
    assert list(found) == ["repository", "state", "journal", "settings", "themes", "claude", "tasks"]
    assert found["journal"] == str(scene.place.directory / "journal.db")
    assert found["tasks"] == str(tmp_path / "claude" / "tasks")
    shown = scene.run("locate")
    assert f"not there  {scene.place.directory}/journal.db" in shown.out
    assert not scene.place.home.exists()


def test_none_of_them_needs_a_repository(tmp_path: Path) -> None:
    for name in ("keys", "themes", "locate", "list", "gates", "status", "doctor"):
        assert orch(name, "--json", cwd=tmp_path).code == 0, name
    assert not (tmp_path / "orch-home").exists()
