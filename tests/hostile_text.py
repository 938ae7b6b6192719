"""Hostile text: one or more payloads for each class of control that an agent could send to a terminal (S-1)."""

from __future__ import annotations

import unicodedata

PAYLOADS: dict[str, tuple[str, ...]] = {
    "osc 52 clipboard": ("\x1b]52;c;cm0gLXJmIC8=\x07", "\x1b]52;c;cm0gLXJmIC8=\x1b\\"),
    "osc 0 title": ("\x1b]0;approved\x07", "\x1b]2;approved\x1b\\"),
    "osc 8 link": ("\x1b]8;;https://evil.example\x1b\\safe\x1b]8;;\x1b\\",),
    "csi": ("\x1b[2J\x1b[H", "\x1b[31mred\x1b[0m", "\x1b[1A\x1b[2K", "\x1b[?1049l", "\x1b[8m hidden \x1b[28m"),
    "device report": ("\x1b[6n", "\x1b[c", "\x1b[21t", "\x1b]11;?\x07"),
    "reset": ("\x1bc", "\x1b[!p"),
    "dcs": ('\x1bP$q"p\x1b\\', "\x1bP+q544e\x1b\\"),
    "apc": ("\x1b_Gf=24;AAAA\x1b\\",),
    "pm": ("\x1b^private\x1b\\",),
    "sos": ("\x1bXstring\x1b\\",),
    "c1 8-bit": ("\x9b2J", "\x9d52;c;eA==\x9c", "\x90$qm\x9c", "\x85next", "\x84index"),
    "bidi": ("\u202egnp.exe", "\u2066isolate\u2069", "\u202aembed\u202c", "\u061cmark", "\u200fmark"),
    "zero width": ("ap\u200bprove", "re\u200cject", "no\u200dw", "word\u2060joiner", "soft\u00adhyphen"),
    "byte order mark": ("\ufeffship", "sh\ufeffip"),
    "surrogate": ("\ud800", "x\udfffy", "\udc9b2J"),
    "private use": ("\ue000", "\uf8ff", "\U000f0000", "\U00100000"),
    "noncharacter": ("\ufffe", "\uffff", "\ufdd0", "\U0001fffe", "\U0010ffff"),
    "tag characters": (
        "ok" + "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all") + "\U000e007f",
        "\U000e0001",
    ),
    "variation selectors": ("a\ufe00\ufe01\ufe0d", "b\U000e0100\U000e01ef", "\ufe0f\ufe0f\ufe0f"),
    "fillers": ("\u3164", "\u115f\u1160", "\uffa0", "\u034f", "\u180e"),
    "nul and backspace": ("approve\x00reject", "reject\b\b\b\b\b\bship  ", "\x7f\x7f"),
    "carriage return": ("delete everything\rrun the tests    ", "a\r\rb"),
    "line separators": ("one\u2028two\u2029three", "a\x0bb\x0cc\x1cd\x1de\x1ef\x85g"),
    "zalgo": ("s" + "\u0301\u0302\u0303\u0304\u0305\u0306\u0307" * 8 + "hip", "\u0489" * 40),
}
"""Payloads by class; every one holds something that may not reach a terminal."""

MARKUP: tuple[str, ...] = (
    "[@click=app.approve('g1')]press[/]",
    "[/",
    "[/bold]",
    "[bold",
    "[link=https://evil.example]x[/link]",
    "[red on",
    "[$primary]x",
    "\\[",
    "[[]]",
    "[0]",
    "[#zzz]x[/]",
    ":warning:",
)
"""Text that a markup parser would obey or choke on; it must be shown literally (S-2)."""

ALL_PAYLOADS: tuple[str, ...] = tuple(payload for payloads in PAYLOADS.values() for payload in payloads)

FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def forbidden(text: str) -> list[str]:
    """The characters of ``text`` that may never be drawn, judged by Unicode category alone."""
    return [
        character
        for character in text
        if character not in "\t\n" and unicodedata.category(character) in FORBIDDEN_CATEGORIES
    ]


def longest_marks(text: str) -> int:
    """The longest run of combining marks in ``text``."""
    longest = run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character).startswith("M") else 0
        longest = max(longest, run)
    return longest
