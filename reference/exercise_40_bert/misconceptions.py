"""Wrong implementations that students really write, each with the check that must catch it."""

import math

from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _draws(ids, special_ids, n_words, share, generator):
    """chosen, decision, words: the three draws of mask_tokens, as arrays like ids."""
    xp = array_namespace(ids)
    shape, place = tuple(ids.shape), device(ids)
    chosen = xp.asarray(generator.random(shape) < share, device=place)
    decision = xp.asarray(generator.random(shape), device=place)
    words = xp.asarray(generator.integers(0, n_words, shape), device=place)
    for special in special_ids:
        chosen = xp.logical_and(chosen, ids != special)
    return chosen, decision, words


def _log_softmax(logits):
    xp = array_namespace(logits)
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


def _right_words(labels, logits):
    xp = array_namespace(logits)
    words = xp.arange(logits.shape[-1], device=device(labels))
    return xp.astype(labels[:, :, None] == words, logits.dtype)


@misconception(
    caught_by="mask_tokens_values",
    explanation="""
    The labels are right, but no token is ever replaced: the inputs are the original ids. In code
    this comes from a comparison of a random number with a fraction of the same number. First a
    number decides whether the token is chosen, and then the test asks whether that number is below
    0.8 times itself, which is never true. It reads well, since 80, 90 and 100 per cent all appear,
    and training runs and shows a loss that falls very fast: the model only has to copy the word
    that stands in front of it. Count the [MASK] ids in your output; about 80 per cent of the chosen
    tokens should have become one.
    """,
    source="BERT-pytorch#29: 0% of the chosen tokens masked, measured",
)
class compares_a_number_with_its_own_share:
    """mask_tokens chooses and labels tokens but never replaces any"""

    def mask_tokens(ids, special_ids, mask_id, n_words, share, generator):
        settings = special_ids, mask_id, n_words, share, generator
        _, labels = solution.mask_tokens(ids, *settings)
        return array_namespace(ids).where(labels == -100, ids, labels), labels


@misconception(
    caught_by="mask_tokens_values",
    explanation="""
    Each chosen token became [MASK]: none was replaced by a random word and none was kept. One
    random number was used for both decisions. A number that is below 0.15 has chosen the token, and
    the same number, still below 0.15, is then compared with 0.8 and 0.9, so the first case always
    holds. The masking looks convincing and the model learns from it. But it never has to judge a
    visible word, and when it is used later there are no [MASK] tokens at all, so training and use
    differ more than they need to. The second decision must be independent of the first: it takes a
    draw of its own.
    """,
    source="Derived from BERT-pytorch#29; one number for two decisions",
)
class decides_twice_with_one_number:
    """mask_tokens turns every chosen token into [MASK]"""

    def mask_tokens(ids, special_ids, mask_id, n_words, share, generator):
        xp = array_namespace(ids)
        settings = special_ids, mask_id, n_words, share, generator
        _, labels = solution.mask_tokens(ids, *settings)
        return xp.where(labels == -100, ids, xp.full_like(ids, mask_id)), labels


@misconception(
    caught_by="mask_tokens_values",
    explanation="""
    Special tokens are chosen like all others, so that some [CLS], [SEP] and padding ids are hidden
    and labelled. Their ids are numbers in the same array as the words, so nothing fails, and in a
    short test with a share of 0.15 it may not even happen. But to predict a [SEP] or padding
    teaches nothing about language, and padding is plentiful: in a batch of short sentences most of
    the labels would ask for it, and the loss looks excellent. A hidden [CLS] or [SEP] also takes
    away the marks by which the model knows where a sentence ends. Look at the condition for being
    chosen; it has two parts, chance and the list of special ids.
    """,
    source="Special tokens masked; a standing mistake in hand-written data collators",
)
class hides_special_tokens_too:
    """mask_tokens chooses among all tokens, special ones included"""

    def mask_tokens(ids, special_ids, mask_id, n_words, share, generator):
        return solution.mask_tokens(ids, [], mask_id, n_words, share, generator)


