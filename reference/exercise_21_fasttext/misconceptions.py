"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np

from grader.spec import misconception, solution

OFFSET, PRIME = 2166136261, 16777619


def _pieces(marked, lengths):
    """The n-grams of a text by length, then by position."""
    return [marked[i : i + n] for n in lengths for i in range(len(marked) - n + 1)]


def _with_whole(ngrams, marked):
    """The n-grams, and the whole at the end if it is not among them."""
    return ngrams if marked in ngrams else [*ngrams, marked]


def _fnv(numbers, buckets):
    h = OFFSET
    for number in numbers:
        h = ((h ^ number) * PRIME) % 2**32
    return h % buckets


def _rows(word, table, low, high):
    """The row number of every n-gram of a word."""
    return [
        solution.bucket(ngram, len(table)) for ngram in solution.character_ngrams(word, low, high)
    ]


def _table_of_counts(rows, buckets):
    return np.array([np.bincount(numbers, minlength=buckets) for numbers in rows], dtype=float)


def _cosines(vectors, query):
    lengths = np.sqrt((vectors**2).sum(axis=1)) * np.sqrt((query**2).sum())
    return (vectors @ query) / np.where(lengths > 0, lengths, 1.0)


@misconception(
    caught_by="character_ngrams_of_a_word",
    explanation="""
    No piece of yours begins with < or ends with >, and every list is shorter than the expected one:
    the word was cut without its boundary marks. The pieces themselves are real pieces of the word,
    sums of their rows work, and similar words still come out similar, so nothing seems to be
    missing. What gets lost is where in a word a piece stood. Without marks the "her" inside "where"
    is the same piece as the whole word "her", and an ending such as "ed" is the same as two letters
    in the middle of "credit", although prefixes and suffixes are where subwords carry most of their
    meaning. Compare the first and the last entry of each length with the expected ones, and look at
    which string your slices are taken from.
    """,
    source="No boundary marks; Bojanowski et al. (2017), section 3.2, on 'her' and '<her>'",
)
class cuts_the_word_without_marks:
    """character_ngrams puts no < and > around the word"""

    def character_ngrams(word, low, high):
        return _with_whole(_pieces(word, range(low, high + 1)), word)


@misconception(
    caught_by="character_ngrams_of_a_word",
    explanation="""
    The pieces of the lengths asked for are all there, but the list ends with them: the whole word
    between its marks is missing whenever it is longer than the longest piece. The definition that
    one remembers, all n-grams of some lengths, says nothing about it, and for short words there is
    no difference, because the whole is one of the pieces. It was added for a reason. A frequent
    word needs a row that is its own, in which what cannot be guessed from its spelling can be
    stored; from shared pieces alone, "cat" and "catalogue" would be kept too close together. It
    also happens that a very short word has no piece of the lengths asked for, and an empty sum
    makes a vector of zeros. Look at what happens after your loops.
    """,
    source="Whole word absent; Bojanowski et al. (2017), section 3.2: 'we also include the word w'",
)
class leaves_out_the_whole_word:
    """character_ngrams lists the pieces of the lengths asked for and nothing else"""

    def character_ngrams(word, low, high):
        return _pieces(f"<{word}>", range(low, high + 1))


@misconception(
    caught_by="character_ngrams_of_short_words",
    explanation="""
    For long words everything is right. For words whose marked form is no longer than the longest
    piece, your list holds that form twice: once as an n-gram of its own length, and once more as
    the whole word that is put at the end. Examples in texts about this method use long words and
    pieces of three characters, where the two never meet, so the code looks finished. But with
    lengths from 3 to 6 it concerns every word of up to four letters, which is more than half of the
    running words of an English text. Their vectors contain one row twice, and its gradient
    is doubled with it. Compare the length of the marked word with both ends of the range.
    """,
    source="Whole word appended without a look at the range; derived",
)
class lists_short_words_twice:
    """character_ngrams adds the whole word although it is one of the pieces"""

    def character_ngrams(word, low, high):
        return [*_pieces(f"<{word}>", range(low, high + 1)), f"<{word}>"]


