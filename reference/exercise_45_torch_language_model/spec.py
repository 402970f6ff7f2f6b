"""What exercise 45 checks: the model, one batch, one step, one measurement, writing, training."""

import itertools

import numpy as np

from grader.spec import (
    Dim,
    RandomSource,
    check,
    choice,
    constant,
    derived,
    dimension,
    domain,
    generator,
    group,
    holds,
    integers,
    reals,
    same,
    special,
    values,
)

_ATTENTION = "attention is to be built from linear layers, as in exercise 36"
FORBIDDEN = {
    "torch.nn.MultiheadAttention": _ATTENTION,
    "torch.nn.functional.multi_head_attention_forward": _ATTENTION,
    "torch.nn.Transformer": "the blocks are what this exercise is about",
    "torch.nn.TransformerEncoder": "the blocks are what this exercise is about",
    "torch.nn.TransformerEncoderLayer": "the blocks are what this exercise is about",
    "torch.nn.TransformerDecoder": "the blocks are what this exercise is about",
    "torch.nn.TransformerDecoderLayer": "the blocks are what this exercise is about",
    "transformers": "the model is what this exercise is about",
}

_CPU = "without a device this is on the CPU, where the judge's ids are; --device cuda tells"
_AXES = "a parameter of this model has one axis or two"
_PAIRS = "both texts have N - 1 tokens, so they are cut into equally many windows"
_ONE_TEXT = "there is one text in the batch, the first and the last"
_ROW = "the scores of one position have one axis"
_ONE = "the sums end at 1 up to rounding, and nothing changes when 1 divides or multiplies"
_STABLE = "PyTorch's sort on the CPU leaves equal scores in their order without being told"
EQUIVALENT_MUTANTS = {
    "_Block.__init__: … → self.qkv = nn.Linear(width, 3 * width, bias=None)": "None means False",
    "_LanguageModel.__init__: … → if parameter.ndim >= 2:": _AXES,
    "Trainer.__init__: … → [p, weight_decay if p.ndim == 2 else…": _AXES,
    "_LanguageModel.forward: … → positions = torch.arange(ids.shape[1], device=None)": _CPU,
    "_LanguageModel.forward: … → positions = torch.arange(ids.shape[1], )": _CPU,
    "draw_batch: … → places = (starts[:, None] + torch.arange(context)).to(None)": _CPU,
    "perplexity: … → for …split(context), strict=False):": _PAIRS,
    "perplexity: … → for …split(context), strict=None):": _PAIRS,
    "perplexity: … → for … in zip(ids[:-1].split(context), ids[1:].split(context), ):": _PAIRS,
    "perplexity: … → logits = model(inputs[None])[ -1]": _ONE_TEXT,
    "sample: … → logits = model(text[None, -context:])[ -1, -1]": _ONE_TEXT,
    "_choose: … → best = scores.argsort(descending=True, stable=False)[:top_k]": _STABLE,
    "_choose: … → best = scores.argsort(descending=True, )[:top_k]": _STABLE,
    "_choose: … → if temperature <= 0:": "a temperature is never negative",
    "_choose: … → sums = functional.softmax(kept, dim= -1).cumsum(dim=0)": _ROW,
    "_choose: … → sums = functional.softmax(kept, dim=0).cumsum(dim= -1)": _ROW,
    "_choose: … → sums = functional.softmax(kept, dim=None).cumsum(dim=0)": _ROW,
    "_choose: … → sums = functional.softmax(kept, ).cumsum(dim=0)": _ROW,
    "_choose: … → return (sums ** sums[-1] <= generator.random()).sum()[None]": _ONE,
    "_choose: … → return (sums * sums[-1] <= generator.random()).sum()[None]": _ONE,
    "_choose: … → return (sums / sums[-1] < generator.random()).sum()[None]": (
        "a random number does not meet a sum of probabilities to the last bit"
    ),
    "Trainer._update: … → v_hat = v / (1 % 0.999**self._steps)": (
        "the remainder is the difference as long as the power exceeds a half, for 692 steps"
    ),
    "_share_of_peak: … → if step <= warmup_steps:": (
        "at the end of the warm-up both lines give the full rate"
    ),
}

B, T, V, C = Dim("B", 1, 4), Dim("T", 2, 5), Dim("V", 3, 8), Dim("C", 4, 7)
H, K = Dim("H", 2, 3), Dim("K", 1, 3)
D = H * K
#: Known by heart by everybody, and soon by the model; it stands in the bundled text.
LINE = "To be, or not to be"