@misconception(
    caught_by="mask_tokens_values",
    explanation="""
    Where a token was replaced, your label holds the replacement and not the original: the label of
    a hidden word is the id of [MASK]. The labels were read from the array after it had been
    changed, perhaps because inputs and ids were one and the same array, under two names. Every
    shape and every -100 is right. A model trained on such data gets a beautiful loss at once,
    because the answer is always the token it sees; it learns to copy and nothing else. Fill in the
    labels from the ids as they came, and write the disguises into a new array, so that the original
    is still there when it is needed.
    """,
    source="Aliased arrays in mask_tokens; derived",
)
class labels_hold_the_disguises:
    """mask_tokens takes the labels from the inputs after masking"""

    def mask_tokens(ids, special_ids, mask_id, n_words, share, generator):
        settings = special_ids, mask_id, n_words, share, generator
        inputs, labels = solution.mask_tokens(ids, *settings)
        return inputs, array_namespace(ids).where(labels == -100, labels, inputs)


@misconception(
    caught_by="mask_tokens_values",
    explanation="""
    Four in five chosen tokens became [MASK], and all the others kept their word: the tenth that
    should have become a random word is missing. The two small cases are easily merged, since both
    show some word. They do different work. A kept word tells the model that what it sees may be
    right, a random one that it may be wrong; without the second kind the model can trust every
    visible word blindly and copy it, so the representation of a visible word need not use its
    neighbours. Look at the numbers between 0.8 and 0.9: in your code they have the same fate as
    those from 0.9 on.
    """,
    source="Devlin et al. (2019), appendix A.1; the random tenth left out, derived",
)
class leaves_out_the_random_words:
    """mask_tokens masks 80 per cent of the chosen tokens and keeps the other 20"""

    def mask_tokens(ids, special_ids, mask_id, n_words, share, generator):
        xp = array_namespace(ids)
        chosen, decision, _ = _draws(ids, special_ids, n_words, share, generator)
        hidden = xp.logical_and(chosen, decision < 0.8)
        labels = xp.where(chosen, ids, xp.full_like(ids, -100))
        return xp.where(hidden, xp.full_like(ids, mask_id), ids), labels


@misconception(
    caught_by="mask_tokens_values",
    explanation="""
    The inputs are right, but the labels are simply the original ids, at every position. With such
    labels the loss runs over all tokens, not over the chosen 15 per cent. For the other 85 per cent
    the answer stands in the input, so the model earns most of its loss by copying, the number that
    is printed soon looks very good, and the gradient of the words that had to be guessed is diluted
    among the rest. The same happens when a loss is written that does not know -100. A label should
    only be there where something was asked. Look at what your labels hold at tokens that were not
    chosen.
    """,
    source="keras-bert#188; mlm-pytorch#2: loss on all tokens",
)
class labels_every_token:
    """mask_tokens returns the original ids as labels everywhere"""

    def mask_tokens(ids, special_ids, mask_id, n_words, share, generator):
        settings = special_ids, mask_id, n_words, share, generator
        inputs, _ = solution.mask_tokens(ids, *settings)
        return inputs, array_namespace(ids).where(ids == ids, ids, inputs)


@misconception(
    caught_by="mask_tokens_values",
    explanation="""
    The positions are right, but those without a label are marked with -1, and this exercise, like
    PyTorch's cross_entropy, marks them with -100. Early releases of the transformers library used
    -1, so a good deal of code still does. The two do not mix: a loss that looks for -100 takes -1
    for a class. Some libraries then stop with an error about a label out of range, which is the
    lucky case; others read the last word of the vocabulary, since -1 is a valid index from the end,
    and train the model to predict it at 85 per cent of all positions. Look at the value your labels
    begin with.
    """,
    source="transformers#2759: -1 and -100 confused",
)
class marks_the_rest_with_minus_one:
    """mask_tokens gives -1, not -100, to the tokens that were not chosen"""

    def mask_tokens(ids, special_ids, mask_id, n_words, share, generator):
        xp = array_namespace(ids)
        settings = special_ids, mask_id, n_words, share, generator
        inputs, labels = solution.mask_tokens(ids, *settings)
        return inputs, xp.where(labels == -100, xp.full_like(labels, -1), labels)


