"""The `orch-tui` command line: one module a command, everything imported late."""
