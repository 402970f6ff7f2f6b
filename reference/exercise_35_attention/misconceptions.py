"""Wrong implementations that students really write, each with the check that must catch it."""

import math

from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _positions(x):
    """The positions of a sequence as a column (queries) and as a row (keys)."""
    position = array_namespace(x).arange(x.shape[1], device=device(x))
    return position[:, None], position[None, :]


def _softmax(x):
    xp = array_namespace(x)
    e = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return e / xp.sum(e, axis=-1, keepdims=True)


def _scores(q, k):
    return q @ array_namespace(q).matrix_transpose(k) / math.sqrt(k.shape[-1])


def _scaled_attention(q, k, v, mask, scale):
    """Attention with another scale: the keys are stretched so that 1/√D becomes `scale`."""
    stretched = k * (scale * math.sqrt(k.shape[-1]))
    out, (_, _, _, weights, _) = solution.attention_forward(q, stretched, v, mask)
    return out, (q, k, v, weights, scale)


def _attention_of(weights, q, k, v):
    return weights @ v, (q, k, v, weights, 1 / math.sqrt(k.shape[-1]))


@misconception(
    caught_by="softmax_values",
    explanation="""
    Your numbers have the right proportions inside each row, but a row does not add up to 1: the
    whole array does. The exponentials were divided by one grand total, which is what a sum gives
    when no axis is named. For a single row this is correct, and single rows are what one tries
    first, so the mistake survives. In attention each row belongs to one query, and each query has
    a total weight of 1 to hand out; with a grand total every output shrinks as soon as the batch
    or the sequence grows. Say along which axis you add, and keep that axis, so that the sums line
    up with their rows.
    """,
    source="Softmax written for a vector and reused for matrices; seen in course forums",
)
class normalises_the_whole_array:
    """softmax divides by the sum over all entries instead of each row's own"""

    def softmax(x):
        xp = array_namespace(x)
        e = xp.exp(x - xp.max(x))
        return e / xp.sum(e)


@misconception(
    caught_by="softmax_is_stable",
    explanation="""
    Small entries give the right answer, and large ones give nan: exp was taken of the entries as
    they are. In float64 exp overflows above 709.8 (in float32 above 88.7), and inf / inf is nan;
    rows of very negative entries underflow to 0 and end in 0 / 0. Attention scores are sums of
    products, so they get large quickly when queries and keys grow during training, and a single
    nan then spreads to all parameters. Subtracting one constant from a row does not change its
    softmax. Use the row's own largest entry for that: the largest exponent becomes 0 and the sum
    is at least 1.
    """,
    source="Goodfellow et al. (2016), section 4.1; overflow limits measured",
)
class exponentiates_without_shifting:
    """softmax takes exp of the entries as they are"""

    def softmax(x):
        xp = array_namespace(x)
        e = xp.exp(x)
        return e / xp.sum(e, axis=-1, keepdims=True)


@misconception(
    caught_by="softmax_is_stable",
    explanation="""
    A maximum is subtracted before exp, but it is the maximum of the whole array. That prevents
    overflow, and for rows of similar size the result is right, since any constant may be
    subtracted from a row. But when one row lies far below another, all of its exponentials become
    0, its sum is 0, and 0 / 0 is nan. A test with large entries in a single row passes, which is
    why this version is found in many repositories. In attention one loud query would wipe out all
    the quiet ones of its batch. Every row needs its own shift: take the maximum along the last
    axis and keep that axis.
    """,
    source="devtalk thread on [-1000, -999]; passes two public judges (measured)",
)
class shifts_by_the_largest_of_all:
    """softmax subtracts the maximum of the whole array from every row"""

    def softmax(x):
        xp = array_namespace(x)
        e = xp.exp(x - xp.max(x))
        return e / xp.sum(e, axis=-1, keepdims=True)


