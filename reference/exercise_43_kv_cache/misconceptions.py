"""Wrong implementations that students really write, each with the check that must catch it."""

import math

from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _run(ids, params, n_heads, cache, start, grow, visible=None):
    """The model over new tokens at positions start, start + 1, …

    `grow(i, k, v)` gives the keys and values that layer i attends to and those that it keeps.
    """
    table = params["token_embedding"]
    xp = array_namespace(table)
    end = start + ids.shape[1]
    x = solution._rows(table, ids) + params["position_embedding"][start:end, :]
    kept = []
    for i, p in enumerate(params["layers"]):
        z = solution._norm(x, p["norm1_scale"], p["norm1_shift"])
        q, k, v = solution._project(z, p["attention"], n_heads)
        (keys, values), keep = grow(i, k, v)
        kept.append({"k": keep[0], "v": keep[1]})
        seen = _visible(ids, keys.shape[2]) if visible is None else visible(keys.shape[2])
        attended = solution._attend(q, keys, values, seen)
        x = x + attended @ p["attention"]["wo"] + p["attention"]["bo"]
        z = solution._norm(x, p["norm2_scale"], p["norm2_shift"])
        x = x + solution._feed_forward(z, p)
    x = solution._norm(x, params["final_scale"], params["final_shift"])
    return x @ xp.matrix_transpose(table), kept


def _visible(ids, n_keys, shift=0):
    """(T, n_keys): the last new token sees everything, the one before it one key less."""
    xp = array_namespace(ids)
    key = xp.arange(n_keys, device=device(ids))
    query = xp.arange(ids.shape[1], device=device(ids)) + n_keys - ids.shape[1] - shift
    return key[None, :] <= query[:, None]


def _everything(ids, n_keys):
    """(T, n_keys), all True."""
    return _visible(ids, n_keys, shift=-ids.shape[1])


def _seen(cache):
    return 0 if cache is None else cache[0]["k"].shape[2]


def _append(cache, i, k, v):
    """Keys and values of layer i, the stored ones first."""
    if cache is None:
        return k, v
    xp = array_namespace(k)
    return xp.concat([cache[i]["k"], k], axis=2), xp.concat([cache[i]["v"], v], axis=2)


def _twice(pair):
    """Attend to what is kept."""
    return pair, pair


def _side_by_side(heads):
    """(B, H, N, K) → (B, N, H * K)."""
    xp = array_namespace(heads)
    b, h, n, size = heads.shape
    return xp.reshape(xp.permute_dims(heads, (0, 2, 1, 3)), (b, n, h * size))


def _best(logits):
    return array_namespace(logits).argmax(logits, axis=-1)


@misconception(
    caught_by="prefill_is_causal",
    explanation="""
    While the prompt is read, every token sees the whole prompt, also what comes after it. There is
    no mask in your prefill, perhaps because a decode step needs none: a single new token may look
    at everything that is stored. But the tokens of a prompt are read together, and the model was
    trained without ever seeing ahead, so its keys and values beyond the first layer are now other
    ones than in training. The texts that come out look plausible, only worse, and shapes and
    caches seem fine. Two signs give it away: changing the last token of a prompt moves the logits
    of the first, and the same prompt read in two parts gives another result than in one.
    """,
    source="TinyLLM#18: the prompt was processed without a causal mask",
)
class reads_the_prompt_without_a_mask:
    """prefill lets every new token see all the others when there is no cache"""

    def prefill(ids, params, n_heads, cache=None):
        if cache is not None:
            return solution.prefill(ids, params, n_heads, cache)

        return _run(
            ids,
            params,
            n_heads,
            None,
            0,
            lambda i, k, v: _twice((k, v)),
            visible=lambda n_keys: _everything(ids, n_keys),
        )


