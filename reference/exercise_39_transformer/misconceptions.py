"""Wrong implementations that students really write, each with the check that must catch it."""

import math

from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _one_hot(targets, logits):
    xp = array_namespace(logits)
    classes = xp.arange(logits.shape[-1], device=device(targets))
    return xp.astype(targets[:, :, None] == classes, logits.dtype)


def _log_softmax(logits):
    xp = array_namespace(logits)
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


@misconception(
    caught_by="padding_mask_values",
    explanation="""
    Every entry of your masks is the opposite of what is asked: True stands for "hide this". That
    is PyTorch's meaning for key_padding_mask and for boolean attention masks of nn.Transformer,
    while its own scaled_dot_product_attention, like this course, calls True what may be attended
    to. Both meanings are in use, and code that makes and reads its masks in the same way works, so
    a whole model can be right with either. The trouble begins where two parts meet: here the
    layers are also called with masks made by the caller, and then yours attend to exactly what is
    hidden. Look at the README's line on mask polarity and follow one padding token through.
    """,
    source="PyTorch's key_padding_mask; TorchLean BugZoo, inverted polarity",
)
class marks_what_is_hidden_as_true:
    """padding_mask and decoder_mask are True where attention must not look, and the layers agree"""

    def padding_mask(ids, pad_id):
        return ids == pad_id

    def decoder_mask(ids, pad_id):
        xp = array_namespace(ids)
        position = xp.arange(ids.shape[1], device=device(ids))
        future = position[None, :] > position[:, None]
        return future[None, :, :] | (ids == pad_id)[:, None, :]

    def _attention(x, memory, params, n_heads, mask):
        return solution._attention(x, memory, params, n_heads, ~mask)


@misconception(
    caught_by="padding_mask_values",
    explanation="""
    With pad_id 0 your mask is right; with any other it hides the token 0 and shows the padding:
    the ids are compared with a fixed 0, and the argument pad_id is not used. Many tutorials give
    padding the id 0, so the two cannot be told apart there. But other vocabularies put the unknown
    word or the start of a sentence at 0, and padding at 1 or at the very end. A model trained with
    such a vocabulary attends to its padding, so a sentence gets different translations in
    different batches, and one ordinary word is never seen by anybody. Search your masks for a
    number that should be a name.
    """,
    source="Common in tutorials, where the padding id is 0; derived",
)
class hides_the_token_zero:
    """padding_mask compares the ids with 0 instead of pad_id"""

    def padding_mask(ids, pad_id):
        return ids != 0


@misconception(
    caught_by="decoder_mask_values",
    explanation="""
    Each position sees one token too many: the diagonal above the main one is True as well. In
    training the token to be predicted at position t is exactly target token t + 1, so this one
    extra entry hands the decoder the answer. The loss falls to nearly nothing within minutes and
    accuracy climbs above 98 per cent, which feels like success, and when the model then has to
    write a sentence on its own it produces nonsense. The off-by-one usually comes from a triangle
    function whose second argument counts diagonals in a direction one did not expect. Print the
    mask for three tokens: the first row must contain a single True.
    """,
    source="attention-is-all-you-need-pytorch#19: 98% accuracy gave it away",
)
class lets_each_position_see_the_next:
    """decoder_mask lets position t see position t + 1"""

    def decoder_mask(ids, pad_id):
        xp = array_namespace(ids)
        position = xp.arange(ids.shape[1], device=device(ids))
        causal = position[None, :] <= position[:, None] + 1
        return causal[None, :, :] & (ids != pad_id)[:, None, :]


@misconception(
    caught_by="decoder_mask_values",
    explanation="""
    Your mask is the causal triangle, the same for every sentence, and padding tokens inside it
    stay visible. With padding at the end of the target this is hard to notice: a real token comes
    before all padding, so the triangle already hides the padding from it, and only the outputs at
    padding positions change, which the loss ignores. As soon as padding stands at the front, which
    is usual when several sentences are continued in one batch, every real token looks at it, and a
    sentence's scores depend on how far it was padded. Combine both rules: an entry is True if it
    is not in the future and the token looked at is real.
    """,
    source="Derived; left padding makes it visible",
)
class forgets_padding_in_the_decoder_mask:
    """decoder_mask is the causal triangle alone"""

    def decoder_mask(ids, pad_id):
        xp = array_namespace(ids)
        position = xp.arange(ids.shape[1], device=device(ids))
        causal = position[None, :] <= position[:, None]
        return xp.logical_and(causal[None, :, :], xp.ones_like(ids, dtype=xp.bool)[:, None, :])


