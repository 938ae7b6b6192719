"""The shipped themes: complete, loadable by Textual, readable, and plain enough to be read without a YAML library."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from textual.color import Color
from textual.theme import Theme

from orchestrator_tui.resources import themes_directory

THEMES = sorted(themes_directory().glob("*.yaml"))
TEXT_TOKENS = (
    "gate",
    "gate-stale",
    "risk-production",
    "risk-failure",
    "track-running",
    "track-waiting",
    "track-done",
    "track-failed",
    "track-unknown",
    "age",
    "quiet",
)
TEXT_FIELDS = ("foreground", "primary", "secondary", "accent", "warning", "error", "success")
GROUNDS = ("background", "surface", "panel", "selection")
PLAIN_LINE = re.compile(r'#.*|variables:|( {2})?[a-z-]+: ("[^"\\]*"|true|false)')


def read_theme(path: Path) -> dict[str, Any]:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    return data


def colour(theme: dict[str, Any], key: str) -> str:
    value = theme.get(key) or theme["variables"][key]
    assert isinstance(value, str)
    return value


def luminance(hex_colour: str) -> float:
    """WCAG 2.2 relative luminance, 0 to 1."""
    channels = [int(hex_colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_four_themes_are_there() -> None:
    assert {path.stem for path in THEMES} == {"contrast", "dark", "light", "terminal"}


def test_contrast_is_the_published_formula() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("path", THEMES, ids=lambda path: path.stem)
def test_textual_accepts_every_colour(path: Path) -> None:
    data = read_theme(path)
    assert data["name"] == path.stem
    theme = Theme(**data)
    variables = theme.to_color_system().generate() | theme.variables
    for token in (*TEXT_TOKENS, "selection"):
        assert Color.parse(variables[token]).a == 1


@pytest.mark.parametrize("path", THEMES, ids=lambda path: path.stem)
def test_every_line_is_plain(path: Path) -> None:
    """A reader of `key: "value"` lines, one level deep, is enough before the first frame."""
    odd = [line for line in path.read_text(encoding="utf-8").splitlines() if not PLAIN_LINE.fullmatch(line)]
    assert odd == []


@pytest.mark.parametrize("path", THEMES, ids=lambda path: path.stem)
def test_all_themes_define_the_same_tokens(path: Path) -> None:
    shared = set.intersection(*(set(read_theme(each)["variables"]) for each in THEMES))
    assert set(TEXT_TOKENS) <= shared
    assert set(read_theme(path)["variables"]) - shared <= {
        "ansi-background",
        "ansi-foreground",
        "input-cursor-text-style",
    }


@pytest.mark.parametrize(("name", "least"), [("dark", 4.5), ("light", 4.5), ("contrast", 7.0)])
def test_text_is_readable_on_every_ground(name: str, least: float) -> None:
    theme = read_theme(themes_directory() / f"{name}.yaml")
    weak = {
        (token, ground): round(ratio, 2)
        for token in (*TEXT_TOKENS, *TEXT_FIELDS)
        for ground in GROUNDS
        if (ratio := contrast(colour(theme, token), colour(theme, ground))) < least
    }
    assert weak == {}


@pytest.mark.parametrize("name", ["dark", "light", "contrast"])
def test_what_differs_in_meaning_differs_in_colour(name: str) -> None:
    theme = read_theme(themes_directory() / f"{name}.yaml")
    meanings = (
        "gate",
        "gate-stale",
        "risk-production",
        "risk-failure",
        "track-done",
        "track-unknown",
        "accent",
        "quiet",
    )
    assert len({colour(theme, token) for token in meanings}) == len(meanings)
    # The principles of the cockpit: waiting is the gate's colour, running is plain text.
    assert colour(theme, "track-waiting") == colour(theme, "gate")
    assert colour(theme, "track-running") == colour(theme, "foreground")


def test_the_terminal_theme_names_only_the_terminals_own_colours() -> None:
    theme = read_theme(themes_directory() / "terminal.yaml")
    assert theme["ansi"] is True
    colours = {key: value for key, value in theme.items() if key not in ("name", "dark", "ansi", "variables")}
    colours |= {key: value for key, value in theme["variables"].items() if not key.endswith("text-style")}
    assert {value for value in colours.values() if not value.startswith("ansi_")} == set()
    # Bright black is the background of some palettes, white that of others.
    assert {"ansi_bright_black", "ansi_white", "ansi_bright_white"}.isdisjoint(colours.values())