@misconception(
    caught_by="causal_mask_values",
    explanation="""
    Your mask is the exact opposite of what is asked: True where a position must not look. Both
    polarities are in use. Some libraries take a mask of what is hidden, and a mask that is to be
    filled with minus infinity is most easily written that way; here, as in PyTorch's scaled dot
    product attention, True means "may attend". The shape, the type and the number of rows are
    fine, so nothing complains, but attention would then use the future only, and the last position
    would see nothing at all. Compare your first row with the README: the first position sees
    itself and nothing else.
    """,
    source="Mask polarity inverted: TorchLean BugZoo; libraries disagree on the convention",
)
class marks_what_is_hidden:
    """causal_mask is True where a position must not attend"""

    def causal_mask(x):
        query, key = _positions(x)
        return key > query


@misconception(
    caught_by="causal_mask_values",
    explanation="""
    Rows and columns are exchanged: the True entries lie on the diagonal and above it, so each
    position sees itself and the future, and the last one sees only itself. The picture is a
    triangle with a full diagonal, and it is easy to call the wrong triangle the right one, all the
    more because the functions that keep the upper and the lower triangle have similar names. The
    row index of the mask is the query, the one who looks; the column index is the key, the one
    being looked at. Read one row aloud: row 0 must say that position 0 may attend to position 0
    only.
    """,
    source="Upper and lower triangle confused; derived",
)
class lets_everyone_see_the_future:
    """causal_mask is True for the position itself and what comes after it"""

    def causal_mask(x):
        query, key = _positions(x)
        return key >= query


@misconception(
    caught_by="causal_mask_values",
    explanation="""
    The diagonal is False: positions see what came before them, and not themselves. It sounds
    right, since a language model must not see the token that it has to predict. But that token is
    the next one: the targets are already shifted by one place, so the input at position t is known
    when position t is processed. Hiding it loses the most useful token, and position 0 is left
    with no key at all, which turns into nan or zeros. Look at the comparison between row and
    column number, or at the offset of the triangle: equality must count as allowed.
    """,
    source="Triangle off by one; compare attention-is-all-you-need-pytorch#19",
)
class hides_the_position_itself:
    """causal_mask is False on the diagonal"""

    def causal_mask(x):
        query, key = _positions(x)
        return key < query


@misconception(
    caught_by="causal_mask_values",
    explanation="""
    One diagonal too many is True: position t may also attend to position t + 1. In language
    modelling the token at t + 1 is exactly the one that position t has to predict, so the model
    can copy the answer. Nothing looks broken; on the contrary, the training loss falls to almost
    nothing and the accuracy rises to an incredible 98 %, and only generating text, when the next
    token does not exist yet, shows that nothing was learned. Look at the offset of your triangle,
    or at a range that ends one too late. The first row must have a single True.
    """,
    source="Triangle off by one: attention-is-all-you-need-pytorch#19, 98 % accuracy as the tell",
)
class shows_the_next_position:
    """causal_mask lets position t attend to position t + 1"""

    def causal_mask(x):
        query, key = _positions(x)
        return key <= query + 1


@misconception(
    caught_by="attention_values",
    explanation="""
    The output is softmax(q kᵀ) v: the scores were not divided by √D. With D = 1 there is no
    difference, and for small inputs the results are close, so a test on tiny numbers with a loose
    tolerance lets it pass. A score is a sum of D products; with independent entries of variance 1
    its standard deviation is √D, which is 8 for D = 64. The softmax of such scores puts nearly all
    weight on one key: the mean entropy of 128 weights falls from 4.4 to about 0.7 in a measurement,
    and hardly any gradient reaches the other keys. Scale the scores before the softmax.
    """,
    source="Vaswani et al. (2017), section 3.2.1; a missing scale passes public judges (measured)",
)
class forgets_the_scale:
    """attention_forward does not divide the scores by √D"""

    def attention_forward(q, k, v, mask=None):
        return _scaled_attention(q, k, v, mask, 1.0)


