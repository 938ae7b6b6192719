"""Which task lists and files stand below some roots now, without following links (S-6)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from orchestrator_tui.core.frozen import frozen

FILE_COUNT_LIMIT = 20_000
"""Files that are read of one list; nobody works with more."""

_MARKS = frozenset({".lock", ".highwatermark"})


@frozen
class TaskList:
    """A task list: its name, its directory, and how many task files it holds."""

    name: str
    directory: str
    tasks: int


@frozen
class ScanProblem:
    """A place that could not be looked into, and why, in one line. The path is raw."""

    path: str
    reason: str


@dataclass(slots=True)
class _Found:
    """The entries of one directory that matter."""

    files: dict[str, os.stat_result] = field(default_factory=dict)
    directories: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    is_list: bool = False
    is_whole: bool = True
    problem: str = ""


@frozen
class Listing:
    """What stands there: task files with their status by path, lists, problems, and directories that were not seen."""

    files: dict[str, os.stat_result]
    lists: tuple[TaskList, ...]
    problems: tuple[ScanProblem, ...]
    blind: frozenset[str]

    def is_gone(self, path: str) -> bool:
        """Whether this file is surely not there: its directory was listed, or is gone itself."""
        directory = os.path.dirname(path)
        if directory in self.blind or os.path.dirname(directory) in self.blind:
            return False
        # A directory that changes while it is listed may skip a name.
        return not (any(one.directory == directory for one in self.lists) and os.path.lexists(path))


def list_roots(roots: Iterable[str]) -> Listing:
    """List these roots and the lists in them. A root that is not there is no problem: it may come."""
    files: dict[str, os.stat_result] = {}
    lists: dict[str, TaskList] = {}
    problems: dict[str, ScanProblem] = {}
    blind: set[str] = set()

    def enter(directory: str, *, as_list: bool) -> _Found:
        found = _look_into(directory)
        if found.problem:
            problems[directory] = ScanProblem(directory, found.problem)
        if not found.is_whole:
            blind.add(directory)
        if as_list or found.is_list:
            files.update(found.files)
            lists[directory] = TaskList(os.path.basename(directory), directory, len(found.files))
        return found

    for root in roots:
        found = enter(root, as_list=False)
        for link in found.links:
            problems[link] = ScanProblem(link, "a symbolic link, not followed")
        for directory in found.directories:
            if directory not in lists:
                enter(directory, as_list=True)
    return Listing(files, tuple(lists[key] for key in sorted(lists)), tuple(problems.values()), frozenset(blind))


def _look_into(directory: str) -> _Found:
    found = _Found()
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                _sort_in(found, directory, entry)
                if len(found.files) > FILE_COUNT_LIMIT:
                    found.files.popitem()
                    found.is_whole = False
                    found.problem = f"holds over {FILE_COUNT_LIMIT:,} tasks; the others are not read"
                    break
    except FileNotFoundError:
        pass
    except NotADirectoryError:
        found.problem = "a file, not a directory"
    except OSError as error:
        found.is_whole = False
        found.problem = f"cannot be listed: {(error.strerror or 'an error of the system').lower()}"
    return found


def _sort_in(found: _Found, directory: str, entry: os.DirEntry[str]) -> None:
    name = entry.name
    if name.startswith("."):
        found.is_list = found.is_list or name in _MARKS
        return
    if name.endswith(".json"):
        found.is_list = True
        try:
            found.files[f"{directory}/{name}"] = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
    elif name.endswith(".lock"):
        return
    elif entry.is_dir(follow_symlinks=False):
        found.directories.append(f"{directory}/{name}")
    elif entry.is_symlink():
        found.links.append(f"{directory}/{name}")
