"""Frozen classes behave as frozen, slotted dataclasses do."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, is_dataclass, replace

import pytest

from orchestrator_tui.core import frozen as own
from orchestrator_tui.core.frozen import field_names, frozen


@frozen
class Place:
    """A place."""

    x: int
    y: int = 0
    words: Mapping[str, int] = field(default_factory=dict)

    @property
    def both(self) -> int:
        return self.x + self.y


@dataclass(frozen=True, slots=True)
class Model:
    """The same place, made by the standard library."""

    x: int
    y: int = 0
    words: Mapping[str, int] = field(default_factory=dict)


@frozen
class Nothing:
    """No field at all."""


@frozen
class One:
    """A single field."""

    text: str


def test_it_is_made_as_a_dataclass_is() -> None:
    assert Place(1) == Place(x=1, y=0, words={})
    assert Place(1, 2).both == 3
    assert Place.__doc__ == "A place."
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        Place()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes from 2 to 4 positional arguments"):
        Place(1, 2, {}, 4)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Place(1, z=2)  # type: ignore[call-arg]


def test_every_instance_gets_a_default_of_its_own() -> None:
    assert Place(1).words is not Place(1).words


def test_it_cannot_be_changed_and_has_no_other_attributes() -> None:
    place = Place(1)
    with pytest.raises(FrozenInstanceError):
        place.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del place.x
    with pytest.raises(FrozenInstanceError):
        place.z = 2  # type: ignore[attr-defined]
    assert not hasattr(place, "__dict__")
    assert place.x == 1


def test_equal_are_instances_of_one_class_with_equal_fields() -> None:
    assert Place(1) != Place(2)
    other: object = Model(1)
    assert Place(1) != other
    assert Nothing() == Nothing()
    assert One("a") == One("a") != One("b")


def test_equal_ones_hash_alike_and_unhashable_fields_say_so() -> None:
    assert len({One("a"), One("a"), One("b")}) == 2
    assert hash(Nothing()) == hash(Nothing())
    with pytest.raises(TypeError, match="unhashable"):
        hash(Place(1))


def test_it_reads_as_a_dataclass_does() -> None:
    assert repr(Place(1, 2, {"a": 3})) == repr(Model(1, 2, {"a": 3})).replace("Model", "Place")
    assert repr(Nothing()) == "Nothing()"


def test_the_tools_of_dataclasses_work() -> None:
    assert replace(Place(1, 2), y=5) == Place(1, 5)
    assert asdict(Place(1, 2)) == asdict(Model(1, 2))
    assert [one.name for one in fields(Place(1))] == list(field_names(Place)) == ["x", "y", "words"]
    assert is_dataclass(Place)
    with pytest.raises(TypeError, match="'z'"):
        replace(Place(1), z=5)  # type: ignore[call-arg]


def test_a_plain_subclass_is_made_by_the_same_constructor() -> None:
    class Marked(Place):
        __slots__ = ()

    marked = Marked(1, 2)
    assert (type(marked), marked.both, marked == Place(1, 2)) == (Marked, 3, False)
    assert [one.name for one in fields(marked)] == ["x", "y", "words"]


def test_it_matches_by_place() -> None:
    match Place(1, 2):
        case Place(x, y):
            assert (x, y) == (1, 2)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_it_can_be_pickled_and_copied(protocol: int) -> None:
    place = Place(1, 2, {"a": 3})
    assert pickle.loads(pickle.dumps(place, protocol)) == place
    assert copy.copy(place) == copy.deepcopy(place) == place


def test_our_own_replace_is_that_of_the_standard_library() -> None:
    place = Place(1, 2, {"a": 1})
    assert own.replace(place, y=3) == replace(place, y=3) == Place(1, 3, {"a": 1})
    assert own.replace(place) == place
    assert own.replace(One("a"), text="b") == One("b")
    assert own.replace(Nothing()) == Nothing()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        own.replace(place, z=1)  # type: ignore[call-arg]
