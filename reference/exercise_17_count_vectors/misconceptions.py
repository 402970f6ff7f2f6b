"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np
from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _count(corpus, vocabulary_size, pairs):
    """counts[word, neighbour] from pairs of positions."""
    counts = np.zeros((vocabulary_size, vocabulary_size), dtype=np.int64)
    for here, there in pairs:
        counts[corpus[here], corpus[there]] += 1
    return counts


def _pmi(counts, of_words, of_neighbours):
    """log2 of the ratio, 0 where the count is 0; the sums may be any."""
    seen = (counts > 0) & (of_words * of_neighbours > 0)
    observed = np.where(seen, counts * counts.sum(), 1.0)
    return np.log2(observed / np.where(seen, of_words * of_neighbours, 1.0))


def _eigen(matrix):
    """Eigenvalues and eigenvectors of matrix @ matrix.T, the smallest first."""
    w, e = np.linalg.eigh(matrix @ matrix.T)
    return np.maximum(w, 0), e


def _cosines(query, vectors):
    return np.array([solution.cosine_similarity(vectors[query], row) for row in vectors])


def _sorted(similarities):
    return np.argsort(-similarities, kind="stable")


@misconception(
    caught_by="co_occurrence_counts",
    explanation="""
    Only neighbours on one side are counted: each pair of positions is entered once, in the row of
    the word that comes first. Your matrix is not symmetric, and its sum is half of what is
    expected. As a table of which word follows which it is perfectly good, and language models are
    built on such tables; but here a word is to be known by all its company, before and after. A
    text in which every pair occurs in both orders would hide the difference. Take the last word of
    the corpus: it has neighbours, and all of them stand to its left. See where your loop looks
    from there.
    """,
    source="One-sided windows, as in bigram tables; derived",
)
class counts_only_the_words_that_follow:
    """co_occurrence looks to the right of each word"""

    def co_occurrence(corpus, vocabulary_size, window):
        n = len(corpus)
        pairs = [(s, t) for s in range(n) for t in range(s + 1, min(s + window + 1, n))]
        return _count(corpus, vocabulary_size, pairs)


@misconception(
    caught_by="co_occurrence_counts",
    explanation="""
    Every count is twice as large as expected. This comes from combining two ideas that are right by
    themselves: visiting every word and looking to both sides, which already finds each pair from
    both of its ends, and also writing each find into two cells because the matrix is symmetric. The
    matrix looks right in every way but its size, and nothing later in this exercise would notice,
    because PPMI and cosines depend on shares only. It matters as soon as counts are compared or
    weighted, as GloVe does. Count by hand the text of the two words 0 and 1: how often is word 1
    near word 0?
    """,
    source="Counts doubled by symmetry; derived",
)
class counts_every_pair_from_both_ends_twice:
    """co_occurrence enters each pair in both cells from both of its ends"""

    def co_occurrence(corpus, vocabulary_size, window):
        return 2 * solution.co_occurrence(corpus, vocabulary_size, window)


@misconception(
    caught_by="co_occurrence_counts",
    explanation="""
    The window ends one word too early: neighbours at the distance window itself are missing, and
    with a window of 1 nothing is counted at all. It is the ordinary slip with ranges and slices,
    whose end is not included: the distances that come out are 1 up to window - 1. For large windows
    the counts look very plausible, since most of the neighbours are there, and one tends to try
    large texts and large windows first. The README says at most window apart, so the distance
    window belongs to it, on both sides. Write down the distances that your loop goes through for a
    window of 2.
    """,
    source="range(1, window): the commonest off-by-one of this exercise; derived",
)
class ends_the_window_one_word_early:
    """co_occurrence counts distances below the window only"""

    def co_occurrence(corpus, vocabulary_size, window):
        n = len(corpus)
        pairs = [(s, t) for s in range(n) for t in range(n) if 0 < abs(s - t) < window]
        return _count(corpus, vocabulary_size, pairs)


