"""Plan and workflow models, their loading and their checks."""