@misconception(
    caught_by="prefill_continues_a_cache",
    explanation="""
    As soon as there is a cache your mask is switched off, so several new tokens see each other in
    both directions. For a decode step this is right, since its only query may look at everything,
    and most code first meets a cache in a decode step; the shortcut "a cache means no mask" passes
    every test with single tokens. It fails when a chunk of several tokens is added to a cache: a
    second question in a conversation, a long prompt read in parts, or candidate tokens that are
    verified together. Then the first token of the chunk reads the later ones. Compare a text read
    in two parts with the same text read at once, and look at what decides about the mask.
    """,
    source="Common shortcut in decoding code (mask only without a cache); derived",
)
class drops_the_mask_once_there_is_a_cache:
    """prefill with a cache lets all new tokens see each other"""

    def prefill(ids, params, n_heads, cache=None):
        if cache is None:
            return solution.prefill(ids, params, n_heads)

        return _run(
            ids,
            params,
            n_heads,
            cache,
            _seen(cache),
            lambda i, k, v: _twice(_append(cache, i, k, v)),
            visible=lambda n_keys: _everything(ids, n_keys),
        )


@misconception(
    caught_by="decode_step_values",
    explanation="""
    Your causal mask compares the number of a new token within its chunk with the number of a key
    within the whole text. Without a cache both start at 0 and all is well. With S stored positions
    the mask is a triangle in the top left corner where it should end in the bottom right one: a
    single new token, number 0 of its chunk, may see key 0 only, and everything else that was
    stored is hidden from it, its own key included. The output is still a proper average and
    nothing becomes nan, so generated texts merely forget what they are about. Count the True
    entries in the row of a decode step: how many should there be?
    """,
    source="x-transformers#187: top-left causal mask with one query",
)
class aligns_the_mask_at_the_top_left:
    """New token i sees the keys 0 to i, however many are stored"""

    def prefill(ids, params, n_heads, cache=None):
        return _run(
            ids,
            params,
            n_heads,
            cache,
            _seen(cache),
            lambda i, k, v: _twice(_append(cache, i, k, v)),
            visible=lambda n_keys: _visible(ids, n_keys, shift=n_keys - ids.shape[1]),
        )


@misconception(
    caught_by="decode_step_values",
    explanation="""
    In your decode step the new token looks at the stored positions and not at itself: its key and
    value join the cache only after attention was computed. The returned cache is right, so the
    next step has everything, and the logits differ little when the text is long, because one
    position among many is missing. But the model was trained with each token seeing itself, and
    in many heads that is where most of the weight lies. Reading the whole text at once gives other
    logits than reading it step by step, which is the test for every cache. Look at the order of
    the two lines: appending and attending, and at the number of keys that the scores run over.
    """,
    source="Order of two lines, attending and appending; derived",
)
class attends_before_it_appends:
    """decode_step lets the new token see the stored keys but not its own"""

    def decode_step(ids, cache, params, n_heads):
        def grow(i, k, v):
            return (cache[i]["k"], cache[i]["v"]), _append(cache, i, k, v)

        logits, kept = _run(
            ids[:, None],
            params,
            n_heads,
            cache,
            _seen(cache),
            grow,
        )
        return logits[:, 0, :], kept


@misconception(
    caught_by="steps_equal_the_whole",
    explanation="""
    With a cache, your new tokens get the position embeddings from row 0 on, as if a new text began.
    The function sees an array of new tokens, one in a decode step, and numbers them from 0, which
    is right only as long as nothing is stored. Attention itself has no idea of order, so the
    position embedding is all that tells the model where it is; a model that believes each new word
    to be the first one soon repeats itself. The first prefill is right and the shapes always are,
    so only a comparison with the whole text read at once shows it. The number of the first new
    position can be read off the cache: how many positions does it hold?
    """,
    source="Common in hand-written GPT decoding (arange over the new tokens only); derived",
)
class numbers_new_tokens_from_zero:
    """Tokens after a cache get the positions 0, 1, … again"""

    def prefill(ids, params, n_heads, cache=None):
        return _run(ids, params, n_heads, cache, 0, lambda i, k, v: _twice(_append(cache, i, k, v)))


