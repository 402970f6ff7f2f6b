"""Wrong implementations that students really write, each with the check that must catch it."""

import math

import numpy as np
from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _shares(scores):
    xp = array_namespace(scores)
    powers = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return powers / xp.sum(powers, axis=-1, keepdims=True)


def _split(x, n_heads):
    xp = array_namespace(x)
    b, t, d = x.shape
    return xp.permute_dims(xp.reshape(x, (b, t, n_heads, d // n_heads)), (0, 2, 1, 3))


def _attend(x, params, n_heads, ahead=0, root=None):
    """Attention that sees `ahead` tokens too many, or divides by another number."""
    xp = array_namespace(x)
    q, k, v = (_split(x @ params["w" + n] + params["b" + n], n_heads) for n in "qkv")
    scores = q @ xp.matrix_transpose(k) / (root or math.sqrt(q.shape[-1]))
    position = xp.arange(x.shape[1], device=device(x))
    mask = position[None, :] <= position[:, None] + ahead
    heads = _shares(xp.where(mask, scores, xp.full_like(scores, -1e30))) @ v
    joined = xp.reshape(xp.permute_dims(heads, (0, 2, 1, 3)), x.shape)
    return joined @ params["wo"] + params["bo"]


def _norm(x, scale, shift):
    xp = array_namespace(x)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    variance = xp.mean(centred * centred, axis=-1, keepdims=True)
    return scale * centred / xp.sqrt(variance + 1e-5) + shift


def _feed_forward(x, p):
    return solution.gelu(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]


def _enter(ids, params, offset=0):
    """Token rows plus position rows; with an offset the positions start elsewhere."""
    xp = array_namespace(params["token_embedding"])
    table, codes = params["token_embedding"], params["position_embedding"]
    rows = xp.reshape(xp.take(table, xp.reshape(ids, (-1,)), axis=0), (*ids.shape, table.shape[1]))
    position = (xp.arange(ids.shape[1], device=device(ids)) + offset) % codes.shape[0]
    return rows + xp.take(codes, position, axis=0)


def _climb(x, params, n_heads):
    for layer in params["layers"]:
        x = solution.gpt_block(x, layer, n_heads)
    return x


def _score(x, params):
    x = _norm(x, params["final_scale"], params["final_shift"])
    return x @ params["token_embedding"].T


def _loss_of(guesses, targets):
    """Mean loss of guesses (B, S, V) against targets (B, S), and its gradient."""
    xp = array_namespace(guesses)
    shifted = guesses - xp.max(guesses, axis=-1, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
    tokens = xp.arange(guesses.shape[-1], device=device(targets))
    one_hot = xp.astype(targets[:, :, None] == tokens, guesses.dtype)
    count = targets.shape[0] * targets.shape[1]
    return -xp.sum(one_hot * log_p) / count, (xp.exp(log_p) - one_hot) / count


def _write(ids, n_new, params, n_heads, window, choose):
    """Greedy writing with another window on the text, or another choice from the logits."""
    xp = array_namespace(ids)
    for _ in range(n_new):
        logits = solution.gpt_forward(window(ids), params, n_heads)
        ids = xp.concat([ids, choose(xp, logits)[:, None]], axis=1)
    return ids


def _change_attention(params, change):
    """The params with something done to the attention of every layer."""
    layers = [{**layer, "attention": change(layer["attention"])} for layer in params["layers"]]
    return {**params, "layers": layers}


@misconception(
    caught_by="gelu_values",
    explanation="""
    Your numbers are those of the exact GELU, x times the normal distribution function, written
    with the error function. The formula asked for here approximates it with a tanh. The two curves
    lie on each other in any plot: they differ by 0.0005 at most, near -2.7 and near 2.7, and no
    test with a tolerance of three digits sees it. But GPT-2 was trained with the tanh form, so its
    published weights fit that one, and the small differences of many layers add up. Libraries
    offer both under nearly the same name, and the exact form is often the default. Compare your
    formula with the README's, or print gelu(-3) with six digits.
    """,
    source="karpathy/nanoGPT#2; kyutai-labs/pocket-tts#278: trained with one, run with another",
)
class uses_the_error_function:
    """gelu computes the exact form, with erf"""

    def gelu(x):
        flat = [v / 2 * (1 + math.erf(v / math.sqrt(2))) for v in np.ravel(np.asarray(x)).tolist()]
        return array_namespace(x).reshape(array_namespace(x).asarray(flat), x.shape)


@misconception(
    caught_by="gelu_values",
    explanation="""
    Your numbers are those of x times a sigmoid of 1.702 x. It is the second approximation in the
    paper that introduced GELU, cheaper than the tanh and about ten times rougher: it is off by up
    to 0.02. The curve has the same shape, with the same dip below zero, and a network trained with
    it is no worse. Some later models did use it. GPT-2 did not, so loaded into your model its
    weights would give other logits, and the difference would grow from layer to layer. The worked
    example shows the difference in the second digit after the point. Look for the constant
    0.044715, which belongs to the third power of x; it does not occur in your version.
    """,
    source="Hendrycks and Gimpel (2016), section 2; OpenNMT/CTranslate2#1065 has all three forms",
)
class uses_the_sigmoid_form:
    """gelu computes x times the sigmoid of 1.702 x"""

    def gelu(x):
        xp = array_namespace(x)
        return x / 2 * (1 + xp.tanh(0.851 * x))


@misconception(
    caught_by="gpt_block_values",
    explanation="""
    The hidden units are cut off at zero: between the two matrices of the feed-forward network you
    have a ReLU, as in the Transformer of 2017. GPT uses GELU in this place, which is nearly the
    same for large numbers but bends softly around zero and lets a little of the negative ones
    through. Your gelu itself is right; it is just not called, or its result is not used. With the
    ReLU a model trained from the start works nearly as well, so nothing looks broken, yet
    published weights give different logits at every position. Follow what goes from w1 to w2 in
    your block and see which function it passes through.
    """,
    source="Carried over from the Transformer (Vaswani et al. 2017, section 3.3); derived",
)
class keeps_the_relu:
    """gpt_block uses max(0, x) in the feed-forward network"""

    def gpt_block(x, params, n_heads):
        p, xp = params, array_namespace(x)
        z = _norm(x, p["norm1_scale"], p["norm1_shift"])
        x = x + _attend(z, p["attention"], n_heads)
        hidden = _norm(x, p["norm2_scale"], p["norm2_shift"]) @ p["w1"] + p["b1"]
        return x + xp.where(hidden > 0, hidden, xp.zeros_like(hidden)) @ p["w2"] + p["b2"]


@misconception(
    caught_by="gpt_block_values",
    explanation="""
    Your block is the feed-forward half alone: the attention has no influence on the result. Every
    position is then computed from its own token only, so the model cannot know more than which
    token tends to follow which, like a table of pairs. Shapes, causality and the identity with
    zeroed weights are all in order, and the loss falls at first, because pairs of tokens do tell
    something. Graders that test only shapes and the mask have accepted just this. Change the first
    token of a text and look at the logits of the last position: they have to move. Then see
    whether the result of your attention is added to x, or only computed.
    """,
    source="TorchCode: a GPT-2 block with no attention passes its tests (our measurement)",
)
class leaves_the_attention_out:
    """gpt_block applies the feed-forward half only"""

    def gpt_block(x, params, n_heads):
        z = _norm(x, params["norm2_scale"], params["norm2_shift"])
        return x + _feed_forward(z, params)


@misconception(
    caught_by="gpt_forward_is_causal",
    explanation="""
    Changing a token changes logits before it: every position attends to the whole text, the future
    included. In training, the token to be predicted at position t is exactly the one at t + 1,
    which the model can then simply look up, so the loss drops to almost nothing and the result
    seems superb. In writing there is no future to look at, and what comes out is nonsense. Nothing
    fails, and with one layer the last position is even right, since it may see everything anyway;
    a test that looks at the last logits alone does not notice. GPT has no mask argument: the rule
    belongs inside your attention, where scores of later positions have to vanish.
    """,
    source="TinyLLM#18: prompt processed without a mask; derived",
)
class sees_the_whole_text:
    """gpt_block attends without the causal mask"""

    def _attention(x, params, n_heads):
        return _attend(x, params, n_heads, ahead=10**6)


@misconception(
    caught_by="gpt_forward_is_causal",
    explanation="""
    Changing a token changes the logits one position before it: each position sees one token too
    many. That token is precisely the one it is to predict. The training loss falls to nearly zero,
    which looks like a triumph, and then the model writes rubbish, because in writing the next
    token is not there yet. It comes from a triangle whose diagonal is counted from the wrong
    place, or from a comparison of row and column that is too generous by one. The first position
    is the easiest to check: in its row of weights there must be a single number, a 1 for itself,
    and zeros for everything after it.
    """,
    source="jadore801120/attention-is-all-you-need-pytorch#19: 98% accuracy gave it away",
)
class sees_the_next_token:
    """gpt_block lets position t attend to t + 1 as well"""

    def _attention(x, params, n_heads):
        return _attend(x, params, n_heads, ahead=1)


@misconception(
    caught_by="gpt_block_values",
    explanation="""
    The weights are too sharp: the scores were used as they are, not divided by the square root of
    K. A score is a sum of K products, so its typical size grows like the root of K, and for the 64
    numbers of a head in GPT-2 it comes out eight times too large. The softmax then puts nearly all
    weight on one key and passes hardly any gradient. With heads of a single number, or with test
    inputs so extreme that one key wins anyway, nothing can be seen; a published test suite accepts
    unscaled attention for that reason. The division belongs between the product of queries and
    keys and the softmax, and it happens once.
    """,
    source="TorchCode and Deep-ML: unscaled attention passes their tests (our measurement)",
)
class leaves_the_scores_unscaled:
    """gpt_block does not divide the scores by the root of K"""

    def _attention(x, params, n_heads):
        return _attend(x, params, n_heads, root=1.0)


@misconception(
    caught_by="gpt_block_values",
    explanation="""
    The weights are too flat as soon as there are several heads: the scores were divided by the
    root of D, the width of the whole model, in place of K, the width of a single head. Each score
    adds up K products only, because a head sees nothing but its own block of numbers. With twelve
    heads, as in the smallest GPT-2, the scores come out 3.5 times too small, and each position
    attends almost evenly to all others. With one head the two numbers are equal, and a model
    trained from the start adapts to either. Take the size from the array after the heads were
    split, from its last axis.
    """,
    source="lucidrains/vit-pytorch#65; omihub777/ViT-CIFAR#11",
)
class scales_by_the_model_width:
    """gpt_block divides the scores by the root of D"""

    def _attention(x, params, n_heads):
        return _attend(x, params, n_heads, root=math.sqrt(x.shape[-1]))


@misconception(
    caught_by="gpt_block_values",
    explanation="""
    The numbers of a position went to the heads in turn, like cards: with two heads, head 0
    received numbers 0, 2, 4 and head 1 received 1, 3, 5. A head is a block of neighbours here, 0,
    1, 2 and 3, 4, 5, and so it is in the published weights. Splitting and joining are consistent
    in your code, so a model trained from the start would find its way with either order, and one
    head cannot tell them apart. Loaded weights can: every head would get half of one trained head
    and half of another. Look at the reshape that cuts the last axis in two, and ask which of the
    two new axes counts the heads.
    """,
    source="Derived; the same slip as rotary embeddings with interleaved and halved pairs",
)
class deals_numbers_to_the_heads_in_turn:
    """gpt_block gives head h every H-th number of q, k and v"""

    def _attention(x, params, n_heads):
        xp = array_namespace(x)
        d = x.shape[-1]
        order = xp.reshape(xp.arange(d, device=device(x)), (d // n_heads, n_heads))
        order = xp.reshape(xp.matrix_transpose(order), (-1,))
        dealt = {"w" + n: xp.take(params["w" + n], order, axis=1) for n in "qkv"}
        dealt |= {"b" + n: xp.take(params["b" + n], order, axis=0) for n in "qkv"}
        dealt |= {"wo": xp.take(params["wo"], order, axis=0), "bo": params["bo"]}
        return _attend(x, dealt, n_heads)


@misconception(
    caught_by="gpt_block_values",
    explanation="""
    Your block adds first and normalises the sum, in both halves. That is post-norm, the order of
    the first Transformer and of the first GPT. GPT-2 moved the LayerNorm to the front of each
    half, so that x itself is never normalised on its way up and the gradient finds a straight path
    down. Both orders have the same parameters, so weights load without complaint, and both can be
    trained when there are few layers. The sign to look for: with wo, bo, w2 and b2 all zero a
    block should return exactly what it was given, and yours returns normalised numbers. Compare
    the place of the norm with the two lines of the README.
    """,
    source="harvardnlp/annotated-transformer#92; Radford et al. (2019), section 2.3",
)
class normalises_after_adding:
    """gpt_block is post-norm: it normalises the sums"""

    def gpt_block(x, params, n_heads):
        p = params
        x = x + _attend(x, p["attention"], n_heads)
        x = _norm(x, p["norm1_scale"], p["norm1_shift"])
        return _norm(x + _feed_forward(x, p), p["norm2_scale"], p["norm2_shift"])


@misconception(
    caught_by="gpt_block_values",
    explanation="""
    The norms stand where they should, before attention and before the feed-forward network, but
    the result was added to the normalised numbers. It must be added to x as it was before the
    norm. This happens when the norm is written back to the name x, and the next line then reads "x
    plus attention of x". Every block now wipes out the size of what came in, the straight path
    through the model is gone, and deep models train badly, while one or two layers still learn
    well enough to hide it. With wo, bo, w2 and b2 all zero your block does not return x. Give the
    normalised array a name of its own.
    """,
    source="In-place residual corruption as in nano-vllm#170; derived",
)
class adds_to_the_normalised_numbers:
    """gpt_block adds each result to norm(x) where x is meant"""

    def gpt_block(x, params, n_heads):
        p = params
        x = _norm(x, p["norm1_scale"], p["norm1_shift"])
        x = x + _attend(x, p["attention"], n_heads)
        x = _norm(x, p["norm2_scale"], p["norm2_shift"])
        return x + _feed_forward(x, p)


@misconception(
    caught_by="gpt_forward_values",
    explanation="""
    What leaves the last block goes straight to the table of tokens; final_scale and final_shift
    have no influence on your logits. In a post-norm Transformer that is right, since each block
    ends with a norm. In a pre-norm model nothing has normalised x since it entered: every block
    added something, and after many of them the numbers are large. The logits then are large as
    well, the softmax is too sure of itself, and the loss starts far above ln V. A small model with
    few layers still learns, so the omission is easily overlooked. One more norm, with its own pair
    of parameters, stands between the last block and the head.
    """,
    source="Radford et al. (2019), section 2.3: the additional norm after the final block; derived",
)
class leaves_out_the_last_norm:
    """gpt_forward scores the output of the last block as it is"""

    def gpt_forward(ids, params, n_heads):
        return _climb(_enter(ids, params), params, n_heads) @ params["token_embedding"].T


@misconception(
    caught_by="gpt_forward_values",
    explanation="""
    The rows of position_embedding were not added, so tokens enter without any sign of where they
    stand. Attention takes its keys as a set: in a model of one layer, exchanging two earlier
    tokens would leave the last logits as they are, and "dog bites man" would mean the same as "man
    bites dog". In deeper models the causal mask gives away a little of the order, since each
    position sees another number of keys, so such a model still learns, only worse, and nobody is
    alarmed. The table is a parameter like any other; if it does not occur in your forward pass, it
    would never receive a gradient. Look at what enters the first block.
    """,
    source="Vaswani et al. (2017), section 3.5, on why positions are needed; derived",
)
class leaves_out_the_positions:
    """gpt_forward does not add position_embedding"""

    def gpt_forward(ids, params, n_heads):
        still = {
            **params,
            "position_embedding": array_namespace(params["position_embedding"]).zeros_like(
                params["position_embedding"]
            ),
        }
        return solution.gpt_forward(ids, still, n_heads)


@misconception(
    caught_by="gpt_forward_values",
    explanation="""
    The first token got row 1 of the position table, the second got row 2, and row 0 was never
    used. Positions count from 0 here. A model trained this way works just as well, as every row is
    learned for the place where it is used, so no loss curve gives it away; published weights,
    however, were learned for the other count, and each token would now carry its neighbour's sign.
    The second symptom comes later: with a text as long as the context there is no row left for the
    last token, and the lookup fails or wraps around. Some models do reserve their first rows,
    which is where the habit comes from. Look at the start of your range or slice.
    """,
    source="RoBERTa and OPT reserve the first rows of the table; derived",
)
class counts_positions_from_one:
    """gpt_forward gives the first token row 1 of the position table"""

    def gpt_forward(ids, params, n_heads):
        return _score(_climb(_enter(ids, params, offset=1), params, n_heads), params)


@misconception(
    caught_by="gpt_forward_values",
    explanation="""
    All of your blocks computed with the parameters of the first one; those of the later layers
    have no influence. With a single layer the logits are right, and with several the shapes are,
    so a test with one layer, or with layers that were filled with equal numbers, sees nothing. It
    happens when the loop runs over a count and the index inside stays 0, or when one block was
    made and put into the list several times. Sharing parameters between layers is a real idea, and
    a model with shared layers even learns decently, so training does not complain either. Look at
    what changes in your loop from one round to the next.
    """,
    source="Layers copied by reference, as ALBERT does on purpose (Lan et al. 2020); derived",
)
class repeats_the_first_layer:
    """gpt_forward runs every layer with the parameters of the first"""

    def gpt_forward(ids, params, n_heads):
        first = [params["layers"][0]] * len(params["layers"])
        return solution.gpt_forward(ids, {**params, "layers": first}, n_heads)


@misconception(
    caught_by="next_token_loss_value",
    explanation="""
    The logits at position t were held against token t, the one that the model has just read. It
    was the task to predict token t + 1. Repeating what one has read is easy: every position sees
    itself, so training brings the loss to zero in no time, and the model then answers every text
    by saying its last token over and over. A fresh model with even logits has the loss ln V either
    way, so the first number you see looks right. Some libraries shift inside the loss and some
    leave it to the caller, and where two people each rely on the other nobody does it. Here the
    function gets the ids that the model read, and has to shift.
    """,
    source="huggingface/transformers#27517; KempnerInstitute/KempnerForge#154: the loss goes to 0",
)
class predicts_the_token_just_read:
    """next_token_loss holds the logits at t against token t"""

    def next_token_loss(logits, ids):
        return _loss_of(logits, ids)


@misconception(
    caught_by="next_token_loss_value",
    explanation="""
    The targets were shifted by turning the row around: each position has the next token as its
    target, and the last position has the first token. All but one of the predictions are right.
    The one at the end is not: nothing follows the last token, and the model is asked to guess how
    its own text began, which it can indeed see. In long texts this is one position of a thousand,
    so neither the loss nor the training shows it; in short ones it is a considerable part.
    Functions that roll an array move what falls off the end to the front. Drop the last position
    of the logits and the first of the ids, and divide by the number of predictions that remain.
    """,
    source="Common with roll functions, where the end wraps around; derived",
)
class wraps_the_targets_around:
    """next_token_loss lets the last position predict the first token"""

    def next_token_loss(logits, ids):
        xp = array_namespace(logits)
        return _loss_of(logits, xp.concat([ids[:, 1:], ids[:, :1]], axis=1))


@misconception(
    caught_by="next_token_loss_value",
    explanation="""
    Loss and gradient are both too small by the factor (T - 1) / T. The sum runs over the right
    predictions, T - 1 of them in every text, but it was divided by B times T, as if the last
    position had made one too. For a text of two tokens half of the loss is lost; for one of a
    thousand nobody would notice. It is a matter of bookkeeping, not of learning, since a constant
    factor only changes the step size. But a perplexity computed from it is too good, and losses of
    texts with different lengths cannot be compared. Test it with even logits: the loss must be ln
    V exactly, whatever the length. Count what you have added up.
    """,
    source="Derived; a mean over masked positions divides by too many in the same way",
)
class divides_by_all_positions:
    """next_token_loss divides by B T, though there are B (T - 1) predictions"""

    def next_token_loss(logits, ids):
        share = (ids.shape[1] - 1) / ids.shape[1]
        loss, dlogits = solution.next_token_loss(logits, ids)
        return loss * share, dlogits * share


@misconception(
    caught_by="next_token_loss_gradient",
    explanation="""
    The loss is right, and the numbers of the gradient are right as well, but they stand one
    position too late: the first row of every text is zero and the last is not. Because the targets
    begin at token 1, it is tempting to write the gradient to positions 1 and after. The
    prediction, however, was made one position earlier, and it is the logits there which the loss
    reacts to. A model trained with such a gradient learns to repeat the token it has just read.
    The last row of logits took no part in the loss, so that is where zeros belong. Ask for each
    row: if I changed these logits a little, would the loss move?
    """,
    source="Derived; shifting the targets and the logits in one thought",
)
class puts_the_gradient_one_position_late:
    """next_token_loss returns dlogits at t + 1 for the prediction made at t"""

    def next_token_loss(logits, ids):
        xp = array_namespace(logits)
        loss, dlogits = solution.next_token_loss(logits, ids)
        return loss, xp.concat([dlogits[:, -1:, :], dlogits[:, :-1, :]], axis=1)


@misconception(
    caught_by="load_gpt2_weights_values",
    explanation="""
    Queries and keys have changed places: the first third of c_attn went to wk and bk, the second
    to wq and bq. The published order is queries, keys, values. Since the two have the same shape,
    and a score is the product of a query and a key, much looks the same: each pair of positions
    gets the score that belongs to the pair read the other way round, from the one looked at to the
    one that looks. Outputs are smooth and finite and all shapes agree; only the text that the
    model then writes makes no sense. Compare the order of the parts in your split with the table
    in the README, for the weight and for the bias.
    """,
    source="Other models store the parts in another order; derived",
)
class takes_keys_before_queries:
    """load_gpt2_weights reads c_attn as keys, queries, values"""

    def load_gpt2_weights(weights):
        def change(a):
            return {**a, "wq": a["wk"], "wk": a["wq"], "bq": a["bk"], "bk": a["bq"]}

        return _change_attention(solution.load_gpt2_weights(weights), change)


@misconception(
    caught_by="load_gpt2_weights_values",
    explanation="""
    The square matrices of the attention are transposed. PyTorch's linear layers store their weight
    with the outputs first, so whoever loads such a file into x @ w has to transpose everything.
    GPT-2 was published in another layout, inputs first, which is already the layout of this
    course. For matrices that are not square the mistake shows at once, as the shapes no longer
    fit; wq, wk, wv and wo are square, so they load silently and compute something else. It is the
    same trap in the other direction when these weights go into linear layers. Look at the shape of
    c_attn, (D, 3D): which of the two numbers belongs to what comes in?
    """,
    source="karpathy/nanoGPT#190 and nntile/nntile#402: layouts with inputs or outputs first",
)
class transposes_the_square_matrices:
    """load_gpt2_weights transposes wq, wk, wv and wo"""

    def load_gpt2_weights(weights):
        def change(a):
            return {name: array.T if name[0] == "w" else array for name, array in a.items()}

        return _change_attention(solution.load_gpt2_weights(weights), change)


@misconception(
    caught_by="load_gpt2_weights_values",
    explanation="""
    With up to ten layers all is well; with more, layers are in the wrong place. The numbers in the
    names were sorted as text, and as text "10" comes before "2". So the list begins with layers 0,
    1, 10, 11 and goes on with 2. Every array has the right shape, nothing is missing and nothing
    fails, but each block gets the output of a block it was not trained to follow. The smallest
    GPT-2 has twelve layers, so the published weights are affected while small test models are not.
    Files often list their names in this very order, so collecting the layers as they come has the
    same effect. Turn the number into an integer before you compare or use it.
    """,
    source="Derived; checkpoint files list names in the order of text",
)
class sorts_the_layers_as_text:
    """load_gpt2_weights puts layer 10 before layer 2"""

    def load_gpt2_weights(weights):
        params = solution.load_gpt2_weights(weights)
        order = sorted(range(len(params["layers"])), key=str)
        return {**params, "layers": [params["layers"][i] for i in order]}


@misconception(
    caught_by="load_gpt2_weights_values",
    explanation="""
    The first LayerNorm of each block has the numbers of the second, and the second those of the
    first. Both pairs have the same shape, so nothing fails: every step gets well-behaved numbers,
    only not those it was trained with, and the logits are wrong without being wild. In the table
    of the README ln_1 becomes norm1, which comes before the attention, and ln_2 becomes norm2,
    before the feed-forward network. In a new model all scales are 1 and all shifts 0, so a test
    with fresh parameters cannot see the exchange. Compare the lines of your loader that fill the
    four keys, letter by letter.
    """,
    source="Scales of 1 and shifts of 0 hide it in fresh models; derived",
)
class exchanges_the_two_norms:
    """load_gpt2_weights puts ln_1 into norm2 and ln_2 into norm1"""

    def load_gpt2_weights(weights):
        params = solution.load_gpt2_weights(weights)
        layers = []
        for layer in params["layers"]:
            swapped = {
                f"norm{i}_{part}": layer[f"norm{3 - i}_{part}"]
                for i in (1, 2)
                for part in ("scale", "shift")
            }
            layers.append({**layer, **swapped})
        return {**params, "layers": layers}


@misconception(
    caught_by="generate_values",
    explanation="""
    The next token was chosen from the logits of the first position. Those say what should follow
    the first token, and under the causal mask they know of nothing else, so every round gives the
    same answer: your continuation repeats one token. The row wanted is the last one, the only one
    that has read the whole text. With a text of a single token first and last are the same, so the
    first step of a small test passes. Libraries that return one row of logits only, the last, make
    it easy to forget that there are T of them here. Look at the index on the second axis of the
    logits, or at what your argmax runs along.
    """,
    source="Derived; index of the position left at 0",
)
class reads_the_first_position:
    """generate chooses from the logits of the first position"""

    def generate(ids, n_new, params, n_heads):
        context = params["position_embedding"].shape[0]
        return _write(
            ids,
            n_new,
            params,
            n_heads,
            lambda ids: ids[:, -context:],
            lambda xp, logits: xp.argmax(logits[:, 0, :], axis=-1),
        )


@misconception(
    caught_by="generate_values",
    explanation="""
    As long as the text fits into the context everything is right. Once it is longer, your model is
    shown its first P tokens and no longer its last, so what it has just written lies outside, and
    every further round sees the same text and appends the same token. No error occurs, since the
    number of tokens is correct. Short prompts with few new tokens never get there, which makes
    this a mistake for long evenings: the model writes well for a page and then gets stuck on one
    word. When the context is full, the oldest token has to make room, and the positions count from
    0 again. Look at the end from which your slice counts.
    """,
    source="Derived; the text is cut at the wrong end when the context is full",
)
class keeps_the_first_tokens:
    """generate shows the model the first P tokens when the text is longer"""

    def generate(ids, n_new, params, n_heads):
        context = params["position_embedding"].shape[0]
        return _write(
            ids,
            n_new,
            params,
            n_heads,
            lambda ids: ids[:, :context],
            lambda xp, logits: xp.argmax(logits[:, -1, :], axis=-1),
        )


@misconception(
    caught_by="generate_values",
    explanation="""
    When two tokens have exactly the same logit, you take the one with the higher id; the README
    asks for the lower. In a trained model equal logits hardly ever occur, so all ordinary texts
    come out right. They do occur in models that are new, in tables with unused rows, and with
    numbers of low precision, where two programs should still write the same text. The usual argmax
    takes the first of several largest entries, so the habit comes from elsewhere: from sorting and
    taking the last, from a loop that compares with "greater or equal", or from searching a
    reversed row. Check what your way of choosing does with a row of equal numbers.
    """,
    source="Sorting in rising order and taking the last entry; derived",
)
class takes_the_higher_id_of_equals:
    """generate takes the last of several equally likely tokens"""

    def generate(ids, n_new, params, n_heads):
        context = params["position_embedding"].shape[0]

        def choose(xp, logits):
            last = logits[:, -1, :]
            return last.shape[-1] - 1 - xp.argmax(xp.flip(last, axis=-1), axis=-1)

        return _write(ids, n_new, params, n_heads, lambda ids: ids[:, -context:], choose)
