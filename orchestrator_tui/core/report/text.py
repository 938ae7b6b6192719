"""A report as plain text for a terminal: the dashboard, then every section."""

from __future__ import annotations

from orchestrator_tui.core.report.dashboard import dashboard
from orchestrator_tui.core.report.model import BATCH, Report
from orchestrator_tui.core.report.sections import Block, Table, heading, sections

_COLUMN = 44


def as_text(report: Report) -> str:
    """The report as text; of a batch the dashboard comes first."""
    parts = [dashboard(report)] if report.kind == BATCH else []
    parts += [heading(report), *(_block(one) for one in sections(report))]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    lines = [block.title.upper()] if block.title else []
    width = max((len(name) for name, _ in block.pairs), default=0)
    lines += [f"  {name:<{width}}  {text}" for name, text in block.pairs]
    lines += [f"  - {one}" for one in block.lines]
    lines += _table(block.table) if block.table is not None else []
    if block.nothing and not (block.pairs or block.lines or block.table):
        lines.append(f"  {block.nothing}")
    return "\n".join(lines)


def _table(table: Table) -> list[str]:
    rows = (table.titles, *table.rows)
    last = len(table.titles) - 1
    widths = [min(_COLUMN, max(len(row[place]) for row in rows)) for place in range(last)]
    return [
        "  " + "  ".join([*(f"{row[place]:<{widths[place]}}" for place in range(last)), row[last]]).rstrip()
        for row in rows
    ]
