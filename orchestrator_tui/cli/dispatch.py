"""From a command line to its command: late import, one line for every failure, the stale line at the end."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

from orchestrator_tui.cli import faults
from orchestrator_tui.cli.arguments import parse
from orchestrator_tui.cli.commands import COCKPIT, COMMANDS
from orchestrator_tui.core.event import EventError
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.journal.port import JournalError

QUIET = frozenset({COCKPIT, "demo", "replay"})
"""Commands that show stale gates on their own screens, or look at other batches than those at work."""


def dispatch(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; nothing that happens becomes a traceback.

    With ``ORCH_DEBUG`` set an error of the program itself is raised, so that it can be reported.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that is not UTF-8 must not turn a glyph into a crash.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = _guarded(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return faults.PIPE_CLOSED


def _guarded(arguments: Sequence[str]) -> int:
    try:
        return _run(arguments)
    except faults.Fault as fault:
        return _say(str(fault), fault.code)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else faults.DONE
    except JournalError as error:
        return _say(str(error), faults.UNFINISHED)
    except EventError as error:
        return _say(f"the journal holds what it never should ({error}); see `orch-tui verify`", faults.BAD_INPUT)
    except BrokenPipeError:
        raise
    except OSError as error:
        name = f"{error.filename}: " if error.filename is not None else ""
        return _say(f"{name}{error.strerror or error}", faults.BAD_INPUT)
    except Exception as error:
        if os.environ.get("ORCH_DEBUG"):
            raise
        return _say(f"an error of orch-tui itself: {error!r} (ORCH_DEBUG=1 shows where)", faults.UNFINISHED)


def _run(arguments: Sequence[str]) -> int:
    name, rest = _command(arguments)
    module = load(COCKPIT if name == COCKPIT else COMMANDS[name][0])
    found = parse(name, module.register, rest)
    run: Callable[..., int] = module.run
    try:
        return run(found)
    finally:
        # A command that was refused says it, too: that something else waits is no less true.
        if name not in QUIET:
            _warn(getattr(found, "repo", "."))


def _command(arguments: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The command that is named and its arguments; a directory or an option means the cockpit."""
    if not arguments:
        return COCKPIT, ()
    first = arguments[0]
    if first == "help":
        return _command([*arguments[1:2], "--help"])
    if first in COMMANDS:
        return first, arguments[1:]
    if first.startswith(("-", ".", "~")) or os.sep in first or os.path.isdir(first):
        return COCKPIT, arguments
    raise faults.BadInput(
        f"there is no command or directory {first[:60]!r}{faults.nearest(first, COMMANDS)};"
        " `orch-tui --help` lists them"
    )


def load(module: str) -> ModuleType:
    """The module of a command."""
    return importlib.import_module(f"orchestrator_tui.cli.{module}")


def _warn(start: str) -> None:
    from orchestrator_tui.cli.stale import stale_line

    line = stale_line(start)
    if line:
        sys.stderr.write(line + "\n")


def _say(text: str, code: int) -> int:
    sys.stderr.write(f"orch-tui: {sanitise_line(text, 1000)}\n")
    return code
