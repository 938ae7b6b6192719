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
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make the annotated names of ``cls`` the fields of a frozen, slotted, comparable and hashable class.

    Methods must not call ``super()`` without arguments, since the class is made anew; it inherits from no other
    frozen class.
    """
    body = dict(vars(cls))
    kinds = dict(body.get("__annotations__", {}))
    defaults = {name: body.pop(name) for name in kinds if name in body}
    for name in ("__dict__", "__weakref__"):
        body.pop(name, None)
    body.update(
        __slots__=tuple(kinds),
        __match_args__=tuple(kinds),
        __frozen_kinds__=kinds,
        __frozen_defaults__=defaults,
        __frozen_content__=staticmethod(_content(tuple(kinds))),
        __dataclass_fields__=_Fields(),
        __new__=_first_new,
    )
    made: type[T] = type(cls.__name__, cls.__bases__, {**_SHARED, **body})
    made.__qualname__ = cls.__qualname__
    return made


if TYPE_CHECKING:
    # Type checkers know the fields of `dataclasses.replace`, and of nothing else.
    from dataclasses import replace as replace
else:

    def replace(instance: T, **changes: Any) -> T:
        """A copy of a frozen instance with some fields changed, in a third of the time of ``dataclasses.replace``.

        To fold a journal is to replace: it takes the most time of all.
        """
        names = instance.__match_args__
        content = instance.__frozen_content__(instance)
        values = dict(zip(names, (content,) if len(names) == 1 else content, strict=True))
        values.update(changes)
        return instance.__class__(**values)


def field_names(cls: type) -> tuple[str, ...]:
    """The fields of a frozen class, in order."""
    names: tuple[str, ...] = _home(cls).__slots__
    return names


def _content(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """What tells an instance from others of its class."""
    return attrgetter(*names) if names else lambda instance: ()


def _home(cls: type) -> Any:
    """The frozen class that ``cls`` is or inherits from."""
    return next(one for one in cls.__mro__ if "__frozen_kinds__" in vars(one))


# --- what the dataclasses module makes, when it is needed ------------------------------------------------------


def _twin(home: Any) -> Any:
    """A dataclass with the same fields and slots, whose instances can still be filled."""
    # Without a docstring the decorator would write one, which costs more than all the rest.
    body = {"__doc__": "fields", "__annotations__": home.__frozen_kinds__, **home.__frozen_defaults__}
    plain = type(home.__qualname__, (), body)
    return dataclasses.dataclass(repr=False, eq=False, slots=True)(plain)


def _first_new(cls: Any, *values: Any, **named: Any) -> Any:
    """Stands in for the constructor until the first instance is made."""
    home = _home(cls)
    twin = _twin(home)

    def new(cls: Any, *values: Any, **named: Any) -> Any:
        # Filled as an instance of its twin, which is twice as fast as writing into what is frozen.
        instance = twin(*values, **named)
        instance.__class__ = cls
        return instance

    home.__dataclass_fields__ = twin.__dataclass_fields__
    home.__new__ = new
    return new(cls, *values, **named)


class _Fields:
    """Stands in for the description of the fields until somebody asks for it."""

    def __get__(self, instance: object, owner: type) -> Mapping[str, dataclasses.Field[Any]]:
        found: Mapping[str, dataclasses.Field[Any]] = _twin(_home(owner)).__dataclass_fields__
        return found


# --- what all frozen classes share ----------------------------------------------------------------------------


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    content = self.__frozen_content__
    return content(self) == content(other)


def _hash(self: Any) -> int:
    return hash((self.__class__, self.__frozen_content__(self)))


def _repr(self: Any) -> str:
    fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{self.__class__.__qualname__}({fields})"


def _no_change(self: Any, name: str, content: object = None) -> NoReturn:
    raise FrozenInstanceError(f"cannot change field {name!r}")


def _reduce(self: Any) -> tuple[Any, ...]:
    return self.__class__, tuple(getattr(self, name) for name in self.__match_args__)


_SHARED: dict[str, Any] = {
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _no_change,
    "__delattr__": _no_change,
    "__reduce__": _reduce,
}
