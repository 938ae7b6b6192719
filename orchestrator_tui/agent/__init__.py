"""The `orch-agent` command, for agents in any shell; standard library only."""