@misconception(
    caught_by="co_occurrence_counts",
    explanation="""
    Off the diagonal everything is right; on it the counts are too large, by the number of times
    that each word occurs. Every position was counted as a neighbour of itself. That happens when a
    window is cut out with one slice, from so many words before to so many words after: the centre
    is in the slice as well. A diagonal that is not zero does not look wrong, because words do
    repeat, and PPMI even makes something reasonable of it. But a word then keeps itself company,
    and this share is largest for rare words with few neighbours. Look at what your slice holds
    besides the neighbours.
    """,
    source="Slices that hold the centre word; derived",
)
class counts_each_word_as_its_own_neighbour:
    """co_occurrence counts distance 0 as well"""

    def co_occurrence(corpus, vocabulary_size, window):
        n = len(corpus)
        pairs = [(s, t) for s in range(n) for t in range(n) if abs(s - t) <= window]
        return _count(corpus, vocabulary_size, pairs)


@misconception(
    caught_by="co_occurrence_counts",
    explanation="""
    Too many pairs are counted, and the surplus joins the first words of the corpus with the last
    ones. For a position near the start, the index of a word further left becomes negative, and
    Python does not complain: index -1 is the last word. At the other end an index that is too
    large raises an error, so that side is usually guarded and this one forgotten. In a long text a
    few counts more cannot be seen; they are wrong all the same, since the end of a text is not
    near its beginning. Follow your loop for position 0, and see which index it uses for the word
    before.
    """,
    source="Negative indices wrap around in Python and NumPy; derived",
)
class lets_the_window_wrap_around_at_the_start:
    """co_occurrence reads negative positions from the end of the corpus"""

    def co_occurrence(corpus, vocabulary_size, window):
        n, pairs = len(corpus), []
        for s in range(n):
            for distance in range(1, window + 1):
                pairs.append((s, (s - distance) % n))
                if s + distance < n:
                    pairs.append((s, s + distance))
        return _count(corpus, vocabulary_size, pairs)


@misconception(
    caught_by="co_occurrence_at_the_edges",
    explanation="""
    The diagonal of your matrix is zero, also where a word does stand near itself, as in "very very"
    or twice in one window. Positions and words were mixed up: a position must not be its own
    neighbour, and so neighbours that are the same word were skipped, or the diagonal was cleared at
    the end. Most pairs of neighbours in a text are different words, so nearly all counts are right,
    and a zero diagonal looks tidy. Frequent words, however, do meet themselves, and their sums and
    with them all shares come out too small. Look at what is compared before a pair is left out: two
    ids, or two positions?
    """,
    source="if word == neighbour: continue; derived",
)
class never_counts_a_word_near_itself:
    """co_occurrence leaves the diagonal at zero"""

    def co_occurrence(corpus, vocabulary_size, window):
        counts = solution.co_occurrence(corpus, vocabulary_size, window)
        xp = array_namespace(counts)
        words = xp.arange(vocabulary_size, device=device(counts))
        return xp.where(words[:, None] == words, xp.zeros_like(counts), counts)


@misconception(
    caught_by="co_occurrence_at_the_edges",
    explanation="""
    A word that stands twice in the same window is counted once. Either the neighbours were put into
    a set first, or an array was used as an index on the left side of +=, where NumPy adds to each
    cell only once, however often it is named. With a window of 1 this hardly ever shows, since a
    word would need itself on both sides, and in a short sentence all words are different; your
    matrix is even nearly symmetric. The README counts positions: two places with the same word are
    two neighbours. Try a corpus of one word written four times with a window of 2, and compare the
    single count.
    """,
    source="set() of a window, or counts[i, ids] += 1 with repeated ids; derived",
)
class counts_a_repeated_neighbour_once:
    """co_occurrence counts each different word of a window once"""

    def co_occurrence(corpus, vocabulary_size, window):
        counts = np.zeros((vocabulary_size, vocabulary_size), dtype=np.int64)
        n = len(corpus)
        for s in range(n):
            near = [t for t in range(n) if 0 < abs(s - t) <= window]
            counts[corpus[s], sorted({int(corpus[t]) for t in near})] += 1
        return counts