def _shapes(n_words, context, width, layers):
    """The parameters of a model by name."""
    shapes = {"token.weight": (n_words, width), "position.weight": (context, width)}
    for layer in range(layers):
        block = {
            "norm1.weight": (width,),
            "norm1.bias": (width,),
            "qkv.weight": (3 * width, width),
            "proj.weight": (width, width),
            "proj.bias": (width,),
            "norm2.weight": (width,),
            "norm2.bias": (width,),
            "up.weight": (4 * width, width),
            "up.bias": (4 * width,),
            "down.weight": (width, 4 * width),
            "down.bias": (width,),
        }
        shapes |= {f"blocks.{layer}.{name}": shape for name, shape in block.items()}
    return shapes | {"norm.weight": (width,), "norm.bias": (width,)}


def _parameters():
    """Fields of a model with one block."""
    fields = {}
    for name, shape in _shapes(V, C, D, 1).items():
        low = 0.25 if name.endswith(("norm1.weight", "norm2.weight", "norm.weight")) else -1.0
        fields[name] = reals(*shape, low=low, high=1.5 if low > 0 else 1.0)
    return group(**fields)


def _random(n_words, context, width, layers, seed=45):
    """Parameters in 64ths; the scales of the norms are around 1."""
    rng = np.random.default_rng(seed)
    shapes = _shapes(n_words, context, width, layers)
    drawn = {name: rng.integers(-64, 65, shape) / 64 for name, shape in shapes.items()}
    for name in drawn:
        if "norm" in name and name.endswith("weight"):
            drawn[name] = 1 + drawn[name] / 2
    return drawn


def _small(**changes):
    """Two texts for a model of five words, context 4, width 4 and two heads."""
    ids = np.array([[4, 0, 3], [1, 1, 2]])
    return dict(ids=ids, n_heads=2, parameters=_random(5, 4, 4, 1)) | changes


def _model(student, case, **settings):
    """A model with the case's parameters, in training mode."""
    parameters = case.parameters
    n_words, width = parameters["token.weight"].shape
    context = len(parameters["position.weight"])
    layers = sum(name.endswith(".qkv.weight") for name in parameters)
    model = student.build_language_model(n_words, context, width, case.n_heads, layers, **settings)
    # Take over the dtype and the device of the parameters.
    model.to(parameters["token.weight"][:0])
    model.load_state_dict(state_dict=parameters)
    return model


def _state(model, names):
    """The parameters by name, in an order that no model decides."""
    state = model.state_dict()
    return {name: state[name] for name in names}


def _wide(case):
    """A norm of two numbers knows nothing but their order."""
    return case.parameters["norm.bias"].size > 2


def _readable(case):
    return _wide(case) and case.ids.shape[1] <= len(case.parameters["position.weight"])


@check(
    task="build_language_model",
    points=2,
    count=3,
    cases=domain(
        ids=integers(B, T, high=V),
        n_heads=dimension(H),
        parameters=_parameters(),
        where=lambda case: (
            _wide(case) and case.ids.shape[1] <= len(case.parameters["position.weight"])
        ),
    ),
    special=[
        special("one token", lambda: _small(ids=np.array([[2]]))),
        special(
            "as many tokens as the model can read", lambda: _small(ids=np.array([[0, 4, 4, 2]]))
        ),
        special(
            "two blocks and three heads", lambda: _small(n_heads=3, parameters=_random(5, 4, 6, 2))
        ),
        special("small embeddings", lambda: _small(parameters=_faint())),
    ],
)
def model_logits(student, case):
    """build_language_model makes a causal Transformer, under the names asked for"""
    model = _model(student, case)
    logits = model(case.ids)
    changed = case.ids.copy()
    changed[:, -1] = (changed[:, -1] + 1) % len(case.parameters["token.weight"])
    return [
        values(logits=logits),
        same(
            model(changed)[:, :-1],
            logits[:, :-1],
            because="another last token leaves the scores of the positions before it alone",
        ),
    ]


def _faint():
    """Embeddings so small that the constant in the norms counts."""
    parameters = _random(5, 4, 4, 1)
    tables = {name: parameters[name] / 256 for name in ("token.weight", "position.weight")}
    branches = {name: p / 256 for name, p in parameters.items() if "proj" in name or "down" in name}
    return parameters | tables | branches