@misconception(
    caught_by="character_ngrams_of_a_word",
    explanation="""
    Your list ends with the word as it was handed over, where the word between its marks is
    expected: "where" and not "<where>". It is a natural reading of "and the word itself", and most
    words get exactly one additional row either way, so counts and shapes agree. The difference
    matters where the letters of one word stand inside another. The entry "her" at the end of the
    list of the word "her" is then the very same string as the piece "her" in the middle of "where",
    and both share a row, which the marks were introduced to prevent. Short words show something
    else: the bare word may be among the pieces already. Look at which string you append, and which
    one you compare with.
    """,
    source="Bare word as its own feature; Bojanowski et al. (2017), section 3.2, '<where>'",
)
class adds_the_bare_word:
    """character_ngrams ends with the word without its marks"""

    def character_ngrams(word, low, high):
        return [*_pieces(f"<{word}>", range(low, high + 1)), word]


@misconception(
    caught_by="character_ngrams_of_a_word",
    explanation="""
    The longest pieces are missing: lengths run from low up to, and not including, high. When low
    and high are equal no piece at all is left, only the whole word. It is what Python's range
    does, and with lengths from 3 to 6 the result looks plausible, since there are plenty of pieces
    of 3, 4 and 5 characters. Word vectors made with it work nearly as well, so no training run
    tells. The README counts both ends in, and so do the two options of the fastText program.
    Ask for pieces of a single length, and look at the upper end of the loop over lengths.
    """,
    source="range(low, high) in the loop over lengths; off-by-one, derived",
)
class stops_before_the_longest_length:
    """character_ngrams takes lengths from low to high - 1"""

    def character_ngrams(word, low, high):
        marked = f"<{word}>"
        return _with_whole(_pieces(marked, range(low, high)), marked)


@misconception(
    caught_by="character_ngrams_of_a_word",
    explanation="""
    One piece per length is missing, always the last one, so that hardly any of yours ends with the
    closing mark. The starting positions stop one too early: a text of T characters has T - n + 1
    pieces of length n, and yours are T - n. The list begins exactly as expected, and it is
    long enough that the end of each length is easily overlooked. Yet these are the pieces
    that hold the ending of the word, such as "ed>" or "ing>", from which the method learns most in
    languages with many endings. Take a piece as long as the marked word: it has one place to
    stand, and your rule gives it none. Look at the upper end of the loop over positions.
    """,
    source="range(len(text) - n) in n-gram loops; off-by-one, derived",
)
class misses_the_last_position:
    """character_ngrams ends the loop over positions one too early"""

    def character_ngrams(word, low, high):
        marked = f"<{word}>"
        ngrams = [marked[i : i + n] for n in range(low, high + 1) for i in range(len(marked) - n)]
        return [*ngrams, marked]


@misconception(
    caught_by="character_ngrams_of_a_word",
    explanation="""
    In words such as "banana" your list is shorter than the expected one: a piece that comes twice
    is listed once. Most words have no repeated pieces of three or more characters, so example words
    do not show it. Papers do speak of the set of n-grams of a word, and a set or the keys of a dict
    are an obvious way to collect them. This exercise treats a word as a bag of n-grams, as
    the published program does: two occurrences are two entries, and the row is added twice.
    Look for the place where repeated pieces disappear; a Python set would lose the order as well.
    """,
    source="set() of n-grams; the convention of the README, as in the fastText program",
)
class lists_repeated_pieces_once:
    """character_ngrams removes duplicates"""

    def character_ngrams(word, low, high):
        return list(dict.fromkeys(solution.character_ngrams(word, low, high)))


@misconception(
    caught_by="character_ngrams_of_a_word",
    explanation="""
    The pieces are right, all of them, but their order is another: yours are grouped by the place
    where they begin, and the README asks for all pieces of the shortest length first, then those
    of the next, and so on. The inner and the outer loop have changed places. As the vectors are
    sums, nothing that is computed from the list depends on it, and the fastText program itself
    walks through words in your order. A list still has to be in some order to be compared, and the
    convention here is by length, then from left to right. Look at which of your two loops is the
    outer one.
    """,
    source="Loop order of the fastText program (computeSubwords), against the README's convention",
)
class groups_the_pieces_by_position:
    """character_ngrams has the loop over positions outside, that over lengths inside"""

    def character_ngrams(word, low, high):
        marked = f"<{word}>"
        ngrams = [
            marked[i : i + n]
            for i in range(len(marked))
            for n in range(low, high + 1)
            if i + n <= len(marked)
        ]
        return [*[ngram for ngram in ngrams if ngram != marked], marked]