@misconception(
    caught_by="ppmi_values",
    explanation="""
    Your values are 0.693 times the expected ones: the logarithm is the natural one, and the README
    asks for base 2. The factor is ln 2, the same for every entry, so the order of the pairs, the
    cosines between rows and even the directions found by an SVD are as they should be; that is why
    the difference goes unnoticed. It shows when numbers are read or compared with those of others:
    with base 2 a value of 1 means twice as often as by chance, and the unit is the bit. Look at
    which logarithm you call. In most libraries the one named plainly log has base e.
    """,
    source="ln for log2, a factor of .693; derived",
)
class takes_the_natural_logarithm:
    """ppmi uses log with base e"""

    def ppmi(counts):
        return solution.ppmi(counts) * float(np.log(2.0))


@misconception(
    caught_by="ppmi_values",
    explanation="""
    Positive values are right, zeros are right where nothing was counted, and all other values are
    negative where 0 is expected. This is the pointwise mutual information without the first P:
    pairs that meet less often than by chance keep their negative logarithm. It is not a silly
    quantity, and it is the one with the name in information theory. But to say with confidence
    that two rare words avoid each other takes far more text than one has, so these values are
    mostly noise, and they would also make pairs that were seen once look worse than pairs never
    seen. The last step of the formula has been left out.
    """,
    source="PMI for PPMI; Bullinaria and Levy (2007) on negative values",
)
class keeps_negative_values:
    """ppmi returns the pmi, with 0 where the count is 0"""

    def ppmi(counts):
        rows, columns = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True)
        return _pmi(counts, rows, columns)


@misconception(
    caught_by="ppmi_values",
    explanation="""
    Both sums in the denominator were taken along the same axis: S_i is the sum of column i here,
    and not of row i. For counts made with a window that reaches to both sides the matrix is
    symmetric, row and column sums are the same numbers, and nothing is wrong with the result; many
    programs compute one vector of sums and use it twice. The function here is promised any table,
    for instance one that looks at the following word only, or one with words in its rows and
    documents in its columns. There the two sums differ. Ask for each of them which index stays and
    which one is summed over.
    """,
    source="Marginals from the wrong axis, hidden by symmetric counts; derived",
)
class uses_column_sums_for_both_words:
    """ppmi takes S_i from the columns as well"""

    def ppmi(counts):
        columns = counts.sum(axis=0)
        pmi = _pmi(counts, columns[:, None], columns[None, :])
        return np.maximum(pmi, 0.0)


@misconception(
    caught_by="ppmi_values",
    explanation="""
    The values have the right size, but their digits behind the point are gone: the result is made
    of integers. An array for the results was created after the pattern of counts, and it took over
    not only the shape but the dtype as well; whatever is written into it is cut off to a whole
    number without a word. If the counts happen to be floating-point numbers, the same code is
    right, which makes it hard to find. Wherever an array is created for something that is not an
    integer, its dtype has to be said. Look at the line that makes the empty matrix, not at the
    formula.
    """,
    source="np.zeros_like(counts) without a dtype; derived",
)
class writes_into_an_array_of_integers:
    """ppmi returns values in the dtype of the counts, cut off"""

    def ppmi(counts):
        result = np.zeros_like(counts)
        result[...] = solution.ppmi(counts)
        return result