@misconception(
    caught_by="dynamic_masking_values",
    explanation="""
    All epochs are alike: the first one is right, and the others repeat it. The masking was made
    once and copied, which is what BERT did when it prepared its data beforehand, and it is called
    static masking. RoBERTa draws again each time a sequence is read. With the same mask over and
    over the model is asked for the same words in every epoch, may learn those answers by heart, and
    is never asked for the other 85 per cent. A test with a single epoch cannot tell, nor can
    shapes. Look at what happens inside your loop: each turn needs its own draws from the one
    generator.
    """,
    source="Liu et al. (2019), section 4.1: static against dynamic masking",
)
class repeats_one_mask:
    """dynamic_masking draws a single masking and returns it for every epoch"""

    def dynamic_masking(ids, special_ids, mask_id, n_words, share, epochs, generator):
        xp = array_namespace(ids)
        inputs, labels = solution.mask_tokens(ids, special_ids, mask_id, n_words, share, generator)
        return xp.stack([inputs] * epochs), xp.stack([labels] * epochs)


@misconception(
    caught_by="dynamic_masking_values",
    explanation="""
    The first epoch is right, and from the second on tokens go missing for good: each masking starts
    from the inputs of the one before. A token that became [MASK] in the first epoch is still [MASK]
    in the second, and a random word stays in its place and may even be given out as the right
    answer, because the labels are taken from the same damaged sequence. After enough epochs little
    of the text is left. The loop looks natural, since each turn assigns to the name it reads, and
    with one epoch it is right. Every epoch has to begin with the untouched ids.
    """,
    source="Overwriting the loop's own input; derived",
)
class masks_what_was_masked_before:
    """dynamic_masking masks the inputs of the epoch before"""

    def dynamic_masking(ids, special_ids, mask_id, n_words, share, epochs, generator):
        xp, drawn = array_namespace(ids), []
        for _ in range(epochs):
            ids, labels = solution.mask_tokens(ids, special_ids, mask_id, n_words, share, generator)
            drawn.append((ids, labels))
        return xp.stack([one for one, _ in drawn]), xp.stack([two for _, two in drawn])


@misconception(
    caught_by="mlm_loss_and_gradient",
    explanation="""
    Loss and gradient are too small by the same factor, the share of positions that have a label.
    The losses of the others were set to zero, which is right, and then a mean over all B times T
    positions was taken, which counts them after all. With 15 per cent of labels the loss comes out
    about seven times too small, and it goes up and down with the number of tokens that happened to
    be chosen and with the amount of padding. Training still works with a larger learning rate, so
    nothing looks broken, but the loss cannot be compared with anybody else's. Count the positions
    whose label is not -100 and divide by that.
    """,
    source="A mean over B * T after ignored positions were set to zero; derived",
)
class divides_by_all_positions:
    """mlm_loss divides by B * T and not by the number of labels"""

    def mlm_loss(logits, labels):
        xp = array_namespace(logits)
        loss, dlogits = solution.mlm_loss(logits, labels)
        share = xp.mean(xp.astype(labels != -100, logits.dtype))
        return loss * share, dlogits * share


@misconception(
    caught_by="mlm_loss_and_gradient",
    explanation="""
    In ordinary batches everything is right, and in a batch without any label the loss is not a
    number: zero is divided by zero. It seems that this cannot happen with hundreds of tokens, and
    for large batches it nearly never does. But with a short sequence and a share of 0.15 it is
    common: with ten tokens, one sequence in five has no label. One such batch is enough, because a
    gradient of nan goes into every weight, and from then on the whole model gives nan. By
    convention the loss without labels is 0 and its gradient is zero everywhere, so the step changes
    nothing. Look at the count that you divide by.
    """,
    source="PyTorch's cross_entropy gives nan when all targets are ignored; 0.85^10 = 0.197",
)
class gives_nan_without_labels:
    """mlm_loss divides by the number of labels also when it is 0"""

    def mlm_loss(logits, labels):
        xp = array_namespace(logits)
        loss, dlogits = solution.mlm_loss(logits, labels)
        count = xp.sum(xp.astype(labels != -100, logits.dtype))
        poison = xp.where(count > 0, xp.zeros_like(count), xp.full_like(count, math.nan))
        return loss + poison, dlogits + poison