@misconception(
    caught_by="character_ngrams_of_a_word",
    explanation="""
    Words of plain letters are right, words with accents or in other alphabets are not: your pieces
    are counted in bytes of UTF-8, and a letter such as é has two of them, a Korean one three. So
    "ét" is already too long for a piece of two, and some pieces begin in the middle of a letter
    and cannot be read at all. As each ASCII letter is one byte, no English word shows the
    difference. Bytes do have their place in this exercise, but later, in the hash of a finished
    piece. Lengths and positions are those of characters, which is what len and slices of a Python
    string count. Look at where you encode.
    """,
    source="N-grams over bytes, as in C code without UTF-8 handling; derived",
)
class cuts_between_bytes:
    """character_ngrams measures and cuts bytes of UTF-8 instead of characters"""

    def character_ngrams(word, low, high):
        marked = f"<{word}>".encode()
        ngrams = _with_whole(_pieces(marked, range(low, high + 1)), marked)
        return [ngram.decode(errors="replace") for ngram in ngrams]


@misconception(
    caught_by="bucket_of_ascii_letters",
    explanation="""
    Your numbers are those of FNV-1, the older sister of the hash asked for: the product comes
    first, and the byte is mixed in after it. The constants are the same, the results
    lie in the same range, equal pieces get equal buckets and different ones are spread about, so
    vectors trained with it are perfectly good. But a table that somebody else has trained would be
    read at the wrong rows. It also spreads a little worse: the last byte changes nothing but the
    lowest eight bits, so that two pieces which differ in their last letter get hashes close to
    each other. Compare with the published hash of the single letter a, and look at the order
    of the two operations in your loop.
    """,
    source="FNV-1 for FNV-1a; the two are described side by side in the IETF draft on FNV",
)
class multiplies_before_the_xor:
    """bucket computes FNV-1"""

    def bucket(ngram, buckets):
        h = OFFSET
        for byte in ngram.encode():
            h = (h * PRIME % 2**32) ^ byte
        return h % buckets


@misconception(
    caught_by="bucket_of_ascii_letters",
    explanation="""
    With 2³² buckets your numbers agree with the expected ones, and with a thousand they do not: the
    hash was never cut to 32 bits. In C, where this algorithm comes from, an unsigned integer of 32
    bits drops what does not fit without a word, so descriptions often do not mention it. Python
    integers grow as long as they need to, by another 24 bits for each byte of the piece. When the
    number of buckets is a power of two, the high bits have no influence on the remainder, and so a
    test with 1024 buckets passes. For any other number they do. Look for the place where the
    number is brought back below 2³².
    """,
    source="Missing & 0xffffffff in Python ports of C hash functions; derived",
)
class never_cuts_to_32_bits:
    """bucket lets the hash grow as Python integers do"""

    def bucket(ngram, buckets):
        h = OFFSET
        for byte in ngram.encode():
            h = (h ^ byte) * PRIME
        return h % buckets


@misconception(
    caught_by="bucket_of_other_letters",
    explanation="""
    Pieces of ASCII letters get the right bucket, others do not: your hash runs over the characters
    and mixes in the number of each one, 233 for é and 54620 for 한. FNV-1a is defined for bytes,
    numbers from 0 to 255, and a letter outside ASCII is two to four bytes in UTF-8, each of which
    takes a round of its own. The loop over the characters of a string is the obvious loop in
    Python, and for English text it does exactly the same, since an ASCII letter is one byte with
    that very number. Print what your loop variable is for é, and how many rounds there are.
    """,
    source="ord(character) in Python ports of FNV; derived",
)
class hashes_characters_instead_of_bytes:
    """bucket mixes in the code point of each character"""

    def bucket(ngram, buckets):
        return _fnv(map(ord, ngram), buckets)


@misconception(
    caught_by="bucket_of_other_letters",
    explanation="""
    Your buckets for letters outside ASCII are those of the fastText program, which are not what the
    README asks for. The program reads each byte as a number from -128 to 127, and stretches
    it to 32 bits before mixing it in, so a byte from 128 on also flips the 24 upper bits. It
    began as an oversight, and had to stay because published vectors depend on it. Whoever wants to
    read these needs it; the definition of FNV-1a has bytes from 0 to 255, and so has this exercise.
    ASCII bytes are all below 128, and no English word shows a difference. Look at where your bytes
    become signed.
    """,
    source="fastText's Dictionary::hash, uint32_t(int8_t(c)); the convention of the README",
)
class reads_bytes_as_signed_numbers:
    """bucket mixes bytes from 128 in as negative numbers"""

    def bucket(ngram, buckets):
        numbers = (((byte ^ 128) - 128) % 2**32 for byte in ngram.encode())
        return _fnv(numbers, buckets)