def _hundred_copies():
    """One token, a hundred times; both branches add numbers that are easily recognised."""
    parameters = {name: np.zeros(shape) for name, shape in _shapes(3, 1, 3, 1).items()}
    parameters["token.weight"] = np.array([[1.0, -0.5, 0.25], [0.5, 1.0, -0.75], [-1.0, 0.5, 0.75]])
    parameters["position.weight"] = np.array([[0.25, 0.5, -0.75]])
    for name in ("blocks.0.norm1.weight", "blocks.0.norm2.weight", "norm.weight"):
        parameters[name] = np.array([1.0, 0.5, 0.75])
    parameters["blocks.0.qkv.weight"][6:] = np.eye(3)
    parameters["blocks.0.proj.weight"] = np.eye(3)
    parameters["blocks.0.down.bias"] = np.array([0.5, -0.75, 1.25])
    return dict(
        ids=np.ones((100, 1), dtype=np.int64), n_heads=1, dropout=0.25, parameters=parameters
    )


def _norm(x, scale):
    centred = x - x.mean(axis=-1, keepdims=True)
    return scale * centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)


def _outcomes(case):
    """The scores of `_hundred_copies` for each of the 64 ways to drop, shape (64, 3)."""
    p = case.parameters
    x = p["token.weight"][1] + p["position.weight"][0]
    first = _norm(x, p["blocks.0.norm1.weight"])
    kept = np.array(list(itertools.product([0, 1 / (1 - case.dropout)], repeat=6)))
    x = x + kept[:, :3] * first + kept[:, 3:] * p["blocks.0.down.bias"]
    return _norm(x, p["norm.weight"]) @ p["token.weight"].T


@check(
    task="build_language_model",
    points=1,
    count=3,
    cases=domain(
        ids=integers(B, T, high=V),
        n_heads=dimension(H),
        parameters=_parameters(),
        dropout=constant(1.0),
        where=_readable,
    ),
    special=[special("a hundred copies of one token", _hundred_copies)],
    requires=[model_logits],
)
def model_dropout(student, case):
    """build_language_model drops numbers of its branches, in training mode only"""
    model = _model(student, case, dropout=case.dropout)
    model.train(True)
    training = model(case.ids)
    model.train(False)
    logits = model(case.ids)
    if case.dropout == 1:
        return values(logits_in_training_mode=training, logits_in_eval_mode=logits)
    near = np.abs(training - _outcomes(case)).max(axis=-1) < 1e-4
    return [
        values(logits_in_eval_mode=logits),
        holds(
            near.any(axis=1).all() and near.any(axis=0).sum() > 16,
            because="in training mode each number that a branch adds is now dropped, now kept and "
            "divided by 1 - dropout, and nothing else is dropped",
        ),
    ]


def _text(**changes):
    text = dict(ids=np.array([3, 1, 4, 1, 5, 9, 2, 6]), context=3, batch_size=4)
    return text | dict(generator=RandomSource(7)) | changes


@check(
    task="draw_batch",
    points=1,
    count=3,
    cases=domain(
        ids=integers(Dim("N", 7, 12), high=Dim("V", 20, 30)),
        context=dimension(Dim("T", 2, 5)),
        batch_size=dimension(Dim("B", 2, 6)),
        generator=generator(),
    ),
    special=[
        special("a window that just fits", lambda: _text(context=7)),
        special("all starting points", lambda: _text(batch_size=40)),
        special("windows of one token", lambda: _text(context=1, batch_size=9)),
    ],
)
def draw_batch_values(student, case):
    """draw_batch cuts windows and their targets, one token ahead"""
    inputs, targets = student.draw_batch(case.ids, case.context, case.batch_size, case.generator)
    return [
        values(inputs=inputs, targets=targets),
        same(targets[:, :-1], inputs[:, 1:], because="a target is the next token of its window"),
    ]


STEPS = 2

_training = dict(
    tokens=integers(STEPS, B, T + 1, high=V),
    n_heads=dimension(H),
    parameters=_parameters(),
    learning_rates=choice([0.25, 0.125], [0.0625, 0.25]),
    max_norm=choice(0.25, 0.5),
    dropout=constant(0.0),
    training=constant(True),
)


def _can_train(case):
    return _wide(case) and case.tokens.shape[2] <= len(case.parameters["position.weight"]) + 1


