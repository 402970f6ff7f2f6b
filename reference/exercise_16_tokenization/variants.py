"""Correct implementations in other styles; each must be accepted."""

from collections import Counter, defaultdict
from itertools import pairwise

from grader.spec import variant


@variant(backend="python")
class merges_made_in_the_order_of_the_list:
    """encode goes through the list of merges once; training works on every word of the text"""

    def train_bpe(text, merges_wanted):
        words, merges = [list(word.encode()) for word in _cut(text)], []
        for made in range(256, 256 + merges_wanted):
            counts = Counter(pair for ids in words for pair in pairwise(ids))
            most = max(counts.values(), default=0)
            if most <= 1:
                break
            merges.append(list(min(pair for pair in counts if counts[pair] == most)))
            words = [_joined(ids, *merges[-1], made) for ids in words]
        return merges

    def encode(text, merges):
        found = []
        for word in _cut(text):
            ids = list(word.encode())
            for number, (left, right) in enumerate(merges):
                ids = _joined(ids, left, right, 256 + number)
            found.extend(ids)
        return found


@variant(backend="python")
class counts_that_are_kept_up_to_date:
    """Training changes the counts only for words that hold the merged pair, as libraries do"""

    def train_bpe(text, merges_wanted):
        counted = Counter(_cut(text))
        words = [(list(word.encode()), number) for word, number in counted.items()]
        counts, places = defaultdict(int), defaultdict(set)

        def note(index, sign):
            ids, number = words[index]
            for pair in pairwise(ids):
                counts[pair] += sign * number
                places[pair].add(index)

        for index in range(len(words)):
            note(index, 1)
        merges = []
        while len(merges) < merges_wanted and any(number > 1 for number in counts.values()):
            _, left, right = min((-number, *pair) for pair, number in counts.items())
            for index in sorted(places.pop((left, right))):
                note(index, -1)
                ids, number = words[index]
                words[index] = (_joined(ids, left, right, 256 + len(merges)), number)
                note(index, 1)
            merges.append((left, right))
        return merges


@variant(backend="python")
class tokens_as_bytes_and_one_merge_at_a_time:
    """encode makes one merge per step; decode expands ids with a stack; ids come from a counter"""

    def preprocess(text):
        spaced = "".join(f" {c} " if c == "." else c for c in text.lower())
        number = defaultdict(lambda: len(number))
        ids = [number[word] for word in spaced.split()]
        words = {value: word for word, value in number.items()}
        return ids, dict(number), [words[value] for value in range(len(words))]

    def one_hot(ids, size):
        rows = []
        for number in ids:
            rows.append([0] * size)
            rows[-1][number] = 1
        return rows

    def encode(text, merges):
        found = []
        for word in _cut(text):
            ids = list(word.encode())
            while True:
                possible = [
                    (merges.index(pair), place)
                    for place, pair in enumerate(pairwise(ids))
                    if pair in merges
                ]
                if not possible:
                    break
                rank, place = min(possible)
                ids[place : place + 2] = [256 + rank]
            found += ids
        return found

    def decode(ids, merges):
        waiting, found = list(reversed(ids)), bytearray()
        while waiting:
            number = waiting.pop()
            if number < 256:
                found.append(number)
            else:
                waiting.extend(reversed(merges[number - 256]))
        return str(bytes(found), "utf-8", "replace")


@variant(backend="python")
class words_as_texts_of_private_characters:
    """Ids are characters while they are merged, so that text methods can replace them"""

    def train_bpe(text, merges_wanted):
        words = Counter(_as_characters(word) for word in _cut(text))
        merges = []
        while len(merges) < merges_wanted:
            counts = Counter()
            for word, number in words.items():
                for place in range(len(word) - 1):
                    counts[word[place : place + 2]] += number
            if not counts or max(counts.values()) == 1:
                break
            pair = sorted(counts, key=lambda two: (-counts[two], two))[0]
            made = chr(1256 + len(merges))
            words = {word.replace(pair, made): number for word, number in words.items()}
            merges.append((ord(pair[0]) - 1000, ord(pair[1]) - 1000))
        return merges

    def encode(text, merges):
        found = []
        for word in map(_as_characters, _cut(text)):
            for number, (left, right) in enumerate(merges):
                word = word.replace(chr(left + 1000) + chr(right + 1000), chr(1256 + number))
            found += [ord(character) - 1000 for character in word]
        return found


def _cut(text):
    words = []
    for character in text:
        if character.isspace() or not words:
            words.append("")
        words[-1] += character
    return words


def _joined(ids, left, right, made):
    out = []
    for number in ids:
        if out and out[-1] == left and number == right:
            out[-1] = made
        else:
            out.append(number)
    return out


def _as_characters(word):
    return "".join(chr(number + 1000) for number in word.encode())