@misconception(
    caught_by="decode_step_values",
    explanation="""
    Your positions are too late: by one in a decode step, and by the length of the chunk when
    several tokens are added at once. That happens when the length is asked for after the new keys
    were appended, or when a counter was already advanced for the tokens about to be read. With the
    first prompt nothing shows, and a difference of one position changes the logits only slightly,
    so the texts still look good. In a long conversation the error is repeated in every chunk, and
    at the end of the position table the program stops one token early. Write down the positions
    for a cache of three: the next token is the fourth, and the count starts at 0.
    """,
    source="tiny-llm#46 (offset advanced by the prompt's length), fla#766 (advanced too early)",
)
class counts_the_new_tokens_as_past:
    """Positions start at the length of the cache after the new tokens were added"""

    def prefill(ids, params, n_heads, cache=None):
        start = 0 if cache is None else _seen(cache) + ids.shape[1]
        return _run(
            ids, params, n_heads, cache, start, lambda i, k, v: _twice(_append(cache, i, k, v))
        )


@misconception(
    caught_by="decode_step_values",
    explanation="""
    The logits of your decode step are right, but the cache it returns is the one it was given: the
    new key and value were used for this step and then thrown away. The first step after the prompt
    is therefore perfect, and a test of a single step passes. From the second step on the model has
    lost what it has just written. It remembers the prompt and knows its newest token, with a hole
    in between that grows with every step, and since the position is taken from the length of the
    cache, all new tokens even stand at the same place. Compare the number of stored positions
    before and after a step.
    """,
    source="Common in first decoding loops: the cache is read and not appended to; derived",
)
class keeps_only_the_prompt:
    """decode_step returns the cache as it was"""

    def decode_step(ids, cache, params, n_heads):
        logits, _ = solution.decode_step(ids, cache, params, n_heads)
        return logits, [{"k": layer["k"] + 0, "v": layer["v"] + 0} for layer in cache]


@misconception(
    caught_by="decode_step_values",
    explanation="""
    Your new keys and values stand in front of the stored ones. For a single query the order of the
    keys makes no difference: attention is a weighted sum, and the positions are already inside the
    keys, so the logits of every decode step agree with the reference to the last digit. That makes
    this mistake easy to overlook. But the cache is documented as oldest first, and whoever relies
    on it goes wrong: a mask for several new tokens now hides the wrong keys, cutting off the oldest
    positions cuts off the newest, and the caches of a text read at once and step by step differ.
    Look at the order of the two arrays that you join along the axis of positions.
    """,
    source="Derived from the permutation invariance of attention over its keys",
)
class puts_new_keys_in_front:
    """The cache grows at its beginning"""

    def prefill(ids, params, n_heads, cache=None):
        def grow(i, k, v):
            if cache is None:
                return _twice((k, v))
            xp = array_namespace(k)
            return _twice(
                (
                    xp.concat([k, cache[i]["k"]], axis=2),
                    xp.concat([v, cache[i]["v"]], axis=2),
                )
            )

        return _run(ids, params, n_heads, cache, _seen(cache), grow)


@misconception(
    caught_by="prefill_continues_a_cache",
    explanation="""
    The stored part of your values consists of keys. In one line the old keys are put before the
    new keys, in the next line the old keys again before the new values, as happens when a line is
    copied and only half of it is changed. Everything has the right shape, because keys and values
    of a position have the same size, and the attention weights are right as well, so looking at
    them shows nothing. But what is averaged for the past are keys, which were never meant to be
    read as content, and the wrong values are then stored for all later steps. Read the two lines
    that lengthen the cache of a layer beside each other, name by name.
    """,
    source="Copy-and-paste slip, derived; shapes cannot show it",
)
class joins_old_keys_to_new_values:
    """The values that are attended to and kept begin with the stored keys"""

    def prefill(ids, params, n_heads, cache=None):
        def grow(i, k, v):
            if cache is None:
                return _twice((k, v))
            xp = array_namespace(k)
            keys = xp.concat([cache[i]["k"], k], axis=2)
            return _twice((keys, xp.concat([cache[i]["k"], v], axis=2)))

        return _run(ids, params, n_heads, cache, _seen(cache), grow)