@misconception(
    caught_by="transformer_forward_is_causal",
    explanation="""
    Your mask hides padding and nothing else, as in the encoder, so the entries above the diagonal
    are True and the decoder looks into the future: changing a late target token changes the logits
    of earlier positions. While training, the whole target is there at once, so the decoder can
    copy the next word instead of predicting it, and the loss becomes wonderfully small. When a
    sentence is to be written word by word there is no future to copy from, and what comes out is
    useless. A check of shapes cannot see this, nor can a falling loss. The mask of the target
    needs two rules, no padding and no future, and the second one does not depend on the tokens at
    all.
    """,
    source="attention-is-all-you-need-pytorch#19; derived",
)
class shows_the_decoder_the_whole_target:
    """decoder_mask hides padding but not the future"""

    def decoder_mask(ids, pad_id):
        xp = array_namespace(ids)
        rows = xp.ones_like(ids, dtype=xp.bool)[:, :, None]
        return xp.logical_and(rows, (ids != pad_id)[:, None, :])


@misconception(
    caught_by="encoder_layer_values",
    explanation="""
    The norm is applied to the input of each sublayer, and the residual is added after it without
    being normalised. That is the pre-norm layer. It is a good design, easier to train when the
    stack is deep, and most later models use it, so code seen elsewhere often looks like this; some
    well-known commented versions of the paper use it too, although their text shows the other
    formula. Vaswani et al. have post-norm: the sum of input and sublayer is normalised. You can
    tell the two apart by the output: after post-norm each position has mean zero and variance one
    before scale and shift, after pre-norm it does not. Look at what stands inside your norm.
    """,
    source="annotated-transformer#92: text and code differ in the order",
)
class normalises_before_each_sublayer:
    """encoder_layer and decoder_layer are pre-norm"""

    def encoder_layer(x, params, n_heads, mask):
        p = params
        z = solution._layer_norm(x, p["norm1_scale"], p["norm1_shift"])
        x = x + solution._attention(z, z, p["attention"], n_heads, mask[:, None, :])
        z = solution._layer_norm(x, p["norm2_scale"], p["norm2_shift"])
        return x + solution._feed_forward(z, p)

    def decoder_layer(y, memory, params, n_heads, self_mask, memory_mask):
        p = params
        z = solution._layer_norm(y, p["norm1_scale"], p["norm1_shift"])
        y = y + solution._attention(z, z, p["self_attention"], n_heads, self_mask)
        z = solution._layer_norm(y, p["norm2_scale"], p["norm2_shift"])
        mask = memory_mask[:, None, :]
        y = y + solution._attention(z, memory, p["cross_attention"], n_heads, mask)
        z = solution._layer_norm(y, p["norm3_scale"], p["norm3_shift"])
        return y + solution._feed_forward(z, p)


@misconception(
    caught_by="encoder_layer_values",
    explanation="""
    The result of the feed-forward network is normalised by itself; what went into the network is
    not added back. The first residual, around attention, is there, so the layer looks complete at
    a glance. Shapes agree and one or two layers even train. But each layer now rebuilds its whole
    output from F hidden units of which a good part is silent, the identity of the word fades with
    every layer, and the gradient has no straight way down, so a deep stack does not learn. Every
    sublayer in figure 1 of the paper has an arrow around it, the feed-forward network included.
    Look for the norm whose argument is not a sum.
    """,
    source="Vaswani et al. (2017), figure 1; derived",
)
class leaves_out_the_second_residual:
    """encoder_layer and decoder_layer normalise the feed-forward output without adding its input"""

    def _feed_forward(x, params):
        return solution._feed_forward(x, params) - x