@misconception(
    caught_by="ppmi_zeros",
    explanation="""
    Where the count is 0 your value is about -26.6, and where 0 is expected for other reasons it is
    negative too. A small constant inside the logarithm keeps it finite, and log2 of 0.00000001 is
    that number. It stops the warnings, so it seems to solve the problem, but it makes the most
    frequent entry of the table, that for pairs never seen, by far the largest in size, and the
    choice of the constant decides how large. An SVD of this matrix describes mainly where the zeros
    are. The step that replaces what is negative is missing here, and with it no constant would be
    needed.
    """,
    source="log2(0 + 1e-8) = -26.6 without clipping; derived",
)
class leaves_minus_26_where_nothing_was_seen:
    """ppmi returns log2(ratio + 1e-8) as it is"""

    def ppmi(counts):
        rows, columns = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True)
        by_chance = rows * columns
        ratio = counts * counts.sum() / np.where(by_chance > 0, by_chance, 1)
        return np.log2(ratio + 1e-8)


@misconception(
    caught_by="ppmi_zeros",
    explanation="""
    Everything is right until a word has no counts at all; its row or column is nan. There the
    fraction is 0 divided by 0, and what is not a number stays so: it gets through the logarithm and
    through most functions that take a maximum. Zero counts of words that do occur were no problem,
    since 0 divided by something is 0, and the maximum turns minus infinity into 0. A vocabulary
    that was made from this very text has no empty rows, so it takes one from elsewhere, or a part
    of a text, to see it. Decide for which entries there is anything to divide, before the division
    happens.
    """,
    source="Division of 0 by 0 in early PPMI programs, found by their readers; derived",
)
class divides_zero_by_zero_for_absent_words:
    """ppmi is nan where a row or column is empty"""

    def ppmi(counts):
        rows, columns = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True)
        return np.where(rows * columns > 0, solution.ppmi(counts), np.nan)


@misconception(
    caught_by="truncated_svd_dot_products",
    explanation="""
    The columns have length 1 each: you returned the left singular vectors alone, without the
    singular values. Shape and signs look right, and the vectors are good for something, since all
    the directions are there. But every direction now counts the same, the one that explains half of
    the matrix and the one that is nearly noise, and the dot products between words no longer have
    to do with those between rows of the matrix. Some authors do leave the singular values out on
    purpose; it is another method with other neighbours. Read the formula for vectors[i, r] again:
    it is a product of two things.
    """,
    source="U without S, as in early programs for count-based vectors; derived",
)
class leaves_out_the_singular_values:
    """truncated_svd returns u[:, :k]"""

    def truncated_svd(matrix, k):
        return np.linalg.svd(matrix)[0][:, :k]


@misconception(
    caught_by="truncated_svd_dot_products",
    explanation="""
    Your columns have the square roots of the singular values as their lengths. Sharing the singular
    values between the two sides, half a power for the words and half for the neighbours, is a well
    known choice, and in some studies it gives better word vectors; so this may be what you found
    in a paper. The README defines the vectors with the full singular value. Then the dot product of
    two word vectors is that of two rows of the approximated matrix, a property which the symmetric
    choice does not have. With singular values near 1 the two can hardly be told apart. Look for a
    root that the formula does not hold.
    """,
    source="U times the root of S: Levy, Goldberg and Dagan (2015), section 3.3",
)
class shares_the_singular_values_with_the_other_side:
    """truncated_svd multiplies by the root of the singular values"""

    def truncated_svd(matrix, k):
        u, s, _ = np.linalg.svd(matrix)
        return u[:, :k] * np.sqrt(s[:k])


@misconception(
    caught_by="truncated_svd_dot_products",
    explanation="""
    The lengths of your columns are the squares of the singular values. That is what one gets from
    the eigenvalues of the matrix times its transpose, which are squares of the singular values,
    while the eigenvectors are the left singular vectors themselves. The way is a good one if the
    root is taken; without it the first column outweighs the others far more than it should, and
    cosines between words move towards 1 or -1. For a singular value of 1 nothing changes, and the
    directions are right in any case, so a plot looks similar. Compare the length of your first
    column with the largest singular value.
    """,
    source="Eigenvalues of M Mᵀ used as singular values; derived",
)
class uses_eigenvalues_without_their_roots:
    """truncated_svd multiplies by the squared singular values"""

    def truncated_svd(matrix, k):
        u, s, _ = np.linalg.svd(matrix)
        return u[:, :k] * s[:k] ** 2