@misconception(
    caught_by="mlm_loss_and_gradient",
    explanation="""
    The loss is right, but positions without a label get a gradient all the same: there it is the
    bare softmax divided by the count. A one-hot row made from -100 contains no one, so the
    difference of softmax and one-hot row is not zero, it is the softmax. Such a gradient pushes all
    logits of an unasked position down, the likely words most of all, in 85 per cent of all places,
    and the loss that is printed shows no trace of it. A position that does not enter the loss
    cannot change it. The same condition that selects the losses has to select the rows of the
    gradient.
    """,
    source="Mask applied to the loss only; derived",
)
class sends_gradients_to_unlabelled_positions:
    """mlm_loss masks the loss but not its gradient"""

    def mlm_loss(logits, labels):
        xp = array_namespace(logits)
        loss, _ = solution.mlm_loss(logits, labels)
        count = xp.sum(xp.astype(labels != -100, logits.dtype))
        count = xp.where(count > 0, count, xp.ones_like(count))
        return loss, (xp.exp(_log_softmax(logits)) - _right_words(labels, logits)) / count


@misconception(
    caught_by="next_sentence_pairs_values",
    explanation="""
    Some pairs with label 1 have a second sentence from the same document as the first, and now and
    then it is the very sentence that comes next. The document was drawn among all of them, the own
    one included. With thousands of documents this is rare, and published programs do it; with few
    documents many labels are wrong or nearly so. A pair that is called "not next" while it is next
    teaches the opposite of what it should. The convention here is that the second sentence comes
    from another document. Drawing among one document fewer, and stepping over the own one, gives
    exactly that with a single draw.
    """,
    source="Negatives that are the true next sentence; derived from Devlin et al., section 3.1",
)
class draws_from_its_own_document_too:
    """next_sentence_pairs draws the strange sentence from any document"""

    def next_sentence_pairs(documents, generator):
        pairs = []
        for document in documents:
            for i in range(len(document) - 1):
                second, label = document[i + 1], 0
                if generator.random() >= 0.5:
                    other = documents[int(generator.integers(len(documents)))]
                    second, label = other[int(generator.integers(len(other)))], 1
                pairs.append((document[i], second, label))
        return pairs


@misconception(
    caught_by="next_sentence_pairs_values",
    explanation="""
    The sentences are right, and all labels are exchanged: 1 stands for "this is the next sentence".
    It feels natural to give 1 to what is true, but BERT's labels are class numbers, and class 0 is
    IsNext, class 1 is NotNext. A model trained from the start on your data learns just as well. The
    trouble comes when two parts meet: a published model's head, used with such labels, appears to
    be wrong nearly always, with an accuracy of a few per cent, which is at least a hint, since a
    model that knows nothing would reach fifty. Look at the README's line about what 0 means.
    """,
    source="BERT's IsNext is class 0, a standing question about next-sentence heads",
)
class calls_the_true_next_one_1:
    """next_sentence_pairs gives label 1 to the next sentence"""

    def next_sentence_pairs(documents, generator):
        pairs = solution.next_sentence_pairs(documents, generator)
        return [(first, second, 1 - label) for first, second, label in pairs]


@misconception(
    caught_by="sentence_order_pairs_values",
    explanation="""
    Your pairs with label 1 hold a sentence of another document: that is BERT's question, asked once
    more. ALBERT asks another one. Both of its sentences always come from one document and stand
    side by side there; with label 1 they have changed places. The difference is the point of the
    method. A strange sentence can be recognised by its topic alone, without any thought about how
    one sentence leads to the next, and so BERT's task turned out to be too easy. If both sentences
    share their topic, only their order can give the answer away. No sentence ever has to be drawn
    from anywhere.
    """,
    source="Lan et al. (2020), section 3.1; sentence order treated as next sentence",
)
class asks_for_the_next_sentence_again:
    """sentence_order_pairs makes the pairs of next_sentence_pairs"""

    def sentence_order_pairs(documents, generator):
        pairs = []
        for d, document in enumerate(documents):
            for i in range(len(document) - 1):
                second, label = document[i + 1], 0
                if generator.random() >= 0.5:
                    strangers = documents[(d + 1) % len(documents)]
                    second, label = strangers[int(generator.integers(len(strangers)))], 1
                pairs.append((document[i], second, label))
        return pairs