@misconception(
    caught_by="encoder_layer_values",
    explanation="""
    Mean and variance were taken over the positions of a sentence, axis 1, and not over the D
    numbers of one position. This is what batch normalisation does with examples, and with an axis
    argument it is a slip of one character; shapes still agree, because the statistics are
    broadcast either way. It makes every position depend on all others, padding included: the
    length of the batch changes the output, and in the decoder the mean over positions carries
    information back from future tokens, behind the mask's back. LayerNorm treats each position as
    if it were alone. A sentence of a single position shows the error best: its variance over
    positions is zero, so only the shift is left.
    """,
    source="Ba et al. (2016), section 3, against batch normalisation; derived",
)
class normalises_over_the_positions:
    """LayerNorm takes mean and variance over axis 1, the positions"""

    def _layer_norm(z, scale, shift):
        xp = array_namespace(z)
        centred = z - xp.mean(z, axis=1, keepdims=True)
        variance = xp.mean(centred * centred, axis=1, keepdims=True)
        return scale * centred / xp.sqrt(variance + 1e-5) + shift


@misconception(
    caught_by="encoder_layer_values",
    explanation="""
    Before scale and shift are applied, your normalised numbers are too small by one constant
    factor, the root of (D - 1) / D: the variance was divided by D - 1. That is the unbiased
    estimate of statistics, and the default of torch.std and torch.var, so it slips in without
    being asked for. At D = 512 the factor is 0.999 and nobody notices, until weights are loaded
    into a model that divides by D and the outputs drift apart a little in every layer; at D = 8 it
    is already 0.935. LayerNorm does not estimate anything: it makes the D numbers at hand have
    variance one. Look at the function that gives you the variance and what it divides by.
    """,
    source="annotated-transformer#119: torch.std in LayerNorm, factor 0.935 at D = 8",
)
class divides_the_variance_by_one_less:
    """LayerNorm uses the unbiased variance, divided by D - 1"""

    def _layer_norm(z, scale, shift):
        xp = array_namespace(z)
        centred = z - xp.mean(z, axis=-1, keepdims=True)
        variance = xp.sum(centred * centred, axis=-1, keepdims=True) / (z.shape[-1] - 1)
        return scale * centred / xp.sqrt(variance + 1e-5) + shift


@misconception(
    caught_by="encoder_layer_values",
    explanation="""
    Where the numbers of a position are nearly equal, your output is far off; elsewhere it is right
    to four or five digits. The epsilon was added to the standard deviation, after the root, and
    not to the variance, inside it. With variance one the two differ by five millionths, which
    every usual tolerance forgives. With a standard deviation of 0.003, the variance is 0.000009,
    as small as the epsilon itself: inside the root it matters a great deal, outside it hardly
    does, and the results differ by 45 per cent. Such positions do occur, for instance right after
    an initialisation with small numbers. Look at the order of two operations, the addition and the
    root.
    """,
    source="annotated-transformer, epsilon beside the deviation; error 0.41 at std 0.003, measured",
)
class adds_the_epsilon_after_the_root:
    """LayerNorm divides by the standard deviation plus 1e-5"""

    def _layer_norm(z, scale, shift):
        xp = array_namespace(z)
        centred = z - xp.mean(z, axis=-1, keepdims=True)
        variance = xp.mean(centred * centred, axis=-1, keepdims=True)
        return scale * centred / (xp.sqrt(variance) + 1e-5) + shift


@misconception(
    caught_by="encoder_layer_values",
    explanation="""
    The feed-forward network is missing its ReLU, so its two affine maps are one affine map,
    however many hidden units lie between them. Nothing fails: shapes agree, the residual and the
    norm hide most of the difference, and the model trains, because the softmax of the attention
    and the norms still bend something. But this network is the only place where the numbers of a
    single position are combined in a way that is not linear, and without it the layer loses much
    of what it can learn. Follow one hidden unit that is negative for some input: its outgoing
    weights should have no influence there, and in your layer they do.
    """,
    source="Vaswani et al. (2017), equation 2; derived",
)
class leaves_out_the_relu:
    """The feed-forward network is x w1 + b1, then w2 and b2, with nothing between"""

    def _feed_forward(x, params):
        return (x @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]


