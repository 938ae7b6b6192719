"""The reports of a run as files: in the repository's own place for them, unseen by git until a person adds them."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from orchestrator_tui.adapters.tasks.atomic import replace_file
from orchestrator_tui.cli.journals import Place
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch

SINK = Path(".orch") / "reports"
"""Where reports are, below the main working tree."""

_WRITING = Lock()
"""The report that ends a batch and the one that is kept current are written by two threads, into the same files."""


def write_reports(place: Place, batch: Batch, now: Instant) -> str:
    """Write the summary, the reports of all tracks and the workflow's exports; the summary's path in the repository.

    At the end of a batch, what its own stages have left in the integration worktree is taken in, too.

    Raises:
        OSError: they cannot be written.
    """
    with _WRITING:
        return _written(place, batch, now)


def report_folder(place: Place, batch: Batch) -> Path:
    """The folder of a batch's reports below the main working tree, made if need be, and unseen by git.

    Raises:
        OSError: it cannot be made.
    """
    if batch.id in ("", "..") or Path(batch.id).name != batch.id:
        # An imported batch brings its id along, whoever wrote it.
        raise OSError(f"{batch.id!r} is no name for a folder")
    folder = place.repository / SINK / batch.id
    folder.mkdir(parents=True, exist_ok=True)
    ignore = place.repository / SINK.parts[0] / ".gitignore"
    if not ignore.exists():
        # What a person has put there is theirs to add: workflows belong to the repository.
        _write(ignore, "*\n!/workflows/\n!/workflows/**\n")
    return folder


def _written(place: Place, batch: Batch, now: Instant) -> str:
    from orchestrator_tui.cli.exporting import documents, write_documents
    from orchestrator_tui.cli.taking_in import take_in
    from orchestrator_tui.core.report.markdown import as_markdown
    from orchestrator_tui.core.report.summary import batch_summary, track_report

    folder = report_folder(place, batch)
    _write(folder / "summary.md", as_markdown(batch_summary(batch, now)))
    for track in batch.tracks.values():
        if track.work is not None:
            _write(folder / f"{track.slug}.md", as_markdown(track_report(batch, track, now)))
    if batch.run is not None:
        names = batch.run.workflows[batch.run.plan.workflow].exports
        write_documents(folder, documents(batch, names, now))
        take_in(batch, folder)
    return str(SINK / batch.id / "summary.md")


def write_checkpoint(place: Place, batch: Batch, names: tuple[str, ...], now: Instant) -> tuple[str, ...]:
    """Write exports into the main working tree, unseen by git where their folder is new; their paths in it.

    Raises:
        OSError: one cannot be written, or would lie outside of the repository.
    """
    from orchestrator_tui.cli.exporting import documents, write_documents

    found, root = documents(batch, names, now), place.repository.resolve()
    for document in found:
        folder = (root / document.path).parent
        if not folder.resolve().is_relative_to(root):
            raise OSError(f"{document.path} leads out of the repository")
        if folder != root and not folder.exists():
            folder.mkdir(parents=True)
            _write(folder / ".gitignore", "*\n")
    write_documents(root, found)
    return tuple(one.path for one in found)


def _write(path: Path, text: str) -> None:
    replace_file(str(path), text.encode("utf-8", "replace"), 0o644, lambda: None)
