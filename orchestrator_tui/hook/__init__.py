"""The `orch-hook` command, for Claude Code's hooks; standard library only."""