@misconception(
    caught_by="join_pair_values",
    explanation="""
    The ids and the mask are right; one segment number is not. The [SEP] between the two sentences
    belongs to the first one in BERT: segment 0 runs from [CLS] to that [SEP] and includes it, and
    segment 1 is the second sentence with the [SEP] at its end. In your rows the middle [SEP]
    already has segment 1. For a model trained from the start either is fine. A published model has
    seen the segment vector of 0 at this place millions of times, and gets an input that it never
    met. Count: there are as many zeros at the front as the first sentence has words, plus two.
    """,
    source="Devlin et al. (2019), figure 2; off by one at the separator, derived",
)
class gives_the_separator_to_the_second_segment:
    """join_pair counts the middle [SEP] as part of segment 1"""

    def join_pair(first, second, cls_id, sep_id, length, pad_id):
        ids, segments, mask = solution.join_pair(first, second, cls_id, sep_id, length, pad_id)
        segments[len(first) + 1] = 1
        return ids, segments, mask


@misconception(
    caught_by="join_pair_values",
    explanation="""
    The row ends with the last word of the second sentence; the [SEP] after it is missing. If one
    thinks of [SEP] as something that separates, one in the middle is enough. In BERT it closes a
    sentence, so that each of the two has one, and a pair of sentences uses three special tokens in
    all. Nothing fails without it: there is one padding token more and the lengths agree. But a
    model that was trained with the closing token uses it, many attention heads rest on it when they
    have nothing to say, and its absence shifts every result a little. Compare the number of True
    entries in your mask with the words plus three.
    """,
    source="Devlin et al. (2019), figure 2; Clark et al. (2019) on attention to [SEP]; derived",
)
class leaves_the_second_sentence_open:
    """join_pair writes no [SEP] after the second sentence"""

    def join_pair(first, second, cls_id, sep_id, length, pad_id):
        ids, segments, mask = solution.join_pair(first, second, cls_id, sep_id, length, pad_id)
        end = len(first) + len(second) + 2
        ids[end], segments[end], mask[end] = pad_id, 0, False
        return ids, segments, mask


@misconception(
    caught_by="join_pair_values",
    explanation="""
    Each entry of your mask is the opposite of what is asked: True marks padding. PyTorch's
    key_padding_mask has this meaning, and the encoder here reads it in the same way, so the program
    as a whole may be consistent. BERT's own attention mask has ones at the real tokens, and
    throughout this chapter True means "may be attended to". As soon as one part is exchanged for
    somebody else's, the real words are hidden and every position gathers what stands in the
    padding, without any error. Look at the line on the mask in the conventions, and follow one
    padding token from the row you build to the scores.
    """,
    source="PyTorch's key_padding_mask against BERT's attention_mask",
)
class marks_padding_as_true:
    """join_pair's mask is True at padding, and bert_forward reads it so"""

    def join_pair(first, second, cls_id, sep_id, length, pad_id):
        ids, segments, mask = solution.join_pair(first, second, cls_id, sep_id, length, pad_id)
        return ids, segments, [not entry for entry in mask]

    def _attention(x, params, n_heads, mask):
        return solution._attention(x, params, n_heads, ~mask)


@misconception(
    caught_by="factorised_embedding_gradients",
    explanation="""
    The projection's gradient is right, and so are the rows of words that occur once. A word that
    occurs several times got only one of its gradients, the last. The rows were written to their
    places by an assignment with an array of ids as index, and an assignment, even one that looks
    like an addition, stores one value for each place; what was there before is overwritten. Each
    occurrence of a word used the same row of the table, so a small change of that row acts in all
    of these places, and their gradients add up. In a text the frequent words are hit hardest. Test
    with a sequence that has one word three times.
    """,
    source="NumPy's dW[ids] += dout with repeated ids; a classic of embedding layers",
)
class keeps_one_gradient_per_word:
    """factorised_embedding_backward keeps only the last occurrence of a repeated word in dtable"""

    def factorised_embedding_backward(dout, cache):
        ids, _, projection, n_words = cache
        xp = array_namespace(dout)
        _, dprojection = solution.factorised_embedding_backward(dout, cache)
        flat = xp.reshape(ids, (-1,))
        drows = xp.reshape(dout, (-1, dout.shape[-1])) @ xp.matrix_transpose(projection)
        dtable = [xp.zeros_like(drows[0, :])] * n_words
        for n in range(flat.shape[0]):
            dtable[int(flat[n])] = drows[n, :]
        return xp.stack(dtable), dprojection