@misconception(
    caught_by="truncated_svd_dot_products",
    explanation="""
    The k columns that you kept are the least important ones: they belong to the smallest singular
    values, so the vectors hold what the best approximation throws away. If there are more words
    than columns they are practically zero. The cause is an order: an SVD gives the largest
    singular value first, but eigenvalues of a symmetric matrix come from small to large, and
    cutting before sorting keeps the wrong end. As long as k is the full number of columns, nothing
    is lost and all dot products are right. Print the lengths of your columns for the smallest
    matrix in the report and compare them with all its singular values.
    """,
    source="Truncated before sorting (eigh is ascending); derived",
)
class keeps_the_smallest_singular_values:
    """truncated_svd takes the first k results of an ascending eigendecomposition"""

    def truncated_svd(matrix, k):
        w, e = _eigen(matrix)
        return e[:, :k] * np.sqrt(w[:k])


@misconception(
    caught_by="truncated_svd_dot_products",
    explanation="""
    Multiplying the matrix by the right singular vectors gives the same word vectors as u times s,
    and that is a good way. But the third result of an SVD routine holds these vectors in its rows,
    not in its columns: it is V transposed, whatever your variable is called. Taking its first k
    columns mixes one entry of every singular vector. The shapes fit, because that array is square,
    and even the sum of all squares is right when nothing is cut off, so little speaks against the
    result. Check with a matrix of rank 1: a single column must be enough, and a second one zero.
    Which axis of the third result counts the vectors?
    """,
    source="V for Vᵀ; derived",
)
class takes_columns_of_v_transposed:
    """truncated_svd projects on the columns of what svd returns third"""

    def truncated_svd(matrix, k):
        return matrix @ np.linalg.svd(matrix)[2][:, :k]


@misconception(
    caught_by="truncated_svd_dot_products",
    explanation="""
    The means of the columns were subtracted before the decomposition. That is principal component
    analysis, which looks for directions of variance around the mean, and it is the usual
    preparation for such a plot, so it comes by habit. Here the matrix itself is to be approximated:
    zero means "no association", and most entries of a PPMI matrix are zero for this reason. After
    centring, a word that has no neighbours at all is no longer at the origin, and cosines are
    measured from another point. If all columns happen to have a mean of 0, the two agree. Look at
    what your code does to the matrix before it is decomposed.
    """,
    source="PCA for SVD; Deerwester et al. (1990) decompose without centring; derived",
)
class subtracts_the_column_means:
    """truncated_svd decomposes the centred matrix"""

    def truncated_svd(matrix, k):
        return solution.truncated_svd(matrix - matrix.mean(axis=0, keepdims=True), k)


@misconception(
    caught_by="truncated_svd_columns",
    explanation="""
    The right k columns were kept, and all dot products between words are right, but they stand in
    the wrong order: the column with the largest singular value comes last. An eigendecomposition of
    a symmetric matrix sorts from small to large, and taking the last k of it keeps the important
    part without turning it round. Cosines do not care. The order matters when vectors are shortened
    further by cutting columns off, or when the first two are plotted as the most important ones;
    what you would plot are the two weakest. Compare the lengths of your columns from left to
    right.
    """,
    source="The last k of eigh without reversing them; derived",
)
class orders_the_columns_from_small_to_large:
    """truncated_svd returns the k most important columns in ascending order"""

    def truncated_svd(matrix, k):
        w, e = _eigen(matrix)
        return e[:, -k:] * np.sqrt(w[-k:])


