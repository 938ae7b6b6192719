"""The MCP server ``orch-mcp``: by it agents ask, report and fetch what waits for them (DESIGN §4.2)."""
