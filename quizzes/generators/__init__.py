"""Numeric questions with numbers drawn anew: the truth comes from the reference solutions.

A generator is a class whose functions are called with nothing but the drawn numbers:

    @numeric(exercise="07")
    class two_layer_parameters:
        def draw(random):
            return dict(d=random.randint(3, 9), h=random.randint(4, 12), c=random.randint(2, 6))

        def truth(code, d, h, c):
            net = code.TwoLayerNet(d, h, c)
            ...

        def forgets_the_biases(d, h, c):
            return d * h + h * c

`draw` gets a `random.Random`; `truth` gets the module of the reference solution, so that no answer
is typed and none is computed by a second formula. Every other function is a *mistake*: its name
says what was done wrong, and its number, which has to differ, is recognised in an answer.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

Number = int | float
Params = Mapping[str, Any]
REGISTERED: dict[str, Generator] = {}


class GeneratorError(Exception):
    """A generator that is not written as it should be."""


@dataclass(frozen=True)
class Drawn:
    """One variant of a numeric question."""

    params: Params
    truth: Number
    mistakes: Mapping[str, Number]


@dataclass(frozen=True)
class Generator:
    """A numeric question's numbers.

    Attributes:
        exercise: whose reference solution knows the truth.
        mistakes: the wrong functions by name.
    """

    name: str
    exercise: str
    draw: Callable[[random.Random], dict[str, Any]]
    truth: Callable[..., Any]
    mistakes: Mapping[str, Callable[..., Any]]

    def variant(self, seed: str) -> Drawn:
        """Draw the numbers for a seed, and compute what is right and what is wrong."""
        params = self.draw(random.Random(seed))
        code = reference(self.exercise)
        return Drawn(
            params,
            plain(self.truth(code, **params)),
            {name: plain(wrong(**params)) for name, wrong in self.mistakes.items()},
        )


def numeric(*, exercise: str) -> Callable[[type], type]:
    """Register a class as a generator, under its own name.

    Raises:
        GeneratorError: `draw` or `truth` or every mistake is missing, or the name is taken.
    """

    def register(written: type) -> type:
        functions = {
            name: value
            for name, value in vars(written).items()
            if callable(value) and not name.startswith("_")
        }
        name = written.__name__
        try:
            draw, truth = functions.pop("draw"), functions.pop("truth")
        except KeyError as missing:
            raise GeneratorError(f"generator {name} has no {missing}") from None
        if not functions:
            raise GeneratorError(f"generator {name} names no mistake")
        if name in REGISTERED:
            raise GeneratorError(f"generator {name} is there twice")
        REGISTERED[name] = Generator(name, exercise, draw, truth, functions)
        return written

    return register


@cache
def reference(exercise: str) -> ModuleType:
    """The reference solution of an exercise, loaded once."""
    from grader.judge.library import load_solution

    return load_solution(exercise)


@cache
def registered() -> Mapping[str, Generator]:
    """All generators, from every module of this package."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return REGISTERED


def plain(value: Any) -> Number:
    """A Python number from a number, a NumPy scalar or an array with one entry."""
    number = value.item() if hasattr(value, "item") else value
    return int(number) if isinstance(number, bool | int) else float(number)