@misconception(
    caught_by="encoder_layer_values",
    explanation="""
    With one head everything is right; with several, all attention weights are too even: the scores
    were divided by the root of D, the width of the model, and not by the root of K, the width of
    one head. The formula in the paper has the root of d_k, and with a single head d_k is the
    model's width, so a test without several heads cannot tell. A score is a sum of K products, so
    its spread grows with the root of K; dividing by more than that flattens the softmax, and every
    query receives something close to the mean of all values. Training makes up for part of it, and
    nothing crashes. Look at which axis you measure before you take the root.
    """,
    source="Scale by the model's width: seen in multi-head code in many repositories; derived",
)
class divides_scores_by_the_root_of_the_width:
    """Attention divides the scores by sqrt(D), not sqrt(K)"""

    def _attention(x, memory, params, n_heads, mask):
        factor = 1 / math.sqrt(n_heads)
        queries = {"wq": params["wq"] * factor, "bq": params["bq"] * factor}
        return solution._attention(x, memory, params | queries, n_heads, mask)


@misconception(
    caught_by="encoder_layer_values",
    explanation="""
    One head gives the right result, several do not: the heads were joined by a reshape alone,
    without first moving the head axis back beside the head's numbers. After attention the array is
    (B, H, T, K). A reshape to (B, T, D) never complains, since the count of entries is the same,
    but it reads the memory in order, so the new row t is filled from neighbouring positions of one
    head. Each word gets pieces of other words, later ones included, which also breaks causality in
    the decoder. Splitting has the same trap in the other direction. Undo the splitting step by
    step: first the exchange of the two middle axes, then the reshape.
    """,
    source="Reshape without transpose, the classic multi-head bug; derived",
)
class joins_heads_without_moving_the_axis:
    """Attention reshapes (B, H, T, K) to (B, T, D) directly"""

    def _attention(x, memory, params, n_heads, mask):
        xp = array_namespace(x)
        q = solution._split_heads(x @ params["wq"] + params["bq"], n_heads)
        k = solution._split_heads(memory @ params["wk"] + params["bk"], n_heads)
        v = solution._split_heads(memory @ params["wv"] + params["bv"], n_heads)
        scores = q @ xp.matrix_transpose(k) / math.sqrt(q.shape[-1])
        lowest = xp.full_like(scores, -1e300)
        heads = solution._softmax(xp.where(mask[:, None, :, :], scores, lowest)) @ v
        return xp.reshape(heads, x.shape) @ params["wo"] + params["bo"]


@misconception(
    caught_by="decoder_layer_values",
    explanation="""
    The last target position is right, and the earlier ones see too little of the source: a causal
    triangle was laid over the attention to the memory. It is tempting to give both attentions of
    the decoder the same mask, and if source and target have equal length the shapes even fit. But
    the causal rule says that a word not yet written must not be used, and the source sentence is
    complete before the first word is written. With the triangle, the first word of the translation
    may look at the first source word only, which ruins all language pairs whose word order
    differs. Attention to the memory has one rule: hide padding.
    """,
    source="Causal mask on cross-attention, seen in student code; derived",
)
class lays_a_triangle_over_the_memory:
    """decoder_layer lets target position t see only memory positions up to t"""

    def decoder_layer(y, memory, params, n_heads, self_mask, memory_mask):
        xp = array_namespace(y)
        p = params
        rows = xp.arange(y.shape[1], device=device(y))[:, None]
        columns = xp.arange(memory.shape[1], device=device(y))[None, :]
        seen = (columns <= rows)[None, :, :] & memory_mask[:, None, :]
        attended = solution._attention(y, y, p["self_attention"], n_heads, self_mask)
        y = solution._layer_norm(y + attended, p["norm1_scale"], p["norm1_shift"])
        attended = solution._attention(y, memory, p["cross_attention"], n_heads, seen)
        y = solution._layer_norm(y + attended, p["norm2_scale"], p["norm2_shift"])
        z = y + solution._feed_forward(y, p)
        return solution._layer_norm(z, p["norm3_scale"], p["norm3_shift"])


