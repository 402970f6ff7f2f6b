"""Wrong implementations that students really write, each with the check that must catch it."""

import math

import numpy as np
from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


@misconception(
    caught_by="permutation_mask_values",
    explanation="""
    Your masks compare the entries of order directly, as if order[t] said when position t comes.
    It says the opposite: order[i] is the position that comes i-th, and when a position comes
    must first be looked up. The two readings are inverse permutations of each other, and many
    small examples cannot tell them apart: left to right, right to left, and every exchange of
    two positions are their own inverses. With three positions, four of the six orders give the
    same result either way. A model trained with such masks still learns, since a random order's
    inverse is as random; but the loss then picks the wrong words as last. Take the order [2, 0,
    1] and say in words which position is first.
    """,
    source="Inverse of a permutation taken for the permutation; derived",
)
class reads_the_order_as_ranks:
    """permutation_mask and permutation_loss take order[t] for the place of position t"""

    def _rank(order):
        return order


@misconception(
    caught_by="permutation_mask_values",
    explanation="""
    Your masks are lower triangles, whatever the order. Along the axes of a mask stand
    positions, not places in the order, so the triangle means left to right. It would be right
    if the sentence had been rearranged first, so that the i-th place held the i-th word of the
    order; but here the words stay where they are. With the order 0, 1, 2, ... your masks are
    right, and a model that uses them trains without complaint: it is an ordinary language
    model, which never sees a word from the right. The shape of a mask that belongs to an order
    is irregular; only its row sums are 0 to T - 1 in some arrangement. Look at where the order
    enters your comparison.
    """,
    source="xlnet#14: the mask, not the sequence, carries the order",
)
class is_causal_whatever_the_order:
    """permutation_mask gives lower triangles and does not look at the order"""

    def permutation_mask(order):
        xp = array_namespace(order)
        position = xp.arange(order.shape[-1], device=device(order)) + xp.zeros_like(order)
        return solution.permutation_mask(position)


@misconception(
    caught_by="permutation_mask_values",
    explanation="""
    Rows and columns of your masks are exchanged: entry [t, s] says whether s may look at t.
    Each mask has as many True entries as it should, its diagonal is right, and for every order
    there is another one, the reverse, whose masks are exactly yours. So a model trained on
    random orders does not notice. But the words are then predicted from those that come after
    them: the word that the order puts first sees all the others, and the loss, which counts the
    last words of the order, counts the ones that see almost nothing. Print the masks for the
    order [2, 0, 1] and look for the position whose row in the query mask is empty; it must be
    position 2.
    """,
    source="Transposed comparison by broadcasting; derived",
)
class exchanges_the_axes_of_the_masks:
    """permutation_mask is transposed: what comes later in the order is seen"""

    def permutation_mask(order):
        xp = array_namespace(order)
        content_mask, query_mask = solution.permutation_mask(order)
        return xp.matrix_transpose(content_mask), xp.matrix_transpose(query_mask)


@misconception(
    caught_by="permutation_mask_values",
    explanation="""
    The query mask has True on its diagonal, as the content mask does. In every other model of
    this chapter a position may look at itself, so the habit is strong, and no row is ever empty
    then, which is convenient. But the keys and values come from the content stream, and the
    content of position t is the very word that its query is to predict. With one look at itself
    the query stream copies the answer: the loss falls to nearly nothing within a few hundred
    steps, and the probabilities of all sentences add up to far more than 1. The two streams
    exist for this one difference. Compare your two masks: they must not be equal.
    """,
    source="XLNet, query sees its own content; Yang et al. (2019), section 2.3",
)
class lets_the_query_stream_see_itself:
    """permutation_mask gives the query stream the mask of the content stream"""

    def permutation_mask(order):
        content_mask, _ = solution.permutation_mask(order)
        return content_mask, content_mask


@misconception(
    caught_by="permutation_mask_values",
    explanation="""
    Both of your masks have False on the diagonal, so the content stream cannot see itself
    either. The word at t is then known at t only through the residual: it goes in, but
    attention never weighs it against the words around it, and the first position of an order
    attends to nothing at all. That the word itself must be hidden is true for the query stream,
    which predicts it. The content stream predicts nothing; its task is to be read by others,
    and they need to know the word. This error costs quality and raises no alarm, because
    nothing leaks: the loss only stays a little higher than it should be.
    """,
    source="Both streams given one mask; Yang et al. (2019), figure 1; derived",
)
class hides_the_content_stream_from_itself:
    """permutation_mask gives the content stream the mask of the query stream"""

    def permutation_mask(order):
        _, query_mask = solution.permutation_mask(order)
        return query_mask, query_mask


