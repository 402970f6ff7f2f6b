"""Asks questions in a terminal, one line at a time, so that a screen reader can follow.

Confidence is asked before anything is revealed. Every answer is written down at once: an
interruption loses at most the question that is open.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wcwidth import wcswidth

from quizzes.concepts import share
from quizzes.history import Answer, History
from quizzes.instance import LETTERS, Instance
from quizzes.marking import Mark, NotAnAnswer, key, mark
from quizzes.plain import plain
from quizzes.question import Choice, Code, Flash, Match, Multi, Order, Short

WIDTH = 80
#: Probabilities that a learner can choose from; the first is a guess.
SURE = {"1": 0.25, "2": 0.55, "3": 0.7, "4": 0.85, "5": 0.97}
#: The share of a short answer's weight that makes it right.
ENOUGH = 2 / 3
WORDS = {
    "en": {
        "letters": "letters",
        "letter": "letter",
        "order": "letters in the right order",
        "match": "a letter for each number",
        "number": "number",
        "output": "output",
        "words": "in your own words",
        "card": "say it aloud, then press Enter",
        "sure": "How sure? 1 guessed, 2 rather not, 3 rather, 4 sure, 5 certain",
        "right": "Right.",
        "wrong": "Not right.",
        "answer": "Answer",
        "source": "Source",
        "build": "Build it",
        "found": "A good answer says (+ was found in yours):",
        "said": "Which did you say? Numbers, or Enter for those marked +, or 0 for none",
        "knew": "Did you know it? y or n",
        "model": "For example",
        "stopped": "Stopped; the answers so far are kept.",
        "score": "{right} of {asked} right.",
        "nothing": "Nothing is due, and every question has been asked. Come back tomorrow.",
        "left": "Stopped. The same command goes on from here.",
        "on": "Going on after {asked} of {total} questions.",
    },
    "ko": {
        "letters": "글자 여러 개",
        "letter": "글자 하나",
        "order": "올바른 순서로 글자",
        "match": "번호마다 글자 하나",
        "number": "숫자",
        "output": "출력",
        "words": "자신의 말로",
        "card": "소리 내어 답한 뒤 Enter",
        "sure": "얼마나 확신하는가? 1 찍음, 2 별로, 3 조금, 4 꽤, 5 확실",
        "right": "맞았다.",
        "wrong": "틀렸다.",
        "answer": "정답",
        "source": "출처",
        "build": "직접 만들기",
        "found": "좋은 답이 말하는 것 (+ 는 답에서 찾은 것):",
        "said": "무엇을 말했는가? 번호, 표시된 대로면 Enter, 없으면 0",
        "knew": "알고 있었는가? y 또는 n",
        "model": "예를 들면",
        "stopped": "멈추었다. 지금까지의 답은 남아 있다.",
        "score": "{asked}문제 가운데 {right}문제를 맞혔다.",
        "nothing": "복습할 문제도 새 문제도 없다. 내일 다시 오라.",
        "left": "멈추었다. 같은 명령으로 이어서 할 수 있다.",
        "on": "{total}문제 가운데 {asked}문제까지 했다. 이어서 한다.",
    },
}
Ask = Callable[[str], str]
Say = Callable[[str], None]


@dataclass
class Terminal:
    """Where questions are asked: `ask` shows a line and returns what was typed."""

    ask: Ask
    say: Say
    history: History
    language: str
    quiz: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    clock: Callable[[], float] = time.monotonic

    def put(self, instance: Instance, heading: str = "", *, reveal: bool = True) -> Answer:
        """Ask one question and write the answer down.

        Args:
            reveal: whether to say at once what is right.

        Raises:
            EOFError, KeyboardInterrupt: the learner has gone; nothing of this question is kept.
        """
        began, question = self.clock(), instance.question
        if heading:
            self.say(heading)
        self._show(instance)
        typed, found = self._answered(instance)
        confidence = None if isinstance(question, Flash) else SURE[self._one_of("sure", SURE)]
        right, judged = found.right, "machine"
        if right is None:
            right, judged = self._own_verdict(instance, found), "learner"
        answer = Answer(
            at=self.now(),
            question=question.id,
            revision=question.revision,
            type=question.type,
            seed=instance.seed,
            language=self.language,
            answer=typed,
            marked=found.share,
            judged=judged,
            right=right,
            confidence=confidence,
            hints=0,
            seconds=round(self.clock() - began, 1),
            quiz=self.quiz,
        )
        self.history.add(answer)
        if reveal:
            self._reveal(instance, found, right)
        return answer

    def _show(self, instance: Instance) -> None:
        question = instance.question
        self._text(instance.prompt(self.language))
        if isinstance(question, Code):
            self.say(textwrap.indent(question.code.rstrip(), "    "))
        if isinstance(question, Match):
            for number, pair in enumerate(question.pairs, start=1):
                self._text(f"{number}. {pair.left[self.language]}", "  ")
        for letter, entry in zip(LETTERS, instance.entries(self.language), strict=False):
            self._text(f"{letter}) {entry}", "  ")

    def _answered(self, instance: Instance) -> tuple[str, Mark]:
        """Ask until what is typed can be an answer."""
        while True:
            typed = self.ask(f"{self._kind(instance)}> ")
            if isinstance(instance.question, Flash):
                return typed, Mark(None, 0.0)
            try:
                return typed, mark(instance, typed, self.language)
            except NotAnAnswer as error:
                self.say(f"  {error.said[self.language]}")

    def _kind(self, instance: Instance) -> str:
        match instance.question:
            case Choice():
                return self._word("letter")
            case Multi():
                return self._word("letters")
            case Order():
                return self._word("order")
            case Match():
                return self._word("match")
            case Short():
                return self._word("words")
            case Code():
                return self._word("output")
            case Flash():
                return self._word("card")
        return self._word("number")

    def _own_verdict(self, instance: Instance, found: Mark) -> bool:
        """What the learner makes of an answer that no machine decides."""
        question = instance.question
        if not isinstance(question, Short):
            assert isinstance(question, Flash)
            self._text(question.back[self.language], "  ")
            return self._one_of("knew", {"y": True, "n": False}) == "y"
        self.say(self._word("found"))
        for number, concept in enumerate(question.concepts, start=1):
            sign = "+" if number in found.found else " "
            self._text(f"{sign} {number}. {concept.shown[self.language]}", "  ")
        said = self._numbers(len(question.concepts), found.found)
        return share(question, said) >= ENOUGH

    def _numbers(self, count: int, found: Sequence[int]) -> Sequence[int]:
        while True:
            typed = self.ask(f"{self._word('said')}> ").replace(",", " ").split()
            if not typed:
                return found
            if typed == ["0"]:
                return ()
            if all(part.isdecimal() and 1 <= int(part) <= count for part in typed):
                return sorted({int(part) for part in typed})
            self.say(f"  0 … {count}")

    def _reveal(self, instance: Instance, found: Mark, right: bool) -> None:
        question = instance.question
        self.say(self._word("right" if right else "wrong"))
        for told in found.told:
            self._text(told[self.language], "  ")
        if isinstance(question, Short):
            self._text(f"{self._word('model')}: {question.model[self.language]}", "  ")
        elif not right and not isinstance(question, Flash):
            self._text(f"{self._word('answer')}: {key(instance)}", "  ")
        self._text(instance.explanation(self.language), "  ")
        self._text(f"{self._word('source')}: {question.source}", "  ")
        if question.proves:
            self.say(f"  {self._word('build')}: grade {question.proves[0]}")
        self.say("")

    def _one_of(self, word: str, allowed: Collection[str]) -> str:
        while True:
            typed = self.ask(f"{self._word(word)}> ").strip().lower()
            if typed in allowed:
                return typed
            self.say(f"  {', '.join(allowed)}")

    def _word(self, name: str) -> str:
        return WORDS[self.language][name]

    def _text(self, text: str, indent: str = "") -> None:
        for paragraph in plain(text).split("\n\n"):
            for line in wrapped(paragraph, WIDTH - len(indent)):
                self.say(indent + line)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns; a Korean letter takes two."""
    lines, line, used = [], "", 0
    for word in text.split():
        size = max(wcswidth(word), 0)
        if line and used + 1 + size > width:
            lines.append(line)
            line, used = word, size
        else:
            line, used = (f"{line} {word}", used + 1 + size) if line else (word, size)
    return [*lines, line] if line else lines
