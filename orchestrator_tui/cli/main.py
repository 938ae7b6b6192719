"""The `orch-tui` command: answers `--version` and `--help` at once, and loads the rest only when it is asked for."""

import sys
from collections.abc import Sequence

from orchestrator_tui import __version__

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (the process's own without it) and return its exit code (DESIGN §4.4)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        sys.stdout.write(f"orch-tui {__version__}\n")
        return 0
    if arguments in (["-h"], ["--help"], ["help"]):
        from orchestrator_tui.cli.commands import usage

        sys.stdout.write(usage())
        return 0
    try:
        from orchestrator_tui.cli.dispatch import dispatch

        return dispatch(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
