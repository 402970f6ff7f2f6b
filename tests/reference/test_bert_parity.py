"""The reference of exercise 40 against the `transformers` package and PyTorch."""

import numpy as np
import pytest
import torch
from transformers import DataCollatorForLanguageModeling
from transformers.models.albert import AlbertConfig, AlbertForMaskedLM
from transformers.models.bert import BertConfig, BertForPreTraining

from grader.judge.library import load_solution

BATCH, LENGTH, WORDS, WIDTH, NARROW, HEADS, LAYERS = 3, 7, 17, 12, 5, 3, 2

SMALL = {
    "vocab_size": WORDS,
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": 10,
    "max_position_embeddings": 9,
    "hidden_act": "gelu_new",
    "attn_implementation": "eager",
}

TOLERANCES = {
    torch.float64: {"rtol": 1e-10, "atol": 1e-10},
    torch.float32: {"rtol": 1e-5, "atol": 1e-5},
}


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-40")


def prepared(model, dtype, device):
    """Random values for every parameter: fresh biases are 0 and fresh norms 1, which hides much."""
    source = torch.Generator().manual_seed(40)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(generator=source)
            parameter.mul_(0.5)
    return model.to(dtype=dtype, device=device).eval()


@pytest.fixture(scope="module", params=[torch.float64, torch.float32], ids=["double", "single"])
def dtype(request):
    return request.param


@pytest.fixture(scope="module")
def bert(dtype, device):
    return prepared(BertForPreTraining(BertConfig(**SMALL)), dtype, device)


@pytest.fixture(scope="module")
def albert(dtype, device):
    config = AlbertConfig(
        **SMALL, embedding_size=NARROW, num_hidden_groups=1, inner_group_num=1, pad_token_id=0
    )
    return prepared(AlbertForMaskedLM(config), dtype, device)


@pytest.fixture(scope="module")
def batch(device):
    """ids, segments and mask; the second and the third sequence end in padding."""
    source = torch.Generator().manual_seed(41)
    ids = torch.randint(0, WORDS, (BATCH, LENGTH), generator=source)
    segments = (torch.arange(LENGTH) > torch.tensor([[2], [3], [1]])).to(torch.int64)
    mask = torch.arange(LENGTH) < torch.tensor([[LENGTH], [5], [3]])
    return ids.to(device), segments.to(device), mask.to(device)


def affine(params, weight, bias, linear):
    """A linear layer under our names; PyTorch stores weights as (outputs, inputs)."""
    params[weight], params[bias] = linear.weight.detach().T, linear.bias.detach()


def norm(params, name, layer):
    params[name + "_scale"], params[name + "_shift"] = layer.weight.detach(), layer.bias.detach()


def embedding_params(embeddings):
    params = {
        "word_embedding": embeddings.word_embeddings.weight.detach(),
        "position_embedding": embeddings.position_embeddings.weight.detach(),
        "segment_embedding": embeddings.token_type_embeddings.weight.detach(),
    }
    norm(params, "norm", embeddings.LayerNorm)
    return params


def head_params(dense, layer_norm, bias):
    params = {"output_bias": bias.detach()}
    affine(params, "head_weight", "head_bias", dense)
    norm(params, "head_norm", layer_norm)
    return params


def layer_params(query, key, value, out, first, second, norm1, norm2):
    params = {"attention": {}}
    for name, linear in zip("qkvo", (query, key, value, out), strict=True):
        affine(params["attention"], "w" + name, "b" + name, linear)
    affine(params, "w1", "b1", first)
    affine(params, "w2", "b2", second)
    norm(params, "norm1", norm1)
    norm(params, "norm2", norm2)
    return params


def bert_params(model):
    params = embedding_params(model.bert.embeddings)
    params["layers"] = [
        layer_params(
            layer.attention.self.query,
            layer.attention.self.key,
            layer.attention.self.value,
            layer.attention.output.dense,
            layer.intermediate.dense,
            layer.output.dense,
            layer.attention.output.LayerNorm,
            layer.output.LayerNorm,
        )
        for layer in model.bert.encoder.layer
    ]
    head = model.cls.predictions
    return params | head_params(head.transform.dense, head.transform.LayerNorm, head.decoder.bias)


def albert_params(model):
    params = embedding_params(model.albert.embeddings)
    encoder = model.albert.encoder
    affine(params, "projection", "projection_bias", encoder.embedding_hidden_mapping_in)
    layer = encoder.albert_layer_groups[0].albert_layers[0]
    params["layers"] = [
        layer_params(
            layer.attention.query,
            layer.attention.key,
            layer.attention.value,
            layer.attention.dense,
            layer.ffn,
            layer.ffn_output,
            layer.attention.LayerNorm,
            layer.full_layer_layer_norm,
        )
    ]
    head = model.predictions
    return params | head_params(head.dense, head.LayerNorm, head.decoder.bias)


def run(model, batch):
    """The last hidden states and the logits of the masked words."""
    ids, segments, mask = batch
    with torch.no_grad():
        out = model(
            input_ids=ids,
            token_type_ids=segments,
            attention_mask=mask.to(torch.int64),
            output_hidden_states=True,
        )
    logits = out.prediction_logits if "prediction_logits" in out else out.logits
    return out.hidden_states[-1], logits


