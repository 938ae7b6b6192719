"""The `orch-tui` command: answers `--version` and `--help` at once."""

import sys
from collections.abc import Sequence

from orchestrator_tui import __version__

USAGE = """\
usage: orch-tui [--version] [--help]

Every question your agents ask, in one queue; every answer proven to arrive; every batch replayable.
"""
BAD_USAGE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (the process's own without it) and return its exit code (DESIGN §4.4)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        sys.stdout.write(f"orch-tui {__version__}\n")
        return 0
    if arguments in ([], ["-h"], ["--help"]):
        sys.stdout.write(USAGE)
        return 0
    sys.stderr.write(f"orch-tui: unknown argument {arguments[0]!r}; try `orch-tui --help`\n")
    return BAD_USAGE


if __name__ == "__main__":
    sys.exit(main())
