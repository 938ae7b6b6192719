"""Names that may reach git and the file system: checked before anything is made of them (reliability G-4)."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from orchestrator_tui.adapters.git.command import git_result
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.core.text import is_clean, sanitise_line

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_RESERVED = frozenset(
    "con prn aux nul com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9".split()
)
_BRANCH = re.compile(r"[^\W_][\w./+=#@,-]*")
_PLAIN = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*", re.ASCII)
"""Names of which nothing that git forbids can be said: most are made of slugs."""

_LONGEST_BRANCH = 200
_SHOWN = 80


def check_slug(slug: str) -> str:
    """The slug itself, when it may name a track, its branch and its directory.

    Raises:
        GitError: it has other characters than ``a-z 0-9 -``, is empty or longer than 63, or is a device on Windows.
    """
    if _SLUG.fullmatch(slug) is None:
        raise GitError(f"{_shown(slug)} is no slug: use a-z, 0-9 and -, beginning with a letter or digit, at most 63")
    if slug in _RESERVED:
        raise GitError(f"{_shown(slug)} is no slug: it names a device on Windows, where no file may be called so")
    return slug


def branch_name(batch: str, slug: str) -> str:
    """The branch of a track: ``orch/<batch>/<slug>``.

    Raises:
        GitError: one of the two is no slug.
    """
    return f"orch/{check_slug(batch)}/{check_slug(slug)}"


def check_branch(branch: str) -> str:
    """The branch's name itself, when git and every program that will be given it can do nothing wrong with it.

    Raises:
        GitError: it is not a name that git allows, or has characters that hide, reorder or mean something elsewhere.
    """
    parts = branch.split("/")
    wrong = (
        _BRANCH.fullmatch(branch) is None
        or not is_clean(branch)
        or len(branch) > _LONGEST_BRANCH
        or ".." in branch
        or "@{" in branch
        or branch.upper() == "HEAD"
        or any(not part or part[0] in ".-" or part[-1] == "." or part.lower().endswith(".lock") for part in parts)
        or any(part.lower().partition(".")[0] in _RESERVED for part in parts)
    )
    # git has the last word; it is asked in a place where no repository gives short names a meaning.
    if wrong or not (_PLAIN.fullmatch(branch) or _is_allowed(branch)):
        raise GitError(f"{_shown(branch)} is no safe name for a branch: use letters, digits and - _ . / + only")
    return branch


@lru_cache(maxsize=1024)
def _is_allowed(branch: str) -> bool:
    """What git says of a name never changes."""
    return git_result(Path(os.sep), "check-ref-format", "--branch", branch).code == 0


def safe_path(root: Path, slug: str) -> Path:
    """The directory of a track below ``root``, with all links in ``root`` resolved.

    Raises:
        GitError: the slug is none, something else of that name but for case is there, or a link stands in its place.
    """
    below = Path(os.path.realpath(root))
    path = below / check_slug(slug)
    try:
        names = os.listdir(below)
    except FileNotFoundError:
        return path
    except OSError as error:
        raise GitError(f"cannot read {below}: {error.strerror}") from error
    twin = next((name for name in names if name != slug and name.casefold() == slug), None)
    if twin is not None:
        raise GitError(f"{path} differs only by case from {_shown(twin)}, which is there already")
    if path.is_symlink():
        raise GitError(f"{path} is a symbolic link: a worktree must be a directory of its own")
    return path


def _shown(name: str) -> str:
    return repr(sanitise_line(name, _SHOWN))
