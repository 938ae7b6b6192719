"""A report as Markdown: nothing in an agent's words is markup there, and nothing in it names this machine."""

from __future__ import annotations

import re

from orchestrator_tui.core.report.model import Report
from orchestrator_tui.core.report.sections import Block, Table, heading, sections

_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~#])")
# What begins a list, a heading or a rule, and what services make a link or a mention of.
_LEADING = re.compile(r"^([-+=]|\d+[.)])")
_LINKED = re.compile(r"(?i)\b(https?|ftp|mailto|www)([:.])|@(?=\w)")


def as_markdown(report: Report) -> str:
    """The report as Markdown (GitHub's tables, nothing else beyond the common core)."""
    blocks = "\n\n".join(_block(one) for one in sections(report))
    return f"# {escaped(heading(report))}\n\n{blocks}\n"


def escaped(text: str) -> str:
    """Foreign words on one line, none of them markup, link or mention."""
    safe = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    safe = _LEADING.sub(lambda found: found[1][:-1] + "\\" + found[1][-1], safe)
    return _LINKED.sub(lambda found: f"{found[1]}{found[2]}\u2060" if found[1] else "@\u2060", safe)


def _block(block: Block) -> str:
    parts = [f"## {block.title}"] if block.title else []
    if block.pairs:
        parts.append("\n".join(f"- {name}: {escaped(text)}" for name, text in block.pairs))
    if block.lines:
        parts.append("\n".join(f"- {escaped(one)}" for one in block.lines))
    if block.table is not None:
        parts.append(_table(block.table))
    if block.nothing and not (block.pairs or block.lines or block.table):
        parts.append(block.nothing)
    return "\n\n".join(parts)


def _table(table: Table) -> str:
    rows = [f"| {' | '.join(escaped(cell) for cell in row)} |" for row in (table.titles, *table.rows)]
    return "\n".join([rows[0], "|" + "---|" * len(table.titles), *rows[1:]])
