"""Themes: the shipped ones without a YAML library, a person's own with every fault in one line."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from textual.color import Color

from orchestrator_tui.resources import themes_directory
from orchestrator_tui.ui import themes

SHIPPED = ("contrast", "dark", "light", "terminal")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_plain_reader_reads_what_yaml_reads(name: str) -> None:
    data = yaml.safe_load((themes_directory() / f"{name}.yaml").read_text(encoding="utf-8"))
    theme = themes.load(name)
    assert {key: getattr(theme, key) for key in data if key != "variables"} == {
        key: value for key, value in data.items() if key != "variables"
    }
    assert theme.variables == data["variables"]


def test_a_shipped_theme_loads_without_yaml() -> None:
    code = "import sys\nfrom orchestrator_tui.ui import themes\nthemes.load('dark')\nprint('yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def own(tmp_path: Path, text: str, name: str = "mine") -> Path:
    (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_theme_of_one_line_has_every_token(tmp_path: Path) -> None:
    theme = themes.load("mine", own(tmp_path, 'primary: "#336699"\n'))
    assert theme.name == "mine"
    for token in themes.DERIVED:
        assert Color.parse(theme.variables[token]).a == 1
    assert "mine" in themes.names(tmp_path)


def test_a_persons_own_theme_goes_before_the_shipped_one(tmp_path: Path) -> None:
    directory = own(tmp_path, 'name: other\nprimary: "#010203"\nvariables:\n  gate: "#040506"\n', "dark")
    theme = themes.load("dark", directory)
    assert (theme.name, theme.primary, theme.variables["gate"]) == ("dark", "#010203", "#040506")
    assert themes.names(directory) == SHIPPED


def test_the_toolkits_own_variables_are_taken(tmp_path: Path) -> None:
    text = 'primary: "#010203"\nvariables:\n  block-cursor-text-style: "bold reverse"\n  link-color: "#81a1c1 35%"\n'
    theme = themes.load("mine", own(tmp_path, text))
    assert theme.variables["block-cursor-text-style"] == "bold reverse"
    assert theme.variables["link-color"] == "#81a1c1 35%"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("accent: red\n", ': "primary" is missing'),
        ("primary: notacolour\n", ': "primary" is no colour; write "#rrggbb" in quotes, or a colour\'s name'),
        ("primary: #123456\n", ': "primary" is no colour'),
        ("primery: red\n", ': there is no "primery" in a theme; did you mean "primary"?'),
        ("primary: red\ndark: maybe\n", ': "dark" must be true or false'),
        ("primary: red\nvariables: 5\n", ': "variables" must hold `key: value` lines'),
        ("primary: red\nvariables:\n  gate: x\n", ': "variables.gate" is no colour'),
        ("primary: red\nvariables:\n  x-text-style: sparkling\n", ': "variables.x-text-style" is no colour'),
        ("primary: red\nvariables:\n  gone: red auto\n", ': "variables.gone" has to end after its colour'),
        ("primary: red\ntext_alpha: high\n", ': "text_alpha" must be a number'),
        ("primary: [\n", ":2: not YAML: "),
        ("- red\n", ": a theme holds `key: value` lines"),
        ("primary: &a [x, *a]\n", ': "primary" is no colour'),
    ],
)
def test_a_fault_is_one_line(tmp_path: Path, text: str, fault: str) -> None:
    directory = own(tmp_path, text)
    with pytest.raises(themes.ThemeError) as raised:
        themes.load("mine", directory)
    assert str(raised.value).startswith(f"{directory / 'mine.yaml'}{fault}")
    assert "\n" not in str(raised.value)


def test_an_unknown_theme_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(themes.ThemeError, match='there is no theme "drak"; did you mean "dark"'):
        themes.load("drak", tmp_path)


def test_a_file_with_an_unprintable_name_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "a\x1bb.yaml").write_text("primary: red\n", encoding="utf-8")
    assert themes.names(tmp_path) == SHIPPED
