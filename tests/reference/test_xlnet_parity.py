"""The reference of exercise 41 against XLNet in the transformers package and torch's loss.

The package computes the codes of the distances in float32 whatever the model's dtype; for the
comparison in float64 its own formula is given float64 distances.
"""

import pytest
import torch
from transformers.models.xlnet.configuration_xlnet import XLNetConfig
from transformers.models.xlnet.modeling_xlnet import XLNetLMHeadModel, XLNetModel

from grader.judge.library import load_solution

WIDTH, HEADS, HIDDEN, LAYERS, WORDS = 12, 3, 7, 2, 17
# No row is its own inverse, so an order cannot be taken for its ranks.
ORDERS = torch.tensor([[2, 0, 3, 1, 4], [1, 2, 3, 4, 0], [4, 2, 0, 1, 3]])
IDS = torch.tensor([[3, 8, 3, 2, 16], [7, 2, 0, 2, 11], [5, 5, 1, 9, 4]])
DTYPES = pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)]
)


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-41")


def codes_in_double(model, length, device):
    frequency = 10000 ** -(torch.arange(0, WIDTH, 2, dtype=torch.float64, device=device) / WIDTH)
    distance = torch.arange(length, -length, -1, dtype=torch.float64, device=device)
    return model.positional_embedding(distance, frequency)


def make(kind, dtype, device):
    """A model of the package with random values in every parameter."""
    config = XLNetConfig(
        vocab_size=WORDS,
        d_model=WIDTH,
        n_layer=LAYERS,
        n_head=HEADS,
        d_inner=HIDDEN,
        ff_activation="gelu_new",
        attn_type="bi",
        bi_data=False,
        mem_len=None,
        use_mems_eval=False,
        dropout=0.0,
    )
    model = kind(config).eval()
    source = torch.Generator().manual_seed(41)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(generator=source).mul_(0.5)
    model = model.to(device=device, dtype=dtype)
    if dtype == torch.float64:
        base = getattr(model, "transformer", model)
        base.relative_positional_encoding = lambda qlen, klen, bsz, device: codes_in_double(
            base, qlen, device
        ).expand(-1, bsz, -1)
    return model


def attention_params(attention):
    """The package has (D, H, K) weights; those of the output are turned round."""
    params = {f"w{x}": getattr(attention, x).detach().reshape(WIDTH, WIDTH) for x in "qkvr"}
    params["wo"] = attention.o.detach().reshape(WIDTH, WIDTH).T
    params["content_bias"] = attention.r_w_bias.detach()
    params["position_bias"] = attention.r_r_bias.detach()
    return params


def layer_params(layer):
    feed_forward = layer.ff
    params = {"attention": attention_params(layer.rel_attn)}
    params |= {
        "w1": feed_forward.layer_1.weight.detach().T,
        "b1": feed_forward.layer_1.bias.detach(),
        "w2": feed_forward.layer_2.weight.detach().T,
        "b2": feed_forward.layer_2.bias.detach(),
    }
    for i, norm in ((1, layer.rel_attn.layer_norm), (2, feed_forward.layer_norm)):
        params[f"norm{i}_scale"] = norm.weight.detach()
        params[f"norm{i}_shift"] = norm.bias.detach()
    return params


def model_params(model):
    return {
        "embedding": model.transformer.word_embedding.weight.detach(),
        "query_start": model.transformer.mask_emb.detach()[0, 0],
        "layers": [layer_params(layer) for layer in model.transformer.layer],
        "output_bias": model.lm_loss.bias.detach(),
    }


def hidden_by(order, dtype):
    """The package's perm_mask, written out: 1 where position t may not look at s."""
    mask = torch.ones(*order.shape, order.shape[-1], dtype=dtype)
    for example, row in enumerate(order.tolist()):
        for i, t in enumerate(row):
            for s in row[:i]:
                mask[example, t, s] = 0
    return mask


def not_first(order):
    """True at every position but the first of each order.

    At the first, whose query may look at nothing, the package subtracts 1e30 from all scores, which
    leaves them equal, and so averages over everything, where we return zeros.
    """
    return torch.arange(order.shape[-1]) != order[:, :1]


def assert_equal(actual, expected, tolerance):
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


@DTYPES
def test_logits_are_the_packages(solution, device, dtype, tolerance):
    model = make(XLNetLMHeadModel, dtype, device)
    targets = torch.eye(IDS.shape[1], dtype=dtype, device=device).repeat(len(IDS), 1, 1)
    with torch.no_grad():
        expected = model(
            IDS.to(device),
            perm_mask=hidden_by(ORDERS, dtype).to(device),
            target_mapping=targets,
        ).logits
    logits = solution.xlnet_forward(IDS.to(device), ORDERS.to(device), model_params(model), HEADS)
    assert logits.dtype == dtype and logits.device == expected.device
    assert_equal(logits[not_first(ORDERS)], expected[not_first(ORDERS)], tolerance)