@misconception(
    caught_by="relative_codes_values",
    explanation="""
    In your codes sines and cosines alternate from column to column. That is how the first
    Transformer lays out its positions, and the numbers are the same ones: only their columns
    are in another order. A model trained from scratch would not mind, because wr can learn any
    order of its rows. But weights trained with the other layout meet the wrong numbers, and
    loading a published model then gives quietly wrong scores. Here the first half of the
    columns holds the sines, from the fastest to the slowest, and the second half holds the
    cosines at the same speeds. Look at how you join the two parts: next to each other, or one
    by one.
    """,
    source="Vaswani et al. (2017), section 3.5, against XLNet's layout; derived",
)
class alternates_sines_and_cosines:
    """relative_codes puts sines in even and cosines in odd columns"""

    def relative_codes(x):
        xp = array_namespace(x)
        codes = solution.relative_codes(x)
        half = x.shape[2] // 2
        return xp.reshape(xp.stack([codes[:, :half], codes[:, half:]], axis=-1), codes.shape)


@misconception(
    caught_by="relative_codes_values",
    explanation="""
    Your rows are the positions 0, 1, 2, ... as in a Transformer with absolute positions, and
    not the distances from T down to -T + 1. No row belongs to a negative distance, so the
    future has no code of its own, and the order of the rows is turned round. There are 2T rows,
    as asked, and one row in each of them looks like a reasonable code. What a relative code
    must be able to tell is on which side a word stands: sine changes its sign there, cosine
    does not. Row T must be the distance zero, with sines of 0 and cosines of 1. Look at the
    list of numbers that you multiply with the frequencies.
    """,
    source="Absolute positions in place of distances; Dai et al. (2019), section 3.3; derived",
)
class codes_positions_instead_of_distances:
    """relative_codes has the rows of the positions 0 to 2T - 1"""

    def relative_codes(x):
        xp = array_namespace(x)
        _, length, width = x.shape
        kind = {"dtype": x.dtype, "device": device(x)}
        position = xp.arange(2 * length, **kind)[:, None]
        angle = position / 10000 ** (xp.arange(0, width, 2, **kind) / width)
        return xp.concat([xp.sin(angle), xp.cos(angle)], axis=-1)


@misconception(
    caught_by="relative_scores_values",
    explanation="""
    Your scores use the code of the distance s - t where t - s is asked, so past and future are
    exchanged: a word three places to the left is treated as one three places to the right. For
    t equal to s the score is right, and a model trained from nothing does not mind, because its
    codes are odd in the sines and wr can change their sign. With weights from elsewhere, or
    codes made by somebody else, it reads every sentence backwards. With the shift done by
    reshaping, the same happens if one starts from the wrong end. Check one entry by hand: two
    positions, the second looking at the first, at distance 1.
    """,
    source="Sign of a relative distance; Dai et al. (2019), section 3.3; derived",
)
class turns_the_distance_round:
    """relative_scores picks the row of the distance s - t"""

    def relative_scores(q, k, r, content_bias, position_bias):
        xp = array_namespace(q)
        turned = xp.concat([r[:, :1, :], xp.flip(r[:, 1:, :], axis=1)], axis=1)
        return solution.relative_scores(q, k, turned, content_bias, position_bias)


@misconception(
    caught_by="relative_scores_values",
    explanation="""
    In your scores the position term for the key at s is the same for every query, because it is
    read from row T + s or T - s without regard to t: the relative shift is missing. Multiplying
    the queries with all rows of r gives a table with 2T columns, and cutting off the last T of
    them gives the right shape, so nothing complains. But then the columns are absolute
    positions, and the whole point of relative codes is lost: a word pair two places apart
    should get the same code anywhere in the sentence. Move each row t of the table by a
    different amount, and test with queries that are all alike: along a diagonal the scores must
    not change.
    """,
    source="Relative shift left out; Dai et al. (2019), appendix B; derived",
)
class leaves_out_the_relative_shift:
    """relative_scores reads row T + s of r for every query"""

    def relative_scores(q, k, r, content_bias, position_bias):
        xp = array_namespace(q)
        content = (q + content_bias[:, None, :]) @ xp.matrix_transpose(k)
        by_row = (q + position_bias[:, None, :]) @ xp.matrix_transpose(r)
        return (content + by_row[..., q.shape[2] :]) / math.sqrt(q.shape[-1])


