"""Files are read as texts with positions, and whatever is in them costs little (reliability S-5)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.text import is_clean
from orchestrator_tui.plan import text
from orchestrator_tui.plan.problems import Unreadable
from orchestrator_tui.plan.text import MAX_BYTES, MAX_DEPTH, MAX_EVENTS, MAX_PLACE, parse, read_text

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)

HOSTILE = [
    pytest.param(BOMB, 1, "anchors", id="alias bomb"),
    pytest.param("a: *b\n", 1, "aliases", id="alias"),
    pytest.param("a: 1\nb: !!python/object/apply:os.system [id]\n", 2, "tags", id="python tag"),
    pytest.param("a: !x 1\n", 1, "tags", id="own tag"),
    pytest.param("!!map {a: 1}\n", 1, "tags", id="tag of the root"),
    pytest.param("a: 1\nb: 2\na: 3\n", 3, '"a" is set twice, first in line 1', id="duplicate key"),
    pytest.param("a: {b: 1,\n  b: 2}\n", 2, '"b" is set twice', id="duplicate key below"),
    pytest.param("a: 1\n---\nb: 1\n", 2, "second document", id="two documents"),
    pytest.param("%YAML 1.1\n---\na: 1\n", 1, "directives", id="version"),
    pytest.param("%TAG ! tag:x,2000:\n---\na: 1\n", 1, "directives", id="tag directive"),
    pytest.param("[" * 10_000, 1, "deeper", id="brackets"),
    pytest.param("- " * 10_000, 1, "deeper", id="dashes"),
    pytest.param("{a: " * 10_000, 1, "deeper", id="braces"),
    pytest.param("? " * 10_000, 1, "a key must be a word", id="question marks"),
    pytest.param("[a]: 1\n", 1, "a key must be a word", id="list as key"),
    pytest.param("&x a: 1\n", 1, "anchors", id="anchored key"),
    pytest.param("<<: *a\n", 1, "aliases", id="merge"),
    pytest.param("a: [\n", 2, "not YAML", id="open list"),
    pytest.param("a: 'x\n", 2, "not YAML", id="open text"),
    pytest.param("\ta: 1\n", 1, "not YAML", id="tab"),
    pytest.param("a: b: c\n", 1, "not YAML", id="two colons"),
    pytest.param("a: 1\nb: \x01\n", 2, "not YAML", id="control character"),
    pytest.param("a: 1\nb: x\x00y\n", 2, "not YAML", id="null character"),
    pytest.param("", 1, "is empty", id="nothing"),
    pytest.param("# only a comment\n", 1, "is empty", id="comment"),
    pytest.param("- x\n" * (MAX_EVENTS + 10), MAX_EVENTS - 2, "values", id="too many values"),
    pytest.param("x" * (MAX_BYTES + 1), 0, "longer than 256 KiB", id="too long"),
    pytest.param("é" * (MAX_BYTES // 2 + 1), 0, "longer than 256 KiB", id="too long in bytes"),
]


@pytest.mark.parametrize(("content", "line", "why"), HOSTILE)
def test_what_is_not_accepted_is_refused_with_its_line(content: str, line: int, why: str) -> None:
    with pytest.raises(Unreadable, match=why.replace("*", r"\*")) as refused:
        parse(content)
    assert refused.value.line == line


@pytest.mark.parametrize("loader", ["CBaseLoader", "BaseLoader"])
@pytest.mark.parametrize("content", [BOMB, "[" * 100_000, "- " * 100_000, "{a: " * 60_000, "[" * 31 + "{}," * 60_000])
def test_reading_stops_at_the_first_forbidden_event(loader: str, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound that makes a watchdog needless: events are taken one by one, and never after a refusal."""
    taken = 0
    original = text._Builder.take

    def counted(builder: text._Builder, event: object) -> None:
        nonlocal taken
        taken += 1
        original(builder, event)

    monkeypatch.setattr(text, "_Loader", getattr(yaml, loader, yaml.BaseLoader))
    monkeypatch.setattr(text._Builder, "take", counted)
    with pytest.raises(Unreadable):
        parse(content)
    assert taken <= MAX_EVENTS + 1


def test_scalars_stay_the_text_that_was_written() -> None:
    written = ["NO", "yes", "012", "0x10", "12:30:00", "1e3", "2026-11-21", ".inf", "true", "+1", "1_000"]
    document = parse("".join(f"- {one}\n" for one in written))
    assert document.content == written


def test_what_was_left_empty_is_none_unless_it_is_quoted() -> None:
    assert parse("a:\nb: ~\nc: null\nd: ''\ne: 'null'\n").content == {
        "a": None,
        "b": None,
        "c": None,
        "d": "",
        "e": "null",
    }


def test_everything_has_its_line() -> None:
    document = parse(
        "# plan\ntitle: x\ntracks:\n  - slug: a\n    files:\n      - one\n      - two\n"
        "  - {slug: b,\n     files: [c]}\n"
    )
    places = {
        "": 2,
        "title": 2,
        "tracks": 3,
        "tracks[0]": 4,
        "tracks[0].slug": 4,
        "tracks[0].files": 5,
        "tracks[0].files[1]": 7,
        "tracks[1].slug": 8,
        "tracks[1].files[0]": 9,
    }
    assert {place: document.line(place) for place in places} == places
    assert document.line("tracks[0].files[1].deeper") == 7
    assert document.line("tracks[7].slug") == 3
    assert document.line("unheard.of") == 2


def test_the_deepest_that_is_accepted() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH).content == eval("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(Unreadable, match="deeper than 32"):
        parse("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_places_stay_short_however_long_keys_are() -> None:
    nested = "".join(" " * depth + "k" * 150 + ":\n" for depth in range(20)) + " " * 20 + "- x\n" * 1
    document = parse(nested)
    assert max(map(len, document.lines)) <= MAX_PLACE


def test_control_sequences_become_visible() -> None:
    document = parse('"\\e[2Ja": "\\e]0;title\\a \\u202e"\n')
    ((key, value),) = document.content.items()
    assert is_clean(key)
    assert is_clean(value)
    assert key == "\\x1b[2Ja"


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%?,~ \n\t\x00\x1b\u202eé", max_size=200))
def test_any_text_is_read_or_refused(content: str) -> None:
    refused: Unreadable | None = None
    lines: dict[str, int] = {}
    try:
        lines = dict(parse(content).lines)
    except Unreadable as error:
        refused = error
    assert all(is_clean(place) for place in lines)
    assert refused is None or (is_clean(str(refused)) and 0 <= refused.line <= content.count("\n") + 2)


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        with pytest.raises(Unreadable, match="UTF-8"):
            text.decoded(data)
    else:
        assert text.decoded(data).encode() in (data, data.removeprefix(b"\xef\xbb\xbf"))


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("\ufeffa: 1\n", encoding="utf-8")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "a.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "long.yaml").write_bytes(b"x" * (MAX_BYTES + 1))
    (tmp_path / "latin.yaml").write_bytes(b"title: caf\xe9\n")
    assert read_text(tmp_path / "a.yaml") == "a: 1\n"
    assert read_text(tmp_path / "link.yaml") == "a: 1\n"
    for name, why in {
        "pipe.yaml": "not a regular file",
        "long.yaml": "longer than 256 KiB",
        "latin.yaml": "not UTF-8 at byte 10",
        "absent.yaml": "No such file",
        ".": "not a regular file",
    }.items():
        with pytest.raises(Unreadable, match=why):
            read_text(tmp_path / name)
    with pytest.raises(Unreadable):
        read_text(tmp_path / "link.yaml", follow=False)
