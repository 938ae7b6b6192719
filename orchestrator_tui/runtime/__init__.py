"""Ports, the engine loop, effects, headless runs, replay and resume."""
