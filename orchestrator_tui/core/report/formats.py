"""The forms of a report by the names that ``orch-tui report --format`` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orchestrator_tui.core.report.html import as_html
from orchestrator_tui.core.report.json_form import as_json_text
from orchestrator_tui.core.report.markdown import as_markdown
from orchestrator_tui.core.report.model import Report
from orchestrator_tui.core.report.text import as_text

FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": as_text,
    "md": as_markdown,
    "json": as_json_text,
    "html": as_html,
}