@misconception(
    caught_by="bert_forward_values",
    explanation="""
    The segments make no difference: you may exchange all zeros and ones and get the same hidden
    states. Word and position are there, the third table is not used. For a single sentence that is
    hardly a loss, because one and the same vector would be added everywhere, and so examples with
    one sentence train and look well. For a pair, the model can find the border only by searching
    for the [SEP] between, and a published model, which has always had this vector added, gets
    inputs that are shifted before the first norm. Three vectors are added for each token: its word,
    its position, its segment.
    """,
    source="Devlin et al. (2019), figure 2; token_type_ids forgotten, a common omission",
)
class ignores_the_segments:
    """bert_forward adds no segment embedding"""

    def bert_forward(ids, segments, mask, params, n_heads, n_layers):
        xp = array_namespace(params["segment_embedding"])
        changed = {**params, "segment_embedding": xp.zeros_like(params["segment_embedding"])}
        return solution.bert_forward(ids, segments, mask, changed, n_heads, n_layers)


@misconception(
    caught_by="bert_forward_values",
    explanation="""
    The order of the tokens makes no difference: if you exchange two words of one segment, their
    hidden states change places and are otherwise the same. The position table is not used.
    Attention sees a set of keys, the feed-forward network sees one position at a time, and nothing
    else in the encoder knows where a token stands. A bag of words is enough for many guesses, so
    the loss falls for a good while and then stops at a value that is too high. BERT does not
    compute its positions from sines; it looks them up in a table that is learned, row by row, from
    0 on. Look at what is added before the first norm.
    """,
    source="Permutation equivariance; Devlin et al. (2019), figure 2; derived",
)
class ignores_the_positions:
    """bert_forward adds no position embedding"""

    def bert_forward(ids, segments, mask, params, n_heads, n_layers):
        xp = array_namespace(params["position_embedding"])
        changed = {**params, "position_embedding": xp.zeros_like(params["position_embedding"])}
        return solution.bert_forward(ids, segments, mask, changed, n_heads, n_layers)


@misconception(
    caught_by="bert_forward_values",
    explanation="""
    The sum of the three embeddings goes into the first layer as it is; it has to be normalised
    before. The Transformer of exercise 39 has no norm at this place, so whoever starts from that
    code leaves it out. In BERT the sum gets a LayerNorm of its own, with its own scale and shift,
    and the residual path begins with the normalised numbers. Without it the layers still run and
    the model still trains from the start, but its numbers are not those of BERT: the balance
    between what a position holds and what attention adds to it is another one. Look for parameters
    that are handed to you and that you never use.
    """,
    source="Embedding LayerNorm missing in ports of BERT from plain encoders; derived",
)
class leaves_embeddings_unnormalised:
    """bert_forward skips the LayerNorm after the embeddings"""

    def bert_forward(ids, segments, mask, params, n_heads, n_layers):
        x = solution._look_up(ids, params["word_embedding"])
        x = x + params["position_embedding"][: ids.shape[1], :]
        x = x + solution._look_up(segments, params["segment_embedding"])
        if "projection" in params:
            x = x @ params["projection"] + params["projection_bias"]
        for i in range(n_layers):
            layer = params["layers"][i % len(params["layers"])]
            x = solution._encoder_layer(x, layer, n_heads, mask)
        return x