@misconception(
    caught_by="decoder_layer_values",
    explanation="""
    In the attention to the memory, two projections have changed places: the memory goes through wq
    and bq, which make queries, and the target goes through wk and bk. A matrix has no label on it,
    and all of them are D by D, so nothing complains, and a model trained from scratch would simply
    learn the exchanged matrices; the error shows when weights come from somewhere else, as here.
    It comes from passing the arguments of attention in the wrong order, or from thinking that the
    encoder asks and the decoder answers. It is the other way round: each target position asks a
    question, and the memory holds the keys and values among which it looks.
    """,
    source="Memory projected as queries, in encoder-decoder student code; derived",
)
class projects_the_memory_as_queries:
    """decoder_layer uses wq on the memory and wk on the target"""

    def decoder_layer(y, memory, params, n_heads, self_mask, memory_mask):
        cross = dict(params["cross_attention"])
        cross["wq"], cross["wk"] = cross["wk"], cross["wq"]
        cross["bq"], cross["bk"] = cross["bk"], cross["bq"]
        changed = {**params, "cross_attention": cross}
        return solution.decoder_layer(y, memory, changed, n_heads, self_mask, memory_mask)


@misconception(
    caught_by="decoder_layer_values",
    explanation="""
    The attention to the memory asks with the layer's original input: its queries are the y that
    came in, not the normalised result of self-attention. The second residual then adds that result
    again, so everything is used somewhere and the code looks plausible, above all when both
    attentions are computed at the top of the function and the norms follow. But the two steps are
    meant to build on each other: self-attention first finds out what the next word needs, given
    what has been written, and with that knowledge the decoder searches the source. Follow the name
    y through your function: each of the three steps must read what the step before it returned.
    """,
    source="Vaswani et al. (2017), figure 1, read as two parallel branches; derived",
)
class asks_the_memory_with_the_unprocessed_target:
    """decoder_layer takes the queries of cross-attention from its input, before self-attention"""

    def decoder_layer(y, memory, params, n_heads, self_mask, memory_mask):
        p = params
        attended = solution._attention(y, y, p["self_attention"], n_heads, self_mask)
        mask = memory_mask[:, None, :]
        crossed = solution._attention(y, memory, p["cross_attention"], n_heads, mask)
        y = solution._layer_norm(y + attended, p["norm1_scale"], p["norm1_shift"])
        y = solution._layer_norm(y + crossed, p["norm2_scale"], p["norm2_shift"])
        z = y + solution._feed_forward(y, p)
        return solution._layer_norm(z, p["norm3_scale"], p["norm3_shift"])


@misconception(
    caught_by="transformer_forward_ignores_padding",
    explanation="""
    Hidden positions of the memory have an influence on your output: the attention to the memory
    does not use its mask. The encoder hides padding from its own attention, but it still computes
    an output for each padding position, and these vectors are as large as any other, since the
    LayerNorm makes them so. Without the mask every target word mixes some of them in, and the
    translation of a sentence depends on the longest sentence that happened to be in its batch.
    With a batch of equal lengths there is no padding and nothing to notice, which is why the mask
    is so often used once, in the encoder, and forgotten the second time. The same mask belongs in
    two places.
    """,
    source="Encoder padding mask absent in cross-attention; derived",
)
class shows_padding_of_the_memory:
    """decoder_layer ignores memory_mask"""

    def decoder_layer(y, memory, params, n_heads, self_mask, memory_mask):
        xp = array_namespace(y)
        everything = xp.ones_like(memory_mask)
        return solution.decoder_layer(y, memory, params, n_heads, self_mask, everything)


@misconception(
    caught_by="transformer_forward_values",
    explanation="""
    The rows of the embedding tables enter the model as they are, without the factor root of D.
    Section 3.4 of the paper mentions it in half a sentence, and a model trained from scratch works
    without it, so it is often left out. What it changes is the balance between word and position:
    the sines and cosines have a size near one, while embeddings are usually started with a spread
    of one over the root of D. The factor brings both to the same size; without it the position
    drowns the word in the first layers. The difference does not go away in the LayerNorm, since
    only one of the two summands is rescaled. Look at the line where word and position are added.
    """,
    source="Vaswani et al. (2017), section 3.4, a half-sentence often missed",
)
class leaves_embeddings_unscaled:
    """transformer_forward adds positions to the embeddings without multiplying by sqrt(D)"""

    def _embed(ids, table):
        return solution._embed(ids, table / math.sqrt(table.shape[1]))


