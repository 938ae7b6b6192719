"""What goes wrong with git, in one line for a person."""

from __future__ import annotations


class GitError(OSError):
    """git could not, or must not, do what was asked; the text is one line that says what and why."""
