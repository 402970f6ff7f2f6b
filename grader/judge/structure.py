"""The form of a value (type, shape, dtype, finiteness), apart from its numbers.

The reference's results have a form; a submission's results must have the same one before any
number is compared. That is how `(1, D)` for `(D,)` is reported as a shape and not as wrong maths,
and why nothing is ever compared by broadcasting.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from grader.runner.wire import Handle, Tensor

#: A form as plain data, so that it can be kept on a tape.
Form = list[Any]

#: Up to so many numbers or texts are shown where a result has the wrong length.
SHORT = 12

KINDS = {"f": "floating-point", "i": "integer", "u": "integer", "b": "bool", "c": "complex"}


@dataclass(frozen=True)
class FormError(Exception):
    """A result of the wrong form: `stage` is type, shape, dtype or finite."""

    stage: str
    where: str
    message: str
    expected: str
    actual: str
    found: Form


class Opaque:
    """What stands for an object that stays on the other side; subclasses can be called on."""

    kind: str = "object"


def form(value: Any) -> Form:
    """Describe a value of the reference; a short row of numbers or texts is kept with its form."""
    import numpy as np

    if isinstance(value, Opaque):
        return ["opaque", value.kind]
    if value is None or isinstance(value, str):
        return ["plain", type(value).__name__]
    if isinstance(value, bool | np.bool_):
        return ["number", "b", True]
    if isinstance(value, list | tuple):
        return ["sequence", type(value).__name__, [form(item) for item in value], _short(value)]
    if isinstance(value, dict):
        return ["dict", [[key, form(item)] for key, item in value.items()]]
    array = np.asarray(value)
    kind = array.dtype.kind
    finite = kind not in "fc" or bool(np.isfinite(array).all())
    if array.ndim == 0:
        return ["number", kind, finite]
    return ["array", kind, list(array.shape), finite, _short(array)]


def _short(value: Any) -> list[Any] | None:
    """A short row of numbers or texts as a plain list; None of anything else."""
    import numpy as np

    row = from_lists(value)
    if isinstance(row, Tensor):
        row = row.data
    if isinstance(row, np.ndarray):
        kept = row.ndim == 1 and row.size <= SHORT and row.dtype.kind in "biuf"
        return row.tolist() if kept else None
    if not isinstance(row, list | tuple) or len(row) > SHORT:
        return None
    return list(row) if row and all(isinstance(item, str) for item in row) else None


def from_lists(value: Any) -> Any:
    """Nested lists of numbers that make a whole array, as one; anything else as it is."""
    import numpy as np

    if not isinstance(value, list):
        return value
    try:
        array = np.asarray(value)
    except ValueError:
        return value
    return array if array.dtype.kind in "biuf" else value


def reply_bytes(wanted: Form) -> int:
    """About how many bytes the arrays of this form hold."""
    tag = wanted[0]
    if tag == "sequence":
        return sum(map(reply_bytes, wanted[2]))
    if tag == "dict":
        return sum(reply_bytes(item) for _, item in wanted[1])
    return 8 * prod(wanted[2]) if tag == "array" else 16


def conform(
    value: Any, wanted: Form, where: str, backend: str, rows: list[str] | None = None
) -> Any:
    """Return `value` as the judge's own plain data, if it has the wanted form.

    Numbers become Python or NumPy scalars and tensors become arrays.

    Args:
        where: what to call the value in messages, such as "the 2nd result of affine_forward".
        backend: the submission's array library; its arrays must be of that kind. "any" takes
            NumPy arrays and tensors alike.
        rows: None refuses a `(1, D)` where `(D,)` is wanted; a list accepts it and is told where.

    Raises:
        FormError: at the first difference, in the order type, shape, dtype, finite.
    """
    tag = wanted[0]
    if tag == "opaque":
        return value
    if tag == "plain":
        if type(value).__name__ != wanted[1]:
            raise _error("type", where, wanted, value)
        return value
    if tag == "sequence":
        return _sequence(value, wanted, where, backend, rows)
    if tag == "dict":
        return _dict(value, wanted, where, backend, rows)
    if tag == "number":
        return _number(value, wanted, where, backend)
    return _array(value, wanted, where, backend, rows)


def _sequence(value: Any, wanted: Form, where: str, backend: str, rows: list[str] | None) -> Any:
    if not isinstance(value, list | tuple):
        raise _error("type", where, wanted, value)
    if len(value) != len(wanted[2]):
        raise _error("type", where, wanted, value)
    whole = where.startswith("the result of ")
    items = [
        conform(item, inner, _item(where, index, whole), backend, rows)
        for index, (item, inner) in enumerate(zip(value, wanted[2], strict=True))
    ]
    return tuple(items) if wanted[1] == "tuple" else items


def _item(where: str, index: int, whole: bool) -> str:
    if whole:
        ordinal = {0: "1st", 1: "2nd", 2: "3rd"}.get(index, f"{index + 1}th")
        return f"the {ordinal} result of {where.removeprefix('the result of ')}"
    return f"{where}[{index}]"


def _dict(value: Any, wanted: Form, where: str, backend: str, rows: list[str] | None) -> Any:
    if not isinstance(value, dict):
        raise _error("type", where, wanted, value)
    keys = [key for key, _ in wanted[1]]
    if set(value) != set(keys):
        missing = [key for key in keys if key not in value]
        extra = [key for key in value if key not in keys]
        parts = [f"{text} {names}" for text, names in (("no", missing), ("also", extra)) if names]
        raise FormError(
            "type",
            where,
            f"{where} must have the keys {keys}; yours has {', '.join(parts)}"[:300],
            f"keys {keys}",
            f"keys {list(value)}"[:200],
            ["keys", sorted(map(str, value))],
        )
    return {
        key: conform(value[key], inner, f"{where}[{key!r}]", backend, rows)
        for key, inner in wanted[1]
    }


def _number(value: Any, wanted: Form, where: str, backend: str) -> Any:
    import numpy as np

    data = value.data if isinstance(value, Tensor) else value
    if wanted[1] == "f" and type(data) is int and abs(data) < 1 << 53:
        # Python's 0 is as good as 0.0: sum() of nothing gives it, for example.
        data = float(data)
    if not isinstance(data, bool | int | float | complex | np.generic | np.ndarray):
        raise _error("type", where, wanted, value)
    array = np.asarray(data)
    if array.shape != ():
        raise _error("shape", where, wanted, value)
    _check_kind(array, wanted[1], where, wanted, value)
    _check_finite(array, wanted[2], where)
    return array[()]


def _array(value: Any, wanted: Form, where: str, backend: str, rows: list[str] | None) -> Any:
    import numpy as np

    expected_type = {"torch": (Tensor,), "any": (Tensor, np.ndarray)}.get(backend, (np.ndarray,))
    if backend == "python":
        value = from_lists(value)
        if wanted[1] == "f" and isinstance(value, np.ndarray) and value.dtype.kind in "iu":
            value = value.astype(np.float64)
    if not isinstance(value, expected_type):
        raise _error("type", where, wanted, value, backend)
    array = value.data if isinstance(value, Tensor) else value
    if rows is not None and len(wanted[2]) == 1 and list(array.shape) == [1, *wanted[2]]:
        rows.append(where)
        array = array[0]
    if list(array.shape) != wanted[2]:
        raise _error("shape", where, wanted, value, backend)
    _check_kind(array, wanted[1], where, wanted, value, backend)
    _check_finite(array, wanted[3], where)
    return array


def _check_kind(
    array: Any, kind: str, where: str, wanted: Form, value: Any, backend: str = "numpy"
) -> None:
    found = "i" if array.dtype.kind == "u" else array.dtype.kind
    wanted_kind = "i" if kind == "u" else kind
    if found != wanted_kind:
        raise _error("dtype", where, wanted, value, backend)


def _check_finite(array: Any, wanted: bool, where: str) -> None:
    import numpy as np

    if not wanted or array.dtype.kind not in "fc" or np.isfinite(array).all():
        return
    bad = np.argwhere(~np.isfinite(array))[0].tolist()
    shown = array[tuple(bad)]
    place = f" at index {bad}" if bad else ""
    raise FormError(
        "finite",
        where,
        f"{where} holds {shown}{place}, where a finite number is expected",
        "a finite number",
        f"{shown}{place}",
        ["finite", *map(int, np.argwhere(~np.isfinite(array)).ravel())],
    )


def _error(stage: str, where: str, wanted: Form, value: Any, backend: str = "numpy") -> FormError:
    expected, actual = describe_form(wanted, backend), describe(value, backend)
    message = f"{where} is {actual}; expected {expected}"
    if stage in ("type", "shape") and wanted[0] in ("array", "sequence"):
        right, given = wanted[-1], _short(value)
        if right is not None and given is not None:
            expected, actual = _row_text(right), _row_text(given)
    return FormError(stage, where, message, expected, actual, _outline(value))


def _row_text(row: list[Any]) -> str:
    texts = (f"{item:.6g}" if isinstance(item, float) else repr(item)[:40] for item in row)
    return f"[{', '.join(texts)}]"


def _outline(value: Any) -> Form:
    """What a wrong value looks like, the same for NumPy and torch; to compare two wrong ones."""
    import numpy as np

    data = value.data if isinstance(value, Tensor) else value
    row = _short(data)
    if row and not isinstance(row[0], float):
        return ["row", type(row[0]).__name__, *row]
    if isinstance(data, list | tuple):
        return ["sequence", *map(_outline, data)]
    if isinstance(data, dict):
        return ["dict", *map(str, data)]
    if isinstance(data, np.ndarray | np.generic | int | float):
        array = np.asarray(data)
        return ["array", array.dtype.kind, *array.shape]
    return [type(value).__name__]


def describe_form(wanted: Form, backend: str = "numpy") -> str:
    """A form in words: `an array of shape (2, 3), floating-point`."""
    tag = wanted[0]
    if tag == "opaque":
        return f"an object ({wanted[1]})"
    if tag == "plain":
        return "None" if wanted[1] == "NoneType" else _with_article(str(wanted[1]))
    if tag == "number":
        return {"f": "a number", "b": "True or False"}.get(
            wanted[1], f"one {KINDS[wanted[1]]} number"
        )
    if tag == "dict":
        return f"a dict with the keys {[key for key, _ in wanted[1]]}"
    if tag == "sequence":
        inner = ", ".join(describe_form(item, backend) for item in wanted[2][:4])
        more = ", …" if len(wanted[2]) > 4 else ""
        return f"a {wanted[1]} of {len(wanted[2])} ({inner}{more})"
    noun = {"torch": "tensor", "python": "nested list"}.get(backend, "array")
    shape = tuple(wanted[2])
    return f"{_with_article(KINDS[wanted[1]])} {noun} of shape {shape}"


def describe(value: Any, backend: str = "numpy") -> str:
    """A submission's value in words, whatever it is; short, and free of its own text."""
    import numpy as np

    if value is None:
        return "None"
    if isinstance(value, Opaque | Handle):
        return f"an object of type {value.kind}"
    if isinstance(value, Tensor):
        return f"{_with_article(value.dtype)} torch tensor of shape {tuple(value.data.shape)}"
    if isinstance(value, np.ndarray):
        noun = "nested list" if backend == "python" else "array"
        return f"{_with_article(value.dtype.name)} {noun} of shape {value.shape}"
    if isinstance(value, list | tuple):
        inner = ", ".join(describe(item) for item in value[:4])
        more = ", …" if len(value) > 4 else ""
        return f"a {type(value).__name__} of {len(value)} ({inner}{more})"[:300]
    if isinstance(value, dict):
        return f"a dict with the keys {list(value)}"[:200]
    if isinstance(value, str):
        return "a str"
    return f"the {type(value).__name__} {value!r}"[:120]


def _with_article(word: str) -> str:
    return f"{'an' if word[0] in 'aeio' else 'a'} {word}"
