"""``orch-mcp``: the MCP server on the standard streams; Claude Code starts one for each of its sessions."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from orchestrator_tui import __version__

BAD_USAGE = 2
FAILED = 1

HELP = """\
usage: orch-mcp [--home DIR]

The MCP server of orch-tui, on stdin and stdout, for Claude Code and other agents: they ask for decisions, report their
stages, and fetch what waits for them. It is started by the agent's program; `orch-tui connect claude` sets that up.

  --home DIR   where orch-tui keeps its state; ORCH_HOME or the platform's state directory without it
  --version    print the version
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until the client goes away, and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in (["-h"], ["--help"]):
        sys.stdout.write(HELP)
        return 0
    if arguments == ["--version"]:
        sys.stdout.write(f"orch-mcp {__version__}\n")
        return 0
    environ = dict(os.environ)
    if arguments[:1] == ["--home"] and len(arguments) == 2 and arguments[1]:
        environ["ORCH_HOME"] = arguments[1]
    elif arguments:
        sys.stderr.write(f"orch-mcp: cannot use {' '.join(arguments)!r}; see orch-mcp --help\n")
        return BAD_USAGE
    return _serve(environ)


def _serve(environ: dict[str, str]) -> int:
    import signal

    # Being interrupted is how a client ends its servers. Nothing of ours needs an orderly end: whatever is on its way
    # when a process of ours dies is found by whoever looks next.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        import anyio

        from orchestrator_tui.mcp_server.server import serve
    except ImportError as error:
        sys.stderr.write(f"orch-mcp: the mcp library cannot be loaded ({error}); install orch-tui again\n")
        return FAILED
    from orchestrator_tui.mcp_server.caller import Client
    from orchestrator_tui.mcp_server.desk import Desk

    anyio.run(serve, Desk(environ, Client(environ)))
    return 0
