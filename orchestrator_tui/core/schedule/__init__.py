"""What a run does next: pure functions from its batch and now to events and effects to begin (DESIGN §3)."""
