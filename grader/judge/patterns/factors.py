"""Detectors: the submission's value is the expected one times a number."""

from __future__ import annotations

from grader.judge.patterns.naming import Named, name
from grader.judge.patterns.pattern import Finding
from grader.judge.patterns.samples import Sample, Tensor
from grader.judge.patterns.scene import Scene, rich, varied, where_seen

#: A factor nearer to 1 or to 0 than this is rounding, or another pattern.
NOTABLE = 1e-3
LOGS = ("ln 2", "1/ln 2", "ln 10", "1/ln 10")


def factor(tensor: Tensor, scene: Scene) -> Finding | None:
    """The same constant everywhere, or a named quantity with its value in each case."""
    measured = _measured(tensor)
    if measured is None or (tensor.is_scalar and not varied(tensor, 2)):
        return None
    found = name(measured, tensor.wrong[0].tolerance, scene.known)
    if found is None or not _holds(tensor, found):
        return None
    cases = where_seen(tensor)
    if found.text == "−1":
        text = "<yours> <is> <expected> with the opposite sign, <cases>."
        return Finding("sign", text, cases=cases)
    legend = found.legend([sample.at for sample in tensor.wrong])
    text = f"<yours> <is> {found.written} times <expected> <cases>{legend}."
    return Finding("factor", text, _topic(found), cases)


def sign_in_places(tensor: Tensor, scene: Scene) -> Finding | None:
    """The right size in every entry, and the wrong sign in some."""
    import numpy as np

    flipped = 0
    for sample in tensor.wrong:
        if not sample.equal(np.abs(sample.actual), np.abs(sample.expected)):
            return None
        flipped += int((sample.off & (sample.expected != 0)).sum())
    if tensor.is_scalar or not rich(tensor, 2):
        return None
    entries = sum(int((sample.expected != 0).sum()) for sample in tensor.wrong)
    text = (
        f"<yours> <has> the expected size in every entry <cases>, and the opposite sign in "
        f"{flipped} of {entries} of them."
    )
    return Finding("sign_in_places", text, cases=where_seen(tensor))


def scaled_per_case(tensor: Tensor, scene: Scene) -> Finding | None:
    """One factor for a whole tensor that changes from case to case and has no name."""
    if tensor.right or not rich(tensor, 3):
        return None
    measured = _measured(tensor)
    if measured is None:
        return None
    values = [measured[sample.at] for sample in sorted(tensor.wrong, key=lambda s: s.at)]
    shown = ", ".join(f"{value:.4g}" for value in values[:3]).replace("-", "−")
    more = ", …" if len(values) > 3 else ""
    text = (
        f"<yours> <is> <expected> times one number per case <cases>, and that number "
        f"changes from case to case ({shown}{more})."
    )
    return Finding("scaled_per_case", text, cases=where_seen(tensor))


def _measured(tensor: Tensor) -> dict[int, float] | None:
    """The factor of each differing case, if a single one fits all entries there."""
    measured = {}
    for sample in tensor.wrong:
        found = _ratio(sample)
        if found is None or abs(found) < NOTABLE**2 or not sample.fits(found * sample.expected):
            return None
        measured[sample.at] = found
    if all(abs(value - 1) < NOTABLE for value in measured.values()):
        return None
    return measured


def _ratio(sample: Sample) -> float | None:
    own = float((sample.expected**2).sum())
    return float((sample.actual * sample.expected).sum()) / own if own else None


def _holds(tensor: Tensor, found: Named) -> bool:
    """Also where the tensor is right: there the factor must be 1, or zero be expected."""
    for sample in tensor.samples:
        value = found.value(sample.at)
        if value is None:
            if sample.expected.any() or sample.wrong:
                return False
        elif not sample.fits(value * sample.expected):
            return False
    return True


def _topic(found: Named) -> str:
    if not found.quantities:
        if found.text.lstrip("−") in LOGS:
            return "log_base"
        return {"2": "double", "½": "half"}.get(found.text.lstrip("−"), "constant")
    if found.family in ("complement", "over_complement"):
        return "keep_rate"
    if not all(quantity.is_size for quantity in found.quantities):
        return "argument"
    return {
        "times": "sum_for_mean",
        "half_times": "sum_for_mean",
        "over": "mean_for_sum",
        "two_over": "mean_for_sum",
        "root": "root",
        "over_root": "root",
        "root_ratio": "root",
        "bessel": "count",
        "off_by_one": "count",
    }.get(found.family, "ratio")
