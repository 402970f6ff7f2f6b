"""Wrong implementations that students really write, each with the check that must catch it."""

from collections import Counter
from itertools import pairwise

from grader.spec import misconception, solution


@misconception(
    caught_by="preprocess_words",
    explanation="""
    The words are right and so is their number, but the ids are dealt out in another order: yours
    follow the alphabet, and the README asks for the order in which words first appear. It comes
    from collecting the different words in a set and sorting them, which is tidy and makes a
    perfectly good vocabulary, and as long as both tables agree with each other, everything built on
    them works. What it loses is agreement with anybody else's ids, and the property that a word's
    id does not change when the text grows: with sorting, one new word early in the alphabet shifts
    all that come after it. The first id of the text should always be 0; look at what yours is for a
    text that begins with a late letter.
    """,
    source="Vocabularies made with sorted(set(words)), as in many character-level tutorials",
)
class numbers_words_alphabetically:
    """preprocess gives ids in sorted order"""

    def preprocess(text):
        ids, _, words = solution.preprocess(text)
        return _numbered([words[number] for number in ids], sorted(words))


@misconception(
    caught_by="preprocess_words",
    explanation="""
    Words that begin a sentence get ids of their own: "You" and "you" are two words in your result,
    and one in the expected one. The vocabulary comes out larger than it should, and the ids behind
    the first such word are shifted. Nothing breaks, since both spellings can be looked up, and on a
    sample that was typed in small letters there is no difference at all. But a model has to learn
    the two from separate examples, as if they had nothing to do with each other. Keeping capitals
    is the right thing for the byte-pair functions of this exercise, which is perhaps where it comes
    from. Look at what happens to the text before it is split.
    """,
    source="Missing lower() in corpus preparation; derived",
)
class keeps_capitals_in_words:
    """preprocess does not put the text in lower case"""

    def preprocess(text):
        words = text.replace(".", " . ").split()
        return _numbered(words, list(dict.fromkeys(words)))


@misconception(
    caught_by="preprocess_words",
    explanation="""
    A full stop at the end of a sentence is separated, as it should be, but whatever follows without
    a space stays glued to it: "end.The" gives "end" and ".the", where three words are expected. A
    space was put in front of the full stop and none behind it. In carefully typed prose a space
    follows anyway, which is why this passes with nearly every example sentence, the famous "You say
    goodbye and I say hello." among them. Real text has "v1.5", "..." and sentences that a web page
    ran together, and each of these makes odd words that occur once. Ask of every full stop what it
    touches on its right.
    """,
    source="text.replace('.', ' .') in textbook code for word ids",
)
class separates_full_stops_on_the_left_only:
    """preprocess puts a space in front of each full stop and none behind it"""

    def preprocess(text):
        words = text.lower().replace(".", " .").split()
        return _numbered(words, list(dict.fromkeys(words)))


@misconception(
    caught_by="preprocess_words",
    explanation="""
    There are words in your vocabulary that nobody would call words: an empty one, wherever two
    spaces follow each other, and pairs that a line break or tab holds together. Splitting at the
    space character does exactly what it says, no more and no less, so two spaces have an empty
    piece between them, and a line break is just one more letter. For a sentence on one line with
    single spaces, the result is the same as splitting at any whitespace, and such sentences are
    what one tests with. Even here, the space that is put beside a full stop makes a second one
    beside a space that was there. Look at the argument that split is called with.
    """,
    source="text.split(' ') for split(): corpus code on multi-line files; derived",
)
class splits_at_single_spaces:
    """preprocess splits at each space character and nowhere else"""

    def preprocess(text):
        words = text.lower().replace(".", " . ").split(" ")
        return _numbered(words, list(dict.fromkeys(words)))


@misconception(
    caught_by="one_hot_rows",
    explanation="""
    The right number of ones, in a table that lies on its side: your outer list has one entry for
    each possible id, and each inner list one for each id that was given. Expected is a row for each
    given id. Both pictures hold the same facts, and where the number of ids happens to equal the
    vocabulary size the shapes agree as well, so that only the entries tell. Multiplying by a matrix
    of word vectors needs the rows, since each row is to pick out the vector of its word. Drawing
    words as columns is common in texts on linear algebra, and it may come from there. See which of
    your two loops is the outer one.
    """,
    source="Column vectors in lecture notes; derived from the shape (N, size)",
)
class puts_one_hot_vectors_in_columns:
    """one_hot returns size lists of N numbers"""

    def one_hot(ids, size):
        return [[float(number == row) for number in ids] for row in range(size)]


