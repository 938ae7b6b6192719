"""Reading task files: the captured ones exactly, hostile ones with one honest line, none with an exception."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.adapters.tasks.reader import read_task
from orchestrator_tui.adapters.tasks.record import TaskRecord
from orchestrator_tui.core.text import is_clean
from tests.hostile_text import ALL_PAYLOADS
from tests.tasks.manual import FIXTURES, put, task

CAPTURED = sorted(FIXTURES.glob("**/*.json"))
GATES = sorted(FIXTURES.glob("*/1-gate-blocked/*/1.json"))


def read(path: Path) -> TaskRecord:
    record = read_task(path)
    assert record is not None
    return record


def written(directory: Path, data: bytes, name: str = "1.json") -> TaskRecord:
    path = directory / name
    path.write_bytes(data)
    return read(path)


def test_there_are_captured_lists_of_three_kinds() -> None:
    assert len(CAPTURED) == 25
    assert {path.relative_to(FIXTURES).parts[0] for path in CAPTURED} == {
        "2.1.34-headless",
        "2.1.328-headless",
        "2.1.328-interactive-after-cleanup",
    }


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: "/".join(path.relative_to(FIXTURES).parts[::1]))
def test_captured_files_are_read_exactly(path: Path) -> None:
    value = json.loads(path.read_text("utf-8"))
    status = path.stat()
    assert read(path) == TaskRecord(
        list_name=path.parent.name,
        directory=str(path.parent),
        task_id=path.stem,
        subject=value["subject"],
        description=value["description"],
        active_form=value.get("activeForm", ""),
        owner=value.get("owner", ""),
        status=value["status"],
        blocks=tuple(value["blocks"]),
        blocked_by=tuple(value["blockedBy"]),
        metadata=value.get("metadata", {}),
        mtime_ns=status.st_mtime_ns,
        size=status.st_size,
        inode=status.st_ino,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


@pytest.mark.parametrize("path", GATES, ids=lambda path: path.relative_to(FIXTURES).parts[0])
def test_the_captured_gate(path: Path) -> None:
    record = read(path)
    assert (record.subject, record.owner, record.status) == ("Build the parser", "lead", "in_progress")
    assert record.blocks == ("2",)
    assert record.metadata["needsDecision"] is True
    assert record.metadata["decisionContext"] == "Ship with the known flake or fix first?"
    assert record.metadata["nested"] == {"x": 9}
    assert record.problem is None
    assert record.notes == ()


def test_no_file_is_none(tmp_path: Path) -> None:
    assert read_task(tmp_path / "1.json") is None
    assert read_task(tmp_path / "none" / "1.json") is None
    (tmp_path / "file").write_text("x")
    assert read_task(tmp_path / "file" / "1.json") is None


@pytest.mark.parametrize(
    ("data", "problem", "torn"),
    [
        (b"", "empty", True),
        (b" \n\t ", "empty", True),
        (b"{", "not JSON at line 1, column 2", True),
        (b'{\n  "id": "1",\n  "subj', "not JSON at line 3, column 3", True),
        (b'{"id": "1"} x', "not JSON at line 1, column 13", True),
        (b"\x00" * 100, "not JSON at line 1, column 1", True),
        (b'{"id": "\xff"}', "not UTF-8 at byte 8", True),
        (b'{"id": "\xed\xa0\x80"}', "not UTF-8 at byte 8", True),
        (b'{"subject": "\xe2\x80', "not UTF-8 at byte 13", True),
        (b"[]", "a list, not an object", False),
        (b'"text"', "a text, not an object", False),
        (b"7", "a number, not an object", False),
        (b"null", "null, not an object", False),
        (b"true", "true or false, not an object", False),
        (b'{"a": NaN}', "holds NaN, which is not JSON", False),
        (b'{"a": [-Infinity]}', "holds -Infinity, which is not JSON", False),
        (b'{"a": 1e999}', "holds a number too large to keep", False),
        (b'{"a": -1E+0400}', "holds a number too large to keep", False),
        (b'{"a": ' + b"9" * 5000 + b"}", "holds a number of 5,000 digits", False),
        (b'{"a": ' + b"9" * 400 + b".5}", "holds a number too large to keep", False),
        (b'{"a": ' + b"[" * 32 + b"]" * 32 + b"}", "nested over 32 levels deep", False),
        (b'{"a": ' * 33 + b"1" + b"}" * 33, "nested over 32 levels deep", False),
        (b"[" * 15_000, "nested over 32 levels deep", False),
        (b'{"a": ' + b"[" * 15_000 + b"]" * 15_000 + b"}", "nested over 32 levels deep", False),
        (b'{"a": ' + b"[" * 33, "nested over 32 levels deep", False),
        (b'{"a": ' + b"[" * 31, "not JSON at line 1, column 38", True),
        (b"[" * 500_000, "holds over 20,000 values", False),
        (b'{"a": [' + b"{}," * 20_001 + b"0]}", "holds over 20,000 values", False),
        (b'{"a": "' + b"\\\\," * 100_000, "not JSON at line 1, column 7", True),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
def test_content_that_is_no_task(tmp_path: Path, data: bytes, problem: str, torn: bool) -> None:
    record = written(tmp_path, data)
    assert (record.problem, record.torn) == (problem, torn)
    assert record.task_id == "1"
    assert record.size == len(data)
    assert record.digest == hashlib.sha256(data).hexdigest()


def test_content_within_every_limit_is_read(tmp_path: Path) -> None:
    record = written(
        tmp_path, b'{"id": "1", "subject": "s", "status": "x", "metadata": ' + b'{"a":' * 31 + b"1" + b"}" * 32
    )
    assert record.problem is None
    assert record.metadata["a"]["a"]["a"]
    numbers = json.dumps(task(metadata={"a": 1e308, "b": -0.5, "c": 123456789012345678901234567890, "e": 1e-400}))
    assert written(tmp_path, numbers.encode()).metadata["c"] == 123456789012345678901234567890


@pytest.mark.parametrize(
    ("fields", "expected", "note"),
    [
        ({"subject": 5}, {"subject": "5"}, "subject is a number, not a text"),
        ({"subject": ["x"]}, {"subject": ""}, "subject is a list, not a text"),
        ({"subject": None}, {"subject": ""}, "has no subject"),
        ({"status": True}, {"status": ""}, "status is true or false, not a text"),
        ({"description": {"a": 1}}, {"description": ""}, "description is an object, not a text"),
        ({"owner": 1.5}, {"owner": "1.5"}, "owner is a number, not a text"),
        ({"activeForm": []}, {"active_form": ""}, "activeForm is a list, not a text"),
        ({"metadata": [1]}, {"metadata": {}}, "metadata is a list, not an object"),
        ({"metadata": "x"}, {"metadata": {}}, "metadata is a text, not an object"),
        ({"blocks": "2"}, {"blocks": ()}, "blocks is a text, not a list"),
        ({"blocks": ["2", 3, None, {}]}, {"blocks": ("2", "3")}, "blocks holds what is no task id"),
        (
            {"blockedBy": ["x"] * 1001},
            {"blocked_by": ("x",) * 1000},
            "blockedBy has 1,001 entries, of which 1,000 are kept",
        ),
        ({"id": "9"}, {"task_id": "1"}, "its id is not its file's name"),
        ({"id": 1}, {"task_id": "1"}, "its id is not its file's name"),
    ],
)
def test_fields_of_a_wrong_type(tmp_path: Path, fields: dict[str, Any], expected: dict[str, Any], note: str) -> None:
    record = written(tmp_path, json.dumps(task(**fields)).encode())
    assert record.problem is None
    assert record.notes == (note,)
    assert {key: getattr(record, key) for key in expected} == expected


def test_null_where_a_field_may_be_missing_is_no_news(tmp_path: Path) -> None:
    record = written(tmp_path, json.dumps(task(owner=None, activeForm=None, metadata=None, blocks=None)).encode())
    assert record.notes == ()
    assert record.metadata == {}


def test_odd_json_is_read_with_a_note(tmp_path: Path) -> None:
    twice = b'{"id":"1","subject":"a","subject":"b","status":"pending"}'
    record = written(tmp_path, twice)
    assert record.subject == "b"
    assert record.notes == ("a key stands twice in one object; the last one counts",)
    marked = b"\xef\xbb\xbf" + json.dumps(task(subject="s")).encode()
    record = written(tmp_path, marked)
    assert (record.subject, record.notes) == ("s", ("starts with a byte order mark",))
    half = json.dumps(task(subject="a\ud800b", metadata={"\udc00": ["\ud83d\ude00", "\ud83d"]})).encode()
    record = written(tmp_path, half)
    assert record.subject == "a\ufffdb"
    assert record.metadata == {"\ufffd": ["\U0001f600", "\ufffd"]}
    assert record.notes == ("holds half a surrogate pair, shown as \ufffd",)


def test_labels_stay_raw(tmp_path: Path) -> None:
    labels = [payload for payload in ALL_PAYLOADS if not any(0xD800 <= ord(one) < 0xE000 for one in payload)]
    record = read(put(tmp_path, metadata={"decisionOptions": labels}))
    assert record.metadata["decisionOptions"] == labels


def test_long_fields_are_cut_with_a_note(tmp_path: Path) -> None:
    record = read(put(tmp_path, description="x" * 70_000, metadata={"decisionContext": "y" * 100_000, "n": 1}))
    assert len(record.description) == len(record.metadata["decisionContext"]) == 65_536
    assert record.metadata["n"] == 1
    assert record.notes == (
        "a text of 70,000 characters is cut to 65,536",
        "a text of 100,000 characters is cut to 65,536",
    )


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    record = written(tmp_path, b'{"id": "1", "description": "' + b"x" * 2_000_000 + b'"}')
    assert record.problem == "2.0 MB is over the 1 MiB limit"
    assert not record.torn
    assert record.digest == ""
    exact = b'{"id": "1"' + b" " * ((1 << 20) - 11) + b"}"
    assert len(exact) == 1 << 20
    assert written(tmp_path, exact).problem is None
    assert written(tmp_path, exact + b" ").problem == "1.0 MB is over the 1 MiB limit"


def test_separators_inside_texts_are_no_values(tmp_path: Path) -> None:
    text = ',[{"\\' * 10_000
    assert read(put(tmp_path, description=text)).description == text


def test_a_huge_file_costs_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    with path.open("wb") as file:
        file.truncate(3 << 30)
    tracemalloc.start()
    record = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert record.problem == "3221.2 MB is over the 1 MiB limit"
    assert peak < 20_000_000


def test_other_kinds_of_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = put(tmp_path / "elsewhere", "1", subject="secret")
    (tmp_path / "link.json").symlink_to(secret)
    (tmp_path / "dangling.json").symlink_to(tmp_path / "none")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    os.mkfifo(tmp_path / "fifo.json")
    (tmp_path / "7.json").mkdir()
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.json")
        problems = {path.stem: read(path).problem for path in tmp_path.glob("*.json")}
    assert problems == {
        "link": "a symbolic link, not followed",
        "dangling": "a symbolic link, not followed",
        "loop": "a symbolic link, not followed",
        "fifo": "a FIFO, not a file",
        "7": "a directory, not a file",
        "socket": "a socket, not a file",
    }
    assert read(Path("/dev/null")).problem == "a device, not a file"


def test_a_link_put_in_place_after_the_look_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = put(tmp_path / "elsewhere")
    link = tmp_path / "1.json"
    link.symlink_to(target)
    status = target.stat()
    monkeypatch.setattr(os, "lstat", lambda _: status)
    assert read(link).problem == "a symbolic link, not followed"


def test_a_fifo_put_in_place_after_the_look_does_not_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = put(tmp_path, "2").stat()
    os.mkfifo(tmp_path / "1.json")
    monkeypatch.setattr(os, "lstat", lambda _: status)
    assert read(tmp_path / "1.json").problem == "a FIFO, not a file"


def test_a_hard_link_is_a_file_of_ours(tmp_path: Path) -> None:
    os.link(put(tmp_path / "elsewhere", "1", subject="linked"), tmp_path / "1.json")
    assert read(tmp_path / "1.json").subject == "linked"


def test_a_file_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path)
    owner = path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert read(path).problem == f"belongs to user {owner}, not to user {owner + 1}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_file_really_given_to_another_user(tmp_path: Path) -> None:
    path = put(tmp_path)
    os.chown(path, 12345, -1)
    assert read(path).problem == "belongs to user 12345, not to user 0"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file, whatever its mode says")
def test_a_file_that_we_may_not_read(tmp_path: Path) -> None:
    path = put(tmp_path)
    path.chmod(0)
    record = read(path)
    assert (record.problem, record.torn) == ("cannot be read: permission denied", False)
    assert record.size > 0


@pytest.mark.parametrize(
    ("call", "code", "problem", "torn"),
    [
        ("open", errno.EACCES, "cannot be read: permission denied", False),
        ("open", errno.EMFILE, "cannot be read: too many open files", True),
        ("read", errno.EIO, "cannot be read: input/output error", True),
        ("lstat", errno.EIO, "cannot be read: input/output error", True),
        ("fstat", errno.ESTALE, "cannot be read: stale file handle", True),
    ],
)
def test_errors_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, problem: str, torn: bool
) -> None:
    path = put(tmp_path)

    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, fail)
    record = read_task(path)
    monkeypatch.undo()
    assert record is not None
    assert (record.problem, record.torn) == (problem, torn)


def test_a_file_that_never_holds_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path)
    real = os.read

    def write_behind(descriptor: int, count: int) -> bytes:
        data = real(descriptor, count)
        os.utime(path)
        return data

    monkeypatch.setattr(os, "read", write_behind)
    record = read(path)
    assert (record.problem, record.torn) == ("changes while it is read", True)


def test_names_that_are_no_names(tmp_path: Path) -> None:
    bad = os.fsencode(tmp_path) + b"/\xff\xfe.json"
    with open(bad, "wb") as file:
        file.write(json.dumps(task()).encode())
    record = read_task(os.fsdecode(bad))
    assert record is not None
    assert record.task_id == "\\udcff\\udcfe"
    assert read_task("nul\0byte.json") is not None
    half = read_task("half\ud800.json")
    assert half is not None
    assert half.problem == "its name cannot be opened"


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        record = written(Path(directory), data)
    assert record.problem is None or (is_clean(record.problem) and "\n" not in record.problem)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
fields = st.dictionaries(
    st.sampled_from(
        ["id", "subject", "description", "activeForm", "owner", "status", "blocks", "blockedBy", "metadata"]
    ),
    json_values,
)


@given(fields, st.integers(0, 400), st.sampled_from([b"", b"}", b"\xff", b"\\", b'"', b"\x00"]))
def test_no_json_raises_whole_or_torn(value: dict[str, Any], cut: int, inserted: bytes) -> None:
    data = json.dumps(value, indent=2).encode()
    with tempfile.TemporaryDirectory() as directory:
        whole = written(Path(directory), data)
        torn = written(Path(directory), data[:cut] + inserted)
        broken = written(Path(directory), data[:cut] + inserted + data[cut:])
    for record in (whole, torn, broken):
        assert isinstance(record.metadata, dict)
        json.dumps(record.metadata, ensure_ascii=False, allow_nan=False).encode("utf-8")
        assert all(is_clean(note) for note in record.notes)
    if "NaN" not in data.decode() and "Infinity" not in data.decode():
        assert whole.problem is None or "digits" in whole.problem
