"""Pictures of what stands still: a cursor that blinks would make two pictures of one screen."""

from __future__ import annotations

import pytest
from textual.widgets import Input


@pytest.fixture(autouse=True)
def steady_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text field whose cursor stays: on a slow machine a picture may be taken while it is dark."""
    monkeypatch.setattr(Input, "_toggle_cursor", lambda field: None)