@misconception(
    caught_by="prefill_continues_a_cache",
    explanation="""
    All your layers continue the cache of the first one: layer 1 attends to what layer 0 has stored.
    Each layer has projections of its own and receives other inputs than the layer below, so its
    keys mean something else, although they have the same shape. A model of one layer is right, and
    so is any first prefill, because nothing is stored yet and every layer then uses what it has
    just computed. The error begins with the first continued token, in the second layer, and the
    texts turn into noise. Look at which entry of the list is read inside the loop over the layers,
    and whether the counter of that loop occurs in it.
    """,
    source="One cache shared by all layers; common in first implementations, derived",
)
class shares_the_first_layers_cache:
    """Every layer continues the keys and values of layer 0"""

    def prefill(ids, params, n_heads, cache=None):
        return _run(
            ids,
            params,
            n_heads,
            cache,
            _seen(cache),
            lambda i, k, v: _twice(_append(cache, 0, k, v)),
        )


@misconception(
    caught_by="prefill_values",
    explanation="""
    Your cache holds the normalised inputs of the layer, cut into heads, where it should hold keys
    and values, that is, these inputs after wk and wv and their biases. If the projections are
    applied each time the cache is read, the logits come out right, and text by text nothing seems
    wrong. But then every step projects the whole past again, which is much of the work that the
    cache should save, and a cache that comes from elsewhere is misread. What is stored must be what
    attention uses directly. Compare one entry of your cache with the formula for k in the README,
    and look at whether the line that stores stands before or after the projections.
    """,
    source="Caching the layer's input instead of its projections; derived",
)
class stores_what_was_not_projected:
    """The cache keeps the normalised inputs and projects them whenever it is read"""

    def prefill(ids, params, n_heads, cache=None):
        table = params["token_embedding"]
        xp = array_namespace(table)
        eye = xp.eye(table.shape[1], dtype=table.dtype, device=device(table))
        unchanged = {f"w{name}": eye for name in "qkv"}
        unchanged |= {f"b{name}": xp.zeros_like(eye[0, :]) for name in "qkv"}

        start, end = _seen(cache), _seen(cache) + ids.shape[1]
        x = solution._rows(table, ids) + params["position_embedding"][start:end, :]
        kept = []
        for i, p in enumerate(params["layers"]):
            z = solution._norm(x, p["norm1_scale"], p["norm1_shift"])
            raw, _, _ = solution._project(z, unchanged, n_heads)
            raw_k, raw_v = _append(cache, i, raw, raw)
            kept.append({"k": raw_k, "v": raw_v})
            q, _, _ = solution._project(z, p["attention"], n_heads)
            _, k, _ = solution._project(_side_by_side(raw_k), p["attention"], n_heads)
            _, _, v = solution._project(_side_by_side(raw_v), p["attention"], n_heads)
            attended = solution._attend(q, k, v, _visible(ids, k.shape[2]))
            x = x + attended @ p["attention"]["wo"] + p["attention"]["bo"]
            z = solution._norm(x, p["norm2_scale"], p["norm2_shift"])
            x = x + solution._feed_forward(z, p)
        x = solution._norm(x, params["final_scale"], params["final_shift"])
        return x @ xp.matrix_transpose(table), kept


@misconception(
    caught_by="decode_step_values",
    explanation="""
    The cache is carried along and grows as it should, but attention never reads it: the queries
    meet only the keys and values of the tokens that were just read. For a first prefill that is
    everything there is, so its logits are right. In a decode step a token then sees nothing but
    itself, the softmax over one key gives the weight 1, and the answer does not depend on the text
    at all. Shapes, the length of the cache and its contents all pass inspection, because the
    joined arrays exist; they are only not the ones that are used. Change one number in a cache and
    see whether the logits move. Then look at which k and v stand in your scores.
    """,
    source="Measured: a KV cache without attention passes TorchCode's tests",
)
class fills_the_cache_and_never_reads_it:
    """New tokens attend to each other only; the cache is passed on correctly"""

    def prefill(ids, params, n_heads, cache=None):
        def grow(i, k, v):
            return (k, v), _append(cache, i, k, v)

        return _run(ids, params, n_heads, cache, _seen(cache), grow)


