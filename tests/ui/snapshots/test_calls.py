"""Pictures of tool calls that wait. A changed picture is looked at before it is accepted."""

from collections.abc import Callable

import pytest

from orchestrator_tui.core.model import Gate
from tests.ui import calls, states
from tests.ui.app.session import FakeSession
from tests.ui.snapshots.test_main import cockpit, pressing

Compare = Callable[..., bool]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("gates", "keys"),
    [
        ((calls.BASH,), ()),
        ((calls.BASH,), ("e",)),
        ((calls.BASH,), ("d",)),
        ((calls.BASH,), ("e", "e")),
        ((calls.EDIT,), ("e",)),
        ((calls.WRITE,), ("e",)),
        ((calls.TOOL,), ("e",)),
        ((calls.APPROVAL,), ("e",)),
        ((calls.LAYOUT, calls.SCOPE), ("e",)),
        ((calls.SCOPE,), ("e", "1", "3")),
    ],
    ids=["card", "command", "whole", "editing", "edit", "write", "server", "plan", "previews", "several"],
)
def test_calls(snap_compare: Compare, gates: tuple[Gate, ...], keys: tuple[str, ...], size: tuple[int, int]) -> None:
    """All that would be allowed is in sight or said to be cut, numbered or signed; the options are in sight always."""
    session = FakeSession(calls.waiting(*gates), states.NOW)
    assert snap_compare(cockpit(session), terminal_size=size, run_before=pressing(session, *keys))