@misconception(
    caught_by="attention_values",
    explanation="""
    The scores were divided by D instead of its square root. The aim is to keep their spread near 1
    whatever D is. A score adds D products, and variances add up, so its variance is D and its
    standard deviation is √D; dividing by D overshoots and leaves a spread of only 1/√D. All
    weights then come out nearly equal, about 1/S each, and attention turns into a plain average of
    the values, more so the larger D is. With D = 1 both versions agree. Look for a missing square
    root, or for a scale that was applied twice: once to the queries and once to the scores.
    """,
    source="D in place of √D, or a scale applied twice; from Vaswani et al. (2017), 3.2.1",
)
class divides_by_the_key_size:
    """attention_forward divides the scores by D instead of √D"""

    def attention_forward(q, k, v, mask=None):
        return _scaled_attention(q, k, v, mask, 1 / k.shape[-1])


@misconception(
    caught_by="attention_values",
    explanation="""
    The scores were divided by the square root of M, the size of a value. In most Transformers keys
    and values have the same size, so the two cannot be told apart there, and a test in which they
    are equal proves nothing. But the scale has a purpose: a score is a sum of D products of query
    and key entries, its spread grows like √D, and the division brings it back to 1. The values
    enter only after the softmax and have no influence on how large a score is. Take the size from
    the last axis of the keys or the queries, which always agree.
    """,
    source="d of V used for d of K; hidden wherever the two sizes are equal",
)
class scales_by_the_value_size:
    """attention_forward divides the scores by √M instead of √D"""

    def attention_forward(q, k, v, mask=None):
        return _scaled_attention(q, k, v, mask, 1 / math.sqrt(v.shape[-1]))


@misconception(
    caught_by="attention_values",
    explanation="""
    The scores were divided by the square root of S, the number of keys, instead of D, the size of
    a key. It usually comes from reading the size off the wrong axis, and a test with as many keys
    as features cannot notice. The number of terms in a score is D: that is what the scale has to
    make up for. With your version the sharpness of attention depends on how long the sequence is,
    so the same two tokens would be matched differently when padding is added, and a model trained
    on short texts would behave differently on long ones. Check which axis your size comes from.
    """,
    source="Sequence length used for d; Deep-ML 53 has both equal, where they can be confused",
)
class scales_by_the_number_of_keys:
    """attention_forward divides the scores by √S instead of √D"""

    def attention_forward(q, k, v, mask=None):
        return _scaled_attention(q, k, v, mask, 1 / math.sqrt(k.shape[1]))


@misconception(
    caught_by="attention_values",
    explanation="""
    The softmax ran over the queries instead of the keys: in your weights each column adds up to 1,
    not each row. A key then shares itself out among the queries, and a query may receive a total
    far from 1, so the output is no longer a mean of the values. Shapes are right and all weights
    lie between 0 and 1, which is why this goes unnoticed, and with a single query every weight
    would be 1. A softmax over "axis 1" does this as soon as a batch axis is put in front. In
    scores[b, t, s] the keys are on the last axis, and that is where to normalise.
    """,
    source="softmax along dim 1 of a batched score array; common in first implementations",
)
class normalises_over_the_queries:
    """attention_forward takes the softmax over the queries"""

    def attention_forward(q, k, v, mask=None):
        xp = array_namespace(q)
        scores = _scores(q, k)
        if mask is not None:
            lowest = xp.full_like(scores, xp.finfo(scores.dtype).min)
            scores = xp.where(mask, scores, lowest)
        weights = xp.matrix_transpose(_softmax(xp.matrix_transpose(scores)))
        if mask is not None:
            weights = xp.where(mask, weights, xp.zeros_like(weights))
        return _attention_of(weights, q, k, v)


