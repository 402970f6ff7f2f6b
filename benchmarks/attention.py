"""The reference's attention against PyTorch's `scaled_dot_product_attention`: time and memory.

Exercise 35's `attention_forward` and `attention_backward` and exercise 44's grouped form, under a
causal mask, beside `scaled_dot_product_attention` and its autograd, on the same tensors in turn.
The reference writes every score and every weight down, T × T of each, where a fused kernel keeps a
tile of them; so its memory grows with the square of the length, and the ratio of memory with the
length. A GPU is used where there is one; memory is told there only, as the peak above what the
inputs take. "Worst error" is that of the output, relative to its largest entry, against float64.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from grader.judge.library import load_solution

#: Sequences, heads, key-value heads, features of a head.
BATCH, HEADS, GROUPS, SIZE = 2, 8, 2, 64
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
Work = Callable[[], Any]


@dataclass
class Cost:
    """Of one piece of work: seconds, and bytes above what was there before."""

    seconds: float
    memory: int


def measure(work: Work, runs: int, device: str) -> Cost:
    """The median time of `runs` runs after one that is not counted, and the largest peak."""
    work()
    taken, peak = [], 0
    for _ in range(runs):
        if device == "cuda":
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
        began = time.perf_counter()
        kept = work()
        if device == "cuda":
            torch.cuda.synchronize()
            peak = max(peak, torch.cuda.max_memory_allocated() - before)
        taken.append(time.perf_counter() - began)
        del kept
    return Cost(statistics.median(taken), peak)


def heads(count: int, length: int, dtype: torch.dtype, device: str) -> Tensor:
    """Random (B, `count`, T, K)."""
    return torch.randn(BATCH, count, length, SIZE, dtype=dtype, device=device)


def plain(length: int, dtype: torch.dtype, device: str) -> dict[str, tuple[Work, Work]]:
    """Exercise 35: heads are sequences of their own, (B · H, T, K)."""
    code = load_solution("35")
    q, k, v, dout = (heads(HEADS, length, dtype, device).flatten(0, 1) for _ in range(4))
    mask = code.causal_mask(q)

    def reference_backward() -> Any:
        return code.attention_backward(dout, code.attention_forward(q, k, v, mask)[1])

    def fused_backward() -> Any:
        inputs = [entry.detach().requires_grad_() for entry in (q, k, v)]
        out = scaled_dot_product_attention(*(entry[None] for entry in inputs), is_causal=True)
        return torch.autograd.grad(out, inputs, dout[None])

    def fused() -> Tensor:
        return scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]

    return {
        "35 forward": (lambda: code.attention_forward(q, k, v, mask)[0], fused),
        "35 both ways": (reference_backward, fused_backward),
    }


def grouped(length: int, dtype: torch.dtype, device: str) -> dict[str, tuple[Work, Work]]:
    """Exercise 44: 8 query heads share 2 key-value heads."""
    code = load_solution("44")
    q = heads(HEADS, length, dtype, device)
    k, v = (heads(GROUPS, length, dtype, device) for _ in range(2))
    mask = load_solution("35").causal_mask(q[0])

    def fused() -> Tensor:
        return scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)

    forward = code.grouped_query_attention_forward
    return {"44 forward": (lambda: forward(q, k, v, mask)[0], fused)}


def error(out: Tensor, exact: Tensor) -> float:
    """The largest difference, relative to the largest entry of `exact`."""
    return float((out.double() - exact).abs().max() / exact.abs().max())


def worst_error(length: int, dtype: torch.dtype, device: str) -> tuple[float, float]:
    """Of the reference's and of the fused forward, on inputs of this dtype."""
    code = load_solution("35")
    q, k, v = (heads(1, length, dtype, device)[:, 0] for _ in range(3))
    mask = code.causal_mask(q)
    exact = code.attention_forward(q.double(), k.double(), v.double(), mask)[0]
    fused = scaled_dot_product_attention(q[:, None], k[:, None], v[:, None], is_causal=True)[:, 0]
    return error(code.attention_forward(q, k, v, mask)[0], exact), error(fused, exact)


def main() -> None:
    """Print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", default=here, choices=["cpu", "cuda"])
    parser.add_argument("--lengths", type=int, nargs="+", default=[256, 1024, 4096])
    parser.add_argument("--runs", type=int, default=10 if here == "cuda" else 3)
    chosen = parser.parse_args()
    name = torch.cuda.get_device_name() if chosen.device == "cuda" else "CPU"
    print(f"{name}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    print("| dtype | T | what | reference ms | fused ms | times the time | times the memory |")
    print("|-------|---|------|--------------|----------|----------------|------------------|")
    torch.manual_seed(0)
    for dtype_name, dtype in DTYPES.items():
        for length in chosen.lengths:
            cases = plain(length, dtype, chosen.device) | grouped(length, dtype, chosen.device)
            for what, (ours, theirs) in cases.items():
                a, b = (measure(work, chosen.runs, chosen.device) for work in (ours, theirs))
                memory = f"{a.memory / b.memory:.1f}" if b.memory else "–"
                print(
                    f"| {dtype_name} | {length} | {what} | {a.seconds * 1e3:.2f} "
                    f"| {b.seconds * 1e3:.2f} | {a.seconds / b.seconds:.1f} | {memory} |"
                )
            ours_off, theirs_off = worst_error(length, dtype, chosen.device)
            print(
                f"| {dtype_name} | {length} | worst error | {ours_off:.1e} | {theirs_off:.1e} | | |"
            )


if __name__ == "__main__":
    main()
