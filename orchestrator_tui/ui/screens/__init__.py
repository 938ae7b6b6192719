"""Full screens and dialogs of the cockpit."""
