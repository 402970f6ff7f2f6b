"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np

from grader.spec import misconception, solution


def _unit(vectors):
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1.0)


def _listed(scores, excluded, top):
    """Ids by falling score, the smaller first among equals, without the excluded ones."""
    ids = np.argsort(-scores, kind="stable")
    return ids[~np.isin(ids, excluded)][:top]


def _scores(a, b, c, vectors):
    unit = _unit(vectors)
    return unit @ (unit[b] - unit[a] + unit[c])


def _pearson(x, y):
    dx, dy = x - x.sum() / len(x), y - y.sum() / len(y)
    spread = np.sqrt((dx * dx).sum() * (dy * dy).sum())
    return (dx * dy).sum() / spread if spread > 0 else 0.0


def _up(parents, word):
    """Fewest steps to every word that can be reached upwards."""
    steps, waiting = {word: 0}, [word]
    for current in waiting:
        for parent in parents[current]:
            if parent not in steps:
                steps[parent] = steps[current] + 1
                waiting.append(parent)
    return steps


def _length(up_a, up_b):
    """The shortest way over a common word, or None."""
    return min((up_a[word] + up_b[word] for word in up_a if word in up_b), default=None)


def _similarity(length):
    return 0.0 if length is None else 1.0 / (1.0 + length)


@misconception(
    caught_by="analogy_order",
    explanation="""
    Your list contains words of the question itself. The step from a to b is often small, so the
    target lies close to c, and no word is closer to it than c, or b. That is how real word vectors
    behave too: without the rule, "man is to king as woman is to" is mostly answered with "woman" or
    "king", and the accuracy of a good model falls to almost nothing. The scores are right, and so
    is the order of all the other words, which is why the code looks finished. On a small example
    with a large step the right word may even come first. Nobody asks a question in order to hear
    one of its words, so they have to leave the list before it is cut.
    """,
    source="Linzen (2016): results with and without the words of the question",
)
class keeps_the_words_of_the_question:
    """analogy does not leave out a, b and c"""

    def analogy(a, b, c, vectors, top):
        others = len(vectors) - len({a, b, c})
        return _listed(_scores(a, b, c, vectors), [], min(top, others))


@misconception(
    caught_by="analogy_order",
    explanation="""
    The word c never appears in your list, but b does, and sometimes a. Leaving out c is the first
    thing that one notices, since c is usually the nearest word to the target. But b is in the sum
    with a plus sign as well, so its cosine with the target is large too; in "man is to king as
    woman is to", king is hardly farther away than woman. Even a can be listed where all three words
    have similar vectors. The order of the remaining words is as expected. Go through the three
    parameters one by one, and ask for each of them whether it could be an answer to the question.
    """,
    source="Excluding the last word of the question only; derived",
)
class leaves_out_only_the_third_word:
    """analogy excludes c, but neither a nor b"""

    def analogy(a, b, c, vectors, top):
        others = len(vectors) - len({a, b, c})
        return _listed(_scores(a, b, c, vectors), [c], min(top, others))


@misconception(
    caught_by="analogy_order",
    explanation="""
    The difference has the wrong direction: the target is a - b + c. That leads from c the way back,
    from b to a, and answers the question "b is to a as c is to which word". Man and king exchanged,
    it looks for whatever is less royal than a woman. The words in the list are reasonable
    neighbours of c, so a short look at the result does not show the mistake, and if a and b are the
    same word, or nearly so, it makes no difference at all. Read the question aloud: the step goes
    from a to b. A step from one point to another is the point where it ends minus the point where
    it starts.
    """,
    source="Sign of the offset; the opposite order of arguments in other libraries; derived",
)
class takes_the_step_from_b_to_a:
    """analogy uses a - b + c as its target"""

    def analogy(a, b, c, vectors, top):
        return _listed(_scores(b, a, c, vectors), [a, b, c], top)


