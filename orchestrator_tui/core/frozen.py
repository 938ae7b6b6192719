"""Frozen classes: what ``@dataclass(frozen=True, slots=True)`` makes, at a fraction of its cost at start.

The cockpit's first frame needs more than a hundred of them, and the dataclass decorator compiles six functions for
each: a third of the time to that frame. Here everything but the constructor is shared, and that is compiled when
the first instance is made. ``dataclasses.replace``, ``fields`` and ``asdict`` work as ever.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, field
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make the annotated names of ``cls`` the fields of a frozen, slotted, comparable and hashable class.

    Methods must not call ``super()`` without arguments: the class is made anew.
    """
    body = dict(vars(cls))
    own = body.get("__annotations__", {})
    kinds = {**getattr(cls, "__frozen_kinds__", {}), **own}
    defaults = {**getattr(cls, "__frozen_defaults__", {}), **{name: body.pop(name) for name in own if name in body}}
    for name in ("__dict__", "__weakref__"):
        body.pop(name, None)
    body.update(
        __slots__=tuple(own),
        __match_args__=tuple(kinds),
        __frozen_kinds__=kinds,
        __frozen_defaults__=defaults,
        __frozen_content__=staticmethod(_content(tuple(kinds))),
        __dataclass_fields__=_Fields(),
        __init__=_first_init,
    )
    made: type[T] = type(cls.__name__, cls.__bases__, {**_SHARED, **body})
    made.__qualname__ = cls.__qualname__
    return made


def field_names(cls: type) -> tuple[str, ...]:
    """The fields of a frozen class, in order."""
    kinds: Mapping[str, Any] = vars(_home(cls))["__frozen_kinds__"]
    return tuple(kinds)


def _content(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """What tells an instance from others of its class."""
    return attrgetter(*names) if names else lambda instance: ()


def _home(cls: type) -> Any:
    """The frozen class that ``cls`` is or inherits from."""
    return next(one for one in cls.__mro__ if "__frozen_kinds__" in vars(one))


# --- what the dataclasses module makes, when it is needed ------------------------------------------------------


def _plain(home: Any, *, frozen: bool) -> Any:
    """A dataclass with the same fields."""
    # Without a docstring the dataclass decorator would write one, which costs more than all the rest.
    body = {"__doc__": "fields", "__annotations__": home.__frozen_kinds__, **home.__frozen_defaults__}
    plain = type(home.__qualname__, (), body)
    return dataclasses.dataclass(init=frozen, repr=False, eq=False, frozen=frozen)(plain)


class _Fields:
    """Stands in for the description of the fields until somebody asks for it."""

    def __get__(self, instance: object, owner: type) -> Mapping[str, dataclasses.Field[Any]]:
        home = _home(owner)
        home.__dataclass_fields__ = _plain(home, frozen=False).__dataclass_fields__
        found: Mapping[str, dataclasses.Field[Any]] = home.__dataclass_fields__
        return found


def _first_init(self: Any, *values: Any, **named: Any) -> None:
    """Stands in for the constructor until the first instance is made."""
    home = _home(type(self))
    home.__init__ = _plain(home, frozen=True).__init__
    home.__init__(self, *values, **named)


# --- what all frozen classes share ----------------------------------------------------------------------------


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    content = self.__frozen_content__
    return content(self) == content(other)


def _hash(self: Any) -> int:
    return hash((self.__class__, self.__frozen_content__(self)))


def _repr(self: Any) -> str:
    fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__frozen_kinds__)
    return f"{self.__class__.__qualname__}({fields})"


def _no_change(self: Any, name: str, content: object = None) -> NoReturn:
    raise FrozenInstanceError(f"cannot change field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__frozen_kinds__]


def _setstate(self: Any, state: list[Any]) -> None:
    for name, content in zip(self.__frozen_kinds__, state, strict=True):
        object.__setattr__(self, name, content)


_SHARED: dict[str, Any] = {
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _no_change,
    "__delattr__": _no_change,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
