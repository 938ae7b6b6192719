"""The sanitiser: nothing that a terminal obeys gets through, nothing a person should see is lost (S-1, S-3, S-4)."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.text import MAX_MARKS, is_clean, sanitise, sanitise_line, visible
from tests.hostile_text import ALL_PAYLOADS, MARKUP, PAYLOADS, forbidden, longest_marks

any_text = st.text(st.characters(), max_size=200)
hostile = st.lists(st.one_of(st.sampled_from(ALL_PAYLOADS), any_text), max_size=6).map("".join)


def test_the_corpus_is_hostile() -> None:
    assert len(PAYLOADS) >= 21
    for name, payloads in PAYLOADS.items():
        for payload in payloads:
            assert not is_clean(payload), name


@pytest.mark.parametrize("name", PAYLOADS)
def test_payloads_become_inert_and_visible(name: str) -> None:
    for payload in PAYLOADS[name]:
        clean = sanitise(f"before {payload} after")
        assert forbidden(clean) == []
        assert longest_marks(clean) <= MAX_MARKS
        assert is_clean(clean)
        assert clean.startswith("before ")
        assert clean.endswith(" after")
        clean.encode("utf-8")
        if name != "zalgo":
            assert "\\" in clean


@given(hostile)
def test_any_text_is_clean_after_one_pass_and_stays(text: str) -> None:
    clean = sanitise(text)
    assert forbidden(clean) == []
    assert longest_marks(clean) <= MAX_MARKS
    assert is_clean(clean)
    assert sanitise(clean) == clean
    clean.encode("utf-8")


@given(hostile, st.integers(0, 300))
def test_a_limit_holds_counts_and_is_idempotent(text: str, limit: int) -> None:
    whole, cut = sanitise(text), sanitise(text, limit)
    assert len(cut) <= limit
    assert sanitise(cut, limit) == cut
    if len(whole) <= limit:
        assert cut == whole
    elif limit >= 12:
        kept, _, count = cut.rpartition("…[+")
        assert whole.startswith(kept)
        assert int(count.rstrip("]")) == len(whole) - len(kept)


@given(hostile, st.integers(0, 120))
def test_a_line_is_one_line(text: str, limit: int) -> None:
    line = sanitise_line(text, limit)
    assert "\n" not in line
    assert "\t" not in line
    assert is_clean(line)
    assert len(line) <= limit
    assert sanitise_line(line, limit) == line


@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=80))
def test_plain_text_of_any_script_is_unchanged(text: str) -> None:
    if is_clean(text):
        assert sanitise(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain\ttext\nnext", "plain\ttext\nnext"),
        ("größe 漢字 عربي ✓ ⚠ 🚀", "größe 漢字 عربي ✓ ⚠ 🚀"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\x9bb", "a\\x9bb"),
        ("\u202ex", "\\u202ex"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud83d", "\\ud83d"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("over\rwrite", "over\\x0dwrite"),
        ("⚠\ufe0f careful, 1\ufe0f\u20e3", "⚠ careful, 1\u20e3"),
        ("⚠\ufe0f\ufe0f", "⚠\\ufe0f\\ufe0f"),
        ("a\ufe0f", "a\\ufe0f"),
        ("e" + "\u0301" * 9 + "!", "e" + "\u0301" * 4 + "!"),
        ("non\u00a0breaking\u3000wide", "non\u00a0breaking\u3000wide"),
    ],
)
def test_sanitise_by_example(text: str, expected: str) -> None:
    assert sanitise(text) == expected


def test_truncation_by_example() -> None:
    assert sanitise("0123456789", 10) == "0123456789"
    assert sanitise("0123456789" * 3, 12) == "012345…[+24]"
    assert sanitise("x" * 1000, 20) == "x" * 13 + "…[+987]"
    assert sanitise_line(" a\n\n  b\tc ", None) == "a b c"


def test_markup_is_left_as_it_is() -> None:
    for text in MARKUP:
        assert sanitise(text) == text


def test_visible_forms() -> None:
    assert [visible(character) for character in "\x00\u200b\U0010ffff"] == ["\\x00", "\\u200b", "\\U0010ffff"]


def test_a_megabyte_of_one_line_passes() -> None:
    line = "\x1b[31m" * 200_000
    clean = sanitise_line(line, 500)
    assert len(clean) == 500
    assert clean.startswith("\\x1b[31m")


def test_the_sanitiser_loads_only_the_standard_library_it_needs() -> None:
    code = (
        "import sys; before=set(sys.modules); import orchestrator_tui.core.text; print(sorted(set(sys.modules)-before))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "asyncio" not in output
    assert "textual" not in output
