"""The reference of exercise 39 against PyTorch's layers and loss, on CPU and, if present, CUDA."""

import pytest
import torch

from grader.judge.library import load_solution

SHAPES = [
    # batch, source, target, width, heads, hidden
    (1, 1, 1, 2, 1, 3),
    (2, 4, 3, 6, 2, 5),
    (3, 2, 5, 6, 3, 4),
    (2, 7, 6, 8, 4, 16),
]


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-39")


@pytest.fixture
def random():
    """Draw float64 tensors, the same for every run of a test."""
    source = torch.Generator().manual_seed(39)

    def draw(*shape, device):
        return torch.randn(*shape, generator=source, dtype=torch.float64).to(device)

    return draw


def key_mask(batch, length, device):
    """True at real positions; sentence i lacks its last i positions, as long as one is left."""
    lengths = (length - torch.arange(batch)).clamp(min=1)
    return (torch.arange(length) < lengths[:, None]).to(device)


def randomise(layer, random, device):
    """Give every parameter a random value; LayerNorm's scales and shifts too."""
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(random(*parameter.shape, device=device) / 2)


def attention_params(attention):
    """PyTorch stacks the three projections, and stores each as (outputs, inputs)."""
    weights = attention.in_proj_weight.detach().chunk(3)
    biases = attention.in_proj_bias.detach().chunk(3)
    params = {f"w{name}": weight.T for name, weight in zip("qkv", weights, strict=True)}
    params |= {f"b{name}": bias for name, bias in zip("qkv", biases, strict=True)}
    params["wo"] = attention.out_proj.weight.detach().T
    params["bo"] = attention.out_proj.bias.detach()
    return params


def shared_params(layer, norms):
    params = {
        "w1": layer.linear1.weight.detach().T,
        "b1": layer.linear1.bias.detach(),
        "w2": layer.linear2.weight.detach().T,
        "b2": layer.linear2.bias.detach(),
    }
    for i in range(1, norms + 1):
        norm = getattr(layer, f"norm{i}")
        params[f"norm{i}_scale"] = norm.weight.detach()
        params[f"norm{i}_shift"] = norm.bias.detach()
    return params


def torch_layer(kind, width, heads, hidden, random, device):
    layer = kind(
        width,
        heads,
        hidden,
        dropout=0.0,
        activation="relu",
        batch_first=True,
        norm_first=False,
        dtype=torch.float64,
        device=device,
    )
    randomise(layer, random, device)
    return layer


def assert_equal(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("batch", "sources", "targets", "width", "heads", "hidden"), SHAPES)
def test_encoder_layer_is_torchs(
    solution, random, device, batch, sources, targets, width, heads, hidden
):
    layer = torch_layer(torch.nn.TransformerEncoderLayer, width, heads, hidden, random, device)
    x, mask = random(batch, sources, width, device=device), key_mask(batch, sources, device)
    params = {"attention": attention_params(layer.self_attn)} | shared_params(layer, 2)
    expected = layer(x, src_key_padding_mask=~mask).detach()
    assert_equal(solution.encoder_layer(x, params, heads, mask), expected)


@pytest.mark.parametrize(("batch", "sources", "targets", "width", "heads", "hidden"), SHAPES)
def test_decoder_layer_is_torchs(
    solution, random, device, batch, sources, targets, width, heads, hidden
):
    layer = torch_layer(torch.nn.TransformerDecoderLayer, width, heads, hidden, random, device)
    y = random(batch, targets, width, device=device)
    memory = random(batch, sources, width, device=device)
    memory_mask = key_mask(batch, sources, device)
    ids = torch.where(key_mask(batch, targets, device), 5, 1)
    causal = torch.ones(targets, targets, dtype=torch.bool, device=device).tril()
    params = {
        "self_attention": attention_params(layer.self_attn),
        "cross_attention": attention_params(layer.multihead_attn),
    } | shared_params(layer, 3)
    expected = layer(
        y,
        memory,
        tgt_mask=~causal,
        tgt_key_padding_mask=ids == 1,
        memory_key_padding_mask=~memory_mask,
    ).detach()
    self_mask = solution.decoder_mask(ids, 1)
    out = solution.decoder_layer(y, memory, params, heads, self_mask, memory_mask)
    assert_equal(out, expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.75, 1.0])
@pytest.mark.parametrize(
    ("batch", "targets", "classes", "scale"), [(1, 1, 2, 1.0), (2, 5, 7, 3.0), (4, 3, 11, 1000.0)]
)
def test_label_smoothing_is_torchs(
    solution, random, device, smoothing, batch, targets, classes, scale
):
    logits = (scale * random(batch, targets, classes, device=device)).requires_grad_()
    ids = torch.arange(batch * targets, device=device).reshape(batch, targets) % classes
    pad_id = 1
    expected = torch.nn.functional.cross_entropy(
        logits.reshape(-1, classes),
        ids.reshape(-1),
        label_smoothing=smoothing,
        ignore_index=pad_id,
    )
    (gradient,) = torch.autograd.grad(expected, logits)
    loss, dlogits = solution.label_smoothing_loss(logits.detach(), ids, smoothing, pad_id)
    assert_equal(loss, expected.detach())
    assert_equal(dlogits, gradient)


def test_logits_stay_on_the_device_and_agree_with_numpy(solution, random, device):
    width, words, heads = 6, 9, 3
    encoder = torch_layer(torch.nn.TransformerEncoderLayer, width, heads, 4, random, device)
    decoder = torch_layer(torch.nn.TransformerDecoderLayer, width, heads, 4, random, device)
    params = {
        "source_embedding": random(words, width, device=device),
        "target_embedding": random(words, width, device=device),
        "encoder": [{"attention": attention_params(encoder.self_attn)} | shared_params(encoder, 2)],
        "decoder": [
            {
                "self_attention": attention_params(decoder.self_attn),
                "cross_attention": attention_params(decoder.multihead_attn),
            }
            | shared_params(decoder, 3)
        ],
        "output_weight": random(width, words, device=device),
        "output_bias": random(words, device=device),
    }
    source = torch.tensor([[3, 8, 5, 2], [7, 2, 2, 2]], device=device)
    target = torch.tensor([[1, 4, 6], [1, 5, 2]], device=device)
    logits = solution.transformer_forward(source, target, params, heads, 2)
    assert logits.device == source.device
    on_numpy = solution.transformer_forward(
        source.cpu().numpy(), target.cpu().numpy(), to_numpy(params), heads, 2
    )
    assert_equal(logits.cpu(), torch.from_numpy(on_numpy))


def to_numpy(value):
    if isinstance(value, dict):
        return {name: to_numpy(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [to_numpy(inner) for inner in value]
    return value.cpu().numpy()