@misconception(
    caught_by="attention_masked_values",
    explanation="""
    The hidden keys have weight 0, as they should, but the weights of a query no longer add up to
    1: in a measured example they added up to 0.86. The mask was applied to the finished weights.
    By then the softmax had already given the hidden keys their share, and setting it to zero
    throws that share away instead of passing it on. Outputs shrink, the more keys are hidden the
    more, and a hidden key still acts through the sum below the line. Hide keys before the softmax
    divides, by giving them a score whose exponential is 0; then what remains is shared out among
    the allowed keys.
    """,
    source="Mask after softmax, row sum 0.86 (measured)",
)
class masks_after_the_softmax:
    """attention_forward sets weights to zero after the softmax"""

    def attention_forward(q, k, v, mask=None):
        xp = array_namespace(q)
        weights = _softmax(_scores(q, k))
        if mask is not None:
            weights = xp.where(mask, weights, xp.zeros_like(weights))
        return _attention_of(weights, q, k, v)


@misconception(
    caught_by="attention_masked_values",
    explanation="""
    You attend exactly to the keys that the mask hides. Here True means "may attend"; your code
    reads True as "hide this one". Both conventions exist, even inside one library: PyTorch's
    scaled dot product attention takes True as allowed, while its multi-head attention module takes
    True as hidden. With a causal mask the mistake lets every position see the future only, and the
    loss looks wonderful. When a mask is all True, the result without a mask and yours could not be
    more different, which makes a good first test. Look at the place where the mask decides between
    the score and the very low number.
    """,
    source="Mask polarity inverted: TorchLean BugZoo; torch.nn documentation on the two polarities",
)
class reads_true_as_hidden:
    """attention_forward hides the keys where the mask is True"""

    def attention_forward(q, k, v, mask=None):
        return solution.attention_forward(q, k, v, None if mask is None else ~mask)


@misconception(
    caught_by="attention_masked_values",
    explanation="""
    With one mask for all examples your output is right; with a mask for each example only the
    first of them is right. The mask of the first example was used for the whole batch. Sequences
    in a batch have different lengths, so their padding is in different places, and each needs a
    mask of its own: with the first one's, other examples attend to padding or lose real tokens.
    Tests with a batch of one, or with equal lengths, cannot notice. A mask of shape (B, T, S)
    already has the shape of the scores, and a mask of shape (T, S) broadcasts against them, so
    neither has to be indexed or reshaped.
    """,
    source="Padding masks of a batch; derived from padded keys attended, tensorflow#512",
)
class uses_the_first_mask_for_the_whole_batch:
    """attention_forward applies the first example's mask to every example"""

    def attention_forward(q, k, v, mask=None):
        if mask is not None and mask.ndim == 3:
            mask = mask[0]
        return solution.attention_forward(q, k, v, mask)


@misconception(
    caught_by="attention_is_causal",
    explanation="""
    Hidden keys still receive weight, so outputs change when later tokens arrive. Their scores were
    set to 0, or multiplied by the mask, which is the same. But the exponential of 0 is 1: a score
    of 0 says "an average match", not "no match". In a measured example such a key kept a weight of
    0.09. The mistake hides well, because the hidden values are multiplied by small numbers, and
    because rows still add up to 1. To get a weight of 0 after the softmax, the score before it has
    to be minus infinity, or so low that its exponential is 0.
    """,
    source="Zero fill leaks a weight of 0.09 (measured)",
)
class fills_hidden_scores_with_zero:
    """attention_forward gives hidden keys a score of 0"""

    def attention_forward(q, k, v, mask=None):
        xp = array_namespace(q)
        scores = _scores(q, k)
        if mask is not None:
            scores = xp.where(mask, scores, xp.zeros_like(scores))
        return _attention_of(_softmax(scores), q, k, v)


