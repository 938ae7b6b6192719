"""The ``orch-agent`` command: what agents in any shell use to report, ask and tell (DESIGN §4.4)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from orchestrator_tui import __version__
from orchestrator_tui.agent import usage
from orchestrator_tui.agent.stop import BAD_USAGE, DONE, UNFINISHED, Stop, nearest, quoted

if TYPE_CHECKING:
    from orchestrator_tui.agent.arguments import Values
    from orchestrator_tui.agent.call import Call

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (the process's own without it) and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments)
    except Stop as stop:
        say(stop.text)
        return stop.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        say(f"failed: {(error.strerror or str(error)).lower()}")
        return UNFINISHED


def say(text: str) -> None:
    """Put one line on stderr; a stderr that is closed or full keeps nobody from working."""
    from orchestrator_tui.core.text import sanitise

    data = f"orch-agent: {sanitise(text)}\n".encode("utf-8", "replace")
    try:
        os.write(2, data)
    except OSError:
        return


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        return _print(usage.overview())
    if arguments[0] == "--version":
        return _print(f"orch-agent {__version__}\n")
    command = usage.COMMANDS.get(arguments[0])
    if command is None:
        known = list(usage.COMMANDS)
        what = "option" if arguments[0].startswith("-") else "command"
        raise Stop(
            BAD_USAGE, f"unknown {what} {quoted(arguments[0])}{nearest(arguments[0], known)}; see orch-agent --help"
        )
    before_values = arguments[1 : arguments.index("--")] if "--" in arguments else arguments[1:]
    if "--help" in before_values or "-h" in before_values:
        return _print(usage.help_of(command))
    return _carry_out(command, arguments[1:])


def _carry_out(command: usage.Command, arguments: list[str]) -> int:
    from orchestrator_tui.agent.arguments import parse
    from orchestrator_tui.agent.call import Call, world_of_this_process
    from orchestrator_tui.agent.identity import identify

    values = parse(command, arguments, _stdin)
    world = world_of_this_process(say)
    call = Call(identify(world.environ, values.pop("track", None)), world)
    try:
        return _act(command.name)(values, call)
    finally:
        call.close()


def _act(name: str) -> Callable[[Values, Call], int]:
    """What carries out a command; each loads only what it needs."""
    if name == "ask":
        from orchestrator_tui.agent.ask import ask

        return ask
    if name in ("report", "done"):
        from orchestrator_tui.agent import report

        return report.report if name == "report" else report.done
    from orchestrator_tui.agent import say as saying

    return {"note": saying.note, "finding": saying.finding, "check": saying.check}[name]


def _print(text: str) -> int:
    sys.stdout.write(text)
    sys.stdout.flush()
    return DONE


def _stdin(most: int) -> bytes:
    return sys.stdin.buffer.read(most)


if __name__ == "__main__":
    sys.exit(main())