@misconception(
    caught_by="prefill_values",
    explanation="""
    Your keys and values are cut into heads by a single reshape to (B, H, T, K). The shape is what
    is asked for, but a reshape keeps the order of the numbers in memory, and there the features of
    one position lie side by side. So head 0 receives all the features of the first positions, and
    no head sees the whole text; with one token or one head nothing is wrong. Because old and new
    positions are then mixed differently, a cache filled step by step does not even agree with your
    own one filled at once. The features have to be divided first, while the positions stay where
    they are, and then two axes exchange places.
    """,
    source="Reshape in place of a transpose; common in multi-head code, derived",
)
class cuts_the_heads_with_a_plain_reshape:
    """Queries, keys and values are reshaped to (B, H, T, K) without moving an axis"""

    def _project(z, attention, n_heads):
        xp = array_namespace(z)
        b, t, d = z.shape
        q, k, v = (
            xp.reshape(
                z @ attention["w" + name] + attention["b" + name], (b, n_heads, t, d // n_heads)
            )
            for name in "qkv"
        )
        return q, k, v


@misconception(
    caught_by="prefill_values",
    explanation="""
    Your scores are divided by the root of D, the width of the model, where the root of K, the size
    of one head, is asked for. With a single head the two are the same. With several, the scores
    are too small by the root of the number of heads, so attention is more even than it was in
    training. The texts stay fluent and become vaguer, and since prefill and decode steps make the
    same mistake, they agree with each other; the cache in the first layer is right as well, because
    keys are stored before any score is computed. Look at which number your code takes the root of,
    and print it for a model with six features and two heads.
    """,
    source="Vaswani et al. (2017), section 3.2.1; the width taken for the size of a head; derived",
)
class divides_by_the_root_of_the_width:
    """Scores are divided by √D"""

    def _attend(q, k, v, visible):
        return solution._attend(q / math.sqrt(q.shape[1]), k, v, visible)


@misconception(
    caught_by="prefill_values",
    explanation="""
    Your scores are not divided by anything. The weights are then sharper than they should be, each
    head looks at fewer positions, and the logits change. Nothing gives it away from inside: prefill
    and decode steps agree, the weights add up to 1, the cache of the first layer is right. With
    small heads, as here, the factor is below 2, and in a model that was trained in this way it
    would hardly matter. A model trained with the division, however, such as the published GPT-2
    with heads of 64, has scores eight times too large. Look at the line with the product of
    queries and keys, and compare it with the README.
    """,
    source="Measured: unscaled attention passes TorchCode's tests",
)
class leaves_the_scores_undivided:
    """Scores are the plain products of queries and keys"""

    def _attend(q, k, v, visible):
        return solution._attend(q * math.sqrt(q.shape[-1]), k, v, visible)


@misconception(
    caught_by="select_rows_values",
    explanation="""
    You return the first texts of the cache, as many as there are rows, and do not look at which
    texts the rows name. It is right whenever rows counts 0, 1, 2 and so on, which includes the
    usual first test. In a beam search the rows say which hypotheses have survived: often one of
    them is continued twice and another is dropped. With the first rows in their place the tokens
    of one hypothesis are continued with the memory of another. All shapes fit, and the text drifts
    off without any error. Try rows of 1 and 0 on a batch of two: the texts must change places.
    """,
    source="Beam search with a cache that is not reordered; derived",
)
class takes_the_first_rows:
    """select_rows returns texts 0 to R - 1"""

    def select_rows(cache, rows):
        xp = array_namespace(rows)
        first = xp.arange(rows.shape[0], device=device(rows))
        first = first % cache[0]["k"].shape[0]
        return [
            {name: xp.take(layer[name], first, axis=0) for name in ("k", "v")} for layer in cache
        ]


@misconception(
    caught_by="select_rows_values",
    explanation="""
    Only the first layer of your result is right; in the others the texts stand as they stood
    before. The selection is made once, and the rest of the list is copied or passed on. With one
    layer it works, and with several the first layer, which is the one printed and inspected, looks
    as it should. In a beam search the upper layers then remember other hypotheses than the lower
    ones. If R equals B the shapes even fit, and the model quietly mixes two texts. Every layer of
    the list has to be treated alike, and in each of them the keys as well as the values.
    """,
    source="Derived; a selection outside the loop over the layers",
)
class selects_in_the_first_layer_only:
    """select_rows leaves all layers but the first as they are"""

    def select_rows(cache, rows):
        others = [{"k": layer["k"] + 0, "v": layer["v"] + 0} for layer in cache[1:]]
        return solution.select_rows(cache[:1], rows) + others


@misconception(
    caught_by="select_rows_values",
    explanation="""
    The keys of your result belong to the texts that rows names, the values still to the old order.
    Every text now asks the right keys and is answered with what another text has stored. When R
    differs from B the shapes of k and v disagree, but in a beam search of fixed width they never
    do, and the softmax weights even come out right, so that plots of the attention look healthy.
    The mistake is usually one forgotten line, or a helper that returns its result while the caller
    expects it to work in place. Use rows of 1 and 0 with two texts, and compare both entries of
    every layer.
    """,
    source="Derived; half of the cache reordered",
)
class selects_the_keys_and_not_the_values:
    """select_rows leaves the values in their old order"""

    def select_rows(cache, rows):
        chosen = solution.select_rows(cache, rows)
        return [{"k": new["k"], "v": old["v"] + 0} for new, old in zip(chosen, cache, strict=True)]


@misconception(
    caught_by="generate_values",
    explanation="""
    After the prompt has been read, its last token is fed a second time: the first decode step gets
    the end of the prompt, although prefill has already stored it. The cache then holds this token
    twice, at two positions, and every later token stands one place too far. The continuation is
    that of a prompt whose last word is repeated, which is often just as sensible, so nobody
    notices. It comes from a loop that always begins with a decode step. Prefill has already
    returned what is needed for the first new token: the logits of its last position. Count how
    many tokens have gone through the model before the first new one is chosen.
    """,
    source="Double append after prefill; common in generation loops, derived",
)
class feeds_the_last_prompt_token_twice:
    """generate starts with a decode step on the token that prefill has already read"""

    def generate(ids, n_new, params, n_heads):
        xp = array_namespace(ids)
        _, cache = solution.prefill(ids, params, n_heads)
        text, last = [ids], ids[:, -1]
        for _ in range(n_new):
            seen = cache[0]["k"].shape[2]
            if seen == params["position_embedding"].shape[0]:
                text.append(last[:, None])
                continue
            logits, cache = solution.decode_step(last, cache, params, n_heads)
            last = _best(logits)
            text.append(last[:, None])
        return xp.concat(text, axis=1)


@misconception(
    caught_by="generate_values",
    explanation="""
    Each round feeds the new token together with the cache of the prompt, and the cache that comes
    back is dropped. So the second new token is chosen without the first one: the model sees the
    prompt and its newest token, nothing in between, and always at the same position. The first two
    tokens are right, because up to there nothing is missing, and a test that generates one or two
    tokens passes. Longer texts fall into loops, which looks like the usual weakness of greedy
    decoding. Both results of a decode step are needed. Look at where the second one goes, and
    print the length of the cache in every round.
    """,
    source="Return value of the step ignored, as if it worked in place; derived",
)
class goes_on_from_the_prompts_cache:
    """generate never replaces the cache that prefill returned"""

    def generate(ids, n_new, params, n_heads):
        xp = array_namespace(ids)
        logits, cache = solution.prefill(ids, params, n_heads)
        text, logits = [ids], logits[:, -1, :]
        for i in range(n_new):
            best = _best(logits)
            text.append(best[:, None])
            if i < n_new - 1:
                logits, _ = solution.decode_step(best, cache, params, n_heads)
        return xp.concat(text, axis=1)


@misconception(
    caught_by="generate_values",
    explanation="""
    The first new token is chosen from the logits of the first position of the prompt. Prefill
    returns one row of scores for each token it has read, and row t predicts token t + 1. So yours
    answers the question of what follows the first word, not what follows the last. With a prompt of
    a single token both rows are the same one. After that, the decode steps return only one row, so
    the later tokens are chosen correctly, after a first one that does not fit; readers take it for
    an odd sample. Look at the index on the axis of positions, and ask which row has seen the whole
    prompt.
    """,
    source="Index 0 for the sequence axis of prefill's logits; derived",
)
class continues_after_the_first_token:
    """generate chooses the first new token from the logits of position 0"""

    def generate(ids, n_new, params, n_heads):
        xp = array_namespace(ids)
        logits, cache = solution.prefill(ids, params, n_heads)
        text, logits = [ids], logits[:, 0, :]
        for i in range(n_new):
            best = _best(logits)
            text.append(best[:, None])
            if i < n_new - 1:
                logits, cache = solution.decode_step(best, cache, params, n_heads)
        return xp.concat(text, axis=1)


@misconception(
    caught_by="generate_values",
    explanation="""
    When two tokens share the highest logit, yours takes the one with the higher id. With trained
    weights two logits are hardly ever exactly equal, so this shows only in models made by hand, in
    low precision, and in tests. It still has to be settled: otherwise the same program gives
    different texts on different machines, and comparing two implementations token by token becomes
    impossible. A maximum over sorted scores, or a loop that replaces its best candidate also when
    the new one is equally good, ends at the last of them. The README asks for the lowest id, which
    is what taking the first maximum gives.
    """,
    source="Derived; sort-based argmax, or >= in a loop",
)
class takes_the_last_of_equal_logits:
    """generate breaks ties in favour of the higher id"""

    def generate(ids, n_new, params, n_heads):
        xp = array_namespace(ids)
        n_tokens = params["token_embedding"].shape[0]
        text, fed, cache = [ids], ids, None
        for _ in range(n_new):
            logits, cache = solution.prefill(fed, params, n_heads, cache)
            turned = xp.flip(logits[:, -1, :], axis=-1)
            fed = (n_tokens - 1 - _best(turned))[:, None]
            text.append(fed)
        return xp.concat(text, axis=1)


@misconception(
    caught_by="cache_size_values",
    explanation="""
    Your number is exactly half of the right one: it counts one vector for each position, head and
    layer. But two are kept there, a key to be compared with and a value to be averaged, and
    attention needs both for every stored position. The slip is common when memory is estimated on
    paper, since the formula for one array of shape (B, H, S, K) is so easily taken for the whole.
    It matters: for long texts and many users the cache outgrows the weights of the model, and an
    estimate that is off by two means half as many users as planned. Look at how many arrays one
    layer of the cache holds.
    """,
    source="Kwon et al. (2023), section 3: 2 vectors per token and layer; derived",
)
class counts_only_the_keys:
    """cache_size leaves out the factor 2 for keys and values"""

    def cache_size(n_layers, n_heads, head_size, length, batch, bytes_per_number):
        return n_layers * n_heads * head_size * length * batch * bytes_per_number


@misconception(
    caught_by="cache_size_values",
    explanation="""
    Your size is that of the cache of one layer, however many layers the model has. Each layer
    computes keys and values of its own from its own inputs, and none can be found again from those
    of another layer, so all of them have to be kept. Diagrams of decoding usually show a single
    attention block with a single cache beside it, and an estimate made from such a picture misses
    the largest factor but the length. For a model with forty layers yours is forty times too small.
    Think of the cache as it is documented in the README: a list. How long is this list?
    """,
    source="Derived from estimates based on one attention block",
)
class counts_a_single_layer:
    """cache_size leaves out the number of layers"""

    def cache_size(n_layers, n_heads, head_size, length, batch, bytes_per_number):
        return 2 * n_heads * head_size * length * batch * bytes_per_number