@misconception(
    caught_by="attention_edge_cases",
    explanation="""
    A query that may attend to nothing comes out as nan. All its scores are minus infinity, so the
    largest of them is too, and subtracting it from itself gives nan; without the shift it would be
    0 / 0. Rows like this are not exotic: padded positions of a batch often have no allowed key. The
    nan is not confined to a row that nobody reads, because going back 0 times nan is nan, and after
    one step all the parameters are lost. The convention here: such a query gets an output of zeros.
    Decide after the softmax, entry by entry, between the weight and zero, and make sure that nan
    never arises on the way.
    """,
    source="All-masked rows give NaN with a fill of minus infinity; a standing PyTorch issue topic",
)
class divides_nothing_by_nothing:
    """attention_forward gives NaN for a query without any allowed key"""

    def attention_forward(q, k, v, mask=None):
        xp = array_namespace(q)
        out, (_, _, _, weights, scale) = solution.attention_forward(q, k, v, mask)
        if mask is not None:
            empty = ~xp.any(mask, axis=-1, keepdims=True)
            weights = xp.where(empty, xp.full_like(weights, math.nan), weights)
            out = weights @ v
        return out, (q, k, v, weights, scale)


@misconception(
    caught_by="attention_edge_cases",
    explanation="""
    A query that may attend to nothing gets the plain mean of all values, hidden ones included.
    Hidden scores were set to one low number such as -1e9. That works as long as some key is
    allowed; when none is, all the scores of the row are equal, and softmax only sees differences,
    so each hidden key gets 1/S. No nan, no warning: the query quietly reads everything that it
    must not see, and gradients flow into the hidden values. The convention here is an output of
    zeros. A low number before the softmax is fine, but the mask has to be consulted once more
    after it.
    """,
    source="All-masked rows become uniform with a fill of -1e9; Transformer tutorials (measured)",
)
class averages_everything_when_all_is_hidden:
    """attention_forward shares the weight evenly when no key is allowed"""

    def attention_forward(q, k, v, mask=None):
        xp = array_namespace(q)
        scores = _scores(q, k)
        if mask is not None:
            scores = xp.where(mask, scores, xp.full_like(scores, -1e9))
        return _attention_of(_softmax(scores), q, k, v)


@misconception(
    caught_by="attention_edge_cases",
    explanation="""
    Right everywhere, except when a hidden key has by far the largest score: then the output is
    zero. The scores were shifted by the maximum of all keys, exponentiated, and only then
    multiplied by the mask. The hidden key sets the shift, so the exponentials of all the allowed
    keys underflow to 0, and nothing is left to share out. For scores of ordinary size the formula
    is correct, so random tests pass. Large hidden scores do occur: padding has embeddings too,
    and nothing in training keeps them small. Hide the keys before the maximum is taken, so that it
    is the maximum of the allowed ones.
    """,
    source="Masked softmax as exp, times mask, divided by sum; underflow measured",
)
class shifts_by_a_hidden_score:
    """attention_forward takes the softmax's maximum over hidden keys as well"""

    def attention_forward(q, k, v, mask=None):
        if mask is None:
            return solution.attention_forward(q, k, v)
        xp = array_namespace(q)
        scores = _scores(q, k)
        e = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
        e = xp.where(mask, e, xp.zeros_like(e))
        total = xp.sum(e, axis=-1, keepdims=True)
        return _attention_of(e / xp.where(total > 0, total, xp.ones_like(total)), q, k, v)


@misconception(
    caught_by="attention_backward_gradients",
    explanation="""
    dv is right; dq and dk are not. The gradient went through the softmax as if each weight
    depended on its own score only, with the factor w (1 - w) known from the sigmoid. But the
    weights of a query share a total of 1: raising one score lowers all the other weights. The full
    derivative has entries -w_s w_j off the diagonal, and dropping them leaves something of the
    right shape, and often of the right sign. The tell: each row of dscores has to add up to zero,
    because adding a constant to a row of scores changes nothing. Yours do not. Every score needs
    the dweights of all the keys.
    """,
    source="Softmax derivative taken entrywise; CS231n forum: staged backprop loses cross terms",
)
class keeps_only_the_diagonal:
    """attention_backward treats the softmax as if each weight depended on one score"""

    def attention_backward(dout, cache):
        q, k, v, weights, scale = cache
        xp = array_namespace(dout)
        dv = xp.matrix_transpose(weights) @ dout
        dscores = weights * (1 - weights) * (dout @ xp.matrix_transpose(v))
        return scale * (dscores @ k), scale * (xp.matrix_transpose(dscores) @ q), dv


