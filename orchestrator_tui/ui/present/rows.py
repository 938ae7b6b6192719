"""Rows by identity, presented only when somebody looks: a list of a thousand costs what is in sight."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class LazyRows(Mapping[K, R], Generic[K, R]):
    """An ordered mapping from identities to rows; each row is made at its first look-up, then kept."""

    __slots__ = ("_keys", "_make", "_rows")

    def __init__(self, keys: Iterable[K], make: Callable[[K], R]) -> None:
        """``make`` is a pure function of the key."""
        self._keys = dict.fromkeys(keys)
        self._make = make
        self._rows: dict[K, R] = {}

    def __getitem__(self, key: K) -> R:
        row = self._rows.get(key)
        if row is None:
            if key not in self._keys:
                raise KeyError(key)
            row = self._rows[key] = self._make(key)
        return row

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[K]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