@misconception(
    caught_by="analogy_order",
    explanation="""
    The target is built from the vectors as they are, and only then are cosines taken. If the rows
    have different lengths, the longest of the three words dominates the sum: a frequent word with a
    long vector pulls the target towards itself, and a short one hardly counts. The score is then no
    longer a sum of three cosines. With rows of length 1 there is no difference, and many published
    vectors are stored like that, so the mistake shows only with others. Multiplying one row by 2
    must leave the list as it is, and yours changes. Look at what happens first in your function,
    the sum or the division by the lengths.
    """,
    source="Normalising after the sum; Mikolov et al. (2013) normalise all rows first",
)
class builds_the_target_from_rows_of_different_lengths:
    """analogy adds the raw vectors and takes cosines with the sum"""

    def analogy(a, b, c, vectors, top):
        target = vectors[b] - vectors[a] + vectors[c]
        return _listed(_unit(vectors) @ target, [a, b, c], top)


@misconception(
    caught_by="analogy_order",
    explanation="""
    The words are ordered by dot products with vectors that keep their lengths. So a word with a
    long vector gets ahead of a word that points much better in the wanted direction, and the same
    few words turn up as the answers to many questions. In models trained on text it is the frequent
    words that have the long vectors. The formula looks the same as the one in the README, and for
    vectors that already have the length 1 it is the same. Multiply one row of your input by 10: the
    list should not change, because a cosine looks at directions only. Nothing in your function
    takes the lengths out.
    """,
    source="vectors @ target without normalising; derived",
)
class ranks_by_dot_products_of_raw_vectors:
    """analogy never divides by the lengths"""

    def analogy(a, b, c, vectors, top):
        scores = vectors @ (vectors[b] - vectors[a] + vectors[c])
        return _listed(scores, [a, b, c], top)


@misconception(
    caught_by="analogy_order",
    explanation="""
    You look for the row with the smallest distance to the point b - a + c. The picture of a
    parallelogram suggests it, and if all rows had length 1, the order would be that of the cosines.
    They do not have it here: a word that points exactly the right way, but has a long vector, is
    far from the target, while a short vector that points anywhere is near it. So unimportant words
    with short vectors win. The lengths of the three words of the question count as well in this
    way. The README asks for cosines. Which operation has to come before all others, so that lengths
    cannot matter any more?
    """,
    source="Nearest point by Euclidean distance on raw vectors; derived",
)
class looks_for_the_nearest_point:
    """analogy orders by the Euclidean distance between raw vectors"""

    def analogy(a, b, c, vectors, top):
        target = vectors[b] - vectors[a] + vectors[c]
        return _listed(-np.linalg.norm(vectors - target, axis=1), [a, b, c], top)


@misconception(
    caught_by="analogy_order",
    explanation="""
    The ids in your list are too small where words of the question have smaller ids. These words
    were removed from the list of scores before sorting, so all entries behind them moved up, and
    the positions that sorting returns are positions in the shortened list. They are no longer word
    ids. If the three words have the largest ids of the vocabulary, nothing is behind them and
    everything is right. The ids that you return belong to existing words, so nothing breaks, and
    only somebody who looks the words up sees nonsense. Keep ids and scores together until the list
    is sorted, and take out the words of the question then.
    """,
    source="np.delete before np.argsort; derived",
)
class numbers_the_words_without_those_of_the_question:
    """analogy returns positions in a list from which a, b and c were deleted"""

    def analogy(a, b, c, vectors, top):
        scores = np.delete(_scores(a, b, c, vectors), [a, b, c])
        return _listed(scores, [], top)


@misconception(
    caught_by="analogy_order",
    explanation="""
    Your list is shorter than it should be, and sometimes it is empty. It was cut to the wanted
    length first, and the words of the question were taken out afterwards, so they used up places
    that belong to answers. Since these words are often the very best by score, asking for one word
    mostly leaves none. The words that remain are right and in the right order, and with a large
    `top` the whole list is right, which makes the mistake easy to miss. Compare the length of your
    result with M in the README. Which of the two steps, excluding or cutting, has to come first?
    """,
    source="scores.topk(top) and filtering afterwards; derived",
)
class cuts_the_list_before_excluding:
    """analogy takes the first `top` words and then drops a, b and c"""

    def analogy(a, b, c, vectors, top):
        ids = _listed(_scores(a, b, c, vectors), [], top)
        return ids[~np.isin(ids, [a, b, c])]