@misconception(
    caught_by="one_hot_rows",
    explanation="""
    The rows are too short whenever the largest possible id does not occur among those given: their
    length was worked out from the ids, as the largest of them plus one, and the argument size was
    not used. On a whole corpus nothing is amiss, for there every word occurs. On a batch cut out of
    it, the width depends on which words happen to be in the batch, and the product with a matrix of
    word vectors then fails, or fails only on some days. An empty list of ids has no largest entry
    either. Which of the two arguments knows how many words there are? See where the length of a row
    comes from.
    """,
    source="Width taken from max(ids) + 1, as scikit-learn's and Keras's defaults do; derived",
)
class sizes_rows_by_the_largest_id:
    """one_hot makes rows of length max(ids) + 1"""

    def one_hot(ids, size):
        return solution.one_hot(ids, max(ids, default=-1) + 1)


@misconception(
    caught_by="train_bpe_merges",
    explanation="""
    Pairs are counted in the list of different words, each of which counts once, however often it
    stands in the text. So a pair in one very frequent word loses against a pair that two rare words
    share. Collecting equal words is right, and what makes training fast; but then the number of
    times that a word occurs has to be remembered and added for each of its pairs. Without that, the
    tokens serve the dictionary and not the text: on real text the most frequent words are a few
    hundred short ones, and they decide almost nothing. In texts where no word repeats, the two ways
    agree, and short test sentences are of that kind. Look at what is added to a pair's count.
    """,
    source="Sennrich, Haddow and Birch (2016), algorithm 1: freq is added; derived",
)
class counts_each_word_once:
    """train_bpe counts pairs in the different words, not weighted by how often they occur"""

    def _count_pairs(words):
        return solution._count_pairs([(ids, 1) for ids, _ in words])


@misconception(
    caught_by="train_bpe_merges",
    explanation="""
    The first merge is right, and all others join two single bytes; no id of 256 or more ever
    appears in a pair. Pairs were counted once, in the bytes of the text, and the most frequent ones
    were taken from that list. But a merge changes what stands next to what: some pairs lose
    occurrences, because one of their bytes has been used up, and new pairs with the new token come
    into being. Counting again after every merge is the heart of the method, and the reason why
    tokens grow to whole words. With one merge there is nothing to see, and the list even looks
    plausible. Look at which text the second round of your loop counts.
    """,
    source="The k most common pairs of one count; derived",
)
class takes_the_top_pairs_of_one_count:
    """train_bpe counts once and returns the most frequent pairs"""

    def train_bpe(text, merges_wanted):
        counts = solution._count_pairs(_spelt(text))
        frequent = [pair for pair in counts if counts[pair] >= 2]
        return sorted(frequent, key=lambda pair: (-counts[pair], pair))[:merges_wanted]


@misconception(
    caught_by="train_bpe_merges",
    explanation="""
    English comes out right, and Korean or emoji do not: your pairs hold numbers far beyond 255
    that are no merges. They are the numbers of characters, and the README begins from the bytes of
    UTF-8. For the first 128 characters both are the same number, so that no test in plain English
    can tell them apart. Characters have a price: there are more than a hundred thousand, each needs
    an id, their numbers collide with the ids that merges make, and one that training did not see
    cannot be encoded. Two hundred and fifty-six bytes write everything. Look at how a word is
    turned into its first list of numbers.
    """,
    source="Sennrich and others (2016) merge characters; CS336 asks for bytes, as here",
)
class numbers_characters_instead_of_bytes:
    """train_bpe, encode and decode begin from ord(character)"""

    def train_bpe(text, merges_wanted):
        counted = Counter(solution._words(text))
        words = [([ord(c) for c in word], count) for word, count in counted.items()]
        return _train(words, merges_wanted)

    def encode(text, merges):
        ranks = {pair: rank for rank, pair in enumerate(merges)}
        found = []
        for word in solution._words(text):
            found += _by_rank([ord(c) for c in word], ranks)
        return found

    def decode(ids, merges):
        tokens = {256 + k: pair for k, pair in enumerate(merges)}
        return "".join(_letters(number, tokens) for number in ids)


@misconception(
    caught_by="train_bpe_ties",
    explanation="""
    Where one pair is ahead of all others, your merges are right. Where several share the highest
    count, you take the one that was met first in the text, and the README takes the smallest. A
    maximum over a dict gives the first of equal entries, and a dict keeps the order in which it was
    filled, so this tie-break is built without a decision. It is a sensible one, but it depends on
    the order of the text: the same sentences shuffled give other tokens. Ties are everywhere in
    real text, so one such choice early on changes most of what follows. Look at the line that finds
    the winner, and at what it compares when counts are equal.
    """,
    source="minbpe#90 and tokenizers#1065: max(counts, key=counts.get)",
)
class breaks_ties_by_the_first_pair_seen:
    """train_bpe takes the first of the most frequent pairs in text order"""

    def train_bpe(text, merges_wanted):
        return _train(_spelt(text), merges_wanted, best=lambda counts: max(counts, key=counts.get))


