"""Frozen data as plain JSON data and back: what plans and workflows are when they stand in the journal.

Only what the journal's own data classes use is known: frozen classes, tuples, sets, mappings by text, enumerations,
texts, numbers, booleans and None. Fields that a writer did not know yet take their defaults, and unknown ones are
ignored, since formats are additive (DESIGN §3).
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

from orchestrator_tui.core.frozen import field_names

T = TypeVar("T")


def to_data(value: Any) -> Any:
    """``value`` in lists, dictionaries and scalars; fields that hold their default are written, too."""
    if isinstance(value, Enum):
        return value.name
    if hasattr(value, "__frozen_kinds__"):
        return {name: to_data(getattr(value, name)) for name in field_names(type(value))}
    if isinstance(value, Mapping):
        return {str(key): to_data(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_data(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(to_data(one) for one in value)
    return value


def from_data(cls: type[T], data: Any) -> T:
    """The frozen instance that ``data`` describes.

    Raises:
        TypeError, ValueError, LookupError: it does not fit; whoever reads foreign data says which.
    """
    return cast(T, _read(cls, data))


@cache
def _hints(cls: type) -> Mapping[str, Any]:
    return typing.get_type_hints(cls)


def _read(kind: Any, data: Any) -> Any:
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        if data is None:
            return None
        return _read(next(one for one in typing.get_args(kind) if one is not type(None)), data)
    if origin is tuple:
        return _read_tuple(typing.get_args(kind), data)
    if origin is frozenset:
        return frozenset(_read(typing.get_args(kind)[0], one) for one in _checked(list, data))
    if origin is not None and issubclass(origin, Mapping):
        inner = typing.get_args(kind)[1]
        return {str(key): _read(inner, one) for key, one in _checked(dict, data).items()}
    if kind is Any:
        return data
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind[_checked(str, data)]
    if hasattr(kind, "__frozen_kinds__"):
        hints, given = _hints(kind), _checked(dict, data)
        return kind(**{name: _read(hints[name], given[name]) for name in field_names(kind) if name in given})
    if kind is float:
        return float(_checked((int, float), data))
    return _checked(kind, data)


def _read_tuple(inner: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    listed = _checked((list, tuple), data)
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_read(inner[0], one) for one in listed)
    if len(inner) != len(listed):
        raise ValueError(f"{len(listed)} values where {len(inner)} are expected")
    return tuple(_read(one, value) for one, value in zip(inner, listed, strict=True))


def _checked(kind: type | tuple[type, ...], data: Any) -> Any:
    allowed = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(data, allowed) or (isinstance(data, bool) and bool not in allowed):
        raise TypeError(f"{type(data).__name__} where {' or '.join(one.__name__ for one in allowed)} is expected")
    return data