def _steps(**changes):
    """Two batches of two texts of three tokens."""
    rng = np.random.default_rng(3)
    return (
        dict(
            tokens=rng.integers(0, 5, (STEPS, 2, 4)),
            n_heads=2,
            parameters=_random(5, 4, 4, 1),
            learning_rates=[0.125, 0.25],
            max_norm=0.5,
            weight_decay=0.0,
            dropout=0.0,
            training=True,
        )
        | changes
    )


def _train(student, case):
    """Losses and parameters of the steps of a case."""
    model = _model(student, case, dropout=case.dropout)
    trainer = student.Trainer(model, case.weight_decay)
    model.train(case.training)
    seen = {}
    for number, batch in enumerate(case.tokens, start=1):
        rate = case.learning_rates[number - 1]
        inputs, targets = batch[:, :-1], batch[:, 1:]
        loss = trainer.step(inputs, targets, rate, case.max_norm)
        seen[f"loss_{number}"] = loss
        seen[f"after_step_{number}"] = _state(model, case.parameters)
    return values(**seen, training=model.attribute("training"))


@check(
    task="Trainer",
    points=1,
    count=3,
    cases=domain(**_training, weight_decay=constant(0.0), where=_can_train),
    special=[
        special("a norm that is never reached", lambda: _steps(max_norm=1000.0)),
        special("a model in eval mode", lambda: _steps(dropout=1.0, training=False)),
    ],
    requires=[model_logits],
)
def trainer_steps(student, case):
    """Trainer makes AdamW's steps along clipped gradients of the mean loss"""
    return _train(student, case)


@check(
    task="Trainer",
    points=1,
    count=3,
    cases=domain(**_training, weight_decay=choice(2.0, 0.5), where=_can_train),
    requires=[trainer_steps],
)
def trainer_decay(student, case):
    """Trainer decays matrices and tables, and no vectors"""
    return _train(student, case)


def _two_tokens():
    return _measured(ids=np.array([2, 1]), dropout=1.0, training=False)


def _measured(**changes):
    """Nine tokens, so that windows of three leave two predictions for the last one."""
    ids = np.array([4, 0, 3, 3, 1, 2, 0, 4, 1])
    return _small(ids=ids, context=3, dropout=0.0, training=True) | changes


@check(
    task="perplexity",
    points=1,
    count=3,
    cases=domain(
        ids=integers(Dim("N", 6, 9), high=V),
        context=dimension(Dim("T", 2, 4)),
        n_heads=dimension(H),
        parameters=_parameters(),
        dropout=constant(0.0),
        training=constant(True),
        where=lambda case: _wide(case) and (len(case.ids) - 1) % case.context > 0,
    ),
    special=[
        special("windows that come out even", lambda: _measured(context=4)),
        special("a model in training mode", lambda: _measured(dropout=1.0)),
        special("two tokens, a model in eval mode", _two_tokens),
    ],
    requires=[model_logits],
)
def perplexity_values(student, case):
    """perplexity is exp of the mean loss over all windows, and leaves the model as it was"""
    model = _model(student, case, dropout=case.dropout)
    model.train(case.training)
    return values(
        perplexity=student.perplexity(model, case.ids, case.context),
        training_afterwards=model.attribute("training"),
    )


def _writer():
    """A model of six words whose scores depend on words, places and what came before."""
    parameters = _random(6, 4, 3, 1, seed=7)
    for name in ("up.weight", "up.bias", "down.weight"):
        parameters["blocks.0." + name] = np.zeros_like(parameters["blocks.0." + name])
    return parameters


def _hot():
    return _beginning(temperature=4.0, n_new=8, top_k=9)


def _undecided():
    return {name: np.zeros_like(value) for name, value in _writer().items()}


def _beginning(**changes):
    return (
        dict(
            ids=np.array([2, 5]),
            n_new=4,
            context=4,
            temperature=1.0,
            top_k=6,
            generator=RandomSource(5),
            n_heads=1,
            parameters=_writer(),
            dropout=0.0,
            training=False,
        )
        | changes
    )