@misconception(
    caught_by="analogy_ties_and_zeros",
    explanation="""
    Words with different scores are in the right order; among words with the same score, yours has
    the largest id first, and the README asks for the smallest. A list that is sorted from small to
    large and then turned round does this, because the turn reverses the order of ties as well.
    Tuples of score and id, sorted downwards, do the same. Neither rule is better in itself, but a
    benchmark should give the same result in every program, and equal scores are common where words
    have no vector or the same one. Find a quantity that is small for the best words, and sort by
    that.
    """,
    source="argsort()[::-1]: ties reversed; derived",
)
class lists_the_larger_id_first_among_equals:
    """analogy turns an ascending order round"""

    def analogy(a, b, c, vectors, top):
        ids = np.argsort(_scores(a, b, c, vectors), kind="stable")[::-1]
        return ids[~np.isin(ids, [a, b, c])][:top]


@misconception(
    caught_by="analogy_ties_and_zeros",
    explanation="""
    A word whose vector is all zeros is divided by its length, 0, and the result is nan. Sorting
    puts nan at the end of the list, so the word comes after words with negative scores, although
    its own score is 0 by the README; and if it is one of a, b and c, every score is nan and the
    order has no meaning. Words that were never seen in training do have such rows. On vectors
    without them your function is right, and NumPy gives no more than a warning. Ask what the cosine
    with a zero vector should be, and what the division would have to do for that to come out.
    """,
    source="Division by a zero length; unknown words stored as zero rows; derived",
)
class divides_zero_rows_by_zero:
    """analogy lets rows of zeros become nan"""

    def analogy(a, b, c, vectors, top):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = np.where(lengths > 0, _unit(vectors), np.nan)
        return _listed(unit @ (unit[b] - unit[a] + unit[c]), [a, b, c], top)


@misconception(
    caught_by="analogy_accuracy_share",
    explanation="""
    A question counts as right in your function if its answer is anywhere among the first five
    words. The accuracy that is reported for word vectors asks for more: the first word has to be
    the right one. Your numbers are never smaller than the expected ones and often much larger; in a
    small vocabulary nearly every question is right, since five words are almost all there are. Both
    measures exist, and the looser one is known as accuracy at 5, but numbers of different kinds
    must not be compared. How many words does your function ask `analogy` for, and how does it
    compare them with the answer?
    """,
    source="Accuracy at 5 reported as accuracy; derived",
)
class accepts_any_of_the_first_five:
    """analogy_accuracy counts a question if d is in the first five answers"""

    def analogy_accuracy(questions, vectors):
        right = 0
        for a, b, c, d in questions.tolist():
            right += d in solution.analogy(a, b, c, vectors, 5)
        return right / len(questions)


@misconception(
    caught_by="analogy_accuracy_share",
    explanation="""
    Questions whose answer is one of their own words are left out in your function, and the share is
    taken of the rest. It seems fair, because the answer can never be found: the words of a question
    are not listed. But it makes the number larger without making the vectors better, and two models
    are then no longer compared on the same questions. On questions of the usual kind, with four
    different words, you get the expected values. The README counts such questions as wrong. Look at
    the number that you divide by: it should depend on the table of questions alone.
    """,
    source="Skipped questions raise a reported accuracy; derived",
)
class leaves_out_questions_that_cannot_be_answered:
    """analogy_accuracy skips the questions whose d is a, b or c"""

    def analogy_accuracy(questions, vectors):
        asked = [row for row in questions.tolist() if row[3] not in row[:3]]
        right = 0
        for a, b, c, d in asked:
            right += int(solution.analogy(a, b, c, vectors, 1)[0]) == d
        return right / max(len(asked), 1)


