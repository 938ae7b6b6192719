"""Runners: the kinds of agents that do the work of a run, behind one port (DESIGN §3)."""