@misconception(
    caught_by="relative_scores_values",
    explanation="""
    The two biases have changed places: position_bias is added to the query that meets the keys,
    and content_bias to the one that meets the codes. They have the same shape and start from
    the same kind of random numbers, so training from scratch cannot tell: each simply learns
    the other's work. In the paper they are called u and v, in the published code r_w_bias and
    r_r_bias, names that do not say much, and so the exchange usually happens when weights are
    loaded. One way to find it is to set all keys to zero: then content_bias must have no
    influence on any score. Look at which sum each of the two belongs to.
    """,
    source="Names r_w_bias and r_r_bias of the published code; Dai et al. (2019), section 3.3",
)
class exchanges_the_two_biases:
    """relative_scores adds position_bias for the keys and content_bias for the codes"""

    def relative_scores(q, k, r, content_bias, position_bias):
        return solution.relative_scores(q, k, r, position_bias, content_bias)


@misconception(
    caught_by="relative_scores_values",
    explanation="""
    All your scores are too large by one constant factor, the root of K: they were never divided
    by it. Sums over K products grow with K, and here two such sums are added, so without the
    division the softmax puts nearly all its weight on one key, and hardly any gradient gets
    through. With small heads it is not noticed, and with K equal to 1 there is no difference at
    all. Both parts are divided, the score of the content and the score of the distance, by the
    size of one head. The order of the largest scores does not change, so looking at where the
    attention points does not reveal it either.
    """,
    source="Unscaled attention accepted by other graders; Vaswani et al. (2017), section 3.2.1",
)
class forgets_to_scale_the_scores:
    """relative_scores does not divide by the square root of K"""

    def relative_scores(q, k, r, content_bias, position_bias):
        scores = solution.relative_scores(q, k, r, content_bias, position_bias)
        return scores * math.sqrt(q.shape[-1])


@misconception(
    caught_by="two_stream_attention_values",
    explanation="""
    Your query stream takes its keys and values from g, as self-attention would. The content
    stream is right, but the queries now look at other queries, and these know nothing of the
    words: at the start g is one and the same vector everywhere. So no word ever reaches the
    query stream, neither its own nor any other, and every logit is a function of positions
    alone. Nothing leaks, shapes agree, and the loss goes down as far as the frequencies of the
    words allow; then it stops. Both streams ask different questions, but what they look at is
    the same. Check what happens to g_out if you change a visible row of h: it must move.
    """,
    source="Keys of the query stream taken from g; Yang et al. (2019), appendix A.2; derived",
)
class lets_queries_look_at_queries:
    """two_stream_attention takes the query stream's keys and values from g"""

    def two_stream_attention(h, g, codes, params, n_heads, content_mask, query_mask):
        masks = content_mask, query_mask
        h_out, _ = solution.two_stream_attention(h, g, codes, params, n_heads, *masks)
        _, g_out = solution.two_stream_attention(g, g, codes, params, n_heads, *masks)
        return h_out, g_out


@misconception(
    caught_by="two_stream_attention_values",
    explanation="""
    The codes go into your scores as they are, cut into heads, without being multiplied by wr.
    All shapes agree, because wr is square, and positions do have an influence, so the model
    works to some degree. But every head then gets a fixed block of columns: the first heads see
    only sines and the last ones only cosines, fast ones or slow ones as it falls out, and
    nothing can be learned about which distances matter. The content has a matrix for its keys,
    wk, and the distances have one of their own, wr. It is not shared with wk either. Look for a
    parameter that your code never reads.
    """,
    source="r not projected; Dai et al. (2019), section 3.3, on separating the two key matrices",
)
class does_not_project_the_codes:
    """two_stream_attention uses the codes without wr"""

    def two_stream_attention(h, g, codes, params, n_heads, content_mask, query_mask):
        xp = array_namespace(h)
        itself = xp.eye(codes.shape[-1], dtype=codes.dtype, device=device(codes))
        masks = content_mask, query_mask
        return solution.two_stream_attention(h, g, codes, params | {"wr": itself}, n_heads, *masks)


@misconception(
    caught_by="two_stream_attention_values",
    explanation="""
    A query that may look at nothing gets the plain average of all values from you, the hidden
    ones included. A large negative number was put in place of each hidden score, and the
    softmax does not see how low the numbers are, only that they are equal, so each key gets the
    same share. This happens once in every order: the word predicted first has nothing to look
    at in the query stream. It then receives the content of the whole sentence, its own word
    among it, and its prediction is no prediction any more. The published code does just that.
    Here such a query gets zeros: after the softmax, look at the mask once more.
    """,
    source="transformers, modeling_xlnet: 1e30 subtracted from every score of the first query",
)
class averages_when_nothing_is_visible:
    """A query without keys gets the mean of all values"""

    def _softmax(scores, mask):
        mask = np.broadcast_to(mask[..., None, :, :], scores.shape)
        blind = ~mask.any(axis=-1, keepdims=True)
        weights = solution._softmax(scores, mask[:, 0])
        return np.where(blind, 1.0 / scores.shape[-1], weights)