@misconception(
    caught_by="ranks_of_different_numbers",
    explanation="""
    All your ranks are too small by 1: they begin at 0. Python counts like that, and so do the
    positions that sorting functions return, but ranks are places in a contest and begin at 1. For a
    correlation the difference does not matter, because it disappears when the mean is subtracted,
    so that Spearman's correlation comes out right and the mistake stays unnoticed until somebody
    uses the ranks themselves, or a formula in which the mean rank is written as half of N + 1. What
    rank should the only number of a list of one number get?
    """,
    source="Ranks from argsort of argsort begin at 0; derived",
)
class counts_ranks_from_zero:
    """ranks gives the smallest number rank 0"""

    def ranks(x):
        return solution.ranks(x) - 1

    def spearman(x, y):
        return _pearson(solution.ranks(x), solution.ranks(y))


@misconception(
    caught_by="ranks_of_different_numbers",
    explanation="""
    Your function gives rank 1 to the largest number. That is how one ranks runners by points, but
    the README counts from the smallest. Spearman's correlation does not notice: if both lists are
    turned round, their agreement stays the same. So the mistake is invisible as long as the same
    function ranks both sides, and the sign changes as soon as one side is ranked by other means.
    Ties are averaged as they should be. Look at the comparison, or at the minus sign in front of
    the numbers that are sorted, and ask whether it counts the smaller numbers or the larger ones.
    """,
    source="Descending ranks; derived",
)
class gives_rank_one_to_the_largest:
    """ranks counts from the largest number"""

    def ranks(x):
        return solution.ranks(-x)


@misconception(
    caught_by="ranks_of_different_numbers",
    explanation="""
    What you return is the order of sorting: first the position of the smallest number, then that of
    the next, and so on. Ranks answer the opposite question, for each position of the list: which
    place does this number take? One list is the inverse of the other. For lists that are sorted
    already, turned round, or have two numbers exchanged, the two are equal, and so they are in most
    small examples that one tries; the sum of the entries is always right too. Take 20, 30, 10: the
    smallest number stands last, but its rank must be the last entry of the result.
    """,
    source="argsort taken for ranks; derived",
)
class returns_the_order_of_sorting:
    """ranks returns argsort plus 1"""

    def ranks(x):
        return (np.argsort(x, kind="stable") + 1).astype(float)


@misconception(
    caught_by="ranks_of_equal_numbers",
    explanation="""
    Equal numbers get different ranks in your result, in the order in which they stand in the list.
    Sorting twice gives this, since it has to put one of them first. For numbers that are all
    different the ranks are right. But with ties the correlation then depends on how the list
    happens to be arranged: exchange two pairs of words that people found equally similar, and the
    score of the vectors changes although nothing else did. Judgments on a scale from 0 to 10 have
    many ties. Equal numbers must be treated alike, and the mean of the places that they take up
    does that without changing the sum.
    """,
    source="argsort of argsort: ordinal ranks; the method 'ordinal' of scipy.stats.rankdata",
)
class breaks_ties_by_position:
    """ranks numbers equal numbers one after the other"""

    def ranks(x):
        return np.argsort(np.argsort(x, kind="stable"), kind="stable") + 1.0


@misconception(
    caught_by="ranks_of_equal_numbers",
    explanation="""
    Among equal numbers you give all of them the first of the places that they take up, as in
    sports: two winners, both first, and the next one third. They are treated alike, which is right,
    but the sum of the ranks becomes too small, and their mean is no longer half of N + 1. With a
    group of ties at the top of a list the correlation changes visibly, and subtracting a fixed mean
    rank leaves a rest. Without ties everything is right. Counting the smaller numbers and adding 1
    leads here. What else does one have to know about a number, beside how many are smaller?
    """,
    source="Competition ranks; the method 'min' of scipy.stats.rankdata; derived",
)
class gives_ties_their_first_place:
    """ranks gives equal numbers the smallest of their places"""

    def ranks(x):
        return 1.0 + np.sum(x[None, :] < x[:, None], axis=1)

    def spearman(x, y):
        rx, ry = (1.0 + np.sum(z[None, :] < z[:, None], axis=1) for z in (x, y))
        return _pearson(rx, ry)


