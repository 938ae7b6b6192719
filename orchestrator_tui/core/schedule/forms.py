"""Artefacts with a form: which lines a document must hold, and what is missing in one that an agent wrote."""

from __future__ import annotations

from collections.abc import Mapping

TEXT = "text"
"""What a field must hold: anything that is said, ``none`` included. Otherwise the choices, parted by ``|``."""


PENDING = "_Pending..._"
"""What a section holds that nobody has written yet: as much as nothing."""


def fields(text: str, names: tuple[str, ...]) -> dict[str, str]:
    """What a document says under each of these names; lines after one belong to it until the next name begins.

    A name stands in front of a colon, or is a heading.
    """
    found: dict[str, list[str]] = {}
    current = ""
    for line in text.splitlines():
        head, colon, rest = line.partition(":")
        name = head.strip().lstrip("#*- ").rstrip("* ")
        if (colon or line.startswith("#")) and name in names and name not in found:
            current = name
            found[name] = [rest.strip().lstrip("*").strip()]
        elif current:
            found[current].append(line.strip())
    return {name: "\n".join(one for one in lines if one) for name, lines in found.items()}


def faults(text: str, form: Mapping[str, str]) -> tuple[str, ...]:
    """What a document lacks of its form, line by line."""
    said = fields(text, tuple(form))
    found = []
    for name, rule in form.items():
        value = said.get(name, "")
        choices = [one.strip() for one in rule.split("|")]
        if rule != TEXT:
            value = value.partition("\n")[0].strip("* ")
        if not value or value.startswith(PENDING):
            found.append(f"{name}: is missing; say it in a line of its own, none or n/a where there is nothing")
        elif rule != TEXT and value not in choices:
            found.append(f"{name}: {value[:60]!r} is none of {', '.join(choices)}")
    return tuple(found)
