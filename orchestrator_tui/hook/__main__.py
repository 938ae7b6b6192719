"""``python -I -m orchestrator_tui.hook --home HOME EVENT``: the hook as it is installed, by absolute interpreter."""

import sys

from orchestrator_tui.hook.main import main

if __name__ == "__main__":
    sys.exit(main())