@misconception(
    caught_by="transformer_forward_values",
    explanation="""
    Your model has no idea of order: the position codes are missing. Attention treats its keys as a
    set, and the feed-forward network and the norm look at one position at a time, so permuting the
    source words permutes the memory and leaves the logits exactly as they are. "Dog bites man" and
    "man bites dog" become the same sentence. In the decoder the causal mask gives a little order
    back, since later positions see more, and on many tasks a bag of words is enough for a loss
    that looks decent; hence it goes unnoticed. The codes are added after the rows have been looked
    up and scaled, for the source and for the target.
    """,
    source="Vaswani et al. (2017), section 3.5; derived",
)
class forgets_the_positions:
    """transformer_forward adds no position codes"""

    def _positions(length, table):
        return array_namespace(table).zeros_like(table[:1, :])


@misconception(
    caught_by="transformer_forward_values",
    explanation="""
    The first pair of columns of your position codes is right, and all later ones change too
    slowly: the exponent is doubled. In the formula 2i is the column's number and i the number of
    the pair. A loop that steps through 0, 2, 4 already counts columns, and if its variable is
    multiplied by two once more, the frequencies fall twice as fast as they should. For D = 8 the
    exponents are 0, 0.5, 1, 1.5 and not 0, 0.25, 0.5, 0.75. The columns at the end then hardly
    move over a whole sentence. The codes still differ from position to position, so the model
    trains, and only a comparison with the formula shows it. Decide what your variable counts.
    """,
    source="Kyubyong/transformer#38; jadore#32; DeepCTR#379",
)
class doubles_the_exponent_of_the_positions:
    """The position codes use 10000^(4i / D)"""

    def _positions(length, table):
        xp = array_namespace(table)
        d = table.shape[1]
        kind = {"dtype": table.dtype, "device": device(table)}
        position = xp.arange(length, **kind)[:, None]
        angle = position / 10000 ** (2 * xp.arange(0, d, 2, **kind) / d)
        return xp.reshape(xp.stack([xp.sin(angle), xp.cos(angle)], axis=-1), (length, d))


@misconception(
    caught_by="transformer_forward_values",
    explanation="""
    Your position codes contain the right numbers in another order: all sines in the first half of
    the columns, all cosines in the second. The first Transformer implementations did the same, and
    for a model trained from scratch it makes no difference, because the weights of the first layer
    simply learn another order of columns. It does matter as soon as two programs share weights, as
    your code and the reference do here. The formula of the paper lets them alternate: column 2i
    holds the sine of frequency i and column 2i + 1 its cosine. Joining two blocks end to end gives
    halves; the pairs have to be interleaved instead, column by column.
    """,
    source="tensor2tensor concatenates the halves, the paper's formula interleaves",
)
class puts_all_sines_before_the_cosines:
    """The position codes hold sines in the first half of the columns, cosines in the second"""

    def _positions(length, table):
        xp = array_namespace(table)
        codes = solution._positions(length, table)
        return xp.concat([codes[:, 0::2], codes[:, 1::2]], axis=1)


@misconception(
    caught_by="transformer_forward_values",
    explanation="""
    The target tokens were looked up in the source's embedding table. Both tables have rows of D
    numbers, so every shape agrees; and if the source's vocabulary is the larger one, no id is out
    of range. The result is that the decoder reads the wrong words: id 17 may be "house" in the
    source and "and" in the target. Training from scratch does not crash, it only forces one row to
    serve two unrelated words. Models that share one vocabulary between both languages do use a
    single table, on purpose, and this is where such code often comes from. Here there are two;
    check which one the decoder's input comes from.
    """,
    source="Copying the encoder's embedding line into the decoder; derived",
)
class looks_up_the_target_in_the_source_table:
    """transformer_forward embeds source and target with source_embedding"""

    def transformer_forward(source, target, params, n_heads, pad_id):
        changed = {**params, "target_embedding": params["source_embedding"]}
        return solution.transformer_forward(source, target, changed, n_heads, pad_id)


