"""Exercise 45 against GPT-2 of transformers, torch.optim's AdamW, and its own text."""

import copy
import math

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers.models.gpt2 import GPT2Config, GPT2LMHeadModel

from grader.catalog import ROOT, Catalog
from grader.judge.library import Library, load_solution

SIZES = {"n_words": 17, "context": 9, "width": 12, "n_heads": 3, "n_layers": 2}
SEED = 45


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-45")


@pytest.fixture(autouse=True)
def seeded():
    """The same first parameters in every run; few threads for small work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(SEED)
        yield
    torch.set_num_threads(threads)


def _model(solution, device, dtype=torch.float64):
    """A model in which every parameter is random."""
    model = solution.build_language_model(**SIZES)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.5)
    return model.to(device, dtype)


def _ids(device, *shape):
    return torch.randint(SIZES["n_words"], shape).to(device)


def _gpt2(model):
    """The same parameters in GPT-2, which stores its weights the other way round."""
    config = GPT2Config(
        vocab_size=17,
        n_positions=9,
        n_embd=12,
        n_layer=2,
        n_head=3,
        activation_function="gelu_new",
        attn_implementation="eager",
        bos_token_id=0,
        eos_token_id=0,
    )
    state = model.state_dict()
    theirs = {
        "transformer.wte.weight": state["token.weight"],
        "transformer.wpe.weight": state["position.weight"],
        "transformer.ln_f.weight": state["norm.weight"],
        "transformer.ln_f.bias": state["norm.bias"],
        "lm_head.weight": state["token.weight"],
    }
    names = {"norm1": "ln_1", "norm2": "ln_2"}
    linear = {"qkv": "attn.c_attn", "proj": "attn.c_proj", "up": "mlp.c_fc", "down": "mlp.c_proj"}
    for layer in range(2):
        mine, other = f"blocks.{layer}.", f"transformer.h.{layer}."
        theirs[other + "attn.c_attn.bias"] = state["token.weight"].new_zeros(36)
        for name in (name for name in state if name.startswith(mine)):
            part, kind = name.removeprefix(mine).split(".")
            value = state[name].T if part in linear and kind == "weight" else state[name]
            theirs[f"{other}{(names | linear)[part]}.{kind}"] = value
    gpt2 = GPT2LMHeadModel(config).to(state["token.weight"])
    gpt2.load_state_dict(theirs)
    return gpt2.eval()


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)], ids=["64", "32"]
)
def test_logits_and_gradients_equal_gpt2s(solution, device, dtype, tolerance):
    model = _model(solution, device, dtype)
    ids, cotangent = _ids(device, 3, 9), torch.randn(3, 9, 17).to(device, dtype)
    gpt2 = _gpt2(model)
    mine, theirs = model(ids), gpt2(ids).logits
    assert mine.dtype == dtype and mine.device.type == device
    torch.testing.assert_close(mine, theirs, rtol=tolerance, atol=tolerance)
    if dtype == torch.float64:
        (mine * cotangent).sum().backward()
        (theirs * cotangent).sum().backward()
        for own, name in (("token", "wte"), ("position", "wpe"), ("norm", "ln_f")):
            expected = gpt2.transformer.get_submodule(name).weight.grad
            found = model.get_submodule(own).weight.grad
            torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)
        expected = gpt2.transformer.h[0].attn.c_attn.weight.grad.T
        found = model.blocks[0].qkv.weight.grad
        torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)


def test_bfloat16_stays_bfloat16(solution, device):
    model = _model(solution, device, torch.bfloat16)
    ids = _ids(device, 9)
    assert model(ids[None]).dtype == torch.bfloat16
    new = solution.sample(model, ids, 3, 4, 0.8, 5, np.random.default_rng(0))
    assert new.dtype == torch.int64 and new.shape == (3,) and new.device.type == device


def test_steps_equal_adamws_with_two_groups(solution, device):
    model = _model(solution, device)
    theirs = copy.deepcopy(model)
    trainer = solution.Trainer(model, 0.3)
    matrices = [p for p in theirs.parameters() if p.ndim > 1]
    vectors = [p for p in theirs.parameters() if p.ndim == 1]
    optimizer = torch.optim.AdamW([{"params": matrices}, {"params": vectors}], foreach=False)
    optimizer.param_groups[0]["weight_decay"] = 0.3
    optimizer.param_groups[1]["weight_decay"] = 0.0
    for step in range(1, 21):
        inputs, targets = _ids(device, 4, 9), _ids(device, 4, 9)
        found = trainer.step(inputs, targets, 0.1 / step, 0.7)
        for group in optimizer.param_groups:
            group["lr"] = 0.1 / step
        optimizer.zero_grad()
        loss = functional.cross_entropy(theirs(inputs).reshape(-1, 17), targets.reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 0.7)
        optimizer.step()
        assert isinstance(found, float)
        assert math.isclose(found, loss.item(), rel_tol=1e-9)
    for mine, other in zip(model.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("training", [True, False], ids=["training mode", "eval mode"])
@pytest.mark.parametrize("length", [2, 9, 10, 28, 31])
def test_perplexity_is_exp_of_torchs_mean_loss(solution, device, length, training):
    model = _model(solution, device).train(training)
    ids = _ids(device, length)
    found = solution.perplexity(model, ids, 9)
    assert isinstance(found, float) and model.training is training
    starts = range(0, length - 1, 9)
    logits = torch.cat([model(ids[None, s : min(s + 9, length - 1)])[0] for s in starts])
    assert math.isclose(found, functional.cross_entropy(logits, ids[1:]).exp().item())


def test_samples_are_as_frequent_as_they_are_probable(solution, device):
    model = _model(solution, device).train()
    ids = _ids(device, 12)
    with torch.no_grad():
        logits = model(ids[None, -9:])[0, -1]
    best = logits.topk(4)
    p = torch.zeros_like(logits).index_copy(0, best.indices, (best.values / 1.5).softmax(0))
    rng = np.random.default_rng(SEED)
    drawn = [solution.sample(model, ids, 1, 9, 1.5, 4, rng).item() for _ in range(800)]
    found = np.bincount(drawn, minlength=17) / 800
    np.testing.assert_allclose(found, p.cpu().numpy(), atol=0.06)
    assert set(np.flatnonzero(found)) <= set(best.indices.tolist())
    assert solution.sample(model, ids, 1, 9, 0.0, 4, rng).item() == logits.argmax().item()
    assert model.training


def test_batches_are_windows_of_the_text(solution, device):
    ids = torch.arange(50, device=device)
    inputs, targets = solution.draw_batch(ids, 6, 500, np.random.default_rng(SEED))
    assert inputs.shape == targets.shape == (500, 6) and inputs.device.type == device
    assert torch.equal(targets, inputs + 1)
    assert torch.equal(inputs, inputs[:, :1] + torch.arange(6, device=device))
    assert inputs.min() == 0 and targets.max() == 49


@pytest.mark.parametrize("seed", range(3))
def test_a_new_model_learns_a_line_from_any_start(solution, device, seed):
    torch.manual_seed(seed)
    case = _line()
    ids = torch.tensor(case["ids"], device=device)
    model = solution.build_language_model(case["n_words"], 18, 16, 2, 1).to(device)
    assert 0.8 < solution.perplexity(model, ids, 18) / case["n_words"] < 1.25
    solution.fit(model, ids, 18, 2, case["steps"], 3, 0.03, np.random.default_rng(seed))
    assert solution.perplexity(model, ids, 18) < 1.3


def _line():
    library = Library(Catalog().find("exercise-45"))
    checks = {check.name: check for check in library.checks}
    return checks["model_learns_a_line"].special[0].build()


def test_the_line_of_the_checks_is_in_the_text():
    text = (ROOT / "exercises" / "texts" / "shakespeare.txt").read_text(encoding="ascii")
    line = "To be, or not to be"
    assert line in text
    characters = sorted(set(line))
    assert "".join(characters[i] for i in _line()["ids"]) == line