@misconception(
    caught_by="word_vector_is_a_sum",
    explanation="""
    Your vectors point in the right direction but are too short, each by a factor of its own: the
    number of pieces of the word. You took the mean of the rows, and the README asks for their sum.
    The fastText program does take the mean, so the code may well come from there, and
    cosines between words are the same for both. But the model of the paper scores a word by
    adding up the scores of its pieces, and training differs: with the mean, the gradient that
    each piece receives is smaller in long words. The table of ones in this check shows it best,
    since its sum counts the pieces and its mean is always 1.
    """,
    source="Sum and mean confused; the paper's section 3.2 against fastText's computeHidden",
)
class averages_the_rows:
    """word vectors are the mean of the rows, and the backward divides likewise"""

    def word_vectors_forward(words, table, low, high):
        counts = _table_of_counts([_rows(word, table, low, high) for word in words], len(table))
        shares = counts / counts.sum(axis=1, keepdims=True)
        return shares @ table, shares


@misconception(
    caught_by="word_vector_is_a_sum",
    explanation="""
    In a large table your vectors are right; in a small one they are too short, by exactly the rows
    that two pieces of the word have in common. When two pieces fall into the same bucket, or one
    piece comes twice, the row was added once, because a set of row numbers was built or entries of
    a 0-or-1 mask were set. The formula is a sum over pieces, and it does not ask whether a row has
    been used already. With two million buckets, collisions inside a word nearly never happen, which
    is why such code can be used for years. Count the pieces of the word, then count the row
    numbers that you really add up.
    """,
    source="Hash collisions inside a word ignored; derived",
)
class adds_a_shared_row_once:
    """word vectors use each row at most once per word"""

    def word_vectors_forward(words, table, low, high):
        counts = _table_of_counts([_rows(word, table, low, high) for word in words], len(table))
        used = np.minimum(counts, 1.0)
        return used @ table, used


@misconception(
    caught_by="word_vectors_of_a_batch",
    explanation="""
    The longest word of the batch has the right vector, and so has every word alone; the others in
    a batch are off, all by a multiple of the same row, row 0. The lists of row numbers were
    filled up with zeros to make them equally long, and the lookup then treated these zeros as what
    they are in this table: the number of a bucket like any other. Row 0 was added once for each
    place that was filled. It goes unnoticed if the words of a test have the same length, or if the
    row is zero at the beginning of training. Ask of the filled places what they add to the sum,
    and, going back, whom they give gradient to.
    """,
    source="Padding id 0 without a padding row, as with embedding bags of uneven length; derived",
)
class fills_short_lists_with_row_zero:
    """word_vectors_forward pads the row numbers of shorter words with 0"""

    def word_vectors_forward(words, table, low, high):
        rows = [_rows(word, table, low, high) for word in words]
        longest = max(map(len, rows))
        padded = [numbers + [0] * (longest - len(numbers)) for numbers in rows]
        counts = _table_of_counts(padded, len(table))
        return counts @ table, counts


@misconception(
    caught_by="word_vectors_gradients",
    explanation="""
    Rows that were used once have the right gradient. Rows that several pieces share hold the
    gradient of only one use, that of the last word: the others were overwritten, because it was
    assigned and not added. In a large table with different words, few rows are
    shared apart from common endings, and so the result is mostly right and training goes on. But
    sharing is what this method is for: a common ending such as "ing>" is used by many words of a
    batch, and must hear from all of them. Repeat one word in the batch; its rows should then
    receive twice as much. Look at the statement that writes into dtable.
    """,
    source="Gradient overwritten for duplicate ids, as in embedding layers (exercise 19)",
)
class keeps_only_the_last_use:
    """word_vectors_backward assigns to dtable instead of adding"""

    def word_vectors_backward(dout, cache):
        dtable = np.zeros((cache.shape[1], dout.shape[1]))
        for n, counts in enumerate(cache):
            dtable[counts > 0] = dout[n]
        return dtable


