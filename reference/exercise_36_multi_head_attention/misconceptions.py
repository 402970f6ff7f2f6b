"""Wrong implementations that students really write, each with the check that must catch it."""

import math

import numpy as np
from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _hide(scores, mask):
    """Minus infinity where the mask is False."""
    xp = array_namespace(scores)
    if mask is None:
        return scores
    return xp.where(xp.expand_dims(mask, axis=-3), scores, xp.full_like(scores, -math.inf))


def _share(powers, axis=-1):
    """Divide by the sum along an axis; a sum of zero leaves zeros."""
    xp = array_namespace(powers)
    total = xp.sum(powers, axis=axis, keepdims=True)
    return powers / xp.where(total == 0, xp.ones_like(total), total)


def _softmax_along(scores, axis=-1):
    xp = array_namespace(scores)
    top = xp.max(scores, axis=axis, keepdims=True)
    return _share(xp.exp(scores - xp.where(top > -math.inf, top, xp.zeros_like(top))), axis)


def _attend(x, memory, params, n_heads, weigh, root=None):
    """The forward pass with another way from scores to weights, or another root in the scale."""
    xp = array_namespace(x)
    q = solution.split_heads(x @ params["wq"] + params["bq"], n_heads)
    k = solution.split_heads(memory @ params["wk"] + params["bk"], n_heads)
    v = solution.split_heads(memory @ params["wv"] + params["bv"], n_heads)
    weights = weigh(q @ xp.matrix_transpose(k) / math.sqrt(root or q.shape[-1]))
    merged = solution.merge_heads(weights @ v)
    out = merged @ params["wo"] + params["bo"]
    return out, (x, memory, params, q, k, v, weights, merged)


def _softmax_gradient(weights, dweights):
    xp = array_namespace(weights)
    return weights * (dweights - xp.sum(weights * dweights, axis=-1, keepdims=True))


def _carry_back(dout, cache, split, softmax_backward):
    """The backward pass with another split of the gradient, or another softmax derivative."""
    x, memory, params, q, k, v, weights, _ = cache
    xp = array_namespace(dout)
    dheads = split(dout @ params["wo"].T, q.shape[1])
    dscores = softmax_backward(weights, dheads @ xp.matrix_transpose(v)) / math.sqrt(q.shape[-1])
    dq = solution.merge_heads(dscores @ k)
    dk = solution.merge_heads(xp.matrix_transpose(dscores) @ q)
    dv = solution.merge_heads(xp.matrix_transpose(weights) @ dheads)
    _, _, dparams = solution.multi_head_attention_backward(dout, cache)
    for name, inputs, d in (("q", x, dq), ("k", memory, dk), ("v", memory, dv)):
        dparams["w" + name] = xp.sum(xp.matrix_transpose(inputs) @ d, axis=0)
        dparams["b" + name] = xp.sum(d, axis=(0, 1))
    return dq @ params["wq"].T, dk @ params["wk"].T + dv @ params["wv"].T, dparams