@pytest.mark.parametrize(("name", "params"), [("bert", bert_params), ("albert", albert_params)])
def test_hidden_states_and_logits(solution, request, batch, dtype, name, params):
    model = request.getfixturevalue(name)
    hidden, logits = run(model, batch)
    ours = params(model)
    our_hidden = solution.bert_forward(*batch, ours, HEADS, LAYERS)
    assert our_hidden.dtype == dtype
    torch.testing.assert_close(our_hidden, hidden, **TOLERANCES[dtype])
    our_logits = solution.mlm_logits(our_hidden, ours)
    torch.testing.assert_close(our_logits, logits, **TOLERANCES[dtype])


def to_numpy(value):
    if isinstance(value, dict):
        return {name: to_numpy(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [to_numpy(inner) for inner in value]
    return value.cpu().numpy()


def test_numpy_agrees(solution, albert, batch, dtype):
    hidden, logits = run(albert, batch)
    params = to_numpy(albert_params(albert))
    ours = solution.bert_forward(*(to_numpy(part) for part in batch), params, HEADS, LAYERS)
    torch.testing.assert_close(torch.from_numpy(ours), hidden.cpu(), **TOLERANCES[dtype])
    ours = torch.from_numpy(solution.mlm_logits(ours, params))
    torch.testing.assert_close(ours, logits.cpu(), **TOLERANCES[dtype])


def test_bfloat16_stays_bfloat16(solution, bert, batch):
    def halved(value):
        if isinstance(value, dict):
            return {name: halved(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [halved(inner) for inner in value]
        return value.to(torch.bfloat16)

    params = halved(bert_params(bert))
    hidden = solution.bert_forward(*batch, params, HEADS, LAYERS)
    logits = solution.mlm_logits(hidden, params)
    _, dlogits = solution.mlm_loss(logits, batch[0])
    assert {hidden.dtype, logits.dtype, dlogits.dtype} == {torch.bfloat16}


@pytest.mark.parametrize("scale", [1.0, 1000.0])
@pytest.mark.parametrize("share", [0.15, 1.0])
def test_loss_is_torchs(solution, place, put, back, scale, share):
    rng = np.random.default_rng(42)
    logits = scale * rng.standard_normal((4, 6, 9))
    labels = np.where(rng.random((4, 6)) < share, rng.integers(0, 9, (4, 6)), -100)
    theirs = torch.tensor(logits, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(
        theirs.reshape(-1, 9), torch.from_numpy(labels).reshape(-1), ignore_index=-100
    )
    (gradient,) = torch.autograd.grad(expected, theirs)
    loss, dlogits = solution.mlm_loss(put(logits, place), put(labels, place))
    np.testing.assert_allclose(back(loss, place), expected.item(), rtol=1e-12)
    np.testing.assert_allclose(back(dlogits, place), gradient.numpy(), rtol=1e-10, atol=1e-15)


def test_factorised_embedding_is_torchs(solution, place, put, back):
    rng = np.random.default_rng(43)
    ids = rng.integers(0, 6, (3, 5))
    table, projection = rng.standard_normal((6, 4)), rng.standard_normal((4, 7))
    dout = rng.standard_normal((3, 5, 7))
    embedding = torch.nn.Embedding.from_pretrained(torch.tensor(table), freeze=False)
    factor = torch.tensor(projection, requires_grad=True)
    expected = embedding(torch.tensor(ids)) @ factor
    wanted = torch.autograd.grad(expected, (embedding.weight, factor), torch.tensor(dout))
    out, cache = solution.factorised_embedding_forward(
        *(put(array, place) for array in (ids, table, projection))
    )
    gradients = solution.factorised_embedding_backward(put(dout, place), cache)
    np.testing.assert_allclose(back(out, place), expected.detach().numpy(), rtol=1e-12)
    for ours, theirs in zip(gradients, wanted, strict=True):
        np.testing.assert_allclose(back(ours, place), theirs.numpy(), rtol=1e-12, atol=1e-14)


N_IDS, FIRST_WORD, MASK_ID = 1000, 5, 4


def rates(ids, inputs, labels):
    """Shares of tokens chosen, and of the chosen ones masked, replaced by another word and kept."""
    chosen = labels != -100
    np.testing.assert_array_equal(labels[chosen], ids[chosen])
    np.testing.assert_array_equal(inputs[~chosen], ids[~chosen])
    shown, original = inputs[chosen], ids[chosen]
    masked, kept = shown == MASK_ID, shown == original
    return np.array([chosen.mean(), masked.mean(), (~masked & ~kept).mean(), kept.mean()])


class Words:
    """As much of a tokenizer as the collator asks for: ids below 5 are special, 4 is [MASK]."""

    mask_token = "[MASK]"

    def __len__(self):
        return N_IDS

    def convert_tokens_to_ids(self, token):
        return MASK_ID


def test_masking_has_the_rates_of_the_collator(solution, place, put, back):
    rng = np.random.default_rng(44)
    ids = rng.integers(FIRST_WORD, N_IDS, (100, 1000))
    special = list(range(FIRST_WORD))
    inputs, labels = solution.mask_tokens(put(ids, place), special, MASK_ID, N_IDS, 0.15, rng)
    ours = rates(ids, back(inputs, place), back(labels, place))
    collator = DataCollatorForLanguageModeling(Words(), mlm_probability=0.15, seed=44)
    collator.create_rng()
    shown, answers = collator.torch_mask_tokens(
        torch.tensor(ids), special_tokens_mask=torch.zeros(ids.shape, dtype=torch.bool)
    )
    theirs = rates(ids, shown.numpy(), answers.numpy())
    # Four standard deviations of a share of 15,000 are 0.013 for 0.8, and less for the others.
    np.testing.assert_allclose(ours, theirs, atol=0.02)
    np.testing.assert_allclose(ours, [0.15, 0.8, 0.1, 0.1], atol=0.013)
