"""The ``conflict-matrix`` task of seed 002: what pairs of pipelines share, what follows, and whose each file is."""

from __future__ import annotations

from typing import Any

from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.text import sanitise, sanitise_line

_LONGEST = 8_000


def conflict_matrix_task(batch: Batch, number: str) -> dict[str, Any]:
    """The task; of a batch that was not checked, such as a watched one, it holds no pairs."""
    pairs = [_pair(one) for one in (batch.run.checked.get("matrix", ()) if batch.run is not None else ())]
    matrix = ownership(batch)
    lines = [f"{one['a']} × {one['b']}: {one['consequence']}, {one['why']}" for one in pairs] or ["no conflicts found"]
    lines += ["", "Ownership:", *(f"- {path}: {who}" for path, who in matrix.items())] if matrix else []
    return {
        "id": number,
        "subject": "conflict-matrix",
        "description": sanitise("\n".join(lines), _LONGEST),
        "status": "completed",
        "blocks": [],
        "blockedBy": [],
        "metadata": {"pairs": pairs, "ownership": matrix},
    }


def ownership(batch: Batch) -> dict[str, str]:
    """The ownership matrix: each path, or pattern of paths, and the one track that may change it.

    Who may only append to a path at its end is not its owner, and stands behind the word ``append``.
    """
    tracks = [one for one in batch.tracks.values() if one.work is not None and one.slug != BATCH_TRACK]
    scopes = {one.slug: one.work.planned.scope for one in tracks if one.work is not None}
    found: dict[str, str] = {}
    for slug, scope in sorted(scopes.items()):
        for path in (*scope.owned, *scope.allowed):
            found.setdefault(sanitise_line(path, 300), slug)
    for slug, scope in sorted(scopes.items()):
        for path in scope.append_only:
            named = sanitise_line(path, 300)
            found[named] = f"{found[named]}, append: {slug}" if named in found else f"append: {slug}"
    return dict(sorted(found.items()))


def _pair(one: dict[str, Any]) -> dict[str, Any]:
    also = [dict(other) for other in one.get("also", ())]
    return {
        **{key: one.get(key, "") for key in ("a", "b", "consequence", "why")},
        "files": one.get("files", []),
        "also": also,
    }
