"""One file of an export: where its users look for it, and what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch

TEXT, JSON, JSON_LINES, YAML, FRONTMATTER = "text", "json", "json_lines", "yaml", "frontmatter"
GONE = "gone"
"""What ``Document.content`` is: a text; data; a sequence of data, one a line; data; a pair of data and text; of a
file that is ``gone`` nothing is left, also where it was written before."""


@frozen
class Document:
    """One file.

    Attributes:
        path: where it stands below the folder it is written to, with ``/`` between its parts.
        form: one of ``text``, ``json``, ``json_lines``, ``yaml``, ``frontmatter``, ``gone``.
        content: a text, or plain data in lists, dictionaries and scalars, in the order in which it is written.
    """

    path: str
    form: str
    content: Any


Export: TypeAlias = Callable[[Batch, Instant], Sequence[Document]]
"""From a batch, as it is at an instant, to the files; no file where the batch has nothing to say in them."""