@misconception(
    caught_by="word_vectors_gradients",
    explanation="""
    Different words that share a row are added up correctly. But where two pieces of the same word
    fall into one bucket, the row gets the gradient of that word once instead of twice. It is what
    happens when an array of row numbers stands on the left of += in NumPy: all rows are read, all
    sums are made, and all are written back, so that of two additions to the same row one survives.
    The statement looks like addition, and without collisions inside a word it is. A piece that
    comes twice, as in "banana", or a table with few rows brings it to light. Look for the line that
    adds to several rows at once, and ask what it does with a repeated number.
    """,
    source="NumPy's buffered fancy-index +=, documented at numpy.ufunc.at",
)
class loses_repeats_inside_a_word:
    """word_vectors_backward adds dout[n] to dtable[rows] with an index array"""

    def word_vectors_backward(dout, cache):
        dtable = np.zeros((cache.shape[1], dout.shape[1]))
        for n, counts in enumerate(cache):
            dtable[np.flatnonzero(counts)] += dout[n]
        return dtable


@misconception(
    caught_by="word_vectors_gradients",
    explanation="""
    Your gradient has the right sign and goes to the right rows, but it is too small, by a factor
    that is the number of pieces of each word: the gradient was divided among the pieces as if the
    vector were their mean. It seems fair to give each of six pieces a sixth of the blame, and no
    shape or sign is wrong. The vector is a sum, however. If one row is raised by a little, the sum
    rises by just as much, however many other rows there are, so each of them receives the whole
    gradient. The forward and the backward must belong to the same formula; look at what
    your backward divides by.
    """,
    source="Mean's gradient behind a summing forward; derived",
)
class divides_the_gradient_among_the_pieces:
    """word_vectors_backward divides by the number of n-grams of each word"""

    def word_vectors_backward(dout, cache):
        return cache.T @ (dout / cache.sum(axis=1, keepdims=True))


@misconception(
    caught_by="nearest_words_of_an_unknown_word",
    explanation="""
    For a word of the vocabulary your answer is right. For an unknown one the best neighbour is
    missing, and everything else has moved up by one place. The first entry of the sorted list was
    dropped in the belief that it is the word itself, which has cosine 1 and so stands in front.
    That holds for the usual lookup in a table of known words. Here the word need not be in
    the list at all, and then the first entry is what was asked for; nor is the word certain to be
    first among equals, when another one has the same direction. Find out how your code knows
    which entry it is dropping.
    """,
    source="order[1:top + 1] in nearest-neighbour code, used for out-of-vocabulary words; derived",
)
class drops_the_best_neighbour:
    """nearest_words leaves out the first entry of the sorted list, whatever it is"""

    def nearest_words(word, vocabulary, table, low, high, top):
        vectors, _ = solution.word_vectors_forward(vocabulary, table, low, high)
        cosines = _cosines(vectors, solution.word_vector(word, table, low, high))
        order = np.argsort(-cosines, kind="stable")[1 : top + 1]
        return [vocabulary[i] for i in order], cosines[order]


@misconception(
    caught_by="nearest_words_of_an_unknown_word",
    explanation="""
    All similarities are 0 for a word that is not in the vocabulary, and the neighbours are simply
    the first words of the list. Unknown words were given a vector of zeros, as one does
    with a table that has one vector per word, where nothing better is to be had. For known words
    the results are right, so a test that asks for members of the vocabulary sees nothing. But here
    the vocabulary has no vectors. They are all made from letters, those of known words as well, and
    an unknown word differs in no way from them; that it needs no exception is the
    point of the method. Look for a test of whether the word is known.
    """,
    source="Zeros for out-of-vocabulary words, the custom of word-level tables; derived",
)
class gives_unknown_words_a_zero_vector:
    """nearest_words takes zeros for a word that is not in the vocabulary"""

    def nearest_words(word, vocabulary, table, low, high, top):
        if word in vocabulary:
            return solution.nearest_words(word, vocabulary, table, low, high, top)
        return vocabulary[:top], np.zeros(min(top, len(vocabulary)))