@misconception(
    caught_by="attention_backward_gradients",
    explanation="""
    dv is right; dq and dk are those of attention without a softmax: the gradient of the weights
    was used as the gradient of the scores. Every step of the forward pass needs its own step going
    back, and the softmax is one of them, even though it has no parameters and no second input.
    Without it the gradient ignores how the weights were shared out, so a key with almost no weight
    gets as much of it as the winner. Count the forward steps: product, scale, softmax, product.
    There must be four on the way back. The missing one multiplies by the weights and makes each
    row of dscores add up to zero.
    """,
    source="Skipped step in hand-written backward passes; derived",
)
class skips_the_softmax_going_back:
    """attention_backward passes the gradient of the weights on as that of the scores"""

    def attention_backward(dout, cache):
        q, k, v, weights, scale = cache
        xp = array_namespace(dout)
        dv = xp.matrix_transpose(weights) @ dout
        dscores = dout @ xp.matrix_transpose(v)
        return scale * (dscores @ k), scale * (xp.matrix_transpose(dscores) @ q), dv


@misconception(
    caught_by="attention_backward_gradients",
    explanation="""
    dv is right, and both dq and dk are √D times too large: the scale of the forward pass is
    missing on the way back. The scores are (1/√D) q kᵀ, so raising an entry of q by a little
    raises a score by 1/√D times the key's entry, not by the key's entry. A constant factor keeps
    the direction of the gradient, so training works and just seems to like a smaller learning
    rate, which is why this survives. With D = 1 it cannot be seen. Whatever the forward pass
    multiplies by, the backward pass multiplies by too, once, for each of the two gradients.
    """,
    source="Constant factor lost in the backward pass; derived",
)
class forgets_the_scale_going_back:
    """attention_backward leaves the factor 1/√D out of dq and dk"""

    def attention_backward(dout, cache):
        dq, dk, dv = solution.attention_backward(dout, cache)
        return dq / cache[-1], dk / cache[-1], dv


@misconception(
    caught_by="attention_backward_gradients",
    explanation="""
    dq and dv are right, and dk is √D times too large. The scores are a product of three things,
    the factor 1/√D, a query and a key, and the derivative with respect to any of them contains the
    other two. It is tempting to see the scale as belonging to the queries alone, all the more when
    the code divides q by √D before the product: then the key's gradient needs the divided queries,
    and the cache holds the original ones. Since dq is right, the step through the softmax is right
    as well. Look at the last line only: which queries go into dk, and where does the scale enter?
    """,
    source="Scaled queries in the forward pass, unscaled ones in the cache; derived",
)
class forgets_the_scale_in_the_key_gradient:
    """attention_backward leaves the factor 1/√D out of dk"""

    def attention_backward(dout, cache):
        dq, dk, dv = solution.attention_backward(dout, cache)
        return dq, dk / cache[-1], dv


@misconception(
    caught_by="attention_backward_masked_gradients",
    explanation="""
    Without a mask all three gradients are right; with one they are those of the unmasked
    attention. The backward pass computed the weights again, from q and k, and left the mask out,
    or it kept a copy of the weights from before the mask. So gradient flows into hidden keys and
    values, and the allowed ones get too little. In training this leaks: tokens of the future are
    adjusted by predictions that were not allowed to see them. The weights of the forward pass
    contain the mask already, since hidden keys have weight 0. Keep exactly those in the cache, or
    keep the mask and apply it again.
    """,
    source="Recomputed attention weights without the mask; derived",
)
class forgets_the_mask_going_back:
    """attention_backward uses the weights that attention without a mask would have"""

    def attention_backward(dout, cache):
        q, k, v, _, scale = cache
        return solution.attention_backward(dout, (q, k, v, _softmax(_scores(q, k)), scale))
