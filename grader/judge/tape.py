"""Case tapes: the drawn arguments of every check, with what the reference made of them.

Drawing with Hypothesis and running the reference costs most of a verdict's time, so it is done once
per exercise and seed and kept in the user's cache. A verdict replays the tape. The file is plain
data in the wire's own format, carries a digest of itself, and is keyed by a digest of everything
that made it; whatever does not fit is rebuilt.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as parts_of
from functools import cached_property
from pathlib import Path
from typing import Any

from grader import __version__
from grader.judge.compare import compare, magnitude
from grader.judge.library import Library
from grader.judge.observe import Observed, observe
from grader.judge.structure import form
from grader.runner.wire import Limits, WireError, decode, encode
from grader.spec.checks import Check
from grader.spec.domain import SpecError

LIMITS = Limits(frame=256 << 20, header=64 << 20, nodes=5_000_000, depth=24)
MADE_BY = ("spec", "solution")
ENGINE_FILES = (
    "judge/compare.py",
    "judge/draw.py",
    "judge/implementation.py",
    "judge/observe.py",
    "judge/single.py",
    "judge/structure.py",
    "judge/tape.py",
    "judge/verdict.py",
    "spec/checks.py",
    "spec/domain.py",
    "spec/observations.py",
)
PARTS = tuple(part.name for part in parts_of(Observed))


@dataclass(frozen=True)
class TapeCase:
    """One case of one check, and the reference's answer to it.

    `name` is a special case's name; `transcript` the calls the reference received with the form of
    each result; `observed` what the check observed on it.
    """

    name: str | None
    fields: Mapping[str, Any]
    transcript: tuple[tuple[str, Any], ...]
    observed: tuple[Observed, ...]

    @cached_property
    def input_size(self) -> float:
        """The largest magnitude among the inputs."""
        return magnitude(dict(self.fields))

    @cached_property
    def gradient_size(self) -> float:
        """The largest magnitude among the expected gradients."""
        return magnitude([entry.value for entry in self.observed if entry.role == "gradient"])


@dataclass(frozen=True)
class CheckTape:
    """The cases of one check.

    `amplified` is replayed only when the others cannot decide; `single` is a case with float32
    inputs, and `bounds` says how far off its values may be (see `grader.judge.single`).
    """

    cases: tuple[TapeCase, ...]
    amplified: tuple[TapeCase, ...]
    single: TapeCase | None = None
    bounds: tuple[float | None, ...] = ()


Tape = Mapping[str, CheckTape]


def load_or_build(library: Library, seed: int, cache: Path | None) -> Tape:
    """Return the tape of an exercise for a seed, from the cache if it is there and sound.

    Raises:
        SpecError: the spec and the reference do not fit together.
    """
    path = cache / f"{library.exercise.id}-{_key(library, seed)}.tape" if cache else None
    if path is not None:
        tape = _load(path)
        if tape is not None and list(tape) == [check.name for check in library.checks]:
            return tape
    tape = build(library, seed)
    if path is not None:
        _store(path, tape)
    return tape


def build(library: Library, seed: int) -> Tape:
    """Draw every check's cases and run the reference on them."""
    from grader.judge.draw import draw_cases
    from grader.judge.single import single_case

    tape = {}
    for check in library.checks:
        cases = [(None, fields) for fields in _drawn(draw_cases, check, seed)]
        specials = [(entry.name, dict(entry.build())) for entry in check.special]
        amplified = []
        if check.amplifier is not None:
            number = _number(seed, check.name, "amplifier")
            amplified = [(None, fields) for fields in draw_cases(check.amplifier, 3, number)]
        done = tuple(answered(library, check, name, fields) for name, fields in cases + specials)
        decisive = tuple(answered(library, check, name, fields) for name, fields in amplified)
        single = None
        if cases and library.exercise.backend != "python":
            single = single_case(library, check, done[0])
        tape[check.name] = CheckTape(done, decisive, *(single or ()))
    return tape


def _drawn(draw_cases: Any, check: Check, seed: int) -> list[dict[str, Any]]:
    if check.domain is None:
        return []
    try:
        drawn: list[dict[str, Any]] = draw_cases(
            check.domain, check.count, _number(seed, check.name, "cases")
        )
    except SpecError as error:
        raise SpecError(f"check {check.name!r}: {error}") from None
    return drawn


def answered(
    library: Library, check: Check, name: str | None, fields: Mapping[str, Any]
) -> TapeCase:
    """Run the reference on a case.

    Raises:
        SpecError: it failed, or a relation that the check states does not hold for it.
    """
    outcome = observe(check, library.reference, fields)
    if outcome.failure is not None:
        raise SpecError(f"check {check.name!r} on the reference: {outcome.failure.message}")
    floor = 1e-6 * magnitude(dict(fields))
    for entry in outcome.observed:
        if entry.role in ("same", "holds") and compare(
            entry.value, entry.own_expectation, floor=max(floor, entry.scale)
        ):
            raise SpecError(f"check {check.name!r}: the reference breaks “{entry.because}”")
    transcript = tuple((call.label, form(call.result)) for call in outcome.calls)
    return TapeCase(name, fields, transcript, outcome.observed)


def _number(seed: int, *parts: str) -> int:
    digest = hashlib.sha256("/".join([str(seed), *parts]).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def _key(library: Library, seed: int) -> str:
    from importlib.metadata import version

    digest = hashlib.sha256()
    for name in MADE_BY:
        digest.update(library.text(name).encode())
    engine = Path(__file__).resolve().parent.parent
    for relative in ENGINE_FILES:
        digest.update((engine / relative).read_bytes())
    parts = (__version__, version("numpy"), version("hypothesis"), str(seed))
    digest.update("/".join(parts).encode())
    return digest.hexdigest()[:24]


def _load(path: Path) -> Tape | None:
    """Read a tape; None if it is missing or not exactly what was written."""
    try:
        data = path.read_bytes()
        if hashlib.sha256(data[32:]).digest() != data[:32]:
            return None
        plain = decode(data[32:], limits=LIMITS)
        return {
            name: CheckTape(
                _cases(entry["cases"]),
                _cases(entry["amplified"]),
                next(iter(_cases(entry["single"])), None),
                tuple(entry["bounds"]),
            )
            for name, entry in plain.items()
        }
    except (OSError, WireError, KeyError, TypeError, AttributeError):
        return None


def _store(path: Path, tape: Tape) -> None:
    plain = {
        name: {
            "cases": _plain(entry.cases),
            "amplified": _plain(entry.amplified),
            "single": _plain((entry.single,) if entry.single else ()),
            "bounds": list(entry.bounds),
        }
        for name, entry in tape.items()
    }
    frame = encode(plain, limits=LIMITS)
    # A cache that cannot be written costs time, not correctness.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(hashlib.sha256(frame).digest() + frame)
        os.replace(temporary, path)


def _plain(cases: tuple[TapeCase, ...]) -> list[Any]:
    return [
        [
            case.name,
            dict(case.fields),
            [list(entry) for entry in case.transcript],
            [[getattr(o, part) for part in PARTS] for o in case.observed],
        ]
        for case in cases
    ]


def _cases(plain: list[Any]) -> tuple[TapeCase, ...]:
    return tuple(
        TapeCase(
            name,
            fields,
            tuple((label, form) for label, form in transcript),
            tuple(Observed(*entry) for entry in observed),
        )
        for name, fields, transcript, observed in plain
    )
