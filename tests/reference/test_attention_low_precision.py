"""The attention references keep the dtype they are handed, and stay close to float64 in it.

A GPU is used with float32 and bfloat16. bfloat16 has 8 binary digits, so a rounding costs up
to 0.4 %, and the longest way here has about ten products.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from grader.judge.library import load_solution

CLOSE = {torch.float32: 1e-5, torch.bfloat16: 0.1}
B, T, S, D, M, H = 2, 6, 7, 8, 8, 2


def attention(draw: Callable[..., Any]) -> Any:
    code = load_solution("35")
    q, k, v = draw(B, T, D), draw(B, T, D), draw(B, T, M)
    out, cache = code.attention_forward(q, k, v, code.causal_mask(q))
    return [out, *code.attention_backward(draw(B, T, M), cache)]


def multi_head_attention(draw: Callable[..., Any]) -> Any:
    code = load_solution("36")
    params = {f"w{name}": draw(D, D) / D**0.5 for name in "qkvo"}
    params |= {f"b{name}": draw(D) for name in "qkvo"}
    x, memory = draw(B, T, D), draw(B, S, D)
    mask = torch.ones(T, S, dtype=torch.bool, device=x.device).tril()
    out, cache = code.multi_head_attention_forward(x, memory, params, H, mask)
    dx, dmemory, dparams = code.multi_head_attention_backward(draw(B, T, D), cache)
    # A bias of the keys changes no weight: its gradient is 0, and here nothing but rounding.
    del dparams["bk"]
    return [out, dx, dmemory, *dparams.values()]


def encoder_decoder_attention(draw: Callable[..., Any]) -> Any:
    code = load_solution("34")
    scores, cache = code.additive_score_forward(
        draw(B, T, D), draw(B, S, M), draw(D, D) / D**0.5, draw(M, D) / M**0.5, draw(D)
    )
    context, weights, attended = code.attend_forward(scores, draw(B, S, M))
    dscores, dvalues = code.attend_backward(draw(B, T, M), attended)
    return [context, weights, dvalues, *code.additive_score_backward(dscores, cache)]


def encoder_layer(draw: Callable[..., Any]) -> Any:
    code = load_solution("39")
    x = draw(B, S, D)
    params: dict[str, Any] = {"attention": {f"w{name}": draw(D, D) / D**0.5 for name in "qkvo"}}
    params["attention"] |= {f"b{name}": draw(D) for name in "qkvo"}
    params |= {"w1": draw(D, M) / D**0.5, "b1": draw(M), "w2": draw(M, D) / M**0.5, "b2": draw(D)}
    params |= {f"norm{n}_{part}": draw(D) for n in (1, 2) for part in ("scale", "shift")}
    mask = torch.ones(B, S, dtype=torch.bool, device=x.device)
    logits = draw(B, T, M)
    loss, dlogits = code.label_smoothing_loss(
        logits, torch.arange(B * T, device=x.device).reshape(B, T) % M, 0.1, 0
    )
    return [code.encoder_layer(x, params, H, mask), torch.as_tensor(loss), dlogits]


@pytest.mark.parametrize("dtype", CLOSE, ids=str)
@pytest.mark.parametrize(
    "work", [encoder_decoder_attention, attention, multi_head_attention, encoder_layer]
)
def test_the_dtype_stays_and_the_numbers_are_close(work: Any, dtype: Any, device: str) -> None:
    def results(dtype: Any) -> Any:
        source = torch.Generator().manual_seed(7)

        def draw(*shape: int) -> Any:
            # Exact in bfloat16, so that only the arithmetic differs.
            made = torch.randint(-32, 33, shape, generator=source) / 32
            return made.to(dtype).to(device)

        return work(draw)

    for found, exact in zip(results(dtype), results(torch.float64), strict=True):
        assert (found.dtype, found.device.type) == (dtype, device)
        error = (found.double() - exact).abs().max() / exact.abs().max()
        assert error < CLOSE[dtype]