@misconception(
    caught_by="ranks_of_equal_numbers",
    explanation="""
    Equal numbers share a rank in your result, and the next larger number gets the very next one, so
    that the largest rank is the number of different values and not N. The groups are numbered, and
    how many numbers are in each of them is lost. Functions that find the different values of a list
    return exactly these numbers, so they are tempting. If there are no ties, they are the ranks.
    But with ties a step over a large group becomes as small as a step over a single number, and the
    sum of the ranks is too small. A number's rank must tell how many numbers are before it, all of
    them.
    """,
    source="np.unique(return_inverse=True) as ranks; the method 'dense' of scipy.stats.rankdata",
)
class numbers_the_different_values:
    """ranks counts each value once, however often it occurs"""

    def ranks(x):
        return np.unique(x, return_inverse=True)[1] + 1.0

    def spearman(x, y):
        rx, ry = (np.unique(z, return_inverse=True)[1] + 1.0 for z in (x, y))
        return _pearson(rx, ry)


@misconception(
    caught_by="spearman_without_ties",
    explanation="""
    This is Pearson's correlation of the numbers themselves; they were never replaced by their
    ranks. For lists that grow together evenly the two are close, so a first test looks fine. But
    Pearson's asks whether the points lie on a straight line, and Spearman's only whether they have
    the same order. A single number far away from the others changes the first one a great deal and
    the second one hardly. A small test: replacing every x by its exponential keeps the order, and
    must keep the result. Look at what goes into the formula for the correlation.
    """,
    source="Pearson reported as Spearman; np.corrcoef on judgments and cosines",
)
class correlates_the_numbers_themselves:
    """spearman computes Pearson's correlation of x and y"""

    def spearman(x, y):
        return _pearson(x, y)


@misconception(
    caught_by="spearman_without_ties",
    explanation="""
    Your values are too large by the factor N / (N - 1), so they can be larger than 1: for a list
    and itself with five numbers you get 1.25. The sum of products was divided by N - 1, and the
    standard deviations were computed with N, or the sums were mixed in some other way. NumPy
    invites this, since its covariance divides by N - 1 unless told otherwise, and its standard
    deviation by N. For long lists the factor is so near to 1 that nobody sees it. In a correlation
    the number cancels if it is the same above and below, so one can as well leave it out.
    """,
    source="np.cov (ddof 1) over np.std (ddof 0); derived",
)
class divides_a_sample_covariance_by_population_deviations:
    """spearman mixes ddof 1 and ddof 0"""

    def spearman(x, y):
        n = len(x)
        return solution.spearman(x, y) * n / max(n - 1, 1)


@misconception(
    caught_by="spearman_with_ties",
    explanation="""
    This is the short formula, 1 - 6 Σ d² / (N (N² - 1)), with the differences d between the ranks.
    Without ties it equals the correlation of the ranks exactly, and most books print it first. It
    was derived with the sum of squares that the ranks 1 to N have, and averaged ranks have a
    smaller one. So with ties the value is off, mostly too large, and for a list whose numbers are
    all equal it gives something else than 0. The more ties, the larger the error; judgments from 0
    to 10 have many. Compute the sums of squares from the ranks that are there.
    """,
    source="The formula without tie correction in textbooks and course notes",
)
class uses_the_short_formula_under_ties:
    """spearman is 1 - 6 sum(d²) / (N (N² - 1))"""

    def spearman(x, y):
        n = len(x)
        d = solution.ranks(x) - solution.ranks(y)
        return 1 - 6 * (d * d).sum() / max(n * (n * n - 1), 1)


