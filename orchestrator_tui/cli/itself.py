"""How `orch-tui` starts itself: nothing of the directory that it stands in is loaded (G-2)."""

import sys

# Without -P the first place in which Python looks is the current directory, which may be an agent's.
ORCH_TUI = (sys.executable, "-P", "-m", "orchestrator_tui.cli.main")
