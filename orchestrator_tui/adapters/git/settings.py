"""The settings under which we run git: nothing that an agent can write makes it start a program (reliability G-5).

An agent writes into the settings that all worktrees share, and into ``.gitattributes``. Whatever there names a program
is given a harmless value on git's command line, which wins over every file. What has a fixed name stands in
:data:`FORCED`. Filters and merge drivers are named freely; theirs are read right before each command that could
use them (:mod:`~.configured`), and given values by name: filters none, merge drivers git's own merge of texts.

Two consequences. Files of a filter such as Git LFS stay in our worktrees what they are in the repository; a setup
command may fetch their content (``git lfs pull``). And nothing is fetched: every transport is closed, so that a
partial clone must have what is checked out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

# What could start a program.
_PROGRAMS = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.sshCommand": "false",
    "core.gitProxy": "false",
    "core.alternateRefsCommand": "false",
    "core.pager": "cat",
    "core.editor": "false",
    "sequence.editor": "false",
    "core.askPass": "",
    "credential.helper": "",
    "diff.external": "",
    "interactive.diffFilter": "",
    "gpg.program": "false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "log.showSignature": "false",
    "merge.verifySignatures": "false",
    "submodule.recurse": "false",
    "diff.submodule": "short",
    "safe.bareRepository": "explicit",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
# What could hide changes from us, or merge otherwise than git does everywhere else.
_MEANING = {
    "core.ignoreStat": "false",
    "core.checkStat": "default",
    "core.untrackedCache": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.safecrlf": "false",
    "status.showUntrackedFiles": "all",
    "status.relativePaths": "false",
    "diff.ignoreSubmodules": "dirty",
    "diff.relative": "false",
    "diff.noprefix": "false",
    "diff.mnemonicPrefix": "false",
    "diff.algorithm": "myers",
    "diff.context": "3",
    "diff.interHunkContext": "0",
    "merge.default": "text",
    "merge.conflictStyle": "merge",
    "merge.autoStash": "false",
    "pull.twohead": "ort",
    "merge.renames": "true",
    "merge.directoryRenames": "conflict",
    "rerere.enabled": "false",
    "branch.autoSetupMerge": "false",
    "branch.autoSetupRebase": "never",
    "worktree.guessRemote": "false",
    "user.useConfigOnly": "false",
    "i18n.commitEncoding": "UTF-8",
    "i18n.logOutputEncoding": "UTF-8",
    "color.ui": "false",
    "advice.detachedHead": "false",
}
FORCED: tuple[str, ...] = tuple(
    part for name, content in {**_PROGRAMS, **_MEANING}.items() for part in ("-c", f"{name}={content}")
)
"""The arguments for git itself, before its subcommand."""

ENVIRONMENT: Mapping[str, str] = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "false",
    "GIT_SEQUENCE_EDITOR": "false",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "GIT_SSH_COMMAND": "false",
    "LC_ALL": "C",
    "LANGUAGE": "C",
}
"""The variables that git gets beside those of ours that are not its own."""

AGENT_ENVIRONMENT: Mapping[str, str] = {
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "gc.auto",
    "GIT_CONFIG_VALUE_0": "0",
    "GIT_CONFIG_KEY_1": "maintenance.auto",
    "GIT_CONFIG_VALUE_1": "false",
}
"""For the git of agents: none of theirs may collect objects that another one has just written (G-3)."""

# Comparing files, and whatever writes a working tree or merges, may run what a driver names.
_WITHOUT_DRIVERS = frozenset(
    "branch check-ignore check-ref-format config for-each-ref merge-base rev-list rev-parse symbolic-ref update-ref "
    "commit-tree cat-file ls-files var show-ref version".split()
)
_DIFF_FLAGS = ("--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "--ignore-submodules=dirty")
FLAGS: Mapping[str, tuple[str, ...]] = {
    "diff": _DIFF_FLAGS,
    "diff-tree": _DIFF_FLAGS,
    "diff-index": _DIFF_FLAGS,
    "status": ("--ignore-submodules=dirty",),
}
"""What every use of a subcommand gets."""

_DRIVER = re.compile(
    r"(?:(filter)\..+\.(?:clean|smudge|process|required)|(merge)\..+\.(?:driver|recursive))", re.DOTALL
)
_MERGE_OPTIONS = re.compile(r"branch\..+\.mergeoptions", re.DOTALL | re.IGNORECASE)
_TEXT_MERGE = "git merge-file %A %O %B"


def needs_drivers_off(subcommand: str) -> bool:
    """Whether the subcommand could start what the settings name for files of a certain attribute."""
    return subcommand not in _WITHOUT_DRIVERS


def drivers_off(names: Iterable[str]) -> dict[str, str]:
    """From the names of all settings to the variables that turn off what can be named freely among them.

    That is every filter, every merge driver, and the options for merges into single branches.

    Given by variables and not by ``-c``, which ends a name at its first ``=``: a driver may well be called ``a=b``.
    """
    forced: dict[str, str] = {}
    for name in names:
        found = _DRIVER.fullmatch(name)
        if found is None:
            # Options for every merge into one branch, such as to take one side in each conflict.
            forced |= {name: ""} if _MERGE_OPTIONS.fullmatch(name) else {}
            continue
        driver = name.rpartition(".")[0]
        if found[1]:
            forced |= dict.fromkeys((f"{driver}.clean", f"{driver}.smudge", f"{driver}.process"), "")
            forced[f"{driver}.required"] = "false"
        else:
            forced |= {f"{driver}.driver": _TEXT_MERGE, f"{driver}.recursive": "text"}
    variables = {"GIT_CONFIG_COUNT": str(len(forced))}
    for index, (name, content) in enumerate(forced.items()):
        variables |= {f"GIT_CONFIG_KEY_{index}": name, f"GIT_CONFIG_VALUE_{index}": content}
    return variables
