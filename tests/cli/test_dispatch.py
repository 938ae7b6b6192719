"""The way from a command line to its command: help, mistakes, failures, interruptions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator_tui.cli import dispatch as dispatching
from orchestrator_tui.cli import list as listing
from orchestrator_tui.cli.arguments import command_parser
from orchestrator_tui.cli.commands import COCKPIT, COMMANDS, usage
from orchestrator_tui.cli.main import main
from orchestrator_tui.core.event import EventError
from orchestrator_tui.journal.port import JournalBusy
from tests.cli.scene import PATIENCE_S, Scene, command, environment, eventually, orch

NAMES = sorted(COMMANDS)


def register(name: str) -> object:
    module = COCKPIT if name == COCKPIT else COMMANDS[name][0]
    return dispatching.load(module).register


def test_the_help_names_every_command() -> None:
    text = usage()
    assert all(f"\n  {name} " in text or f"\n  {name}\n" in text for name in COMMANDS)
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("name", [*NAMES, COCKPIT])
def test_every_command_declares_itself(name: str) -> None:
    parser = command_parser(name, register(name))
    assert parser.prog == ("orch-tui" if name == COCKPIT else f"orch-tui {name}")
    assert parser.description


@pytest.mark.parametrize("name", NAMES)
def test_the_help_shows_the_arguments_that_are_needed(name: str) -> None:
    parser = command_parser(name, register(name))
    shown = COMMANDS[name][1]
    for action in parser._actions:
        if action.required:
            assert str(action.metavar) in shown, action


def test_help_of_one_command(tmp_path: Path) -> None:
    ended = orch("decide", "--help", cwd=tmp_path)
    assert ended.code == 0
    assert "--revision N" in ended.out
    assert ended.err == ""
    assert orch("help", "decide", cwd=tmp_path).out == ended.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["lisst"], "there is no command or directory 'lisst'; did you mean \"list\"?"),
        (["gates", "--jsn"], "orch-tui gates: unknown argument '--jsn'; did you mean \"--json\"?"),
        (["gates", "--js"], "unknown argument '--js'"),
        (["list", "extra"], "unknown argument 'extra'"),
        (["decide"], "the following arguments are required: GATE"),
        (["decide", "g", "o", "--revision", "two"], "argument --revision: invalid int value: 'two'"),
        (["decide", "g", "o", "--wait", "-1"], "argument --wait: '-1' is not a number of seconds"),
        (["list", "--repo", "nowhere"], "there is no directory nowhere"),
        (["./nowhere"], "there is no directory ./nowhere"),
        (["--tasks"], "orch-tui: argument --tasks: expected one argument"),
        (["--taks", "."], "orch-tui: unknown argument '--taks'; did you mean \"--tasks\"?"),
        (["\x1b[2Jevil"], "there is no command or directory '\\x1b[2Jevil'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert told in shown.err
    assert len(shown.err.splitlines()) == 1
    assert "\x1b" not in shown.err


def test_a_mistyped_directory_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    ended = orch("./projct", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert 'did you mean "project"?' in ended.err


def test_a_directory_with_the_name_of_a_command_is_reached_by_a_path(tmp_path: Path) -> None:
    (tmp_path / "list").mkdir()
    assert orch("list", "--json", cwd=tmp_path).json() == {"batches": []}
    assert "needs a terminal" in orch("./list", cwd=tmp_path).err


def test_an_error_of_ours_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail(arguments: object) -> int:
        raise ValueError("what\nnow")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(listing, "run", fail)
    assert main(["list"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "orch-tui: an error of orch-tui itself: ValueError('what\\nnow') (ORCH_DEBUG=1 shows where)"
    ]
    monkeypatch.setenv("ORCH_DEBUG", "1")
    with pytest.raises(ValueError, match="what"):
        main(["list"])


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (PermissionError(13, "Permission denied", "/some/file"), 2, "orch-tui: /some/file: Permission denied"),
        (OSError("no file at all"), 2, "orch-tui: no file at all"),
        (JournalBusy("the journal is busy"), 1, "orch-tui: the journal is busy"),
        (EventError("b/3: gate_stale before batch_opened"), 2, "orch-tui: the journal holds what it never should"),
        (RecursionError("too deep"), 1, "orch-tui: an error of orch-tui itself: RecursionError('too deep')"),
    ],
)
def test_every_failure_has_its_line_and_its_code(
    error: Exception,
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    def fail(arguments: object) -> int:
        raise error

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(listing, "run", fail)
    assert main(["list"]) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(told)


def test_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            command("keys"), cwd=tmp_path, env=environment(), stdout=writing, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writing)
    assert ended.returncode == 141
    assert b"Traceback" not in ended.stderr
    assert b"Broken" not in ended.stderr


# What the installed script does. With `-m`, Python ends itself by the signal where that came while a text was executed,
# as it is when the first instance of a class is made, although the program has handled it; a shell says 130 of both.
INSTALLED = [sys.executable, "-P", "-c", "import sys; from orchestrator_tui.cli.main import main; sys.exit(main())"]


def test_an_interruption_ends_with_130(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", ["yes", "no"])
    with scene.holder():
        started = subprocess.Popen(
            [*INSTALLED, "decide", "fix-auth", "yes", "--wait", "60"],
            cwd=scene.repository,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        waiters = scene.place.directory / "waiters"
        eventually(lambda: any(waiters.glob("*.fifo")), "the command waits")
        started.send_signal(signal.SIGINT)
        _, err = started.communicate(timeout=PATIENCE_S)
    assert started.returncode == 130
    assert b"Traceback" not in err


def test_a_terminal_without_our_signs_gets_others(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it? ✓", ["yes", "no"], age_s=400)
    scene.watch()
    ended = scene.run("gates", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "POSIX"})
    assert ended.code == 0
    assert ended.out.isascii()
    assert "fix-auth/3" in ended.out
