"""Pure functions from state, time and width to what is shown."""