@misconception(
    caught_by="spearman_with_ties",
    explanation="""
    If all numbers of one list are equal, you return nan. All of its ranks are the same, each
    differs from the mean by 0, and the formula says 0 divided by 0. SciPy answers nan as well, with
    a warning, so this is a choice; but the README has chosen 0.0, since a list without any order
    agrees with nothing. Vectors that have not been trained, all of them zero, get the score 0 then,
    and not a nan that spreads through every mean that is taken later. On all other lists your
    function is right. Look at the divisor before you divide by it.
    """,
    source="scipy.stats.spearmanr returns nan for constant input",
)
class gives_nan_for_constants:
    """spearman divides 0 by 0 where a list is constant"""

    def spearman(x, y):
        constant = len(set(x.tolist())) == 1 or len(set(y.tolist())) == 1
        return np.float64("nan") if constant else solution.spearman(x, y)


@misconception(
    caught_by="word_similarity_score_values",
    explanation="""
    The judgments are compared with dot products, not with cosines. The lengths of the two vectors
    are then part of the similarity, so a pair of words with long vectors seems more alike than a
    pair that points the same way but is short. Ranks take out the scale of a whole list, but not
    that of each pair, so they do not repair it. If all rows have length 1, the result is right, and
    on vectors of nearly equal length it is not far off. Multiply the vector of a single word by 10:
    the score should stay the same, and yours moves. Look at where lengths are divided out.
    """,
    source="Dot products in similarity benchmarks; derived",
)
class compares_judgments_with_dot_products:
    """word_similarity_score does not normalise the vectors"""

    def word_similarity_score(pairs, judgments, vectors):
        products = (vectors[pairs[:, 0]] * vectors[pairs[:, 1]]).sum(axis=1)
        return solution.spearman(judgments, products)


@misconception(
    caught_by="word_similarity_score_values",
    explanation="""
    The cosines are right, but your score is Pearson's correlation between them and the judgments.
    It asks whether the cosines grow in a straight line with the judgments. There is no reason why
    they should: people use a scale from 0 to 10 in their own way, and cosines crowd together at one
    end. The README wants to know only whether both put the pairs into the same order. The two
    correlations usually have the same sign and a similar size, so the mistake looks like a slightly
    different result and not like an error. You have written the function that is needed here; which
    one do you call?
    """,
    source="Both correlations are reported for word pairs; taking one for the other; derived",
)
class correlates_judgments_and_cosines_directly:
    """word_similarity_score uses Pearson's correlation"""

    def word_similarity_score(pairs, judgments, vectors):
        unit = _unit(vectors)
        cosines = (unit[pairs[:, 0]] * unit[pairs[:, 1]]).sum(axis=1)
        return _pearson(judgments, cosines)


@misconception(
    caught_by="path_similarity_values",
    explanation="""
    Your values are too small: you count the words on the path, both ends included, and then add 1
    once more. The README counts steps, and a path with one step has two words on it. For a word and
    itself there is one word and no step, so you return one half where 1.0 is expected; that is the
    quickest test. The order of all pairs by similarity is right, so a rank correlation with human
    judgments would not even notice. One divided by the number of words, and one divided by one plus
    the number of steps, are the same thing: use either, not a mixture.
    """,
    source="Nodes counted for edges; both definitions are found in the literature; derived",
)
class adds_one_to_the_number_of_words:
    """path_similarity is 1 / (1 + number of words on the path)"""

    def path_similarity(parents, a, b):
        length = _length(_up(parents, a), _up(parents, b))
        return 0.0 if length is None else 1.0 / (2.0 + length)


