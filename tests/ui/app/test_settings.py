"""Settings: defaults cost nothing, a file is read line by line, and no fault in it is fatal."""

import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from orchestrator_tui.core.limits import Limits
from orchestrator_tui.journal.home import state_home
from orchestrator_tui.ui.settings import Settings, config_directory, load, settings_file, wants_ascii


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold_and_yaml_stays_unloaded(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom orchestrator_tui.ui.settings import load\n"
        f"print(load(Path({str(tmp_path / 'none.yaml')!r}))[1], 'yaml' in sys.modules, 'pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "() False False"


def test_everything_can_be_set(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "theme: light\nascii: true\nmouse: false\nbell: no\ndesktop_notices: off\nterminal_title: false\n"
        'keymap:\n  sort: n\n  next-waiting: ["W", ctrl+n]\nlimits:\n  gate_stale_minutes: 0.5\n  undo_seconds: 10\n',
    )
    settings, problems = load(path)
    assert problems == ()
    assert settings == Settings(
        theme="light",
        keymap={"sort": "n", "next-waiting": "W ctrl+n"},
        ascii=True,
        mouse=False,
        bell=False,
        desktop_notices=False,
        terminal_title=False,
        limits=Limits(gate_stale_ms=30_000, undo_ms=10_000),
    )


def test_an_empty_file_is_no_fault(tmp_path: Path) -> None:
    assert load(write(tmp_path, "# nothing yet\n")) == (Settings(), ())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("them: light\n", ':1: there is no setting "them"; did you mean "theme"?'),
        ("theme: dark\nbell: loud\n", ':2: "bell" must be true or false'),
        ("limits:\n  gate_stale_minuts: 5\n", ':2: there is no setting "gate_stale_minuts" below limits'),
        ("limits:\n  undo_seconds: 60\n", ':2: "undo_seconds" must be a number from 0 to 30'),
        ("limits:\n  undo_seconds: true\n", ':2: "undo_seconds" must be a number from 0 to 30'),
        ("limits: 5\n", ":1: limits must hold `key: value` lines"),
        ("- theme\n", ":1: the file must hold `key: value` lines"),
        ("theme: dark\ntheme: light\n", ':2: "theme" is set twice; the first one counts'),
        ("theme: [dark]\n", ':1: "theme" must be a single value'),
        ("theme: dark\nbell: [\n", ":3: not YAML: "),
        ("theme: &a dark\nkeymap: {sort: *a}\n", ": aliases (*name) are not accepted"),
        ("limits:\n  undo_seconds: !!int x\n", ":2: \"undo_seconds\" cannot be 'x'"),
        ("\x07: 1\n", ": not YAML: "),
        ("? [a]\n: 1\n", ":1: a key must be a word"),
    ],
)
def test_a_fault_is_one_line_with_file_and_place(tmp_path: Path, text: str, fault: str) -> None:
    path = write(tmp_path, text)
    _, problems = load(path)
    assert len(problems) == 1
    assert problems[0].startswith(f"{path}{fault}")
    assert "\n" not in problems[0]


def test_the_rest_of_a_faulty_file_counts(tmp_path: Path) -> None:
    settings, problems = load(write(tmp_path, "bell: loud\ntheme: light\n"))
    assert settings.theme == "light"
    assert settings.bell is True
    assert len(problems) == 1


def test_files_that_are_no_settings_are_told(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.yaml"
    os.mkfifo(fifo)
    long = write(tmp_path, "#" * 300_000)
    invalid = tmp_path / "invalid.yaml"
    invalid.write_bytes(b"theme: \xff\xfe\n")
    dangling = tmp_path / "dangling.yaml"
    dangling.symlink_to(tmp_path / "nowhere")
    assert load(fifo)[1] == (f"{fifo}: is not a regular file",)
    assert load(long)[1] == (f"{long}: is longer than 256 KiB",)
    assert load(invalid)[1] == (f"{invalid}: is not UTF-8 at byte 7",)
    assert load(dangling)[1] == (f"{dangling}: cannot be read: No such file or directory",)


@pytest.mark.parametrize("environment", [{}, {"XDG_CONFIG_HOME": "/somewhere"}])
def test_the_platforms_place_is_the_one_of_platformdirs(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert config_directory(environment) == platformdirs.user_config_path("orch-tui")


def test_orch_home_moves_the_settings() -> None:
    assert settings_file({"ORCH_HOME": "/x"}) == Path("/x/config/settings.yaml")


@pytest.mark.parametrize(
    ("environment", "ascii_only"),
    [
        ({}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "POSIX"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "C", "LC_ALL": "en_US.utf8"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "C", "LC_CTYPE": "en_GB.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "ORCH_ASCII": "1"}, True),
        ({"LANG": "C", "ORCH_ASCII": "0"}, False),
    ],
)
def test_the_locale_decides_about_ascii(environment: dict[str, str], ascii_only: bool) -> None:
    assert wants_ascii(Settings(), environment) is ascii_only


def test_the_setting_decides_before_the_locale() -> None:
    assert wants_ascii(Settings(ascii=False), {"LANG": "C", "ORCH_ASCII": "1"}) is False


@pytest.mark.parametrize("home", ["~/mine", " ~/mine "])
def test_settings_are_in_the_home_in_which_the_journals_are(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    environment = {"ORCH_HOME": home, "HOME": "/home/ann"}
    assert config_directory(environment) == state_home(environment) / "config"
