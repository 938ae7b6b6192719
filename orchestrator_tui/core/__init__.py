"""State, events, commands and the pure functions between them; standard library only, no clock, no input or output."""
