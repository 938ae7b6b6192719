"""Claude Code, agents, git, processes, notices and the clock behind the ports of the runtime."""
