"""Exercise 40: BERT, its training data and its loss, and what RoBERTa and ALBERT changed.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-40`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray
Sentence = list[int]
Pair = tuple[Sentence, Sentence, int]


def mask_tokens(
    ids: Array,
    special_ids: list[int],
    mask_id: int,
    n_words: int,
    share: float,
    generator: np.random.Generator,
) -> tuple[Array, Array]:
    """Hide some tokens, so that a model can be asked for them.

    Args:
        ids: token ids, int64, shape (B, T).
        special_ids: ids that are never chosen, such as those of [CLS], [SEP] and padding.
        mask_id: the id of [MASK].
        n_words: V, the number of words; random words are drawn from 0 to V - 1.
        share: the probability with which a token that is not special is chosen.
        generator: the README says how it is used, and in which order.

    Returns:
        inputs: int64, shape (B, T), what the model reads.
        labels: int64, shape (B, T), the original id at chosen tokens, -100 at all others.
    """
    raise NotImplementedError("mask_tokens")


def dynamic_masking(
    ids: Array,
    special_ids: list[int],
    mask_id: int,
    n_words: int,
    share: float,
    epochs: int,
    generator: np.random.Generator,
) -> tuple[Array, Array]:
    """Hide other tokens in each epoch.

    Args:
        ids, special_ids, mask_id, n_words, share, generator: as in `mask_tokens`.
        epochs: how often the model will see `ids`, at least 1.

    Returns:
        inputs, labels: int64, shape (epochs, B, T), one masking after the other.
    """
    raise NotImplementedError("dynamic_masking")


def mlm_loss(logits: Array, labels: Array) -> tuple[float, Array]:
    """Mean cross-entropy over the labelled positions, and its gradient.

    Must stay finite for logits of any size, such as 1000, and without any label.

    Args:
        logits: shape (B, T, V).
        labels: the right word of each position, int64 in [0, V), or -100, shape (B, T).

    Returns:
        loss: the mean over the positions whose label is not -100, a single number, in nats;
            0 if there is none.
        dlogits: gradient of that mean with respect to logits, shape (B, T, V).
    """
    raise NotImplementedError("mlm_loss")


def next_sentence_pairs(
    documents: list[list[Sentence]], generator: np.random.Generator
) -> list[Pair]:
    """Make the pairs of BERT: is the second sentence the one that follows?

    Args:
        documents: at least two documents; each is a list of one or more sentences, and a sentence
            is a list of word ids.
        generator: the README says how it is used, and in which order.

    Returns:
        A list of tuples (first, second, label), one for each two neighbouring sentences: label 0
        if `second` is the next sentence, 1 if it comes from another document.
    """
    raise NotImplementedError("next_sentence_pairs")


def sentence_order_pairs(
    documents: list[list[Sentence]], generator: np.random.Generator
) -> list[Pair]:
    """Make the pairs of ALBERT: do the two sentences stand in their right order?

    Args:
        documents: as in `next_sentence_pairs`, but one document is enough.
        generator: the README says how it is used, and in which order.

    Returns:
        A list of tuples (first, second, label), one for each two neighbouring sentences: label 0
        if they stand in their order, 1 if they were exchanged.
    """
    raise NotImplementedError("sentence_order_pairs")


def join_pair(
    first: Sentence, second: Sentence, cls_id: int, sep_id: int, length: int, pad_id: int
) -> tuple[list[int], list[int], list[bool]]:
    """Write two sentences into one row: [CLS] first [SEP] second [SEP], then padding.

    Args:
        first, second: lists of word ids.
        cls_id, sep_id, pad_id: the ids of [CLS], [SEP] and padding.
        length: T, the length of the row; the pair fits into it.

    Returns:
        ids: a list of T ids.
        segments: a list of T numbers, 0 or 1.
        mask: a list of T bools, True at real tokens, False at padding.
    """
    raise NotImplementedError("join_pair")


def factorised_embedding_forward(ids: Array, table: Array, projection: Array) -> tuple[Array, Any]:
    """Look up short word vectors and make them longer.

    Args:
        ids: word ids, int64, shape (B, T).
        table: shape (V, E).
        projection: shape (E, D).

    Returns:
        out: shape (B, T, D).
        cache: whatever `factorised_embedding_backward` will need.
    """
    raise NotImplementedError("factorised_embedding_forward")


def factorised_embedding_backward(dout: Array, cache: Any) -> tuple[Array, Array]:
    """Carry the gradient back to both factors.

    Args:
        dout: gradient of the loss with respect to `out`, shape (B, T, D).
        cache: what `factorised_embedding_forward` returned.

    Returns:
        dtable: shape (V, E). dprojection: shape (E, D).
    """
    raise NotImplementedError("factorised_embedding_backward")


def bert_forward(
    ids: Array, segments: Array, mask: Array, params: dict[str, Any], n_heads: int, n_layers: int
) -> Array:
    """Run the encoder of BERT, or of ALBERT.

    Args:
        ids: token ids, int64, shape (B, T).
        segments: 0 or 1 for each token, int64, shape (B, T).
        mask: bool, shape (B, T), True where a position may be attended to.
        params: "word_embedding" (V, E), "position_embedding" (P, E) with P at least T,
            "segment_embedding" (2, E), "norm_scale" and "norm_shift" (E,), and "layers", a list of
            L dicts or of a single one. ALBERT has also "projection" (E, D) and "projection_bias"
            (D,); without them E = D.
        n_heads: the number of heads; it divides D.
        n_layers: L, how many layers a token goes through.

    Returns:
        hidden: shape (B, T, D).
    """
    raise NotImplementedError("bert_forward")


def mlm_logits(hidden: Array, params: dict[str, Any]) -> Array:
    """Score every word of the vocabulary at every position.

    Args:
        hidden: what `bert_forward` returned, shape (B, T, D).
        params: "head_weight" (D, E), "head_bias", "head_norm_scale" and "head_norm_shift" (E,),
            "word_embedding" (V, E) and "output_bias" (V,). Other keys are of no interest here.

    Returns:
        Logits (no softmax), shape (B, T, V).
    """
    raise NotImplementedError("mlm_logits")