@misconception(
    caught_by="xlnet_layer_values",
    explanation="""
    After attention your query stream adds the content stream, h, where it should add itself.
    One residual written for both streams, or the wrong variable in a copied line, and the word
    at position t goes straight into the stream that has to predict it, past every mask. The
    masks can be perfect; nobody looks for a leak in an addition. In training the loss drops to
    nearly zero at once, which is the sign to look for: language is not that predictable. Change
    the word at one position and look at the logits there. They must not move at all. Each
    stream carries its own past upwards, and meets the other one in attention only.
    """,
    source="Leak through the residual; Yang et al. (2019), appendix A.2; derived",
)
class adds_the_content_to_the_query_stream:
    """xlnet_layer uses h as the residual of both streams"""

    def xlnet_layer(h, g, codes, params, n_heads, content_mask, query_mask):
        masks = content_mask, query_mask
        to_h, to_g = solution.two_stream_attention(
            h, g, codes, params["attention"], n_heads, *masks
        )
        return solution._finish(h, to_h, params), solution._finish(h, to_g, params)


@misconception(
    caught_by="xlnet_layer_values",
    explanation="""
    Your layer is right to four or five digits, except where the numbers of a position are
    nearly equal: there it comes out far too small. The LayerNorm adds 1e-5 inside its root, the
    value of the Transformer exercise and of PyTorch, while XLNet has 1e-12. With a variance of
    one, the two differ in the sixth digit, and every usual tolerance forgives it. With a
    variance of a millionth, which small weights can produce, the larger epsilon outweighs it
    and the output shrinks to a third. Such constants are part of a model as much as its weights
    are, and loading published weights needs both. Look at what you copied from the earlier
    exercise.
    """,
    source="layer_norm_eps is 1e-12 in XLNet's published configuration, 1e-5 in PyTorch; derived",
)
class keeps_the_epsilon_of_the_transformer:
    """The LayerNorm adds 1e-5 to the variance"""

    def _layer_norm(z, scale, shift):
        xp = array_namespace(z)
        centred = z - xp.mean(z, axis=-1, keepdims=True)
        variance = xp.mean(centred * centred, axis=-1, keepdims=True)
        return scale * centred / xp.sqrt(variance + 1e-5) + shift


@misconception(
    caught_by="xlnet_forward_values",
    explanation="""
    You rearranged the words: the sequence was put into the order of prediction, read from left
    to right with a causal mask, and the logits were moved back. Each word is indeed predicted
    from those before it in the order, nothing leaks, and the probabilities add up. But the
    model now believes that the rearranged sentence is the text: distances are measured between
    places in the order, so neighbours look far apart and strangers look close. A random order
    then destroys all grammar, and at the end the model has never seen a sentence as it is
    written. Only the mask may know the order; ids, positions and distances stay as they are.
    """,
    source="xlnet#14; Yang et al. (2019), section 2.2, remark on permutation",
)
class permutes_the_words:
    """xlnet_forward rearranges the ids, reads from left to right and moves the logits back"""

    def xlnet_forward(ids, order, params, n_heads):
        order = np.broadcast_to(order, ids.shape)
        moved = np.take_along_axis(ids, order, axis=1)
        logits = solution.xlnet_forward(moved, np.arange(ids.shape[1]), params, n_heads)
        return np.take_along_axis(logits, np.argsort(order, axis=1)[:, :, None], axis=1)


