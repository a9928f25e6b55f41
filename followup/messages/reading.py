"""How hard an English text is to read: the Flesch-Kincaid grade, the school year that finds it easy.

Kincaid et al. (1975): 0.39 words a sentence + 11.8 syllables a word - 15.59. Syllables are counted from the spelling;
over the English wordings that agrees with the Carnegie Mellon Pronouncing Dictionary in all but a few words.
"""

import re

_LINK = re.compile(r"https?://\S+")
_LIST_MARK = re.compile(r"^- ")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
_SENTENCE = re.compile(r"[^.?!]*[a-z0-9][^.?!]*")
_SILENT_E = re.compile(
    r"(?<=[^aeiouyl])e$|(?<=[aeiouy]l)e$"  # care, while; not apple
    r"|(?<=[^aeiouytd])ed$"  # called; not needed
    r"|(?<=[^aeiouyscxzg])(?<!sh)(?<!ch)es$"  # times; not bruises
    r"|(?<=[^aeiouy])e(?=(?:ly|ment|ness|ful|less)$)"  # completely
)
_VOWELS = re.compile(r"[aeiouy]+")
_TWO_SOUNDS = re.compile(r"[aeiouy]ing|[^gq]ua")  # doing, usual: one group of vowels, two syllables


def reading_grade(text: str) -> float:
    """The grade of plain English text; below 0 is very easy, and a text of a few words is judged roughly.

    A line is at least one sentence, and a link is one short word.
    """
    lines = _LINK.sub("here.", text).lower().splitlines()
    sentences = [found for line in lines for found in _SENTENCE.findall(_LIST_MARK.sub("", line))]
    words = [word for sentence in sentences for word in _WORD.findall(sentence)]
    if not words:
        return 0.0
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    """The syllables of one English word in small letters, at least one."""
    spoken = _SILENT_E.sub("", word.replace("'", ""))
    return max(1, len(_VOWELS.findall(spoken)) + len(_TWO_SOUNDS.findall(spoken)))