@misconception(
    caught_by="transformer_forward_values",
    explanation="""
    With one layer on each side your model is right; with more it is not: decoder layer number i
    reads the output of encoder layer number i. Drawings with the two stacks side by side and
    arrows between them invite this reading, and it looks symmetrical, like the skip connections of
    other networks. In the Transformer the whole encoder is finished first, and its last output is
    the one memory that all decoder layers use. So even the first decoder layer works with a source
    that has been understood as well as the model can. The number of layers on both sides need not
    be equal either, and pairing would then have no meaning.
    """,
    source="Vaswani et al. (2017), figure 1, misread; derived",
)
class pairs_encoder_and_decoder_layers:
    """Decoder layer i attends to the output of encoder layer i"""

    def transformer_forward(source, target, params, n_heads, pad_id):
        source_mask = solution.padding_mask(source, pad_id)
        memories = [solution._embed(source, params["source_embedding"])]
        for layer in params["encoder"]:
            memories.append(solution.encoder_layer(memories[-1], layer, n_heads, source_mask))
        self_mask = solution.decoder_mask(target, pad_id)
        y = solution._embed(target, params["target_embedding"])
        for i, layer in enumerate(params["decoder"]):
            memory = memories[min(i + 1, len(memories) - 1)]
            y = solution.decoder_layer(y, memory, layer, n_heads, self_mask, source_mask)
        return y @ params["output_weight"] + params["output_bias"]


@misconception(
    caught_by="transformer_forward_values",
    explanation="""
    Your output is positive and adds up to one over the words: it is the softmax of what is asked.
    The drawing in the paper ends with a box called softmax, so stopping there seems right. But the
    loss takes logits and applies the softmax itself, in a form that is safe for large numbers.
    With probabilities instead, the softmax is taken twice. Nothing crashes; all inputs of the
    second one lie between 0 and 1, so its result is never far from even, the loss cannot fall
    below a high floor, and the gradient nearly vanishes where the model is wrong and sure of it.
    The word chosen by the largest entry is even the same. Return the result of the last affine
    map.
    """,
    source="Softmax before a cross-entropy that takes logits, a standing forum question; derived",
)
class returns_probabilities:
    """transformer_forward applies a softmax to the logits"""

    def transformer_forward(source, target, params, n_heads, pad_id):
        logits = solution.transformer_forward(source, target, params, n_heads, pad_id)
        return solution._softmax(logits)


@misconception(
    caught_by="label_smoothing_loss_value",
    explanation="""
    Without smoothing your loss is right; with it, the right class gets 1 - ε and each of the other
    V - 1 classes ε / (V - 1). This is a convention too, and the wanted probabilities add up to one
    in both, so zero logits give ln V either way. The convention of this exercise, which is that of
    Szegedy et al. and of PyTorch's cross_entropy, mixes the one-hot row with an even distribution
    over all V classes, so that the right one gets a share of ε as well and ends at 1 - ε + ε / V.
    With thousands of words the two are the same for all purposes; with few classes, or when two
    programs are compared, they are not.
    """,
    source="Spreading over V - 1 classes, as in several published recipes; PyTorch spreads over V",
)
class smooths_over_the_wrong_classes_only:
    """label_smoothing_loss gives ε / (V - 1) to each wrong class and 1 - ε to the right one"""

    def label_smoothing_loss(logits, targets, smoothing, pad_id):
        v = logits.shape[-1]
        return solution.label_smoothing_loss(logits, targets, smoothing * v / (v - 1), pad_id)


@misconception(
    caught_by="label_smoothing_loss_value",
    explanation="""
    Your loss and its gradient are too small by the share of real targets in the batch: padding
    adds nothing to the sum, yet it is counted when you divide. That happens when the losses of the
    padding positions are set to zero and a mean over all B times T positions follows. In a batch
    without padding the numbers agree. With padding, the loss looks better the more of it there is,
    batches with one long sentence learn more slowly than they should, and perplexities computed
    from it are too good to be true. Count the real targets, the same ones that your mask lets
    through, and divide the sum by that number.
    """,
    source="transformers#2759: padding counted in the mean",
)
class counts_padding_in_the_mean:
    """label_smoothing_loss divides by B * T instead of the number of real targets"""

    def label_smoothing_loss(logits, targets, smoothing, pad_id):
        xp = array_namespace(logits)
        loss, dlogits = solution.label_smoothing_loss(logits, targets, smoothing, pad_id)
        share = xp.mean(xp.astype(targets != pad_id, logits.dtype))
        return loss * share, dlogits * share