@misconception(
    caught_by="xlnet_forward_is_a_language_model",
    explanation="""
    Your logits come from the content stream. It is the stream that carries the words, it looks
    like the main one, and in the finished model, when it is used for other tasks, it is indeed
    the only one that is kept. But the content at position t knows the word at t, so the model
    is asked to repeat what it has been told. The loss falls quickly to nearly zero, and
    whatever the query stream computed is thrown away; it could as well be left out. Another
    sign is that the probabilities of all sentences, multiplied word by word, do not add up to
    1. Ask of each stream what it may know about the word in question.
    """,
    source="Logits from h; Yang et al. (2019), section 2.3; derived",
)
class predicts_from_the_content_stream:
    """xlnet_forward multiplies h with the embedding table"""

    def xlnet_forward(ids, order, params, n_heads):
        xp = array_namespace(params["embedding"])
        table = params["embedding"]
        h = xp.reshape(xp.take(table, xp.reshape(ids, (-1,)), axis=0), (*ids.shape, table.shape[1]))
        g = xp.zeros_like(h) + params["query_start"]
        masks, codes = solution.permutation_mask(order), solution.relative_codes(h)
        for layer in params["layers"]:
            h, g = solution.xlnet_layer(h, g, codes, layer, n_heads, *masks)
        return h @ xp.matrix_transpose(table) + params["output_bias"]


@misconception(
    caught_by="permutation_loss_value",
    explanation="""
    Your loss counts the first n_predict words of each order, where the last ones are asked for.
    The shapes, the number of counted words and the size of the loss are as they should be. But
    the first word of an order is predicted from nothing, the second from one word, which may
    stand far away: there is little to learn from them, and the paper leaves them out for that
    reason. With yours the model trains on just these and never on the words that have a rich
    past. When every word is predicted the two cannot be told apart. Look at the comparison
    between ranks and n_predict: which ranks does it let through?
    """,
    source="Partial prediction at the wrong end; Yang et al. (2019), section 2.3; derived",
)
class predicts_the_first_words_of_the_order:
    """permutation_loss counts the words whose rank is below n_predict"""

    def permutation_loss(logits, ids, order, n_predict):
        xp = array_namespace(order)
        return solution.permutation_loss(logits, ids, xp.flip(order, axis=-1), n_predict)


@misconception(
    caught_by="permutation_loss_value",
    explanation="""
    Logits and words are one place apart in your loss: the logits at position t are compared
    with the word at t + 1. That is right for a model that reads from left to right, where
    position t predicts what follows it, and the line is easily copied from there. Here the
    query at position t has not seen the word at t, and this word is what it predicts. The next
    word, on the other hand, it may have seen, if it comes earlier in the order. With yours,
    training still lowers the loss, and the model learns something between copying and guessing.
    Compare each position with its own word, and shift neither the logits nor the ids.
    """,
    source="Shift of a left-to-right language model; Yang et al. (2019), equation 3; derived",
)
class compares_with_the_next_word:
    """permutation_loss compares the logits at t with the word at t + 1"""

    def permutation_loss(logits, ids, order, n_predict):
        xp = array_namespace(ids)
        return solution.permutation_loss(logits, xp.roll(ids, -1, axis=1), order, n_predict)


@misconception(
    caught_by="permutation_loss_gradient",
    explanation="""
    The loss is right, but your gradient is too small by the same factor everywhere: it is
    divided by the number of all words in the batch, B times T, and the loss by the number of
    predicted words only. If every word is predicted the two numbers agree, so a test with
    n_predict equal to T sees nothing. Otherwise the model trains with a smaller step than it
    was given, by a factor of six if one word in six is predicted, as in the paper, and seems to
    learn slowly. A gradient belongs to one loss: whatever the sum is divided by on the way
    forward divides its gradient too. Look at the divisor in both lines.
    """,
    source="Mean over all tokens against mean over predicted tokens; derived",
)
class divides_the_gradient_by_all_words:
    """permutation_loss divides dlogits by B times T"""

    def permutation_loss(logits, ids, order, n_predict):
        loss, dlogits = solution.permutation_loss(logits, ids, order, n_predict)
        return loss, dlogits * n_predict / ids.shape[1]


@misconception(
    caught_by="permutation_loss_gradient",
    explanation="""
    Your loss is right, but the gradient reaches every position, also those whose words are not
    predicted: the choice of the last words was made in the loss and forgotten in the gradient.
    At the predicted positions all numbers are right. At the others each word pulls as if it
    counted, so in effect the model is trained on all words while the number that is printed
    speaks of a few. A loss that does not depend on some logits has a gradient of zero there,
    exactly. Try it: change a logit at the first position of the order, see that the loss stays,
    and then look at what dlogits says about it.
    """,
    source="Mask applied to the loss but not to its gradient; derived",
)
class sends_gradient_to_every_word:
    """permutation_loss gives dlogits at positions that are not predicted, too"""

    def permutation_loss(logits, ids, order, n_predict):
        loss, _ = solution.permutation_loss(logits, ids, order, n_predict)
        length = ids.shape[1]
        _, dlogits = solution.permutation_loss(logits, ids, order, length)
        return loss, dlogits * length / n_predict
