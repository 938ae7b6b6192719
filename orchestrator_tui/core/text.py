"""Text from outside made safe to show: the one sanitiser (reliability S-1, DESIGN §5 "hostile text").

Every string that an agent, a file, git or the environment gave us passes :func:`sanitise` when it enters what is
shown; :func:`is_clean` is the assertion at the other end, before a widget draws. Nothing is silently dropped that
could change what a person reads: a forbidden character becomes a visible escape such as ``\\x1b``.
"""

from __future__ import annotations

import re
import unicodedata

MAX_MARKS = 4
"""Combining marks that one base character may carry; the rest is cut (S-1)."""

# Invisible although Unicode does not call them format characters: fillers, the grapheme joiner, variation selectors.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# One presentation selector after a symbol only picks its look, and terminals disagree about the width it gives.
_PRESENTATION = re.compile(
    "(?<=[0-9#*\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff])"
    "[\ufe0e\ufe0f](?![\ufe00-\ufe0f])"
)
_ASCII_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_ASCII_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(9), *range(11, 32), 127)}
_LINE_BREAKS = re.compile("[ ]*[\t\n][\t\n ]*")


REDACTED = "[redacted]"
"""What stands where a secret stood."""


def visible(character: str) -> str:
    """The visible escape of one character: ``\\x1b``, ``\\u202e`` or ``\\U000e0001``."""
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def sanitise(text: str, limit: int | None = None) -> str:
    """``text`` with everything a terminal could obey, hide or reorder made visible; tabs and newlines stay.

    Escaped are the categories Cc, Cf, Cs, Co, Cn, Zl and Zp, and the invisible characters of other categories. A
    CR LF pair counts as a newline. Of more than four combining marks on one base the rest is cut. The result always
    encodes to UTF-8, and cleaning it again changes nothing.

    Args:
        text: any text, lone surrogates included.
        limit: the most characters returned; a longer text ends in ``…[+N]``, N being the characters left out.

    Source: S-1, S-3, S-4.
    """
    if text.isascii():
        clean = text if _ASCII_FORBIDDEN.search(text) is None else _clean_ascii(text)
    else:
        clean = _clean_unicode(text)
    return clean if limit is None or len(clean) <= limit else _cut(clean, limit)


def sanitise_line(text: str, limit: int | None = None) -> str:
    """As :func:`sanitise`, on one line: blanks with a tab or newline among them become one space, ends are stripped."""
    clean = sanitise(text)
    if "\n" in clean or "\t" in clean:
        clean = _LINE_BREAKS.sub(" ", clean)
    clean = clean.strip(" ")
    return clean if limit is None or len(clean) <= limit else _cut(clean, limit)


def is_clean(text: str) -> bool:
    """Whether ``text`` may be drawn as it is: :func:`sanitise` would change nothing (the assertion at render, S-1)."""
    if text.isascii():
        return _ASCII_FORBIDDEN.search(text) is None
    return _clean_unicode(text) == text


def _clean_ascii(text: str) -> str:
    return text.replace("\r\n", "\n").translate(_ASCII_ESCAPES)


def _clean_unicode(text: str) -> str:
    """The slow path decides by the distinct characters of the text, of which even a long one has few."""
    escapes: dict[int, str] = {}
    marks: list[str] = []
    for character in set(text):
        if character in "\t\n":
            continue
        if not character.isprintable():
            if unicodedata.category(character) != "Zs":
                escapes[ord(character)] = visible(character)
        elif _INVISIBLE.match(character) is not None:
            escapes[ord(character)] = visible(character)
        elif not character.isascii() and unicodedata.category(character)[0] == "M":
            marks.append(character)
    if escapes:
        text = _PRESENTATION.sub("", text.replace("\r\n", "\n")).translate(escapes)
    if marks:
        some = "[" + "".join(sorted(marks)) + "]"
        text = re.sub(f"({some}{{{MAX_MARKS}}}){some}+", r"\1", text)
    return text


def _cut(text: str, limit: int) -> str:
    """``text`` cut to at most ``limit`` characters, the count of those left out included in them."""
    kept = max(0, limit - 1)
    while True:
        ending = f"…[+{len(text) - kept}]"
        room = max(0, limit - len(ending))
        if room >= kept:
            break
        kept = room
    return (text[:kept] + ending)[: max(0, limit)]


def plural(count: int, one: str, many: str = "") -> str:
    """``1 attempt``, ``2 attempts``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