@misconception(
    caught_by="train_bpe_ties",
    explanation="""
    Among pairs with equal counts you take the largest, and the README asks for the smallest. It is
    what a maximum over tuples of count and pair gives: the highest count wins, as it should, and
    when counts are equal, Python goes on to compare the pairs and again prefers the larger. Some
    published programs and courses do define it this way, and neither choice is better, but a list
    of merges is only of use with ids that everybody computes alike. Where one pair is clearly ahead
    there is nothing to see. Look at the key by which the winner is chosen: two things are compared
    there, and they should not pull in the same direction.
    """,
    source="max over (count, pair): CS336's handout asks for the greater pair; minbpe#90",
)
class breaks_ties_by_the_largest_pair:
    """train_bpe takes the largest of the most frequent pairs"""

    def train_bpe(text, merges_wanted):
        return _train(
            _spelt(text),
            merges_wanted,
            best=lambda counts: max(counts, key=lambda p: (counts[p], p)),
        )


@misconception(
    caught_by="train_bpe_runs",
    explanation="""
    A run of equal bytes is counted too low: in "aaa" you find the pair (a, a) once, and the README
    counts both places, although they overlap. Your count is the number of merges that could be made
    there, which is a reasonable thing to want, and it is what counting a substring in a text gives,
    since such a search goes on behind each match. The definition here is simpler: each place where
    one id follows another counts. In ordinary English the difference hardly ever shows, because
    letters rarely come in threes; in rows of dashes, spaces or zeros it decides which merge comes
    first. Count the neighbours in "aaaa" with a finger and compare.
    """,
    source="Overlapping pairs: sentencepiece#318 and str.count; notes on BPE counting",
)
class counts_runs_without_overlap:
    """train_bpe counts (a, a) once in a word aaa and twice in aaaa"""

    def _count_pairs(words):
        counts = Counter()
        for ids, count in words:
            last = None
            for pair in pairwise(ids):
                if pair == last and pair[0] == pair[1]:
                    last = None
                    continue
                counts[pair] += count
                last = pair
        return counts


@misconception(
    caught_by="train_bpe_runs",
    explanation="""
    In a run such as "aaa" a letter is used twice: your replacing makes two new tokens out of three
    letters, each of which claims the letter in the middle. Together they stand for four letters, so
    decoding gives back a longer text than was encoded. The loop looks at every place, and after a
    match it moves on by one place as it does otherwise; without three equal ids in a row that is
    harmless, since the next pair cannot match as well. That counting does look at overlapping
    places makes it easy to fall for. When a pair has been replaced, where is the first id that is
    still free?
    """,
    source="Replacement loops that advance by one after a match; derived",
)
class merges_overlapping_places:
    """train_bpe and encode replace (a, a) twice in a run of three"""

    def _merge(ids, pair, made):
        merged, place = [], 0
        while place < len(ids):
            if tuple(ids[place : place + 2]) == pair:
                merged.append(made)
                again = tuple(ids[place + 1 : place + 3]) == pair
                place += 1 if again else 2
            else:
                merged.append(ids[place])
                place += 1
        return merged


@misconception(
    caught_by="train_bpe_stops",
    explanation="""
    Your training goes on where it should stop: with pairs that occur a single time. It returns more
    merges than expected, and the surplus comes at the end of the list. A pair that occurs once
    saves one token in this text and most likely none in any other, so the README stops when no pair
    occurs at least twice. On a text of any length there are always enough frequent pairs for the
    merges that are wanted, and the loop ends by its own count, which is why it takes a short text
    to see this. Look at the place where training may end early: which count of the best pair lets
    it go on?
    """,
    source="Programs without a least frequency; Sennrich's subword-nmt has min-frequency 2",
)
class keeps_merging_pairs_that_occur_once:
    """train_bpe stops only when no pair is left at all"""

    def train_bpe(text, merges_wanted):
        return _train(_spelt(text), merges_wanted, least=1)


