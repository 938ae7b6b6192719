"""The kinds of values in plan and workflow files: each reads the text that was written in one declared way.

Files give texts, lists and mappings alone (:mod:`orchestrator_tui.plan.text`), so that no scalar is taken for what it
was not meant to be; what is a number, a switch or a length of time is said here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from orchestrator_tui.core.metadata import slugify
from orchestrator_tui.plan.paths import leaves_worktree
from orchestrator_tui.plan.problems import Wrong, nearest_of, shown

MAX_WORDS = 512
"""Entries of a list of words."""

_WHOLE = re.compile(r"0|[1-9][0-9]{0,11}", re.ASCII)
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?", re.ASCII)
_LENGTH = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?", re.ASCII)
_UNITS_MS = (86_400_000, 3_600_000, 60_000, 1_000)
_LONGEST_MS = 30 * 86_400_000
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
_DEVICES = frozenset(
    "con prn aux nul com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9".split()
)


@dataclass(frozen=True, slots=True)
class Says:
    """How a kind of value is called in the reference pages."""

    text: str


class Part(BaseModel):
    """One mapping of a file: no other keys than its own, no conversion but the declared one."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


# --- readers --------------------------------------------------------------------------------------------------


def read_text(most: int, value: Any, *, lines: bool = False) -> str:
    """A text of at most ``most`` characters; on one line unless ``lines``."""
    if value is None:
        raise Wrong("has no value; give it one, or leave the key out")
    if not isinstance(value, str):
        raise Wrong("must be a text")
    text = value.strip()
    if len(text) > most:
        raise Wrong(f"is longer than {most:,} characters")
    if not lines and ("\n" in text or "\t" in text):
        raise Wrong("must be on one line")
    return text


def read_whole(least: int, most: int, value: Any) -> int:
    """A whole number as everybody writes it: no sign, no leading zero, no other base."""
    text = read_text(40, value)
    if _WHOLE.fullmatch(text) is None or not least <= int(text) <= most:
        raise Wrong(f"{shown(text)} is no whole number from {least:,} to {most:,}")
    return int(text)


def read_number(least: float, most: float, value: Any) -> float:
    """A decimal number: ``20``, ``0.8``."""
    text = read_text(40, value).removeprefix("$")
    if _NUMBER.fullmatch(text) is None or not least <= float(text) <= most:
        raise Wrong(f"{shown(text)} is no number from {least:,g} to {most:,g}")
    return float(text)


def read_switch(value: Any) -> bool:
    """``true`` or ``false`` and nothing else: ``NO`` is a country."""
    text = read_text(40, value)
    if text not in ("true", "false"):
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.lower(), text.lower())
        raise Wrong(f"{shown(text)} is neither true nor false", meant if meant in ("true", "false") else "")
    return text == "true"


def read_length(value: Any) -> int:
    """A length of time in milliseconds: ``90s``, ``30m``, ``2h``, ``1h30m``, ``1d``; ``0`` for no bound."""
    text = read_text(40, value).replace(" ", "").lower()
    found = _LENGTH.fullmatch(text)
    if text == "0":
        return 0
    if found is None or not text:
        meant = f"{text}m" if _WHOLE.fullmatch(text) else ""
        raise Wrong(f"{shown(text)} is no length of time; write 90s, 30m, 2h or 1h30m", meant)
    total = sum(int(part or 0) * unit for part, unit in zip(found.groups(), _UNITS_MS, strict=True))
    if total > _LONGEST_MS:
        raise Wrong(f"{shown(text)} is longer than 30 days")
    return total


def read_choice(known: tuple[str, ...], value: Any) -> str:
    """One of the known words."""
    text = read_text(80, value)
    if text not in known:
        raise Wrong(f"{shown(text)} is none of {', '.join(filter(None, known))}", nearest_of(text, known))
    return text


def read_slug(value: Any) -> str:
    """A name that may become a branch and a directory on any system (reliability G-4)."""
    text = read_text(200, value)
    if _SLUG.fullmatch(text) is None:
        made = slugify(text)
        raise Wrong(f"{shown(text)} is no slug: use a-z, 0-9 and -, at most 63, beginning with a letter or digit", made)
    if text in _DEVICES:
        raise Wrong(f"{shown(text)} names a device on Windows, where no directory may be called so")
    return text


def read_name(value: Any) -> str:
    """The name of a check, environment, role, tier …: letters, digits, ``_ . -``."""
    text = read_text(200, value)
    if _NAME.fullmatch(text) is None:
        raise Wrong(f"{shown(text)} is no name: use letters, digits and _ . -, at most 63")
    return text


def read_variable(value: Any) -> str:
    """The name of an environment variable."""
    text = read_text(200, value)
    if _VARIABLE.fullmatch(text) is None:
        raise Wrong(f"{shown(text)} is no name of an environment variable")
    return text


