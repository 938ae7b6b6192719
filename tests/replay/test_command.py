"""``orch-tui replay``: the same bytes every time and everywhere, one line for what cannot be replayed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator_tui.cli.main import main
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.transfer import import_file

DONE, UNFINISHED, BAD_INPUT = 0, 1, 2
EVENTS = 301
REPOSITORY = Path(__file__).resolve().parents[2]

Captured = pytest.CaptureFixture[str]


def replayed(capsys: Captured, *arguments: str) -> str:
    assert main(["replay", *arguments]) == DONE
    return capsys.readouterr().out


def test_the_text_is_the_title_the_timeline_and_the_screen(path: Path, capsys: Captured) -> None:
    lines = replayed(capsys, str(path), "--text").splitlines()
    assert lines[0] == "replay  A working day  301 events in 2:50  times of day in UTC"
    assert lines[1].split() == ["0:00", "batch", "opened:", "A", "working", "day", "/lists/day"]
    assert sum(" asks: May " in line for line in lines) > 3
    blank = lines.index("")
    screen = lines[blank + 1 :]
    assert len(screen) == 40
    assert max(map(len, screen)) == 120
    assert "read-only" in screen[0]
    assert f"event {EVENTS} of {EVENTS}" in screen[-2]


@pytest.mark.parametrize(
    ("at", "place"),
    [
        ("0:00", "event 2 of"),
        ("1:00", "event 107 of"),
        ("0:01:00", "event 107 of"),
        ("#77", "event 77 of"),
        ("#1", "event 1 of"),
        ("0%", "event 2 of"),
        ("50%", "event 151 of"),
        ("100%", "event 301 of"),
    ],
)
def test_the_screen_is_the_one_of_the_place_that_is_named(path: Path, capsys: Captured, at: str, place: str) -> None:
    assert place in replayed(capsys, str(path), "--text", "--at", at)


def test_the_screen_has_the_size_that_is_named(path: Path, capsys: Captured) -> None:
    lines = replayed(capsys, str(path), "--text", "--size", "80x24").splitlines()
    screen = lines[lines.index("") + 1 :]
    assert len(screen) == 24
    assert max(map(len, screen)) <= 80


def test_a_batch_of_the_journal_is_replayed_as_its_export_is(
    path: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    home = Path(os.environ["ORCH_HOME"])
    journal = SqliteJournal(_prepared(journal_directory(home, repository)))
    import_file(journal, path)
    journal.close()
    of_file = replayed(capsys, str(path), "--text", "--svg", str(tmp_path / "file.svg"))
    of_batch = replayed(capsys, "day", "--repo", str(repository), "--text", "--svg", str(tmp_path / "batch.svg"))
    assert of_batch == of_file
    assert (tmp_path / "batch.svg").read_bytes() == (tmp_path / "file.svg").read_bytes()


def _prepared(directory: Path) -> Path:
    directory.parent.mkdir(parents=True, mode=0o700)
    return directory


def test_the_bytes_are_the_same_on_every_machine(path: Path, tmp_path: Path) -> None:
    plain = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    odd = {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "33", "ORCH_ASCII": "1"}
    runs = []
    for number, environment in enumerate((plain, plain | odd | {"PYTHONHASHSEED": "7"})):
        picture = tmp_path / f"{number}.svg"
        ended = subprocess.run(
            [sys.executable, "-m", "orchestrator_tui.cli.main", "replay", path, "--text", "--svg", picture],
            env=environment,
            capture_output=True,
            check=True,
            timeout=60,
        )
        runs.append((ended.stdout, ended.stderr, picture.read_bytes()))
    assert runs[0] == runs[1]
    assert runs[0][1] == b""
    assert "⚠".encode() in runs[0][0]


def test_a_file_cut_short_is_replayed_up_to_its_end_and_said_so(path: Path, capsys: Captured) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:100])[:-5])
    assert main(["replay", str(path), "--text"]) == UNFINISHED
    told = capsys.readouterr()
    assert "event 98 of 98" in told.out
    assert told.err.count("\n") == 1
    assert "was cut short after event 98" in told.err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--at", "soon"], "'soon' is no place"),
        (["--at", "#0"], "there is no event #0"),
        (["--at", "#302"], "there is no event #302: there are 301"),
        (["--at", "101%"], "'101%' is more than 100%"),
        (["--at", "3:00"], "3:00 is behind the end, which is at 2:50"),
        (["--size", "3x3"], "'3x3' is no size"),
        (["--size", "wide"], "'wide' is no size"),
        (["--speed", "3"], "'3' is none of 0.25, 0.5, 1,"),
        (["--svg", "no/such/directory.svg"], "no/such/directory.svg: No such file or directory"),
        (["--txt"], 'did you mean "--text"?'),
        ([], "a replay needs a terminal"),
    ],
)
def test_bad_arguments_are_one_line(path: Path, capsys: Captured, arguments: list[str], why: str) -> None:
    assert _code(["replay", str(path), *(["--text"] if arguments else []), *arguments]) == BAD_INPUT
    told = capsys.readouterr()
    assert why in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


@pytest.mark.parametrize(
    ("content", "why"), [(b"", "is no export"), (b'{"a":1}\n', "is no export"), (b"\xff\x00", "is no export")]
)
def test_a_file_that_is_no_export_is_one_line(tmp_path: Path, capsys: Captured, content: bytes, why: str) -> None:
    (tmp_path / "other").write_bytes(content)
    assert main(["replay", str(tmp_path / "other"), "--text"]) == BAD_INPUT
    told = capsys.readouterr()
    assert why in told.err
    assert told.err.count("\n") == 1


def test_a_damaged_file_is_refused_with_the_line(path: Path, capsys: Captured) -> None:
    path.write_bytes(path.read_bytes().replace(b" go on?", b" go off?", 1))
    assert main(["replay", str(path), "--text"]) == BAD_INPUT
    told = capsys.readouterr()
    assert ", line " in told.err
    assert "gate_opened" in told.err
    assert told.out == ""


def test_a_batch_that_is_not_there_is_one_line(tmp_path: Path, capsys: Captured) -> None:
    assert main(["replay", "nothing", "--repo", str(tmp_path), "--text"]) == BAD_INPUT
    assert "neither a file nor a batch 'nothing'" in capsys.readouterr().err


def _code(arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else -1


def test_a_screen_that_broke_is_no_success(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[object] = []

    def broken(session: object, **_: object) -> int:
        shown.append(session)
        return 1

    monkeypatch.setattr("orchestrator_tui.ui.app.run", broken)
    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True)
    assert main(["replay", str(path)]) == 1
    assert len(shown) == 1