@misconception(
    caught_by="bert_forward_values",
    explanation="""
    Your layers normalise what goes into attention and into the feed-forward network, and add the
    result without normalising it. This is the pre-norm layer of GPT-2 and of most models since.
    BERT is older: it is post-norm, as in the first Transformer paper, and each sum of input and
    sublayer is normalised. Both train, and for a small model the loss hardly differs, so the order
    is easily taken from the wrong place. The output tells them apart. In BERT each position leaves
    with mean zero and variance one before the last scale and shift; yours does not. Look at what
    stands inside your norms.
    """,
    source="annotated-transformer#92, the same confusion; Devlin et al. (2019), section 3",
)
class normalises_before_each_sublayer:
    """bert_forward uses pre-norm layers"""

    def _encoder_layer(x, params, n_heads, mask):
        p = params
        z = solution._layer_norm(x, p["norm1_scale"], p["norm1_shift"])
        x = x + solution._attention(z, p["attention"], n_heads, mask)
        z = solution._layer_norm(x, p["norm2_scale"], p["norm2_shift"])
        return x + solution._gelu(z @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]


@misconception(
    caught_by="bert_forward_values",
    explanation="""
    Real positions change when the content of a hidden one does: the mask is not used, or has no
    effect on the scores. In a batch without padding the numbers are right, which is the case that
    one tries first. With padding, a sequence gets different hidden states according to the longest
    sequence in its batch, because its tokens spread a part of their attention over padding vectors.
    Those are ordinary vectors, the position embedding sees to that. A score that is hidden must not
    take part in the softmax at all. To set the padded ids to zero is not enough, as zero is a word
    like any other.
    """,
    source="attention_mask left out when calling BERT, a standing issue; derived",
)
class attends_to_padding:
    """bert_forward ignores the mask"""

    def _attention(x, params, n_heads, mask):
        xp = array_namespace(x)
        return solution._attention(x, params, n_heads, xp.logical_or(mask, ~mask))


@misconception(
    caught_by="bert_forward_values",
    explanation="""
    The feed-forward network uses a ReLU. That is the function of the first Transformer and of
    exercise 39, but BERT has GELU, which bends smoothly: a number of -0.5 is not cut to 0 but
    becomes about -0.15, and 0.5 becomes 0.35. With the large numbers that one tries by hand the two
    agree, and both train equally well from the start, so the difference is easily overlooked. With
    weights that were trained for the other function, every layer adds a small error to each hidden
    unit near zero, and that is where most of them are. Look at what stands between w1 and w2.
    """,
    source="Hendrycks and Gimpel (2016), section 2; the activation taken from the Transformer",
)
class uses_a_relu:
    """bert_forward and mlm_logits use a ReLU in place of GELU"""

    def _gelu(x):
        return array_namespace(x).where(x > 0, x, 0 * x)


@misconception(
    caught_by="bert_forward_values",
    explanation="""
    For ordinary numbers your output is right to four or five digits, and where the embeddings are
    very small or all alike it is far off: the epsilon of the LayerNorm is 0.00001 instead of
    0.000000000001. The larger one is the default of PyTorch and of the exercise on the Transformer,
    so it comes along with code that worked elsewhere. BERT's is 1e-12, and its published weights
    were trained with it. At a variance of one the difference cannot be seen; at a variance of
    1e-12, which vectors of a millionth have, one norm gives numbers near one and the other nearly
    nothing. Look at the constant inside the root.
    """,
    source="1e-12 in BertConfig of the transformers package, 1e-5 in torch.nn.LayerNorm",
)
class takes_the_usual_epsilon:
    """LayerNorm adds 1e-5, not 1e-12, to the variance"""

    def _layer_norm(z, scale, shift):
        xp = array_namespace(z)
        centred = z - xp.mean(z, axis=-1, keepdims=True)
        variance = xp.mean(centred * centred, axis=-1, keepdims=True)
        return scale * centred / xp.sqrt(variance + 1e-5) + shift


@misconception(
    caught_by="bert_forward_as_albert",
    explanation="""
    BERT with a list of layers is right. When there is a single entry, to be used n_layers times,
    your tokens go through it once. The loop runs over the list, which is the natural way when each
    layer has parameters of its own, and n_layers is not used at all. The output has the right shape
    and is a valid encoder, only a very shallow one. ALBERT saves parameters by sharing, not by
    being shallow: its twelve layers do as much computation as BERT's twelve, with the same matrices
    each time. So the number of turns has to come from n_layers, and the entry of the list from the
    length of the list.
    """,
    source="Lan et al. (2020), section 3.1, cross-layer sharing; derived",
)
class goes_through_the_list_once:
    """bert_forward uses each entry of layers once, whatever n_layers says"""

    def bert_forward(ids, segments, mask, params, n_heads, n_layers):
        return solution.bert_forward(ids, segments, mask, params, n_heads, len(params["layers"]))


