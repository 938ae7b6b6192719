"""Texts as they were looked at: `GOLDENS=write pytest …` writes them anew, and then the difference is read."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "goldens"


def assert_golden(name: str, text: str) -> None:
    """The text is the one in the file of this name."""
    path = FOLDER / name
    if os.environ.get("GOLDENS") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{path.name} differs; GOLDENS=write writes it anew"
