"""Exports of a batch written as files: data becomes text here, and nothing of it is decided here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import yaml

from orchestrator_tui.adapters.tasks.atomic import replace_file
from orchestrator_tui.core.exports.document import FRONTMATTER, GONE, JSON, JSON_LINES, YAML, Document
from orchestrator_tui.core.exports.registry import EXPORTS
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch

_MODE = 0o644


def documents(batch: Batch, names: Sequence[str], now: Instant) -> list[Document]:
    """The files of these exports, in this order."""
    return [document for name in names for document in EXPORTS[name](batch, now)]


def write_documents(folder: Path, found: Sequence[Document]) -> list[Path]:
    """Write each below ``folder``, whole or not at all, and remove what is gone; the paths of what was written.

    Raises:
        OSError: one cannot be written.
    """
    written = []
    for document in found:
        path = folder / document.path
        if document.form == GONE:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(str(path), as_text(document).encode("utf-8", "replace"), _MODE, lambda: None)
        written.append(path)
    return written


def as_text(document: Document) -> str:
    """What stands in the file."""
    content = document.content
    if document.form == JSON:
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    if document.form == JSON_LINES:
        return "".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n" for one in content)
    if document.form == YAML:
        return _yaml(content)
    if document.form == FRONTMATTER:
        head, body = content
        return f"---\n{_yaml(head)}---\n\n{body}"
    return str(content)


def _yaml(data: object) -> str:
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120)