@DTYPES
def test_both_streams_are_the_packages(solution, device, dtype, tolerance):
    model = make(XLNetModel, dtype, device)
    targets = torch.eye(IDS.shape[1], dtype=dtype, device=device).repeat(len(IDS), 1, 1)
    settings = {"perm_mask": hidden_by(ORDERS, dtype).to(device), "output_hidden_states": True}
    with torch.no_grad():
        states = model(IDS.to(device), target_mapping=targets, **settings).hidden_states
        content_only = model(IDS.to(device), **settings).last_hidden_state
    h, g = states[0], states[1]
    masks = solution.permutation_mask(ORDERS.to(device))
    codes = solution.relative_codes(h)
    for i, layer in enumerate(model.layer, start=1):
        h, g = solution.xlnet_layer(h, g, codes, layer_params(layer), HEADS, *masks)
        assert_equal(h, states[2 * i], tolerance)
        assert_equal(g[not_first(ORDERS)], states[2 * i + 1][not_first(ORDERS)], tolerance)
    assert_equal(h, content_only, tolerance)


def test_a_shared_order_is_the_same_for_every_example(solution, device):
    model = make(XLNetLMHeadModel, torch.float64, device)
    params, ids, order = model_params(model), IDS.to(device), ORDERS[0].to(device)
    shared = solution.xlnet_forward(ids, order, params, HEADS)
    one_each = solution.xlnet_forward(ids, order.expand(len(ids), -1), params, HEADS)
    assert_equal(shared, one_each, 1e-14)


@pytest.mark.parametrize("length", [1, 2, 9])
def test_codes_are_the_packages(solution, device, length):
    model = make(XLNetModel, torch.float32, device)
    expected = model.relative_positional_encoding(length, length, bsz=1, device=device)[:, 0]
    x = torch.zeros(2, length, WIDTH, device=device)
    assert_equal(solution.relative_codes(x), expected, 1e-5)


@pytest.mark.parametrize("length", [1, 2, 6])
def test_scores_are_those_of_the_relative_shift(solution, device, length):
    source = torch.Generator().manual_seed(length)

    def draw(*shape):
        return torch.randn(*shape, generator=source, dtype=torch.float64).to(device)

    q, k, r = draw(2, 3, length, 4), draw(2, 3, length, 4), draw(3, 2 * length, 4)
    content_bias, position_bias = draw(3, 4), draw(3, 4)
    by_content = torch.einsum("bhtk,bhsk->bhts", q + content_bias[:, None], k)
    by_row = torch.einsum("bhtk,hjk->bhtj", q + position_bias[:, None], r)
    shift = make(XLNetModel, torch.float64, device).layer[0].rel_attn.rel_shift_bnij
    expected = (by_content + shift(by_row, klen=length)) / 2
    scores = solution.relative_scores(q, k, r, content_bias, position_bias)
    assert_equal(scores, expected, 1e-12)


@pytest.mark.parametrize("n_predict", [1, 3, 5])
def test_loss_and_gradient_are_torchs(solution, place, put, back, n_predict):
    source = torch.Generator().manual_seed(n_predict)
    logits = (2 * torch.randn(*IDS.shape, WORDS, generator=source, dtype=torch.float64)).numpy()
    tensor = torch.tensor(logits, requires_grad=True)
    late = ORDERS[:, IDS.shape[1] - n_predict :]
    chosen = torch.zeros(IDS.shape, dtype=torch.bool).scatter(1, late, True)
    targets = torch.where(chosen, IDS, -100)
    expected = torch.nn.functional.cross_entropy(tensor.transpose(1, 2), targets)
    (gradient,) = torch.autograd.grad(expected, tensor)
    loss, dlogits = solution.permutation_loss(
        put(logits, place), put(IDS.numpy(), place), put(ORDERS.numpy(), place), n_predict
    )
    assert float(loss) == pytest.approx(expected.item(), rel=1e-12)
    assert_equal(torch.tensor(back(dlogits, place)), gradient, 1e-12)


def test_bfloat16_stays_bfloat16(solution, device):
    model = make(XLNetLMHeadModel, torch.bfloat16, device)
    logits = solution.xlnet_forward(IDS.to(device), ORDERS.to(device), model_params(model), HEADS)
    assert logits.dtype == torch.bfloat16
    assert bool(torch.isfinite(logits).all())