@misconception(
    caught_by="nearest_words_of_an_unknown_word",
    explanation="""
    Your similarities are larger than 1, or below -1, and the order often differs: they are
    dot products, which grow with the lengths of the vectors. As the vector of a word is a sum, a
    long word has more pieces and usually a longer vector, so long words are favoured whatever they
    mean. With vectors that all have about the same length the order would be the same, and in
    training it is indeed the dot product that is used, which may be where it comes from. A cosine
    compares directions only and lies between -1 and 1. Look for what should divide the dot
    product.
    """,
    source="Dot product for cosine in nearest-neighbour search; derived",
)
class compares_by_dot_products:
    """nearest_words sorts by dot products"""

    def nearest_words(word, vocabulary, table, low, high, top):
        others = [other for other in vocabulary if other != word]
        vectors, _ = solution.word_vectors_forward(others, table, low, high)
        products = vectors @ solution.word_vector(word, table, low, high)
        order = np.argsort(-products, kind="stable")[:top]
        return [others[i] for i in order], products[order]


@misconception(
    caught_by="nearest_words_of_an_unknown_word",
    explanation="""
    Asked about a word that is in the vocabulary, your answer begins with that word, with similarity
    1, and ends one neighbour too early. For unknown words it is right, and since this function is
    meant for unknown words above all, that is what one tries. Every word is its own best
    neighbour; telling somebody so is of no use, and the list has a place less for the others. It
    must be left out by its name. Its similarity is no criterion: other words may have the same
    vector when all their pieces collide, and rounding may make the value 0.9999999. Look at which
    words of the vocabulary you compare.
    """,
    source="Query returned as its own neighbour; a usual bug of nearest-neighbour lists",
)
class lists_the_word_itself:
    """nearest_words does not leave the word out when it is in the vocabulary"""

    def nearest_words(word, vocabulary, table, low, high, top):
        vectors, _ = solution.word_vectors_forward(vocabulary, table, low, high)
        cosines = _cosines(vectors, solution.word_vector(word, table, low, high))
        order = np.argsort(-cosines, kind="stable")[:top]
        return [vocabulary[i] for i in order], cosines[order]


@misconception(
    caught_by="nearest_words_ties",
    explanation="""
    The similarities are right and so are the words, except that equally similar words come in the
    opposite order: the one that stands later in the vocabulary is first. Sorting in rising order
    and turning the result round puts the largest in front, but it turns equal entries round as
    well. With random vectors no two similarities are equal, so hardly any test shows it. They are
    equal for words with the same direction, and for all words at once when the vector asked about
    is zero. When the list is cut after a few entries, even other words than the expected ones
    remain. Look at what your sorting does with a list of equal numbers.
    """,
    source="argsort()[::-1], the idiom of textbook most_similar functions",
)
class reverses_the_order_of_equals:
    """nearest_words sorts upwards and reverses"""

    def nearest_words(word, vocabulary, table, low, high, top):
        others = [other for other in vocabulary if other != word]
        vectors, _ = solution.word_vectors_forward(others, table, low, high)
        cosines = _cosines(vectors, solution.word_vector(word, table, low, high))
        order = np.argsort(cosines, kind="stable")[::-1][:top]
        return [others[i] for i in order], cosines[order]


@misconception(
    caught_by="nearest_words_ties",
    explanation="""
    With vectors of ordinary length all is well, but tiny ones get similarities that are much too
    small: near 0 where the direction is the same. A small constant was added to the product of the
    lengths, to be safe from dividing by zero. It does what it should for zero vectors and does no
    harm next to large numbers. Next to numbers of its own size it does: vectors of a newly made
    table are often small, and the product of two lengths of a millionth is smaller still.
    The cosine does not depend on lengths at all, so a table multiplied by a millionth must give the
    same numbers. Look at what is in your denominator besides the two lengths.
    """,
    source="eps = 1e-8 in textbook cosine functions; measured for short vectors",
)
class adds_a_constant_to_the_lengths:
    """nearest_words divides by the product of the lengths plus 1e-8"""

    def nearest_words(word, vocabulary, table, low, high, top):
        others = [other for other in vocabulary if other != word]
        vectors, _ = solution.word_vectors_forward(others, table, low, high)
        query = solution.word_vector(word, table, low, high)
        lengths = np.sqrt((vectors**2).sum(axis=1)) * np.sqrt((query**2).sum())
        cosines = (vectors @ query) / (lengths + 1e-8)
        order = np.argsort(-cosines, kind="stable")[:top]
        return [others[i] for i in order], cosines[order]
