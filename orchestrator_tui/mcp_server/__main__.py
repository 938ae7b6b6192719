"""``python -m orchestrator_tui.mcp_server``: the server without its script, by an absolute interpreter."""

import sys

from orchestrator_tui.mcp_server.main import main

sys.exit(main())
