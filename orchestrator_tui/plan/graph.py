"""Dependencies of tracks as a graph: cycles, and who waits for whom in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Graph = Mapping[str, Sequence[str]]
"""Each track with what it depends on; names that are no key are ignored."""


def cycles(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """One cycle of each knot of the graph, its first track repeated at its end: ``("a", "b", "a")``.

    A track that depends on itself is no cycle here. Nothing is recursive, so that no plan is too deep.
    """
    found: list[tuple[str, ...]] = []
    left = dict.fromkeys(graph)
    while left:
        knot = _knot(graph, next(iter(left)), left)
        if len(knot) > 1:
            found.append(_cycle(graph, knot))
        for name in knot:
            del left[name]
    return tuple(sorted(found))


def _knot(graph: Graph, name: str, left: Mapping[str, None]) -> frozenset[str]:
    """The tracks that wait for ``name`` and for which it waits, with itself."""
    forth = reachable(graph, name)
    return frozenset(one for one in left if one == name or (one in forth and name in reachable(graph, one)))


def _cycle(graph: Graph, knot: frozenset[str]) -> tuple[str, ...]:
    """A shortest cycle through the first track of a knot by name."""
    start = min(knot)
    before: dict[str, str] = {}
    waiting = [start]
    for name in waiting:
        for needed in graph[name]:
            if needed == start and name != start:
                return (start, *_way(before, start, name), start)
            if needed in knot and needed not in before and needed != start:
                before[needed] = name
                waiting.append(needed)
    return (start, start)


def _way(before: Mapping[str, str], start: str, end: str) -> tuple[str, ...]:
    way = [end]
    while before.get(way[-1], start) != start:
        way.append(before[way[-1]])
    return tuple(reversed(way))


def reachable(graph: Graph, name: str) -> frozenset[str]:
    """What ``name`` waits for in the end, through others too; itself only if it stands on a cycle."""
    found: set[str] = set()
    waiting = [one for one in graph.get(name, ()) if one in graph]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += [other for other in graph[one] if other in graph]
    return frozenset(found)


def ordered(graph: Graph) -> tuple[str, ...]:
    """The tracks with what each depends on before it, otherwise as given; what stands on a cycle comes last."""
    placed: dict[str, None] = {}
    left = list(graph)
    while left:
        free = [one for one in left if all(needed in placed or needed not in graph for needed in graph[one])]
        if not free:
            return (*placed, *left)
        placed.update(dict.fromkeys(free))
        left = [one for one in left if one not in placed]
    return tuple(placed)