@check(
    task="sample",
    points=1,
    count=3,
    cases=domain(
        ids=integers(Dim("T", 1, 3), high=6),
        n_new=constant(4),
        context=constant(4),
        temperature=choice(0.25, 3.0, 5.0),
        top_k=choice(2, 3, 4),
        generator=generator(),
        n_heads=constant(1),
        parameters=derived(lambda case: _writer()),
        dropout=constant(0.0),
        training=constant(False),
    ),
    special=[
        special("all words, at a high temperature", _hot),
        special("the best word only", lambda: _beginning(temperature=4.0, n_new=8, top_k=1)),
        special("scores that tie", lambda: _beginning(top_k=3, parameters=_undecided())),
        special(
            "ties at temperature 0",
            lambda: _beginning(temperature=0.0, n_new=1, parameters=_undecided()),
        ),
        special("temperature 0", lambda: _beginning(temperature=0.0)),
        special(
            "a beginning that is too long", lambda: _beginning(ids=np.array([0, 1, 5, 3, 2, 4]))
        ),
        special(
            "a model in training mode", lambda: _beginning(n_new=2, dropout=1.0, training=True)
        ),
        special("nothing to write", lambda: _beginning(n_new=0)),
    ],
    requires=[model_logits],
)
def sample_values(student, case):
    """sample draws one token after the other and reads at most `context` of them"""
    model = _model(student, case, dropout=case.dropout)
    model.train(case.training)
    new = student.sample(
        model, case.ids, case.n_new, case.context, case.temperature, case.top_k, case.generator
    )
    return values(new=new, training_afterwards=model.attribute("training"))


def _eight_steps():
    settings = dict(batch_size=1, steps=8, warmup_steps=3, learning_rate=0.125)
    return _small(ids=np.array([4, 0, 3, 3, 1, 2]), context=2, **settings) | dict(
        generator=RandomSource(4)
    )


@check(
    task="fit",
    points=1,
    count=3,
    cases=domain(
        ids=integers(Dim("N", 8, 11), high=V),
        context=dimension(Dim("T", 2, 4)),
        batch_size=dimension(B),
        steps=choice(3, 4),
        warmup_steps=choice(0, 2),
        learning_rate=choice(0.25, 0.125),
        generator=generator(),
        n_heads=dimension(H),
        parameters=_parameters(),
        where=_wide,
    ),
    special=[special("eight steps", _eight_steps)],
    requires=[trainer_steps],
)
def fit_values(student, case):
    """fit makes its steps with warm-up, a cosine, decay 0.1 and a norm of 1"""
    model = _model(student, case)
    losses = student.fit(
        model,
        case.ids,
        case.context,
        case.batch_size,
        case.steps,
        case.warmup_steps,
        case.learning_rate,
        case.generator,
    )
    return values(losses=losses, parameters=_state(model, case.parameters))


def _by_heart():
    characters = sorted(set(LINE))
    ids = np.array([characters.index(character) for character in LINE])
    return dict(ids=ids, n_words=len(characters), width=16, n_heads=2, n_layers=1, steps=25)


def _fresh(state):
    """Whether parameters are as the README has them in a new model."""
    matrices = [value for value in state.values() if value.ndim == 2]
    scales = [value for name, value in state.items() if "norm" in name and name.endswith("weight")]
    shifts = [value for name, value in state.items() if name.endswith("bias")]
    return (
        all(0.013 < value.std() < 0.027 and abs(value.mean()) < 0.009 for value in matrices)
        and all((value == 1).all() for value in scales)
        and all((value == 0).all() for value in shifts)
    )


@check(
    task="fit",
    points=1,
    special=[special("a line of Hamlet", lambda: _by_heart() | dict(generator=RandomSource(1)))],
    requires=[fit_values, perplexity_values, sample_values],
)
def model_learns_a_line(student, case):
    """A new model knows nothing, and learns a line of Hamlet by heart"""
    ids, context = case.ids, len(case.ids) - 1
    model = student.build_language_model(
        case.n_words, context, case.width, case.n_heads, case.n_layers
    )
    state = model.state_dict()
    before = student.perplexity(model, ids, context)
    student.fit(model, ids, context, 2, case.steps, 3, 0.03, case.generator)
    after = student.perplexity(model, ids, context)
    written = student.sample(model, ids[:1], context, context, 0.0, 1, case.generator)
    return [
        holds(
            _fresh(state),
            because="a new model has matrices and tables with a standard deviation of 0.02, biases "
            "of 0 and scales of 1",
        ),
        holds(
            0.8 < before / case.n_words < 1.25,
            because="a new model is about as unsure as one that gives all tokens the same score",
        ),
        holds(after < 1.3, because="after training on one line its perplexity is below 1.3"),
        same(written, ids[1:], because="its first letter makes the model write the whole line"),
    ]