@misconception(
    caught_by="label_smoothing_loss_value",
    explanation="""
    The loss is a mean of means: first each sentence was averaged over its own real tokens, then
    the sentences were averaged. If all sentences are equally long this is the mean over tokens,
    and a test with one sentence cannot tell either. With different lengths, a token of a short
    sentence counts more than one of a long sentence: in a batch of a sentence with two tokens and
    one with twenty, ten times as much. Perplexity, which is the exponential of the mean over
    tokens, can then be off by a factor of two. Sum the losses of all real tokens of the batch,
    count these tokens, and divide once.
    """,
    source="Perplexity as a mean of batch means: 7.39 against 3.32 token-weighted, measured",
)
class averages_each_sentence_first:
    """label_smoothing_loss averages over each sentence, then over the sentences"""

    def label_smoothing_loss(logits, targets, smoothing, pad_id):
        xp = array_namespace(logits)
        v, log_p = logits.shape[-1], _log_softmax(logits)
        wanted = (1 - smoothing) * _one_hot(targets, logits) + smoothing / v
        real = xp.astype(targets != pad_id, logits.dtype)
        count = xp.sum(real, axis=1, keepdims=True)
        one = xp.ones_like(count)
        weight = (real / xp.where(count > 0, count, one) / targets.shape[0])[:, :, None]
        return -xp.sum(weight * wanted * log_p), weight * (xp.exp(log_p) - wanted)


@misconception(
    caught_by="label_smoothing_loss_gradient",
    explanation="""
    The loss is right, and the gradient is not zero at padding positions: the mask was applied to
    the losses but not to the gradient. A target that counts for nothing cannot have an influence,
    so raising a logit there must leave the loss as it is. With your gradient the model is trained
    to predict padding after every sentence, often on more positions than there are real words, and
    it learns to be very good at that, while the loss that is printed shows no trace of it. Compare
    the formula for the loss with the one for the gradient: each factor that stands in front of a
    position's loss stands in front of its gradient as well.
    """,
    source="transformers#2759 and derived: padding left in the gradient",
)
class sends_gradients_to_padding:
    """label_smoothing_loss masks padding in the loss but not in the gradient"""

    def label_smoothing_loss(logits, targets, smoothing, pad_id):
        xp = array_namespace(logits)
        loss, _ = solution.label_smoothing_loss(logits, targets, smoothing, pad_id)
        wanted = (1 - smoothing) * _one_hot(targets, logits) + smoothing / logits.shape[-1]
        count = xp.sum(xp.astype(targets != pad_id, logits.dtype))
        return loss, (xp.exp(_log_softmax(logits)) - wanted) / count


@misconception(
    caught_by="label_smoothing_loss_gradient",
    explanation="""
    The loss is that of the smoothed targets, and the gradient is that of the plain ones: softmax
    minus the one-hot row. The formula has been copied from the ordinary softmax loss, and it is
    nearly right, since the derivation is the same; but the wanted distribution has changed, and it
    occurs in both. What follows is that training goes on as if there were no smoothing: the logit
    of the right class is pushed up for ever, because the gradient only vanishes at a probability
    of one. The loss that is printed even rises towards the end, which then looks like overfitting.
    Subtract from the softmax the same distribution that you multiplied with the log-probabilities.
    """,
    source="Gradient copied from the unsmoothed loss; derived",
)
class forgets_the_smoothing_in_the_gradient:
    """label_smoothing_loss returns softmax minus one-hot as the gradient of the smoothed loss"""

    def label_smoothing_loss(logits, targets, smoothing, pad_id):
        loss, _ = solution.label_smoothing_loss(logits, targets, smoothing, pad_id)
        _, dlogits = solution.label_smoothing_loss(logits, targets, 0.0, pad_id)
        return loss, dlogits
