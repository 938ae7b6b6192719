"""The table of tools: what clients see of it, and what is refused by it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.metadata import STAGE_STATUSES
from orchestrator_tui.core.risk import DECLARED
from orchestrator_tui.core.text import is_clean
from orchestrator_tui.mcp_server import tools
from orchestrator_tui.mcp_server.arguments import Mistake, checked
from orchestrator_tui.mcp_server.calls import HANDLERS
from orchestrator_tui.mcp_server.tools import TOOLS, Tool, schema
from tests.mcp_server.scene import Scene

LONGEST_DESCRIPTION = 1_600
"""Every session pays for these in its prompt."""


async def test_clients_see_closed_schemas_and_the_protocol(scene: Scene) -> None:
    async with scene.served() as agents:
        listed = (await agents.session.list_tools()).tools
    assert [tool.name for tool in listed] == list(TOOLS)
    for tool in listed:
        assert tool.input_schema["additionalProperties"] is False
        assert tool.input_schema == schema(TOOLS[tool.name])
    asking = listed[0]
    assert asking.annotations is not None
    assert asking.annotations.read_only_hint, "other calls of the same message may run beside a waiting one"
    assert asking.meta == {"anthropic/alwaysLoad": True}
    assert asking.description is not None
    assert "NEVER assume approval" in asking.description


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_a_tool_says_of_itself_what_a_model_needs_and_no_more(tool: Tool) -> None:
    assert 0 < len(tool.description) <= LONGEST_DESCRIPTION
    assert all(one.help and "\n" not in one.help for one in tool.parameters)
    assert tool.name in HANDLERS


def test_the_words_are_those_that_everybody_else_understands() -> None:
    assert set(tools.STAGE_STATUSES) == STAGE_STATUSES
    assert set(tools.RISKS) <= set(DECLARED)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=25) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=30,
)


@given(st.sampled_from(list(TOOLS.values())), st.data())
def test_whatever_is_given_is_understood_or_refused_in_one_clean_line(tool: Tool, data: st.DataObject) -> None:
    names = st.sampled_from([one.name for one in tool.parameters] or ["x"]) | st.text(max_size=20)
    arguments = data.draw(st.dictionaries(names, VALUES, max_size=6))
    told, found = outcome(tool, arguments)
    assert "\n" not in told
    assert is_clean(told)
    assert told.startswith(tool.name) or set(found) <= {one.name for one in tool.parameters}


def outcome(tool: Tool, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What was complained of, or what was understood."""
    try:
        return "", checked(tool, arguments)
    except Mistake as mistake:
        return str(mistake), {}


@pytest.mark.parametrize(("value", "understood"), [(3, 3), ("3", 3), (3.0, 3)])
def test_a_number_that_can_only_mean_one_is_understood(value: object, understood: int) -> None:
    given = checked(tools.REPORT_STAGE, {"stage": value, "status": "completed"})
    assert given["stage"] == understood


@pytest.mark.parametrize("value", [True, 2.5, "three", float("nan"), 10**4000, [3], {"n": 3}])
def test_anything_else_is_no_number(value: object) -> None:
    with pytest.raises(Mistake, match=r"report_stage: stage (is a whole number|must be from 1 to 64)"):
        checked(tools.REPORT_STAGE, {"stage": value, "status": "completed"})