@misconception(
    caught_by="path_similarity_values",
    explanation="""
    You return one divided by the length of the path, without the 1 that is added below. For a path
    of no steps this would be infinite, so the case of a word and itself was treated separately, and
    gives 1.0 as it should. But then a word and its direct hypernym, one step apart, get 1.0 as
    well, as if they were the same word, and all other values are too large. The order of the pairs
    is nearly right, and that hides it. In the README the 1 below the line stands for the case of no
    steps: with it no special case is needed.
    """,
    source="1 / length with a special case for length 0; derived",
)
class leaves_out_the_one_below_the_line:
    """path_similarity is 1 / length, and 1 for a word and itself"""

    def path_similarity(parents, a, b):
        length = _length(_up(parents, a), _up(parents, b))
        return 0.0 if length is None else 1.0 / max(length, 1)


@misconception(
    caught_by="path_similarity_values",
    explanation="""
    A way is measured on one side only: the steps from one of the words up to the common hypernym,
    and not those down to the other word. Your result depends on which word comes first, while the
    length of a way is the same in both directions. For a word and its own hypernym one of the two
    sides has no steps, so the value may be right; for two words that stand beside each other it is
    too large. A thesaurus is usually drawn with the root on top, and going up feels like all the
    work. Follow the whole way from one word to the other with your finger.
    """,
    source="Steps to the common ancestor only; derived",
)
class counts_the_steps_of_one_side:
    """path_similarity counts the steps from a to the common hypernym only"""

    def path_similarity(parents, a, b):
        up_a, up_b = _up(parents, a), _up(parents, b)
        return _similarity(min((up_a[word] for word in up_a if word in up_b), default=None))


@misconception(
    caught_by="path_similarity_of_special_graphs",
    explanation="""
    Only the first hypernym in each list is followed. As long as every word has one hypernym, the
    thesaurus is a tree and your values are right, and most words of WordNet are like that. But a
    dog is a canine and also a domestic animal. If the shorter way leads over the second hypernym,
    you find a longer one, and if only the second one is shared, you find none and return 0. Nothing
    fails, because the first entry is always there. Look at the place where you go one step up: is
    there one word above, or a list of words, and what becomes of the rest of the list?
    """,
    source="hypernyms()[0] in NLTK code; derived",
)
class follows_only_the_first_hypernym:
    """path_similarity ignores all hypernyms of a word but the first"""

    def path_similarity(parents, a, b):
        first = [above[:1] for above in parents]
        return _similarity(_length(_up(first, a), _up(first, b)))


@misconception(
    caught_by="path_similarity_of_special_graphs",
    explanation="""
    Your path may go down and up again: the graph was searched as if its arrows had no direction, so
    that two words are joined by a word below them. "Pet" and "rodent" then become near neighbours
    because there are hamsters, and two words with no hypernym in common get a value above 0. In a
    tree there is no such path, and you have the right values there, since the only way between two
    words goes over something above them. The README allows paths that first climb and then descend.
    Look at how you built the list of neighbours: does it contain the words below?
    """,
    source="Undirected search on a hypernym graph; derived",
)
class goes_by_words_below:
    """path_similarity searches the graph without regard to direction"""

    def path_similarity(parents, a, b):
        joined = [list(above) for above in parents]
        for word, above in enumerate(parents):
            for parent in above:
                joined[parent].append(word)
        return _similarity(_up(joined, a).get(b))


@misconception(
    caught_by="path_similarity_of_special_graphs",
    explanation="""
    You choose the common hypernym that is farthest from the root, the most special one, and measure
    the way over it. In a tree this is always the shortest way. With several hypernyms per word it
    need not be: a word may have a long chain of special hypernyms and besides that a direct link to
    a general one, and then two words meet soon at the general word and late at the special one. The
    measure of Wu and Palmer does use the deepest common word, which makes the mix-up natural. The
    README asks for the smallest sum of steps over all common words, however general they are.
    """,
    source="Lowest common hypernym, as in Wu and Palmer's measure, used for path length; derived",
)
class goes_by_the_deepest_common_hypernym:
    """path_similarity uses the common hypernym that is farthest from a root"""

    def path_similarity(parents, a, b):
        def depth(word):
            return max((1 + depth(parent) for parent in parents[word]), default=0)

        up_a, up_b = _up(parents, a), _up(parents, b)
        common = sorted(word for word in up_a if word in up_b)
        if not common:
            return 0.0
        deepest = max(common, key=depth)
        return _similarity(up_a[deepest] + up_b[deepest])