@misconception(
    caught_by="cosine_similarity_values",
    explanation="""
    What you return is the dot product: the two lengths are not divided out, and the result can be
    any number, not only one from -1 to 1. If both vectors have length 1, dot product and cosine are
    the same, and many word vectors are normalised once when they are loaded; then this function is
    right and fast. Here nobody has done it. The length of a word vector has much to do with how
    frequent the word is, so with dot products the frequent words become everybody's nearest
    neighbours. Try two vectors that point the same way, one of them twice as long: what must the
    result be?
    """,
    source="Unnormalised cosine, also seen in retrieval programs; derived",
)
class returns_the_dot_product:
    """cosine_similarity does not divide by the lengths"""

    def cosine_similarity(x, y):
        return array_namespace(x).sum(x * y)


@misconception(
    caught_by="cosine_similarity_lengths",
    explanation="""
    For vectors of ordinary length your cosines are right to seven digits, and for tiny vectors they
    are clearly too small. A constant such as 1e-8 was added to each length so that nothing is
    divided by zero. It works for zero vectors, which give 0, and does no visible harm to long ones.
    But the cosine is a matter of angles alone, and now it depends on length: a vector as long as
    the constant gets half of its cosine. Vectors that are scaled down, or were initialised with
    small numbers, are then unlike everything. Only one length needs special treatment. Which
    vectors have it, and what is the dot product with them?
    """,
    source="x / (norm + eps) in textbooks' cos_similarity: a constant that shifts; measured",
)
class adds_a_small_constant_to_each_length:
    """cosine_similarity divides by length + 1e-8"""

    def cosine_similarity(x, y):
        xp = array_namespace(x)
        x = x / (xp.sqrt(xp.sum(x * x)) + 1e-8)
        return xp.sum(x * y) / (xp.sqrt(xp.sum(y * y)) + 1e-8)


@misconception(
    caught_by="cosine_similarity_lengths",
    explanation="""
    With a zero vector your result is nan: the dot product and the product of lengths are both 0,
    and 0 divided by 0 is not a number. Mathematically the angle is undefined, so nan is an honest
    answer; the README fixes the value 0 because a program has to go on. Zero vectors are no rarity
    among count vectors, since a word of the vocabulary that does not occur has one, and a single
    nan is enough to spoil a sorted list: comparisons with it are all false. As long as every word
    occurs there is nothing to see. Find the division, and say what it should divide by if a length
    is 0.
    """,
    source="0 / 0 for words without counts; derived",
)
class gives_nan_for_zero_vectors:
    """cosine_similarity divides 0 by 0"""

    def cosine_similarity(x, y):
        xp = array_namespace(x)
        cosine = solution.cosine_similarity(x, y)
        return cosine if xp.any(x != 0) and xp.any(y != 0) else cosine * float("nan")


@misconception(
    caught_by="most_similar_order",
    explanation="""
    The first word of your list is the query itself, with a similarity of 1, and the last of the
    words that were wanted has dropped out. Nothing is more similar to a word than the word itself,
    so every search that goes over the whole vocabulary finds it, and always in the first place. In
    a printed list it is easily overlooked, or taken for a good sign. But it carries no
    information, and where the list is used further, in a vote of the nearest neighbours for
    example, it counts as the strongest vote. The README asks for the other words. Where in your
    code is the query taken out?
    """,
    source="Query among its own neighbours; derived",
)
class lists_the_query_first:
    """most_similar does not exclude the query"""

    def most_similar(query, vectors, top):
        similarities = _cosines(query, vectors)
        ids = _sorted(similarities)[:top]
        return ids, similarities[ids]


@misconception(
    caught_by="most_similar_order",
    explanation="""
    Your list begins with the words that are least similar, often with negative cosines. Sorting
    functions go from small to large unless they are told otherwise, and with distances that would
    be right: the nearest has the smallest. With similarities it is the other way round. If all the
    words are wanted, the set of ids is even complete, only in the opposite order, and in a small
    vocabulary nobody knows what the right neighbours are. Look at the similarities that you
    return with the ids: they should never increase from left to right. And mind that turning a
    sorted list round also turns the order of ties round.
    """,
    source="Ascending sort of similarities; derived",
)
class lists_the_least_similar_first:
    """most_similar sorts from small to large"""

    def most_similar(query, vectors, top):
        similarities = _cosines(query, vectors)
        order = np.argsort(similarities, kind="stable")
        ids = order[order != query][:top]
        return ids, similarities[ids]


