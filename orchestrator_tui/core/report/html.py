"""A report as one HTML page: no script, nothing loaded from anywhere, every foreign word escaped."""

from __future__ import annotations

from html import escape

from orchestrator_tui.core.report.dashboard import legend, strip
from orchestrator_tui.core.report.model import BATCH, Report
from orchestrator_tui.core.report.sections import Block, Table, heading, sections

_STYLE = """\
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #8884; }
th { font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; }
.strip, td { overflow-wrap: anywhere; }
.strip { font-family: ui-monospace, monospace; }
.FAIL, .fail { color: #b3261e; font-weight: 600; }
.PASS, .pass { color: #2e7d32; }
"""

_PASSING = frozenset({"PASS", "FAIL", "pass", "fail"})


def as_html(report: Report) -> str:
    """The report as a page of its own."""
    title = escape(heading(report))
    body = [f"<h1>{title}</h1>", *(_strips(report)), *(_block(one) for one in sections(report))]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _strips(report: Report) -> list[str]:
    """The stages of each track in one line, with what their signs mean."""
    if report.kind != BATCH or not any(one.stages for one in report.tracks):
        return []
    waiting = {one.track for one in report.gates if one.state == "open"}
    rows = [
        f"<dt>{escape(one.slug)}</dt><dd class=strip>{escape(strip(one, one.slug in waiting))}</dd>"
        for one in report.tracks
    ]
    return [f"<dl>{''.join(rows)}</dl>", f"<p class=strip>{escape(legend(report))}</p>"]


def _block(block: Block) -> str:
    parts = [f"<h2>{escape(block.title)}</h2>"] if block.title else []
    if block.pairs:
        rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in block.pairs)
        parts.append(f"<dl>{rows}</dl>")
    if block.lines:
        parts.append("<ul>" + "".join(f"<li>{escape(one)}</li>" for one in block.lines) + "</ul>")
    if block.table is not None:
        parts.append(_table(block.table))
    if block.nothing and not (block.pairs or block.lines or block.table):
        parts.append(f"<p>{escape(block.nothing)}</p>")
    return "\n".join(parts)


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in table.titles)
    rows = "\n".join(f"<tr>{''.join(_cell(one) for one in row)}</tr>" for row in table.rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"


def _cell(text: str) -> str:
    kind = f' class="{text}"' if text in _PASSING else ""
    return f"<td{kind}>{escape(text)}</td>"