@misconception(
    caught_by="bert_forward_as_albert",
    explanation="""
    With parameters of its own for each layer the result is right, and with a shared layer it is
    right too, but the hidden states of models with a projection are off by a constant vector,
    before the layers. The short embeddings were multiplied by the projection, and its bias was not
    added. The factorised embedding of the formulas is a plain product, and ALBERT's projection
    inside the model is an affine map, with D more numbers. They start at zero when a model is
    created, so a comparison with a fresh model finds no difference at all; after training it does.
    Look at the list of parameters and ask of each one where you use it.
    """,
    source="Biases that start at 0 hide their absence; ALBERT's embedding_hidden_mapping_in",
)
class projects_without_the_bias:
    """bert_forward multiplies by projection and does not add projection_bias"""

    def bert_forward(ids, segments, mask, params, n_heads, n_layers):
        if "projection" in params:
            params = {**params, "projection_bias": 0 * params["projection_bias"]}
        return solution.bert_forward(ids, segments, mask, params, n_heads, n_layers)


@misconception(
    caught_by="mlm_logits_values",
    explanation="""
    The shape is right, but the logits are a mixture of numbers from different words: the table was
    reshaped from (V, E) to (E, V), where it should have been transposed. A reshape moves no number;
    it cuts the same long line into other rows, so a column of the result contains parts of several
    word vectors. The product exists and no error is raised, and a model that learns its table from
    the start finds some way to live with it, though the table is then no longer shared in any
    meaningful sense. The logit of a word is the dot product of the position's vector with that
    word's row. Check this for one word by hand.
    """,
    source="view or reshape in place of a transpose, a classic; derived",
)
class reshapes_the_word_table:
    """mlm_logits reshapes the word table to (E, V) and does not transpose it"""

    def mlm_logits(hidden, params):
        xp = array_namespace(hidden)
        v, e = params["word_embedding"].shape
        wrong = xp.matrix_transpose(xp.reshape(params["word_embedding"], (e, v)))
        return solution.mlm_logits(hidden, {**params, "word_embedding": wrong})


@misconception(
    caught_by="mlm_logits_values",
    explanation="""
    All the parts of the head are there, in another order: your LayerNorm comes before the GELU. In
    many networks a norm stands in front of the activation, so the order looks familiar, and since
    both are applied to the same E numbers the shapes agree either way. In BERT's head the order is
    dense layer, GELU, LayerNorm. It matters what meets the word table at the end: normalised
    numbers with both signs, or numbers after a GELU, none of which is below -0.18, so that products
    with word vectors become lopsided. A model trained from the start works with both, and only
    borrowed weights tell.
    """,
    source="BertPredictionHeadTransform: dense, activation, LayerNorm; order exchanged, derived",
)
class normalises_before_the_activation:
    """mlm_logits applies the LayerNorm before the GELU"""

    def mlm_logits(hidden, params):
        xp = array_namespace(hidden)
        z = hidden @ params["head_weight"] + params["head_bias"]
        z = solution._layer_norm(z, params["head_norm_scale"], params["head_norm_shift"])
        z = solution._gelu(z)
        return z @ xp.matrix_transpose(params["word_embedding"]) + params["output_bias"]


@misconception(
    caught_by="mlm_logits_values",
    explanation="""
    The logits are off by one constant for each word, the same at every position: the bias at the
    end was left out. When the output matrix is shared with the word table it is easy to think that
    the head has nothing of its own. It has the dense layer, a norm, and one number per word. That
    number says how frequent a word is, whatever stands around it, and without it the direction of
    the word's vector would have to carry frequency as well as meaning. In a new model the bias is
    zero, so a first comparison finds nothing. Look at which of the parameters handed to mlm_logits
    is never read.
    """,
    source="Devlin et al. (2019), released code: output_bias next to the tied matrix",
)
class leaves_out_the_bias_of_the_words:
    """mlm_logits adds no output_bias"""

    def mlm_logits(hidden, params):
        return solution.mlm_logits(hidden, {**params, "output_bias": 0 * params["output_bias"]})
