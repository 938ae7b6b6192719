"""The tools of orch-mcp as the reference page shows them: what models read, and what may be given."""

from __future__ import annotations

from docs.tables import table
from orchestrator_tui.mcp_server.tools import TEXTS, TOOLS, WHOLE, WHOLES, Parameter, Tool


def section() -> str:
    """Every tool with its description and its parameters."""
    return "\n\n".join(_tool(tool) for tool in TOOLS.values())


def _tool(tool: Tool) -> str:
    parts = [f"### `{tool.name}`", f"> {tool.description}"]
    rows = [
        (f"`{one.name}`" + (" (required)" if one.required else ""), _takes(one), one.help) for one in tool.parameters
    ]
    parts.append(table(("argument", "takes", "meaning"), rows) if rows else "It takes no arguments.")
    return "\n\n".join(parts)


def _takes(one: Parameter) -> str:
    if one.choices:
        return " · ".join(f"`{choice}`" for choice in one.choices)
    if one.kind in (TEXTS, WHOLES):
        item = f"{one.limit:,} characters each" if one.kind == TEXTS else f"from {one.least} to {one.limit:,}"
        return f"at most {one.most} {one.kind}, {item}"
    return f"a number from {one.least} to {one.limit:,}" if one.kind == WHOLE else f"at most {one.limit:,} characters"