def read_pattern(value: Any) -> str:
    """A path or pattern below the repository: relative, forward slashes, never upwards, never into ``.git``."""
    text = read_text(500, value).removeprefix("./")
    if not text:
        raise Wrong("is empty")
    if text.split("/")[0].lower() == ".git":
        raise Wrong(f"{shown(text)} is git's own; no agent may change it")
    if text.startswith("!") or leaves_worktree(text):
        raise Wrong(f"{shown(text)} leaves the worktree; name paths below the repository, with /")
    return text


def listed(value: Any) -> Any:
    """A single text stands for a list of one."""
    return [value] if isinstance(value, str) else value


def _at_most(most: int, value: list[Any]) -> list[Any]:
    if len(value) > most:
        raise Wrong(f"has more than {most} entries")
    return value


def _once(value: list[Any]) -> list[Any]:
    twice = next((one for place, one in enumerate(value) if one in value[:place]), None)
    if twice is not None:
        raise Wrong(f"names {shown(str(twice))} twice")
    return value


def read_command_words(value: Any) -> Any:
    """A command as a list of words; one text is split as a shell splits it."""
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(value)
    except ValueError as error:
        raise Wrong(f"cannot be split into words: {error}") from error


def keyed(name: str, value: Any) -> Any:
    """A single text stands for a mapping that has only this key."""
    return {name: value} if isinstance(value, str) else value


def names_as_mapping(value: Any) -> Any:
    """A list of names stands for a mapping from each to nothing of its own."""
    several = listed(value)
    if isinstance(several, list) and all(isinstance(one, str) for one in several):
        return {str(one): {"command": ""} for one in several}
    return value


def choice(*known: str) -> BeforeValidator:
    """The validator of one of these words."""
    return BeforeValidator(partial(read_choice, known))


def _named_keys(read: Callable[[Any], str], value: Mapping[str, Any]) -> Mapping[str, Any]:
    for key in value:
        read(key)
    return value


# --- kinds ----------------------------------------------------------------------------------------------------

Line = Annotated[str, BeforeValidator(partial(read_text, 200)), Says("text on one line")]
Text = Annotated[str, BeforeValidator(partial(read_text, 24_000, lines=True)), Says("text")]
Command = Annotated[str, BeforeValidator(partial(read_text, 4_000)), Says("shell command")]
Slug = Annotated[str, BeforeValidator(read_slug), Says("slug: `a-z 0-9 -`")]
Name = Annotated[str, BeforeValidator(read_name), Says("name")]
Variable = Annotated[str, BeforeValidator(read_variable), Says("variable name")]
Pattern = Annotated[str, BeforeValidator(read_pattern), Says("path or pattern below the repository")]
Place = Annotated[str, BeforeValidator(partial(read_text, 1_000)), Says("path")]
Switch = Annotated[bool, BeforeValidator(read_switch), Says("`true` or `false`")]
Length = Annotated[int, BeforeValidator(read_length), Says("length of time: `90s`, `30m`, `2h`, `1h30m`")]
Dollars = Annotated[float, BeforeValidator(partial(read_number, 0, 100_000)), Says("US dollars")]
Share = Annotated[float, BeforeValidator(partial(read_number, 0.1, 1)), Says("share from 0.1 to 1")]
Count = Annotated[int, BeforeValidator(partial(read_whole, 0, 1_000)), Says("whole number up to 1,000")]
Counted = Annotated[int, BeforeValidator(partial(read_whole, 1, 1_000)), Says("whole number from 1 to 1,000")]
Large = Annotated[int, BeforeValidator(partial(read_whole, 0, 10**11)), Says("whole number")]

_SHORT = AfterValidator(partial(_at_most, MAX_WORDS))
_DISTINCT = AfterValidator(_once)
Names = Annotated[list[Name], BeforeValidator(listed), _SHORT, _DISTINCT, Says("list of names")]
Slugs = Annotated[list[Slug], BeforeValidator(listed), _SHORT, _DISTINCT, Says("list of slugs")]
Lines = Annotated[list[Line], BeforeValidator(listed), _SHORT, Says("list of texts")]
Patterns = Annotated[list[Pattern], BeforeValidator(listed), _SHORT, _DISTINCT, Says("list of paths or patterns")]
Variables = Annotated[list[Variable], BeforeValidator(listed), _SHORT, _DISTINCT, Says("list of variable names")]
_Word = Annotated[str, BeforeValidator(partial(read_text, 4_000)), Says("text on one line")]
Words = Annotated[list[_Word], BeforeValidator(read_command_words), _SHORT, Says("command: a text or a list of words")]
NAMED_KEYS = AfterValidator(partial(_named_keys, read_name))
