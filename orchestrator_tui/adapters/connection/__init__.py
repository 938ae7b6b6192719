"""Connecting Claude Code: our entries in its settings, put in and taken out without disturbing anything else."""
