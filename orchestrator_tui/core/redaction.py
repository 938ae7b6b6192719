"""Secrets kept out of everything that is recorded: exact values that we know, and shapes that we recognise (S-7).

:func:`redact` is for whole texts, :class:`Redactor` for a stream that arrives in pieces. Both put `REDACTED` where a
secret stood and keep the name beside it. What they let through is never changed.
"""

from __future__ import annotations

from orchestrator_tui.core.secret_shapes import BLOCK_BEGIN, LONGEST, SHAPES
from orchestrator_tui.core.text import REDACTED as REDACTED

SHORTEST_VALUE = 4
"""Characters below which a value is no secret: it would tear holes into every other word."""
LINE_LIMIT = 4 * LONGEST
"""Characters of one line that a stream holds back at most before it goes on."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern

# How far a name may begin before the word that gives it away.
_BEFORE_ANCHOR = 256
_ANCHORS = tuple(sorted({anchor for _, anchors, _ in SHAPES for anchor in anchors}))
_LETTERS = tuple(sorted(set("".join(_ANCHORS))))
_BLOCK = BLOCK_BEGIN.lower()
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_compiled: dict[str, Pattern[str]] = {}


def redact(text: str, values: tuple[str, ...] = ()) -> str:
    """The text without secrets.

    Args:
        text: anything, of any length; the work is linear in it.
        values: what is secret by itself, such as the values of variables that an agent was given.
    """
    return _without(text, _spans(text, variants(values), True))


def variants(values: tuple[str, ...]) -> tuple[str, ...]:
    """The values themselves and as they stand in JSON and in addresses, the longest first."""
    found = set()
    for value in values:
        if len(value) >= SHORTEST_VALUE:
            found |= {value, _escaped(value), _escaped(value).replace("/", "\\/"), _quoted(value)}
    return tuple(sorted(found, key=lambda each: (-len(each), each)))


def _escaped(value: str) -> str:
    """The value inside a JSON string, as most programs write one."""
    if value.isascii() and value.isprintable() and '"' not in value and "\\" not in value:
        return value
    from json import dumps

    return dumps(value, ensure_ascii=False)[1:-1]


def _quoted(value: str) -> str:
    """The value inside an address."""
    safe = "-._~"
    if all(each.isascii() and (each.isalnum() or each in safe) for each in value):
        return value
    encoded = value.encode("utf-8", "surrogateescape")
    return "".join(
        chr(b) if chr(b).isascii() and (chr(b).isalnum() or chr(b) in safe) else f"%{b:02X}" for b in encoded
    )


def _spans(text: str, values: tuple[str, ...], shapes: bool) -> list[tuple[int, int]]:
    """Where secrets stand, in order, overlapping ones as one."""
    found = [span for value in values for span in _occurrences(text, value)]
    if shapes:
        lowered = _lowered(text)
        anchored = _anchored(lowered)
        for name, anchors, pattern in SHAPES:
            positions = sorted(position for anchor in anchors for position in anchored.get(anchor, ()))
            for start, end in _windows(lowered, positions, across=anchors == (_BLOCK,)):
                found += [
                    match.span(match.lastindex or 0) for match in _pattern(name, pattern).finditer(text, start, end)
                ]
    found.sort()
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _lowered(text: str) -> str:
    """The text in lower case, every character in its place."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.translate(_LOWER)


def _anchored(lowered: str) -> dict[str, list[int]]:
    """Where the anchors stand that the text holds; most of them are ruled out by a letter that it does not hold."""
    letters = {letter for letter in _LETTERS if letter in lowered}
    held = (anchor for anchor in _ANCHORS if letters.issuperset(anchor) and anchor in lowered)
    return {anchor: [start for start, _ in _occurrences(lowered, anchor)] for anchor in held}