@misconception(
    caught_by="split_heads_values",
    explanation="""
    The shape is right, and every number is there, but in the wrong place: one row of a head holds
    features of several positions. The array was reshaped straight from (B, T, D) to (B, H, T, K).
    A reshape never moves a number; it cuts the long line in memory into new rows, and in that line
    the features of the first position come before those of the second. So head 0 received the
    first positions with all their features, not the first features of all positions. Nothing
    fails, and a model even trains with it, so the mistake has survived in published code. With one
    head, or with a single position, the two results agree. Cut the last axis first, then exchange
    two axes.
    """,
    source="reczoo/FuxiCTR#30; hyunwoongko/transformer#15",
)
class reshapes_straight_into_heads:
    """split_heads reshapes (B, T, D) to (B, H, T, K) without exchanging axes"""

    def split_heads(x, n_heads):
        batch, length, width = x.shape
        xp = array_namespace(x)
        return xp.reshape(x, (batch, n_heads, length, width // n_heads))


@misconception(
    caught_by="split_heads_values",
    explanation="""
    Every position kept its own features, but they went to the heads in turn, as cards are dealt:
    with two heads, head 0 holds the features 0, 2, 4 and head 1 holds 1, 3, 5. The convention here,
    and in the weights of published models, is blocks of neighbours: 0, 1, 2 and 3, 4, 5. A model
    trained from the start would not notice, since the projections in front can learn any order;
    loading somebody else's weights would give nonsense. Look at the reshape that cuts the last
    axis: of the two new axes the outer one counts the blocks and the inner one counts inside a
    block. Yours has the two lengths in the other order.
    """,
    source="Derived; the same slip as rotary embeddings with interleaved and halved pairs",
)
class deals_features_out_in_turn:
    """split_heads gives head h every H-th feature"""

    def split_heads(x, n_heads):
        batch, length, width = x.shape
        xp = array_namespace(x)
        cut = xp.reshape(x, (batch, length, width // n_heads, n_heads))
        return xp.permute_dims(cut, (0, 3, 1, 2))


@misconception(
    caught_by="merge_heads_values",
    explanation="""
    The merged array has the right shape, but its first row is made of one head at several
    positions, instead of all heads at one position. The heads were reshaped from (B, H, T, K) to
    (B, T, D) as they lie in memory, and there all the positions of head 0 come before those of
    head 1. So what belongs to different words ends up in the same row, and the last matrix mixes
    them. On an easy task, such as copying, a large model learns to live with it; that is how this
    bug stayed in a tutorial's code for a long time. With one head or one position it is invisible.
    Bring the heads of a position next to each other before you join axes.
    """,
    source="jsbaan/transformer-from-scratch#6; ajhalthor/Transformer-Neural-Network#4",
)
class merges_heads_as_they_lie_in_memory:
    """merge_heads reshapes (B, H, T, K) to (B, T, D) without exchanging axes"""

    def merge_heads(heads):
        batch, n_heads, length, size = heads.shape
        xp = array_namespace(heads)
        return xp.reshape(heads, (batch, length, n_heads * size))


@misconception(
    caught_by="merge_heads_values",
    explanation="""
    Every row belongs to one position, as it should, but the heads are woven together: the first
    feature of each head, then the second feature of each head, and so on. They must stand one after
    the other as whole blocks, the way split_heads took them apart. Splitting and merging are then
    no longer inverse to each other, and every row of wo meets a feature it was not made for. A
    network trained from scratch adapts to any fixed order, so the loss looks healthy; only loaded
    weights, or a comparison with another implementation, give it away. Look at the order of the
    last two axes at the moment when they are joined: the head has to be the outer one.
    """,
    source="Derived; permuted as in gazelle93/Transformer-Various-Positional-Encoding#1",
)
class weaves_the_heads_together:
    """merge_heads puts the first features of all heads first, then the second ones"""

    def merge_heads(heads):
        batch, n_heads, length, size = heads.shape
        xp = array_namespace(heads)
        woven = xp.permute_dims(heads, (0, 2, 3, 1))
        return xp.reshape(woven, (batch, length, n_heads * size))


@misconception(
    caught_by="forward_values",
    explanation="""
    The weights are flatter than they should be: the scores were divided by the root of D, the
    width of the whole model, and the rule asks for the root of K, the width of one head. A score
    adds up K products, because each head sees only its own features, so K decides how large the
    scores grow. With 8 heads the scores come out 2.8 times too small, and every query attends
    almost evenly to everything. Training still works, as the projections can grow to make up for
    it, so this slip sat in popular libraries. With one head D equals K and no test can see it. Use
    the length of the last axis after the split.
    """,
    source="lucidrains/vit-pytorch#65; omihub777/ViT-CIFAR#11; chelsea0x3b/dfdx#171",
)
class scales_by_the_model_width:
    """multi_head_attention_forward divides the scores by the root of D"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        return _attend(
            x,
            memory,
            params,
            n_heads,
            lambda scores: _softmax_along(_hide(scores, mask)),
            x.shape[-1],
        )


@misconception(
    caught_by="forward_values",
    explanation="""
    The values were projected with wk and bk, the weights of the keys, so wv and bv have no
    influence on the output at all. It is usually a copied line in which one letter was not
    changed: the shapes agree, nothing fails, and the layer still learns, because keys and values
    come from the same memory. But keys decide where to look and values decide what is carried
    away, and one matrix cannot serve both purposes well. In a torch module the tell-tale is a
    parameter whose gradient is None or zero. Read the three projections one below the other and
    compare, letter by letter, the input, the weight and the bias of each.
    """,
    source="yflyzhang/AnnotatedTransformer#1",
)
class projects_values_with_the_key_weights:
    """multi_head_attention_forward uses wk and bk for the values too"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        wrong = {**params, "wv": params["wk"], "bv": params["bk"]}
        return solution.multi_head_attention_forward(x, memory, wrong, n_heads, mask)


@misconception(
    caught_by="forward_values",
    explanation="""
    The weights are right, but what they average is memory itself, cut into heads: the values were
    never multiplied by wv, and bv was not added. Formulas that start with Q, K and V make this
    easy, because there the V that is averaged already is a projection. Without it, head h can only
    pass on the h-th block of the input's features, whatever it found interesting; with it, each
    head first picks out of all D features the K it wants to report. Because wo comes afterwards,
    the layer still learns something useful, and the loss looks plausible. Memory has to be
    projected twice, once for the keys and once for the values.
    """,
    source="Kyubyong/transformer#170; maoyunyao/JOINT#2",
)
class averages_the_memory_itself:
    """multi_head_attention_forward uses memory as values, without wv and bv"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        xp = array_namespace(x)
        same = xp.eye(x.shape[-1], dtype=x.dtype, device=device(x))
        wrong = {**params, "wv": same, "bv": xp.zeros_like(params["bv"])}
        return solution.multi_head_attention_forward(x, memory, wrong, n_heads, mask)


@misconception(
    caught_by="forward_values",
    explanation="""
    The output does not depend on memory: keys and values were computed from x, so x attends to
    itself. Queries come from x, but what can be looked at comes from memory. In self-attention both
    are the same array, and then the code is right, so every test of an encoder passes; in a
    translation model the decoder would never see the sentence it has to translate, and would write
    fluent text about something else. Here memory has another number of positions, S instead of T,
    which also makes masks of the right shape fail. Look at the inputs of the three projections:
    only one of them starts from x.
    """,
    source="OpenNMT/OpenNMT-py#1130: keys and values made from the query in a review thread",
)
class attends_to_x_instead_of_memory:
    """multi_head_attention_forward computes keys and values from x"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        return solution.multi_head_attention_forward(x, x, params, n_heads, mask)


@misconception(
    caught_by="forward_values",
    explanation="""
    The output is the merged heads as they are: the last step, times wo plus bo, is missing. The
    shape does not tell, because wo is square. But without it the answer of head h can only ever
    reach the h-th block of the output, and the heads never learn of each other; nothing weighs one
    head's answer against another's. In Figure 2 of the paper it is the small box on top, easily
    overlooked, and published implementations did leave it out. They still train, which is why
    it takes a comparison of numbers to notice. If wo and bo do not occur in your forward pass,
    they cannot receive a gradient either.
    """,
    source="Kyubyong/transformer#117; jwallbridge/translob#4",
)
class returns_the_merged_heads:
    """multi_head_attention_forward leaves out wo and bo"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        _, cache = solution.multi_head_attention_forward(x, memory, params, n_heads, mask)
        return cache[-1], cache


@misconception(
    caught_by="forward_values",
    explanation="""
    Queries, keys and values are plain products here; bq, bk and bv were left out, and only bo was
    added. The formula in the paper shows no biases, and many models do without them, but this layer
    declares them, as torch.nn.MultiheadAttention does by default. Biases usually start at zero, so
    a freshly made layer gives the same output with or without them, and a test on fresh parameters
    proves nothing. One of the three really has no effect on the output: bk adds the same number to
    all scores of a query, and the softmax cancels it. The other two do matter. Each projection is
    an affine layer: product first, then its own bias, before the heads are split.
    """,
    source="Kyubyong/transformer#53; zero-initialised biases hide it",
)
class leaves_out_the_input_biases:
    """multi_head_attention_forward projects without bq, bk and bv"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        zero = array_namespace(x).zeros_like(params["bq"])
        wrong = {**params, "bq": zero, "bk": zero, "bv": zero}
        return solution.multi_head_attention_forward(x, memory, wrong, n_heads, mask)


@misconception(
    caught_by="forward_values",
    explanation="""
    For each pair of query and key the weights of the heads add up to 1, so the heads compete with
    each other; along the keys the weights of a query add up to something else. The softmax ran
    over axis 1, the axis of the heads. That is the axis that old code written for three dimensions
    uses, and the one torch picked by itself for four-dimensional input when none was given. All
    shapes fit and all weights lie between 0 and 1, so plots look normal. Each head has to share out
    its own attention over the S keys, independently of the other heads, and in (B, H, T, S) the
    keys are the last axis. With one head every weight would be 1.
    """,
    source="CAMMA-public/rendezvous-in-time#3; torch's implicit softmax axis for 4-D input",
)
class lets_the_heads_compete:
    """multi_head_attention_forward takes the softmax over the axis of the heads"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        def weigh(scores):
            return _softmax_along(_hide(scores, mask), axis=1)

        return _attend(x, memory, params, n_heads, weigh)


@misconception(
    caught_by="forward_values",
    explanation="""
    The weights that one key receives from all the queries add up to 1; the weights that one query
    gives to all the keys do not. The softmax ran over the queries, axis 2 of (B, H, T, S), and it
    has to run over the keys, axis 3. When T equals S, as in self-attention, both are square tables
    of numbers between 0 and 1, and it takes adding up a row to tell them apart. The consequence is
    serious: every key is forced to be used by somebody, a query may receive almost nothing or far
    too much, and with a causal mask a position's weights depend on later positions. Ask what a
    single query has to share out, and over what.
    """,
    source="labmlai/annotated_deep_learning_paper_implementations#282: the two axes confused",
)
class normalises_over_the_queries:
    """multi_head_attention_forward takes the softmax over the axis of the queries"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        def weigh(scores):
            return _softmax_along(_hide(scores, mask), axis=2)

        return _attend(x, memory, params, n_heads, weigh)


@misconception(
    caught_by="forward_properties",
    explanation="""
    The same example gives one output alone and another one inside a batch. The softmax ran over
    axis 0, which is the batch, so the examples compete for attention: the weights of one example
    grow when those of another shrink. With a batch of one, every weight is exactly 1, whatever the
    scores are, and with a large batch the outputs look reasonable, so training runs. In use, what
    the model says would depend on who else is asking. No operation in this layer may mix the
    examples: the products treat the first axis as a stack, and sums over the batch occur only in
    the gradients of parameters. The softmax belongs on the last axis, the keys.
    """,
    source="PetrochukM/PyTorch-NLP#2; jadore801120/attention-is-all-you-need-pytorch#52",
)
class normalises_over_the_batch:
    """multi_head_attention_forward takes the softmax over the axis of the batch"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        def weigh(scores):
            return _softmax_along(_hide(scores, mask), axis=0)

        return _attend(x, memory, params, n_heads, weigh)


@misconception(
    caught_by="forward_mask",
    explanation="""
    Exactly the wrong keys are used: queries attend where the mask is False and ignore the keys
    where it is True. Here, True means "may attend". The confusion is understandable, because both
    meanings are in use, even within torch: nn.MultiheadAttention hides where its mask is True,
    while scaled_dot_product_attention keeps where it is True. Without a mask everything is right,
    and with one the output is finite and smooth. An inverted causal mask is especially deceptive:
    each position sees only the future, which makes predicting the next word very easy, so the
    training loss looks excellent. Look at the value that is filled in where the mask is True.
    """,
    source="rasbt/LLMs-from-scratch#1061",
)
class reads_true_as_hidden:
    """multi_head_attention_forward hides the keys where the mask is True"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        wrong = None if mask is None else ~mask
        return solution.multi_head_attention_forward(x, memory, params, n_heads, wrong)


@misconception(
    caught_by="forward_mask",
    explanation="""
    Head 0 obeys the mask, and the other heads still see everything. The mask reached only one slice
    of the scores: an index on the axis of the heads where broadcasting was meant, or a mask applied
    before a loop instead of inside it. One head that leaks is enough to leak everything, because
    the last matrix mixes all heads into all features. A drawing of "the attention" usually shows
    head 0, which looks perfect. The mask says which positions exist or are already known, and that
    is the same for all heads. It has no axis for them, so give it one of length 1 in front of the
    queries, and let it broadcast over all H.
    """,
    source="Derived from masks that lack an axis for the heads; compare junliu621/PPLM#6",
)
class masks_only_the_first_head:
    """multi_head_attention_forward applies the mask to head 0 only"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        def weigh(scores):
            xp = array_namespace(scores)
            hidden = _hide(scores, mask)
            return _softmax_along(xp.concat([hidden[:, :1], scores[:, 1:]], axis=1))

        return _attend(x, memory, params, n_heads, weigh)


@misconception(
    caught_by="forward_mask",
    explanation="""
    Hidden keys do have the weight 0, but the weights that are left add up to less than 1, so masked
    outputs come out too small: the softmax was taken over all keys, and the mask multiplied in
    afterwards. The hidden keys still took part in the sum below the fraction. Hiding a key must
    have the same effect as leaving it out of memory, and here it has not: the share of the hidden
    keys is simply lost. It also leaks, since the loss depends on how large the hidden scores are,
    so in a causal model the past is scaled by the future. Hide the scores before the softmax, so
    that the sum runs over visible keys only.
    """,
    source="huggingface/pytorch-image-models#2236; measured: a row of weights adds up to .86",
)
class masks_after_the_softmax:
    """multi_head_attention_forward multiplies the weights by the mask, without sharing out again"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        def weigh(scores):
            xp = array_namespace(scores)
            hidden = xp.zeros_like(scores) if mask is None else _hide(xp.zeros_like(scores), mask)
            return _softmax_along(scores) * xp.exp(hidden)

        return _attend(x, memory, params, n_heads, weigh)


@misconception(
    caught_by="forward_mask",
    explanation="""
    A mask of shape (T, S) works, and one that differs between examples does not: some heads use the
    mask of another example. It happens when batch and heads are folded into one axis of length
    B times H. In that axis all heads of the first example come first, so its mask is needed H times
    in a row; yours were laid out as whole batches one after the other, first, second, first,
    second. The length is the same, so nothing complains, and with a batch of one, or masks that are
    all alike, the two orders agree. In practice an example's output then depends on the padding of
    its neighbours. Keeping four axes and broadcasting avoids the question altogether.
    """,
    source="ArrowLuo/CLIP4Clip#22; line/lighthouse#77; lsdefine/attention-is-all-you-need-keras#36",
)
class gives_heads_the_masks_of_other_examples:
    """multi_head_attention_forward repeats the masks of a batch in the wrong order"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        def weigh(scores):
            if mask is None:
                return _softmax_along(scores)
            xp = array_namespace(scores)
            each = xp.broadcast_to(mask, (scores.shape[0], *scores.shape[2:]))
            tiled = xp.reshape(xp.concat([each] * n_heads, axis=0), scores.shape)
            return _softmax_along(xp.where(tiled, scores, xp.full_like(scores, -math.inf)))

        return _attend(x, memory, params, n_heads, weigh)


@misconception(
    caught_by="forward_blocked_query",
    explanation="""
    All is well until a query may attend to no key at all; then your layer averages all the values,
    hidden ones included. The hidden scores were set to a large negative number such as -1e9, and
    the softmax looks only at differences: when every score of a row is -1e9, they are all equal,
    and each key gets the weight 1/S. That is exactly what the mask should prevent. It stays unseen,
    because rows like this belong to padding, and their outputs are often ignored later, though
    their gradients are not. The convention here is that such a query gets weights of zero, which
    leaves bo. Treat a row without any visible key separately.
    """,
    source="YutaroOgawa/pytorch_advanced#175; lsdefine/attention-is-all-you-need-keras#16",
)
class averages_everything_when_all_is_hidden:
    """multi_head_attention_forward fills in -1e9, so a query with no visible key sees all evenly"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        def weigh(scores):
            xp = array_namespace(scores)
            hidden = _hide(scores, mask)
            return _softmax_along(xp.where(hidden > -math.inf, hidden, xp.full_like(scores, -1e9)))

        return _attend(x, memory, params, n_heads, weigh)


@misconception(
    caught_by="forward_is_stable",
    explanation="""
    Small scores give the right answer, and large ones give nan: exp was taken of the scores as they
    are. In float64 exp overflows above 709.8, in float32 already above 88.7, and infinity divided
    by infinity is nan; far below zero all powers become 0, and nothing is left to divide by. The
    division by the root of K makes large scores rarer, not impossible: one step with too large a
    learning rate is enough. The weights of a query do not change when one constant is subtracted
    from all its scores, so subtract the largest of them first. Do it for each query of each head
    separately, because a maximum shared by several rows can leave some of them with nothing.
    """,
    source="Goodfellow et al. (2016), section 4.1; overflow limits measured",
)
class exponentiates_without_shifting:
    """multi_head_attention_forward takes exp of the scores as they are"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        def weigh(scores):
            with np.errstate(over="ignore", invalid="ignore"):
                return _share(array_namespace(scores).exp(_hide(scores, mask)))

        return _attend(x, memory, params, n_heads, weigh)


@misconception(
    caught_by="forward_is_stable",
    explanation="""
    The result is right unless a hidden key has a much larger score than the visible ones; then the
    visible keys lose their weights. The largest score was looked up before the mask was applied, so
    it may belong to a key that does not count. Subtracting it is correct on paper, as any constant
    cancels, but with a gap of more than 745 all the powers of the visible keys underflow to 0, and
    there is nothing left to share out. Padding is often where such scores come from, because nobody
    looks at what a network computes there. Hide first, then take the maximum, the exponentials and
    the sum, all over the same keys.
    """,
    source="Derived from the order of where, max and exp in fused masked softmax kernels",
)
class looks_for_the_maximum_among_hidden_keys:
    """multi_head_attention_forward subtracts the largest score of all keys, hidden ones included"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        def weigh(scores):
            xp = array_namespace(scores)
            top = xp.max(scores, axis=-1, keepdims=True)
            return _share(xp.exp(_hide(scores, mask) - top))

        return _attend(x, memory, params, n_heads, weigh)


@misconception(
    caught_by="backward_inputs",
    explanation="""
    The gradients of wo, bo, wv and bv are right, while those that pass through the softmax are not:
    it was treated like a sigmoid, entry by entry, with the slope p times (1 - p). That is only the
    diagonal of the softmax's derivative. A score also stands in the sum below the fraction, so
    raising it lowers the weights of all the other keys of that row, and each of these changes the
    loss. The sign to look for: in a correct result the gradients of the scores of one query add up
    to zero, because adding a constant to all of them changes nothing. The formula in the README has
    a sum over r, which is the missing part.
    """,
    source="deeplearning4j/libnd4j#440; HomericIntelligence/Odyssey#2134",
)
class treats_the_softmax_entry_by_entry:
    """multi_head_attention_backward uses p (1 - p) as the whole derivative of the softmax"""

    def multi_head_attention_backward(dout, cache):
        def diagonal(weights, dweights):
            return weights * (1 - weights) * dweights

        return _carry_back(dout, cache, solution.split_heads, diagonal)


@misconception(
    caught_by="backward_inputs",
    explanation="""
    dx, and the gradients of wq and bq, are too large by the factor √K, and so is the part of
    dmemory that comes through the keys. The forward pass divided the scores by √K, and the way back
    has to divide by it too: if the scores react to q with a slope of k over √K, then so does the
    gradient. Gradients of the right direction and the wrong size are hard to see in training; an
    optimiser such as Adam even removes the factor. The values are untouched by the scale, so wv and
    bv are right, which points to the place. Each forward step that multiplies by a constant has a
    backward step that multiplies by the same constant.
    """,
    source="Common in hand-written attention; derived. With heads of one feature it is invisible",
)
class forgets_the_scale_going_back:
    """multi_head_attention_backward leaves out the division by the root of K"""

    def multi_head_attention_backward(dout, cache):
        x, memory, params, q, k, v, weights, merged = cache
        root = math.sqrt(q.shape[-1])
        larger = (x, memory, params, q * root, k * root, v, weights, merged)
        return solution.multi_head_attention_backward(dout, larger)


@misconception(
    caught_by="backward_inputs",
    explanation="""
    All eight parameters and dx are right; dmemory is incomplete. Memory is used twice, to make the
    keys and to make the values, and what arrives through the keys is missing. An array that takes
    several paths to the output collects a gradient from each of them, and the contributions are
    added. Here the path through the values is the obvious one, since values are what is averaged,
    while the keys act in a roundabout way, by shifting the weights. An encoder trained with this
    would learn what to say, and not how to be found. Look for a second assignment to dmemory that
    replaces the first, or for a dk that is only used for its weights.
    """,
    source="Derived from overwritten accumulators; compare zero-to-hero#52",
)
class drops_the_path_through_the_keys:
    """multi_head_attention_backward lets only the values contribute to dmemory"""

    def multi_head_attention_backward(dout, cache):
        x, memory, params, q, k, v, weights, merged = cache
        blind = {**params, "wk": array_namespace(dout).zeros_like(params["wk"])}
        return solution.multi_head_attention_backward(
            dout, (x, memory, blind, q, k, v, weights, merged)
        )


@misconception(
    caught_by="backward_inputs",
    explanation="""
    dx and dmemory contain only what came through the last head. The gradients of the parameters are
    right, because each head fills its own columns there, and one assignment per head does no harm.
    But x and memory are used by every head, so here the contributions of the heads have to be
    added. The usual cause is a loop over the heads that assigns with = where += is meant: each turn
    overwrites the turn before. With one head there is nothing to overwrite, so a first test by hand
    passes. Either start from zeros and add in every turn, or merge the gradients of all heads first
    and let a single matrix product do the adding.
    """,
    source="Derived from overwritten accumulators in per-head loops",
)
class keeps_only_the_last_head:
    """multi_head_attention_backward overwrites dx and dmemory in a loop over the heads"""

    def multi_head_attention_backward(dout, cache):
        x, memory, params, q, k, v, weights, merged = cache
        xp = array_namespace(dout)
        size, width = q.shape[-1], x.shape[-1]
        last = xp.astype(xp.arange(width, device=device(x)) >= width - size, x.dtype)
        kept = {name: params[name] * last for name in ("wq", "wk", "wv")}
        return solution.multi_head_attention_backward(
            dout, (x, memory, {**params, **kept}, q, k, v, weights, merged)
        )


@misconception(
    caught_by="backward_inputs",
    explanation="""
    The gradients of wo and bo are right, and everything further back is wrong: the gradient of the
    merged heads was brought to the shape (B, H, T, K) by a reshape alone. In the forward pass the
    merge exchanged two axes before it joined the heads; the way back has to undo both steps, which
    is exactly what split_heads does. A bare reshape hands head 0 the gradients of the first
    positions instead of the first block of features. All shapes fit, and sums over everything are
    even unchanged, so a test that feeds dout made of ones may pass. The gradient of a function that
    only moves numbers around is the function that moves them back.
    """,
    source="The backward form of reczoo/FuxiCTR#30 and jsbaan/transformer-from-scratch#6; derived",
)
class reshapes_the_gradient_into_heads:
    """multi_head_attention_backward reshapes the merged gradient without exchanging axes"""

    def multi_head_attention_backward(dout, cache):
        def reshape(merged, n_heads):
            batch, length, width = merged.shape
            xp = array_namespace(merged)
            return xp.reshape(merged, (batch, n_heads, length, width // n_heads))

        return _carry_back(dout, cache, reshape, _softmax_gradient)


@misconception(
    caught_by="backward_parameters",
    explanation="""
    The gradients of the weights are right, and those of the biases are too small: they were
    averaged over the batch and the positions instead of added up. A bias is added at every position
    of every example, so each of them contributes, and contributions are summed. If an average is
    wanted, the loss has taken it already, and dout carries the factor. A mean instead of a sum is
    an easy slip, because weights are summed by the matrix product without anybody writing it, while
    for a bias you have to choose the function. With one example and one position both agree. Note
    that a repeated batch has to double every gradient of a parameter, biases included.
    """,
    source="CS231n forum threads on averaged bias gradients; derived",
)
class averages_the_bias_gradients:
    """multi_head_attention_backward takes the mean over batch and positions for the biases"""

    def multi_head_attention_backward(dout, cache):
        dx, dmemory, dparams = solution.multi_head_attention_backward(dout, cache)
        queries, keys = dx.shape[0] * dx.shape[1], dmemory.shape[0] * dmemory.shape[1]
        rows = {"bq": queries, "bk": keys, "bv": keys, "bo": queries}
        averaged = {name: dparams[name] / count for name, count in rows.items()}
        return dx, dmemory, {**dparams, **averaged}


@misconception(
    caught_by="backward_parameters",
    explanation="""
    Only the gradient of wo is wrong: it was made from out, the result of the last layer, and it has
    to be made from that layer's input, the merged heads. A weight's gradient is its layer's input
    times the gradient of its layer's output, so dwo pairs the merged heads with dout. Both arrays
    have the shape (B, T, D), so no product fails, and the wrong one is often the one at hand,
    because the forward pass returned it and forgot the merged heads. Nothing further back depends
    on dwo, which is why all the other gradients are right. Check what your cache holds, and give
    the merged heads a name of their own.
    """,
    source="Derived from dissolved names: one variable reused for the heads and the output",
)
class pairs_dout_with_the_output:
    """multi_head_attention_backward makes dwo from out instead of the merged heads"""

    def multi_head_attention_backward(dout, cache):
        params, merged = cache[2], cache[-1]
        out = merged @ params["wo"] + params["bo"]
        return solution.multi_head_attention_backward(dout, (*cache[:-1], out))


@misconception(
    caught_by="backward_mask",
    explanation="""
    Without a mask all gradients are right; with one, keys that were hidden receive a gradient. The
    backward pass computed the weights a second time, from q and k, and this time without the mask,
    so it differentiates another function than the one that ran. Recomputing is a respectable idea,
    and fast attention kernels do it to save memory, but then the mask has to be applied again in
    the same way. In a causal model the gradient would flow to positions that had no influence, and
    training would push them in meaningless directions, quietly. Either keep the weights in the
    cache, or keep the mask there. Where a weight is zero, every gradient through it is zero.
    """,
    source="Derived from recomputing backward passes (Dao et al., 2022, algorithm 4)",
)
class recomputes_the_weights_without_the_mask:
    """multi_head_attention_backward recomputes the weights from q and k and ignores the mask"""

    def multi_head_attention_backward(dout, cache):
        x, memory, params, q, k, v, _, merged = cache
        xp = array_namespace(dout)
        weights = _softmax_along(q @ xp.matrix_transpose(k) / math.sqrt(q.shape[-1]))
        return solution.multi_head_attention_backward(
            dout, (x, memory, params, q, k, v, weights, merged)
        )