@misconception(
    caught_by="most_similar_order",
    explanation="""
    The words are ordered by dot product, and it is the dot products that you return. So long
    vectors come first: a word that points roughly the same way but has a long vector gets ahead of
    one that points exactly the same way. With vectors of equal length the order would be right,
    and if your cosine function is right too, the mistake sits only here, where a matrix product
    with all vectors at once was too convenient. Frequent words have long count vectors, and they
    become the neighbours of every word. Either use the cosine for each pair, or bring the vectors
    to the same length before the product.
    """,
    source="vectors @ vectors[query] without normalising; derived",
)
class orders_by_dot_products:
    """most_similar compares dot products"""

    def most_similar(query, vectors, top):
        similarities = vectors @ vectors[query]
        order = _sorted(similarities)
        ids = order[order != query][:top]
        return ids, similarities[ids]


@misconception(
    caught_by="most_similar_order",
    explanation="""
    The similarities are right, and the ids are right as long as they are smaller than the query;
    above it, each is too small by one. The query was removed from the list of similarities before
    sorting, so every entry behind it moved up by one place, and the positions that sorting returns
    are positions in the shortened list. They are no longer word ids. If the query is the last word
    of the vocabulary, there is nothing behind it and everything is right. The ids you get belong to
    existing words, so nothing breaks; they are simply other words. Keep ids and similarities
    together until the query is out.
    """,
    source="np.delete before np.argsort; derived",
)
class numbers_the_words_without_the_query:
    """most_similar returns positions in the list from which the query was deleted"""

    def most_similar(query, vectors, top):
        similarities = np.delete(_cosines(query, vectors), query)
        ids = _sorted(similarities)[:top]
        return ids, similarities[ids]


@misconception(
    caught_by="most_similar_ties",
    explanation="""
    The first word of the sorted list was thrown away in the belief that it is the query. Most of
    the time it is, since nothing has a larger cosine than 1. But another word may point in exactly
    the same direction, and if its id is smaller, it stands in front: then that word is lost, and
    the query appears in the list of its own neighbours. Words with the same neighbours do have such
    vectors, and a query with a zero vector is not even similar to itself. On vectors that are all
    different the code is right, and rounding alone may break it. How do you recognise the query:
    by its place or by its id?
    """,
    source="Skipping the first hit in nearest-neighbour searches; derived",
)
class drops_the_first_of_the_list_as_the_query:
    """most_similar removes whatever is sorted first"""

    def most_similar(query, vectors, top):
        similarities = _cosines(query, vectors)
        ids = _sorted(similarities)[1 : top + 1]
        return ids, similarities[ids]


@misconception(
    caught_by="most_similar_ties",
    explanation="""
    Words with different similarities are in the right order; among words with equal ones, yours has
    the largest id first, and the README asks for the smallest. This is what happens when a list is
    sorted from small to large and then turned round, because the turn reverses the order of ties as
    well. Tuples of similarity and id, sorted in descending order, do the same. Neither rule is
    better in itself, but a list that two programs compute should be the same one, and ties are
    frequent with counts: all words that never met the query have the same similarity, 0. Sort by
    something that is small for the best.
    """,
    source="argsort()[::-1]: ties reversed; derived",
)
class puts_the_larger_id_first_among_equals:
    """most_similar turns an ascending order round"""

    def most_similar(query, vectors, top):
        similarities = _cosines(query, vectors)
        order = np.argsort(similarities, kind="stable")[::-1]
        ids = order[order != query][:top]
        return ids, similarities[ids]
