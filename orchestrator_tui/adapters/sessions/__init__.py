"""The sessions of Claude Code as its own files show them: registry, transcripts, sub-agents, teams (DESIGN §2.1)."""
