"""Claude Code's task lists on disk: reading, writing under its locks, scanning, and hints of change.

All but ``watch`` is standard library only, because ``orch-agent`` and the hook start with it.
"""
