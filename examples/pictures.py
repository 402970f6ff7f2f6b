"""The pictures of the examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("agg")  # Files only: no window, no display needed.

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

Array = np.ndarray[Any, Any]
# Okabe and Ito (2008): eight colours that readers with colour blindness can tell apart.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]
MARKS = "osD^vP*X"


def _save(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if plt.gcf().get_layout_engine() is None:
        plt.tight_layout()
    plt.savefig(path, dpi=110, metadata={"Software": None})
    plt.close()
    print(f"drawn: {path}")


def _clean(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)


def plane(
    groups: Mapping[str, Sequence[str]], vocabulary: Sequence[str], vectors: Array, path: Path
) -> None:
    """Words and their neighbours, at the two main directions of these words' unit vectors.

    Args:
        groups: a word → the neighbours to draw with it.
        vocabulary: the word of each row of `vectors`.
        vectors: word vectors, shape (V, D).
        path: where the picture goes.
    """
    words = [(word, group) for group, near in groups.items() for word in (group, *near)]
    rows = vectors[[vocabulary.index(word) for word, _ in words]]
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    _, _, directions = np.linalg.svd(unit - unit.mean(axis=0), full_matrices=False)
    places = (unit - unit.mean(axis=0)) @ directions[:2].T

    _, axes = plt.subplots(figsize=(8, 6))
    for position, group in enumerate(groups):
        mine = [i for i, (_, its) in enumerate(words) if its == group]
        colour = COLOURS[position % len(COLOURS)]
        x, y = places[mine].T
        axes.scatter(x, y, s=18, color=colour, marker=MARKS[position % len(MARKS)])
        for i in mine:
            weight = "bold" if words[i][0] == group else "normal"
            axes.annotate(
                words[i][0], places[i], (3, 3), textcoords="offset points",
                fontsize=8, color=colour, weight=weight,
            )  # fmt: skip
    axes.set_title("Words and their nearest neighbours, at two main directions of the vectors")
    _clean(axes)
    _save(path)


def curves(
    series: Mapping[str, Sequence[float]],
    path: Path,
    *,
    title: str,
    ylabel: str,
    levels: Mapping[str, float] | None = None,
    xlabel: str = "epoch",
    every: int = 1,
) -> None:
    """One line per name over the epochs or steps, and dashed levels to compare with.

    Args:
        series: name → a value for each epoch, the first belongs to epoch 1.
        path: where the picture goes.
        title: above the picture.
        ylabel: what is measured, with its unit.
        levels: name → a value that does not change.
        xlabel: what is counted from left to right.
        every: how much of it lies between two values; the first belongs to `every`.
    """
    _, axes = plt.subplots(figsize=(9, 4.2))
    for (name, found), colour, mark in zip(series.items(), COLOURS, MARKS, strict=False):
        steps = [every * (number + 1) for number in range(len(found))]
        axes.plot(steps, found, color=colour, marker=mark, markersize=4, label=name)
    for (name, value), colour in zip((levels or {}).items(), COLOURS[::-1], strict=False):
        axes.axhline(value, color=colour, linestyle="--", label=f"{name}: {value:.4g}")
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.set_title(title)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    _clean(axes)
    _save(path)


def maps(weights: Mapping[str, Array], path: Path, *, rows: str, columns: str) -> None:
    """Attention weights as heat maps, in pairs: from 0, white, to 1, dark.

    Args:
        weights: title → weights from 0 to 1, shape (T, S).
        path: where the picture goes.
        rows, columns: what the two axes are.
    """
    height = 2.9 * ((len(weights) + 1) // 2)
    figure, grid = plt.subplots(
        (len(weights) + 1) // 2, 2, figsize=(7, height), squeeze=False, layout="constrained"
    )
    for axes, (title, found) in zip(grid.flat, weights.items(), strict=False):
        image = axes.imshow(found, cmap="Blues", vmin=0, vmax=1)
        axes.set_title(title, fontsize=10)
        axes.set_ylabel(rows)
        axes.set_xlabel(columns)
        axes.set_xticks(range(found.shape[1]))
        axes.set_yticks(range(found.shape[0]))
    for axes in grid.flat[len(weights) :]:
        axes.axis("off")
    figure.colorbar(image, ax=grid, label="weight", shrink=0.8)
    _save(path)