@misconception(
    caught_by="train_bpe_stops",
    explanation="""
    Pairs are counted, and merged, from the end of one word to the beginning of the next: a space or
    a line break turns up as the second part of a pair, behind a letter. The text was taken as one
    long row of bytes. It is a compressor in the sense of Gage, and it compresses better than what
    is asked for; but as tokens for a language model, pieces such as "e t" or a whole "of the" mix
    words that have nothing to do with each other. On a text of one word there is no difference, and
    many first examples are one word. Encoding has to cut the text as training does. Look for the
    step that cuts.
    """,
    source="BPE without a split into words, as in the basic tokenizer of minbpe",
)
class merges_across_words:
    """train_bpe and encode treat the text as one word"""

    def _words(text):
        return [text] if text else []


@misconception(
    caught_by="encode_ranks",
    explanation="""
    Your encoding goes through the word from left to right and merges the first pair of neighbours
    that is in the list. All pairs it uses are known, and decoding gives the text back, so round
    trips cannot find the mistake. But the tokens are not those that training would have made.
    Training merged in the order of the list, everywhere; where two possible merges want the same
    id, the earlier one had it. With "abc" and merges for (b, c) and then (a, b), the first merge
    leaves nothing for the second. A model that was trained on one way of cutting words meets
    another when it is used. Ask which of all possible pairs comes first in the list.
    """,
    source="LLMs-from-scratch#558: greedy encoding instead of merge order",
)
class merges_the_first_known_pair_from_the_left:
    """encode merges the leftmost pair that is in the list, whatever its rank"""

    def _encode_word(word, ranks):
        ids, place = list(word.encode()), 0
        while place + 1 < len(ids):
            pair = (ids[place], ids[place + 1])
            if pair in ranks:
                ids[place : place + 2] = [256 + ranks[pair]]
                place = 0
            else:
                place += 1
        return ids


@misconception(
    caught_by="encode_ranks",
    explanation="""
    From each place on, your encoding takes the longest token that fits, and goes on behind it. The
    result is short, it decodes to the text, and for frequent words it is what is expected. This is
    how WordPiece cuts words. In byte-pair encoding the list of merges is a procedure, and a token
    can only come about if its parts do: when an earlier merge takes away one of the parts, the long
    token is never made, although its bytes stand there. The same bytes may even belong to two
    tokens, of which only one can arise in a given place. Follow the merges in the order of the list
    on the word in the report, and see where the paths part.
    """,
    source="Longest-match encoding (WordPiece) for BPE; LLMs-from-scratch#558",
)
class takes_the_longest_token:
    """encode takes, from the left, the longest token whose bytes fit"""

    def _encode_word(word, ranks):
        tokens = {bytes([number]): number for number in range(256)}
        spelt = dict(enumerate(tokens))
        for pair, rank in ranks.items():
            spelt[256 + rank] = spelt[pair[0]] + spelt[pair[1]]
            tokens.setdefault(spelt[256 + rank], 256 + rank)
        rest, ids = word.encode(), []
        while rest:
            length = next(n for n in range(len(rest), 0, -1) if rest[:n] in tokens)
            ids.append(tokens[rest[:length]])
            rest = rest[length:]
        return ids


@misconception(
    caught_by="encode_ranks",
    explanation="""
    The list of merges is read from the wrong end: of all pairs that could be merged, yours takes
    the one that was learnt last. It looks reasonable, since late merges make long tokens and long
    tokens make short texts. But a late merge was learnt in a text where all earlier ones had been
    made already. Used too early, it takes letters that in training belonged to an earlier token, so
    that word pieces come out which training never saw. As long as no two merges want the same id,
    and in most short words none do, the order makes no difference. Look at the direction of your
    loop over the list, or at which end of the ranks is preferred.
    """,
    source="Merges applied from the end of the list; the reversed rank; derived",
)
class makes_the_latest_merge_first:
    """encode merges the possible pair of the highest rank"""

    def _encode_word(word, ranks):
        return _by_rank(list(word.encode()), ranks, choose=max)


@misconception(
    caught_by="encode_words",
    explanation="""
    Training is right, and in a text of one word so is encoding. With several words, ids appear that
    reach over a gap: your encoding takes the whole text as one row of bytes, and merges a letter
    with the space or line break behind it if such a pair is in the list. Merges learnt by your own
    training hold no such pairs, or only few, since training cut the text; that is why a round with
    both functions looks perfect. With other lists the boundary has to be kept by encoding itself. A
    token that ends one word and begins the next is no part of a word. Which function cuts the text,
    and who calls it?
    """,
    source="Encoding without the split into words of training; derived",
)
class encodes_the_text_as_one_word:
    """encode does not cut the text into words"""

    def encode(text, merges):
        ranks = {pair: rank for rank, pair in enumerate(merges)}
        return solution._encode_word(text, ranks)