def _windows(lowered: str, positions: list[int], across: bool) -> list[tuple[int, int]]:
    """Where a secret with an anchor at these positions may stand, apart from each other: nothing is searched twice.

    It stands in the line of its anchor, or goes across lines.
    """
    found: list[tuple[int, int]] = []
    for position in positions:
        if found and position < found[-1][1] - LONGEST // 2:
            continue
        start, end = max(0, position - _BEFORE_ANCHOR), position + LONGEST
        if not across:
            start = lowered.rfind("\n", start, position) + 1 or start
            line_end = lowered.find("\n", position, end)
            end = line_end if line_end >= 0 else end
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _occurrences(text: str, value: str) -> list[tuple[int, int]]:
    found = []
    at = text.find(value)
    while at >= 0:
        found.append((at, at + len(value)))
        at = text.find(value, at + 1)
    return found


def _pattern(name: str, pattern: str) -> Pattern[str]:
    known = _compiled.get(name)
    if known is None:
        import re  # Not before something looks like a secret: it costs a shim more than its own start.

        known = _compiled[name] = re.compile(pattern, re.ASCII)
    return known


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    if not spans:
        return text
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], REDACTED]
        at = end
    return "".join([*parts, text[at:]])


class Redactor:
    """Redacts a stream of bytes that comes in pieces of any size, a secret across their borders included.

    A line is held back until it ends, a private key until its block does; both within `LINE_LIMIT`.

    Args:
        values: what is secret by itself.
        shapes: whether what looks like a secret goes too.
    """

    def __init__(self, values: tuple[str, ...] = (), shapes: bool = True) -> None:
        # One character a byte: positions in the text are positions in the stream, whatever its encoding.
        self._values = tuple(each.encode("utf-8", "surrogateescape").decode("latin-1") for each in variants(values))
        # A secret of several lines may be cut at any of them; all others only inside a line.
        self._broken = tuple(each for each in self._values if "\n" in each or "\r" in each)
        self._shapes = shapes
        self._longest = max([LONGEST if shapes else 0, *(len(each) for each in self._values)])
        self._held = ""

    @property
    def holds(self) -> bool:
        """Whether something is held back."""
        return bool(self._held)

    def feed(self, data: bytes) -> bytes:
        """The next bytes that are known to be free of secrets."""
        if not self._values and not self._shapes:
            return data
        self._held += data.decode("latin-1")
        end = max(self._held.rfind("\n"), self._held.rfind("\r")) + 1
        if self._shapes:
            end = self._before_open_block(end)
        end = self._before_begun(end, self._broken)
        if len(self._held) - end > max(LINE_LIMIT, 2 * self._longest):
            return self._take(len(self._held) - self._longest)
        return self._take(end)

    def release(self) -> bytes:
        """What is held back of a line that does not end, as far as it cannot be the beginning of a secret."""
        lowered = self._held.lower()
        if self._shapes and any(anchor in lowered for anchor in _ANCHORS):
            return b""
        end = self._before_begun(len(self._held), self._values)
        if self._shapes:
            end = min(end, _before(lowered, _ANCHORS))
        return self._take(end)

    def flush(self) -> bytes:
        """All that is held back: the stream has ended."""
        return self._take(len(self._held))

    def _take(self, end: int) -> bytes:
        """Let go of everything before ``end``, or before the secret that crosses it."""
        spans = _spans(self._held, self._values, self._shapes) if end else []
        for start, stop in spans:
            if start < end < stop:
                end = start
        taken = _without(self._held[:end], [span for span in spans if span[1] <= end])
        self._held = self._held[end:]
        return taken.encode("latin-1")

    def _before_open_block(self, end: int) -> int:
        """Not beyond the beginning of a block whose end has not come, as long as it may come."""
        begin = self._held.rfind(BLOCK_BEGIN, 0, end)
        if begin < 0 or len(self._held) - begin > LONGEST or self._held.find("-----END ", begin, end) >= 0:
            return end
        return begin

    def _before_begun(self, end: int, values: tuple[str, ...]) -> int:
        """Not beyond the beginning of a value that may go on behind ``end``."""
        return _before(self._held[:end], values)


def _before(text: str, values: tuple[str, ...]) -> int:
    """How far a text goes before its end may be the beginning of any of some values."""
    end = len(text)
    for value in values:
        for length in range(min(len(value) - 1, len(text)), len(text) - end, -1):
            if text.endswith(value[:length]):
                end = len(text) - length
                break
    return end