@misconception(
    caught_by="path_similarity_of_special_graphs",
    explanation="""
    Where a word can be reached in two ways, one short and one long, you keep the long one. The
    dictionary of steps is overwritten whenever a word is met again, and with a search level by
    level a later meeting is never shorter. So the number that stays is the length of the last way,
    not of the shortest. As long as each word has one hypernym, there is only one way up, and all is
    well. Your values are too small where the thesaurus has a short cut. What should happen if a
    word that is reached already has an entry?
    """,
    source="Overwriting distances in a breadth-first search; derived",
)
class keeps_the_longest_way_up:
    """path_similarity overwrites the number of steps whenever a word is met again"""

    def path_similarity(parents, a, b):
        def last(word):
            steps, level, number = {}, {word}, 0
            while level:
                steps.update(dict.fromkeys(level, number))
                level = {parent for one in level for parent in parents[one]}
                number += 1
            return steps

        return _similarity(_length(last(a), last(b)))


@misconception(
    caught_by="path_similarity_of_special_graphs",
    explanation="""
    The search climbs from the first hypernym all the way to a root before it looks at the second
    one, and a word that has been met is not looked at again. So each word keeps the length of the
    first way that was found, and that need not be the shortest: if the first hypernym belongs to a
    long chain and the second one is near the root, the short way comes too late. In a tree there is
    only one way up, and even in a graph it depends on the order of the lists, so most values are
    right. Either search level by level, or let a shorter way replace a longer one, and pass it on
    to everything above.
    """,
    source="Depth-first search with a set of visited nodes, used for shortest paths; derived",
)
class keeps_the_first_way_found_by_depth:
    """path_similarity searches upwards depth first and never shortens a way"""

    def path_similarity(parents, a, b):
        def climb(word, number, steps):
            if word not in steps:
                steps[word] = number
                for parent in parents[word]:
                    climb(parent, number + 1, steps)
            return steps

        return _similarity(_length(climb(a, 0, {}), climb(b, 0, {})))


@misconception(
    caught_by="path_similarity_of_special_graphs",
    explanation="""
    A word is not among its own hypernyms in your search, so both words have to climb at least one
    step before they can meet. For two words that stand beside each other this is right. But if one
    of them is above the other, the way should end there, and yours goes on to a word above both and
    comes back down: the length is too large by 2, and with a root, which has nothing above it, no
    common word is found at all. A word and itself may come out as one third. Start the search for
    each word with the word itself, at 0 steps.
    """,
    source="Ancestors without the word itself; derived",
)
class starts_one_step_above_each_word:
    """path_similarity does not count a word as a common hypernym of itself"""

    def path_similarity(parents, a, b):
        if a == b:
            return 1.0
        up_a = {word: steps for word, steps in _up(parents, a).items() if word != a}
        up_b = {word: steps for word, steps in _up(parents, b).items() if word != b}
        return _similarity(_length(up_a, up_b))


@misconception(
    caught_by="path_similarity_of_special_graphs",
    explanation="""
    Two words without a common hypernym get a small positive value from you, where 0.0 is expected.
    All roots were joined under one more word that stands above everything, so there always is a
    path. Some programs do this on purpose, NLTK with the verbs of WordNet for example, because
    verbs have hundreds of roots and a value for every pair is convenient. With a single root, as
    for nouns, the extra word never lies on a shortest way, and your values are right. The README
    keeps the roots apart: what has nothing above it in common is not alike at all.
    """,
    source="The simulated root of NLTK's path_similarity",
)
class joins_the_roots_under_one_more_word:
    """path_similarity adds a word above all roots"""

    def path_similarity(parents, a, b):
        top = len(parents)
        joined = [list(above) or [top] for above in parents] + [[]]
        return _similarity(_length(_up(joined, a), _up(joined, b)))