@misconception(
    caught_by="encode_words",
    explanation="""
    Single spaces come out right, and line breaks, tabs and wide spaces do not: only the space
    character begins a new word in your code. A line break then lies in the middle of a word, and
    merges happen on both sides of it, so that the last word of a line and the first of the next one
    become one. In a sentence on one line this cannot be seen. In a book there is a line break every
    ten words, and "end" before a line break is a different token from "end" elsewhere. The README
    says what counts as whitespace. Look at what your cutting compares each character with.
    """,
    source="Pre-tokenization at ' ' alone; derived",
)
class begins_words_at_spaces_only:
    """train_bpe and encode cut the text in front of the space character alone"""

    def _words(text):
        return [piece for piece in text.replace(" ", "\0 ").split("\0") if piece]


@misconception(
    caught_by="decode_text",
    explanation="""
    Every id is turned into text by itself, and the texts are joined. Where a token ends in the
    middle of a character, both halves are broken, and instead of one character there are several
    replacement signs. In English a character is a byte, so nothing can be cut and the result is
    always right; in Korean, or with emoji, most characters are spread over two or more tokens
    unless merges have joined them. It is the fault that makes chat programs show black diamonds for
    a moment while an answer is being written. The bytes belong together until the last id has been
    looked up. At which point does your code go over from bytes to text?
    """,
    source="Streaming decoders that decode token by token; CS336 assignment 1, decoding",
)
class decodes_each_token_by_itself:
    """decode reads the bytes of every id as text of their own"""

    def decode(ids, merges):
        return "".join(solution.decode([number], merges) for number in ids)


@misconception(
    caught_by="decode_text",
    explanation="""
    Whole characters come out right, and what is broken vanishes without a trace: the bytes of half
    a character are left out of your text, where a replacement sign is expected for them. Leaving
    them out is one of the ways in which Python can be asked to handle errors, and it looks tidy.
    But a reader then cannot know that something was lost, and two different lists of ids give the
    same text. The README asks for a sign at each place. Encoded texts that are decoded as a whole
    never hold broken characters, so round trips say nothing about it. Look at the argument of the
    last step that tells Python what to do with errors.
    """,
    source="decode(errors='ignore') in published tokenizers; derived",
)
class leaves_out_broken_characters:
    """decode drops bytes that are no valid UTF-8"""

    def decode(ids, merges):
        return _bytes(ids, merges).decode("utf-8", errors="ignore")


@misconception(
    caught_by="round_trip",
    explanation="""
    What comes back is not the text that went in: line breaks and double spaces have become single
    spaces, or have vanished. The text was split into words with the method that throws whitespace
    away, and a space was put back in front of each word but the first. For a sentence with single
    spaces nothing is lost, and that is what one tries first. But an encoding has to keep
    everything: in a poem the line breaks are half of the meaning, and in Python code the spaces at
    the beginning of a line are. The README cuts in front of every whitespace character and drops
    none. Join your words again without anything between them, and compare.
    """,
    source="text.split() as a pre-tokenizer; Kudo and Richardson (2018): lossless",
)
class normalises_whitespace:
    """train_bpe and encode split at whitespace and put one space in front of each further word"""

    def _words(text):
        first, *others = text.split() or [""]
        return [first, *(" " + word for word in others)] if first else []


def _numbered(words, order):
    known = {word: number for number, word in enumerate(order)}
    return [known[word] for word in words], known, order


def _spelt(text):
    counted = Counter(solution._words(text))
    return [(list(word.encode()), count) for word, count in counted.items()]


def _smallest(counts):
    return min(counts, key=lambda pair: (-counts[pair], pair))


def _train(words, merges_wanted, best=_smallest, least=2):
    merges = []
    for made in range(256, 256 + merges_wanted):
        counts = solution._count_pairs(words)
        if not counts or max(counts.values()) < least:
            break
        merges.append(best(counts))
        words = [(solution._merge(ids, merges[-1], made), count) for ids, count in words]
    return merges


def _by_rank(ids, ranks, choose=min):
    while True:
        known = [ranks[pair] for pair in pairwise(ids) if pair in ranks]
        if not known:
            return ids
        rank = choose(known)
        pair = next(pair for pair in ranks if ranks[pair] == rank)
        ids = solution._merge(ids, pair, 256 + rank)


def _letters(number, tokens):
    if number in tokens:
        return "".join(_letters(part, tokens) for part in tokens[number])
    return chr(number)


def _bytes(ids, merges):
    tokens = [bytes([number]) for number in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return b"".join(tokens[number] for number in ids)
