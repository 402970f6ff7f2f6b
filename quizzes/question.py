"""What a question is: one class for each type, read from a bank and validated.

Every text that a learner meets is there in English and in Korean. Nothing is typed that can be
computed: a numeric question names a generator (`quizzes.generators`), and a code question is run.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")
Words = Annotated[str, StringConstraints(min_length=1)]
#: Stands for a drawn number in a prompt or an explanation; formulas have braces of their own.
PLACEHOLDER = re.compile(r"(?<![\\{$^_\w])\{([a-z][a-z0-9_]*)\}")
#: Stays with a question for ever: exports and logs of answers refer to it.
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Exercise = Annotated[str, StringConstraints(pattern=r"^exercise-\d\d$")]


class Part(BaseModel):
    """Anything in a bank: unknown keys are errors, and nothing is changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Part):
    """The same in both languages; Markdown with `code` and formulas between dollars."""

    en: Words
    ko: Words

    def __getitem__(self, language: str) -> str:
        """The text in a language."""
        found: str = getattr(self, language)
        return found


class Question(Part):
    """What all types have.

    Attributes:
        id: never changed and never used again.
        difficulty: 1, a definition; 2, an application; 3, an argument or several steps.
        prompt: what is asked.
        explain: shown after the answer: why it is right.
        source: where the fact can be looked up (author, year, section) or where it was measured.
        proves: exercises that show the understanding in code.
        prerequisites: ids of questions that should be known first.
        revision: goes up when the meaning of the question changes.
    """

    id: Identifier
    difficulty: Literal[1, 2, 3]
    prompt: Text
    explain: Text
    source: Words
    proves: tuple[Exercise, ...] = ()
    prerequisites: tuple[Identifier, ...] = ()
    hints: tuple[Text, ...] = ()
    revision: int = Field(default=1, ge=1)


class Option(Part):
    """One of several answers; a wrong one says why it is wrong."""

    text: Text
    correct: bool = False
    why: Text | None = None

    @model_validator(mode="after")
    def _wrong_ones_say_why(self) -> Option:
        if not self.correct and self.why is None:
            raise ValueError("a wrong option needs `why`")
        return self


class Choice(Question):
    """Exactly one of three to five options is right."""

    type: Literal["choice"]
    options: tuple[Option, ...] = Field(min_length=3, max_length=5)

    @model_validator(mode="after")
    def _one_is_right(self) -> Choice:
        right = sum(option.correct for option in self.options)
        if right != 1:
            raise ValueError(f"exactly one option is correct in a choice, here {right}")
        return self


class Multi(Question):
    """Any number of options is right, at least one and not all."""

    type: Literal["multi"]
    options: tuple[Option, ...] = Field(min_length=4, max_length=6)

    @model_validator(mode="after")
    def _some_are_right(self) -> Multi:
        if not 0 < sum(option.correct for option in self.options) < len(self.options):
            raise ValueError("at least one option of a multi is correct, and at least one is wrong")
        return self


class Tolerance(Part):
    """How close a number has to be: within `atol`, or within `rtol` of the truth."""

    rtol: float = Field(default=0.0, ge=0, lt=0.5)
    atol: float = Field(default=0.0, ge=0)


class Numeric(Question):
    """A number that a generator's truth decides, on numbers drawn anew for each seed.

    `{name}` in the prompt and the explanation stands for a drawn number, and `{answer}`, in the
    explanation only, for the truth. Without a tolerance a whole number has to be met exactly.

    Attributes:
        generator: a name in `quizzes.generators`.
        mistakes: the generator's wrong functions, by name → what went wrong.
        unit: what the number counts.
    """

    type: Literal["numeric"]
    generator: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    tolerance: Tolerance = Tolerance()
    mistakes: dict[str, Text] = Field(min_length=1)
    unit: Text | None = None


class Patterns(Part):
    """Alternatives in each language: words or phrases that stand for one idea."""

    en: tuple[Words, ...] = ()
    ko: tuple[Words, ...] = ()


class Concept(Part):
    """One thing that a good answer says.

    Attributes:
        any: it counts as said if one of these patterns is found.
        shown: the sentence that a learner compares with.
    """

    any: Patterns
    shown: Text
    weight: int = Field(default=1, ge=1, le=3)

    @model_validator(mode="after")
    def _both_languages(self) -> Concept:
        if not (self.any.en and self.any.ko):
            raise ValueError("a concept needs patterns in both languages")
        return self


class Trap(Part):
    """A misconception that can be heard in an answer."""

    any: Patterns
    shown: Text


class Example(Part):
    """An answer that the patterns are tried on."""

    en: Words
    ko: Words
    finds: tuple[int, ...] = ()
    traps: tuple[int, ...] = ()


class Short(Question):
    """An answer in one's own words, at most 60 of them; found concepts are offered, never decided.

    Attributes:
        model: a good answer.
        examples: answers, with the numbers of the concepts and traps (from 1) that are to be found.
    """

    type: Literal["short"]
    concepts: tuple[Concept, ...] = Field(min_length=2, max_length=5)
    traps: tuple[Trap, ...] = ()
    model: Text
    examples: tuple[Example, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _examples_fit(self) -> Short:
        for example in self.examples:
            for number, limit in [(n, len(self.concepts)) for n in example.finds] + [
                (n, len(self.traps)) for n in example.traps
            ]:
                if not 1 <= number <= limit:
                    raise ValueError(f"an example names number {number} of {limit}")
        if not any(len(example.finds) == len(self.concepts) for example in self.examples):
            raise ValueError("one example must hold all concepts")
        if all(len(example.finds) == len(self.concepts) for example in self.examples):
            raise ValueError("one example must lack a concept")
        return self


class Order(Question):
    """Things to be put into order; they are written down in the right one."""

    type: Literal["order"]
    items: tuple[Text, ...] = Field(min_length=3, max_length=7)


class Pair(Part):
    """Two things that belong together."""

    left: Text
    right: Text


class Match(Question):
    """Pairs to be found."""

    type: Literal["match"]
    pairs: tuple[Pair, ...] = Field(min_length=3, max_length=7)


class Code(Question):
    """What a piece of Python prints; the truth is what it does print."""

    type: Literal["code"]
    code: Words


class Flash(Question):
    """A card: the prompt in front, `back` behind, rated by the learner."""

    type: Literal["flash"]
    back: Text


AnyQuestion = Annotated[
    Choice | Multi | Numeric | Short | Order | Match | Code | Flash, Field(discriminator="type")
]
TYPES = ("choice", "multi", "numeric", "short", "order", "match", "code", "flash")


class Bank(Part):
    """One file: the questions of a topic."""

    topic: Identifier
    title: Text
    questions: tuple[AnyQuestion, ...] = Field(min_length=1)


def texts(value: Any) -> list[Text]:
    """All the texts inside a question, or inside any part of one."""
    if isinstance(value, Text):
        return [value]
    if isinstance(value, BaseModel):
        inner: list[Any] = [getattr(value, name) for name in type(value).model_fields]
    elif isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, tuple | list):
        inner = list(value)
    else:
        return []
    return [text for member in inner for text in texts(member)]
