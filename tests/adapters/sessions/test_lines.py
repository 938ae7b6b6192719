"""Lines of growing files: however they are written, whatever happens to the file meanwhile."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.adapters.sessions import lines
from orchestrator_tui.adapters.sessions.lines import GrowingFile, LineSplitter, Past

WIDE = 1 << 20


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


TEXTS = st.lists(st.binary(max_size=40).map(lambda text: text.replace(b"\n", b" ")), max_size=30)
CUTS = st.lists(st.integers(0, 5_000), max_size=20)


@given(TEXTS, CUTS)
def test_however_it_is_cut_the_lines_are_the_same(texts: list[bytes], cuts: list[int]) -> None:
    splitter = LineSplitter()
    data = b"".join(text + b"\n" for text in texts) + b"half"
    assert [line for piece in pieces(data, cuts) for line in splitter.feed(piece)] == [text for text in texts if text]


@given(TEXTS, CUTS)
def test_a_first_line_that_is_cut_off_is_left_out(texts: list[bytes], cuts: list[int]) -> None:
    splitter = LineSplitter(aligned=False)
    data = b"rest of a line\n" + b"".join(text + b"\n" for text in texts)
    assert [line for piece in pieces(data, cuts) for line in splitter.feed(piece)] == [text for text in texts if text]


@given(cuts=CUTS, place=st.integers(0, 2))
def test_a_line_without_an_end_takes_no_memory(cuts: list[int], place: int) -> None:
    short = [b"one", b"two"]
    short.insert(place, b"x" * (lines.LINE_LIMIT + 10))
    splitter = LineSplitter()
    data = b"".join(text + b"\n" for text in short)
    found = [line for piece in pieces(data, [cut * 4_001 for cut in cuts]) for line in splitter.feed(piece)]
    assert found == [b"one", b"two"]
    endless = LineSplitter()
    for _ in range(40):
        assert endless.feed(b"y" * (lines.LINE_LIMIT // 10)) == []
    assert len(endless._partial) <= lines.LINE_LIMIT
    assert endless.feed(b"\nnext\n") == [b"next"]


def read(file: GrowingFile) -> list[bytes]:
    growth = file.read()
    assert growth is not None
    return list(growth.lines)


@given(texts=TEXTS, cuts=CUTS)
def test_a_file_that_grows_by_any_pieces_gives_each_line_once(
    tmp_path_factory: pytest.TempPathFactory, texts: list[bytes], cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("grow") / "t.jsonl"
    path.touch()
    file, found = GrowingFile(str(path), WIDE), []
    for piece in pieces(b"".join(text + b"\n" for text in texts), cuts):
        with path.open("ab") as writer:
            writer.write(piece)
        found += read(file)
    assert found == [text for text in texts if text]


def test_only_what_was_appended_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"one\ntw")
    file = GrowingFile(str(path), WIDE)
    first = file.read()
    assert first is not None
    assert (first.lines, first.anew) == ((b"one",), True)
    with path.open("ab") as writer:
        writer.write(b"o\nthree\n")
    second = file.read()
    assert second is not None
    assert (second.lines, second.anew) == ((b"two", b"three"), False)
    assert read(file) == []


@pytest.mark.parametrize("how", ["cut", "replaced", "written anew", "written anew and longer"])
def test_a_file_that_is_another_now_is_read_from_its_beginning(tmp_path: Path, how: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"one\ntwo\nthree\n")
    file = GrowingFile(str(path), WIDE)
    read(file)
    if how == "cut":
        os.truncate(path, 0)
        path.write_bytes(b"four\n")
    elif how == "replaced":
        other = tmp_path / "other"
        other.write_bytes(b"four\n")
        os.replace(other, path)
    else:
        longer = b"" if how == "written anew" else b"five, which makes it longer than it was\n"
        path.write_bytes((b"four\n" + longer).ljust(14, b"\n"))
    growth = file.read()
    assert growth is not None
    assert growth.anew
    assert growth.lines[0] == b"four"


def test_of_a_large_file_the_end_is_read_and_the_past_is_kept_for_later(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"".join(b"line %04d\n" % number for number in range(1_000)))
    file = GrowingFile(str(path), 105)
    recent = read(file)
    assert recent == [b"line %04d" % number for number in range(990, 1_000)]
    past, before = Past(str(path), file.identity, file.begun_at), []
    while not past.is_read:
        before += past.read(333)
    assert before == [b"line %04d" % number for number in range(990)]


def test_the_past_of_a_file_that_was_replaced_is_nobodys(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"old\n" * 100)
    file = GrowingFile(str(path), 40)
    read(file)
    other = tmp_path / "other"
    other.write_bytes(b"new\n" * 100)
    os.replace(other, path)
    past = Past(str(path), file.identity, file.begun_at)
    assert past.read(100) == []
    assert past.is_read


def test_a_file_with_one_line_that_never_ends_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"x" * 1_000)
    file = GrowingFile(str(path), 100)
    assert read(file) == []
    with path.open("ab") as writer:
        writer.write(b"x\nnext\n")
    assert read(file)[-1] == b"next"


def test_a_read_ends_at_its_limit_and_the_next_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"0123456789\n" * 100)
    file = GrowingFile(str(path), WIDE)
    growth = file.read(limit=500)
    assert growth is not None
    assert growth.more
    assert len(growth.lines) + len(read(file)) == 100


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_bytes(b"secret\n")
    (tmp_path / "link").symlink_to(real)
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "directory").mkdir()
    for name in ("link", "fifo", "directory", "missing", "with\0nul"):
        assert GrowingFile(str(tmp_path / name), WIDE).read() is None
    assert Past(str(tmp_path / "missing"), None, 10).read(5) == []
