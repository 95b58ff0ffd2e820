"""Our frozen dataclasses are those of the standard library in all that a user of a value sees."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import pickle
import weakref
from dataclasses import field
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from pytest_reqflo import frozen

T = TypeVar("T")


def make(dataclass: Any) -> dict[str, type]:
    """Declare the same classes with one decorator or the other."""

    @dataclass(frozen=True, slots=True)
    class Point:
        x: Any
        y: Any = 2
        kind: ClassVar[str] = "point"

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Order:
        """Has its own sentence."""

        name: str
        lines: list[int] = field(default_factory=list)
        secret: str = field(default="s", repr=False)
        note: str = field(default="n", compare=False)
        place: int = field(default=0, hash=False)
        count: int = field(default=7, init=False)
        made: dict[str, int] = field(default_factory=dict, init=False, compare=False)

        @property
        def double(self) -> int:
            return 2 * self.count

    @dataclass(frozen=True, slots=True)
    class Point3(Point):
        z: Any = 3
        y: Any = 20

    @dataclass(frozen=True, slots=True, order=True)
    class Version:
        major: int
        minor: int = 0
        label: str = field(default="", compare=False)

    @dataclass(frozen=True, slots=True)
    class Empty:
        pass

    @dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
    class Watched:
        x: int

        def __post_init__(self) -> None:
            object.__setattr__(self, "x", self.x + 1)

    @dataclass(frozen=True, slots=True)
    class Own:
        x: Any

        def __repr__(self) -> str:
            return "mine"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, int)

    @dataclass(frozen=True, slots=True)
    class Box(Generic[T]):
        value: T

    return {name: kind for name, kind in locals().items() if isinstance(kind, type)}


STANDARD, OURS = make(dataclasses.dataclass), make(frozen.dataclass)
NAN = float("nan")
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("Point", (1,), {}),
    ("Point", (1, 2), {}),
    ("Point", (1.0,), {"y": True}),
    ("Point", (NAN, [3]), {}),
    ("Point", (), {}),
    ("Point", (1, 2, 3), {}),
    ("Point", (1,), {"z": 1}),
    ("Order", (), {"name": "a"}),
    ("Order", (), {"name": "a", "lines": [1], "secret": "t", "note": "m", "place": 1}),
    ("Order", (), {"name": "a", "note": "other"}),
    ("Order", (), {"name": "b", "count": 1}),
    ("Order", ("a",), {}),
    ("Point3", (1,), {}),
    ("Point3", (1, 2), {"z": 4}),
    ("Version", (1,), {}),
    ("Version", (1, 2, "x"), {}),
    ("Version", (1, 2, "y"), {}),
    ("Version", ("1",), {}),
    ("Empty", (), {}),
    ("Watched", (), {"x": 1}),
    ("Own", (1,), {}),
    ("Box", ("v",), {}),
]


def outcome(work: Any) -> Any:
    """Return what *work* gives, or what it raises, as text."""
    try:
        return repr(work())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def both(work: Any) -> tuple[Any, Any]:
    return outcome(lambda: work(STANDARD)), outcome(lambda: work(OURS))


def values(kinds: dict[str, type]) -> list[Any]:
    found = []
    for name, arguments, named in CALLS:
        try:
            found.append(kinds[name](*arguments, **named))
        except TypeError:
            continue
    return found


PAIRS = list(zip(values(STANDARD), values(OURS), strict=True))


@pytest.mark.parametrize(("name", "arguments", "named"), CALLS)
def test_what_is_made_prints_the_same_and_refuses_the_same(name, arguments, named):
    standard, ours = both(lambda kinds: kinds[name](*arguments, **named))
    assert ours == standard


@pytest.mark.parametrize("name", OURS)
def test_what_is_known_of_the_class_is_the_same(name):
    def facts(kinds: dict[str, type]) -> Any:
        kind: Any = kinds[name]
        shape = [
            (part.name, part.type, part.init, part.repr, part.compare, part.hash, part.kw_only)
            for part in dataclasses.fields(kind)
        ]
        return kind.__match_args__, kind.__slots__, dataclasses.is_dataclass(kind), shape

    standard, ours = both(facts)
    assert ours == standard


def test_values_compare_order_and_hash_the_same():
    for (left, mine), (right, theirs) in itertools.product(PAIRS, PAIRS):
        assert (mine == theirs) is (left == right), (mine, theirs)
        assert (mine != theirs) is (left != right), (mine, theirs)
        for compare in ("__lt__", "__le__", "__gt__", "__ge__"):
            one, other = getattr(left, compare), getattr(mine, compare)
            assert outcome(lambda f=other, x=theirs: f(x)) == outcome(lambda f=one, x=right: f(x))
    for standard, ours in PAIRS:
        assert outcome(lambda x=ours: hash(x)) == outcome(lambda x=standard: hash(x))


@pytest.mark.parametrize(("standard", "ours"), PAIRS)
def test_values_are_frozen_with_the_same_words(standard, ours):
    for name in [part.name for part in dataclasses.fields(ours)]:
        for change in (lambda x, n=name: setattr(x, n, 1), lambda x, n=name: delattr(x, n)):
            assert outcome(lambda f=change: f(ours)) == outcome(lambda f=change: f(standard))
    with pytest.raises(dataclasses.FrozenInstanceError):
        ours.another = 1
    assert not hasattr(ours, "__dict__")


def test_replace_asdict_and_copies():
    one = OURS["Order"](name="a", lines=[1], note="kept")
    assert dataclasses.replace(one, name="b") == OURS["Order"](name="b", lines=[1])
    assert dataclasses.replace(one, name="b").note == "kept"
    standard = STANDARD["Order"](name="a", lines=[1], note="kept")
    assert dataclasses.asdict(one) == dataclasses.asdict(standard)
    assert copy.copy(one) == one
    assert copy.copy(one).lines is one.lines
    assert copy.deepcopy(one) == one
    assert copy.deepcopy(one).lines is not one.lines
    # The standard library raises one, or from Python 3.13 on the other.
    with pytest.raises((ValueError, TypeError), match="count"):
        dataclasses.replace(one, count=1)


@frozen.dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Sent:
    x: int
    y: tuple[int, ...] = ()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_values_are_pickled(protocol):
    value = Sent(x=1, y=(2,))
    assert pickle.loads(pickle.dumps(value, protocol)) == value


def test_values_are_taken_apart_and_referred_to_weakly():
    match OURS["Point"](1):
        case object(x=x, y=y):
            assert (x, y) == (1, 2)
    value = Sent(x=1)
    assert weakref.ref(value)() is value


def test_defaults_are_made_anew_and_state_is_set_once():
    first, second = OURS["Order"](name="a"), OURS["Order"](name="a")
    assert first.lines is not second.lines
    assert (first.count, first.double, OURS["Watched"](x=1).x) == (7, 14, 2)


def test_a_value_that_holds_itself_is_printed():
    within: list[Any] = []
    point = OURS["Point"](within, 1)
    within.append(point)
    assert repr(point) == "make.<locals>.Point(x=[...], y=1)"


def test_others_are_left_to_the_standard_library():
    @frozen.dataclass(slots=True)
    class Open:
        x: int

    value = Open(1)
    value.x = 2
    assert value == Open(2)


@pytest.mark.parametrize("name", ["Point", "Order", "Watched"])
def test_an_object_of_a_class_below_stays_of_that_class(name: str) -> None:
    below = type("Below", (OURS[name],), {})
    given = {"name": "a"} if name == "Order" else {"x": 1}

    made, of_standard = below(**given), STANDARD[name](**given)

    assert type(made) is below
    for each in dataclasses.fields(OURS[name]):
        assert getattr(made, each.name) == getattr(of_standard, each.name)


def test_a_copy_with_other_values_is_that_of_the_standard_library() -> None:
    point = OURS["Point"](1, [2])

    assert frozen.replace(point, x=3) == dataclasses.replace(point, x=3)
    assert frozen.replace(point, x=3).y is point.y
    with pytest.raises(TypeError):
        frozen.replace(point, z=3)
