"""Reference solution of exercise 31: from the scores of a language model to a text.

Holtzman et al. (2020) for top-p, Fan et al. (2018) for top-k, Wu et al. (2016) for the division of
beam scores by the length. V tokens in the vocabulary, N rows of scores, L generated tokens.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def greedy(table: Array, start: int, end: int, max_length: int) -> Array:
    """table (V, V) → ids (L,): the most likely token at every step, up to `end`."""
    xp = array_namespace(table)
    ids, token = [], start
    for _ in range(max_length):
        token = int(xp.argmax(table[token]))
        ids.append(token)
        if token == end:
            break
    return _ids(ids, table)


def temperature(logits: Array, t: float) -> Array:
    """logits (N, V) → probabilities (N, V), sharper for t < 1 and flatter for t > 1."""
    return _softmax(logits / t)


def top_k(logits: Array, k: int) -> Array:
    """logits (N, V) → probabilities (N, V), zero outside the k most likely tokens of a row."""
    return _only(_rank(logits) < k, _softmax(logits))


def top_p(logits: Array, p: float) -> Array:
    """logits (N, V) → probabilities (N, V), zero outside the smallest set that reaches p."""
    xp = array_namespace(logits)
    probabilities = _softmax(logits)
    falling = xp.sort(probabilities, axis=1, descending=True)
    short = xp.cumulative_sum(falling, axis=1) < p
    size = 1 + xp.sum(xp.astype(short, xp.int64), axis=1, keepdims=True)
    return _only(_rank(logits) < size, probabilities)


def sample(probabilities: Array, start: int, end: int, u: Array) -> Array:
    """probabilities (V, V), u (T,) → ids (L,): one number of u draws one token, up to `end`."""
    xp = array_namespace(probabilities)
    ids, token = [], start
    for number in u:
        row = probabilities[token]
        passed = xp.astype(xp.cumulative_sum(row) <= number, xp.int64)
        last = xp.max(xp.nonzero(row > 0)[0])
        token = min(int(xp.sum(passed)), int(last))
        ids.append(token)
        if token == end:
            break
    return _ids(ids, probabilities)


def beam_search(
    table: Array, start: int, end: int, width: int, max_length: int, alpha: float
) -> tuple[Array, float]:
    """table (V, V) → ids (L,) of the best hypothesis found, and its score divided by L**alpha."""
    log_p = _log_softmax(table)
    beam, finished = [(0.0, [start])], []
    for _ in range(max_length):
        candidates = [
            (score + float(log_p[path[-1], token]), [*path, token])
            for score, path in beam
            for token in range(table.shape[1])
        ]
        kept = sorted(candidates, key=_best_first)[:width]
        finished += [(score, path) for score, path in kept if path[-1] == end]
        beam = [(score, path) for score, path in kept if path[-1] != end]
    hypotheses = [(score / (len(path) - 1) ** alpha, path) for score, path in finished + beam]
    score, path = min(hypotheses, key=_best_first)
    return _ids(path[1:], table), score


def _best_first(hypothesis: tuple[float, list[int]]) -> tuple[float, list[int]]:
    """Sorts by falling score, and equal scores by their ids."""
    score, path = hypothesis
    return -score, path


def _log_softmax(logits: Array) -> Array:
    """Logarithms of the probabilities of each row, finite for scores of any size."""
    xp = array_namespace(logits)
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))


def _softmax(logits: Array) -> Array:
    """The probabilities of each row."""
    xp = array_namespace(logits)
    e = xp.exp(logits - xp.max(logits, axis=1, keepdims=True))
    return e / xp.sum(e, axis=1, keepdims=True)


def _rank(logits: Array) -> Array:
    """How many tokens of its row come before each token; of equal ones the smaller id is first."""
    xp = array_namespace(logits)
    return xp.argsort(xp.argsort(-logits, axis=1), axis=1)


def _only(kept: Array, probabilities: Array) -> Array:
    """Zero where not kept; the rest is divided by its sum."""
    xp = array_namespace(probabilities)
    left = xp.where(kept, probabilities, xp.zeros_like(probabilities))
    return left / xp.sum(left, axis=1, keepdims=True)


def _ids(ids: list[int], like: Array) -> Array:
    xp = array_namespace(like)
    return xp.asarray(ids, dtype=xp.int64, device=device(like))
