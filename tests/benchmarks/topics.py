"""Measure how fast topics are found: `python tests/benchmarks/topics.py`; exits 1 where a limit does not hold.

Limits: a release of 3,000 letters or ideographs against the shipped topics in 5 ms of one core (aim 1 ms); 500
terms at least 100 times as fast as one alternation of `re` in the same run; 5,000 terms at least half as fast as 500.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable, Sequence

from feeds.topic import load
from feeds.topic.find import Finder
from feeds.topic.fold import fold
from feeds.topic.rule import Phrase

SEED = 20_250_612
SENTENCES = (
    "The Commissioner for Digital Policy attended the conference on innovation and technology in Guangzhou today.",
    "He said that artificial intelligence (AI) was a core industry and that the AI Supercomputing Centre had opened.",
    "Government representatives of the Guangdong-Hong Kong-Macao Greater Bay Area joined experts and scholars.",
    "The committee noted progress of the works and thanked members for their views on roads, drains and lighting.",
    "The next meeting is to be held in the autumn, when the budget of the coming year will be laid before it.",
    "Enterprises showed products of information technology, cybersecurity and large language models to the visitors.",
)

CHINESE = (
    "數字政策專員今日出席在廣州舉行的創新科技會議。",
    "他表示，人工智能是核心產業，人工智能超算中心已經啟用。",
    "粵港澳大灣區的政府代表與專家學者一同出席，雙方簽署合作備忘錄。",
    "委員會備悉工程進度，並感謝委員就道路、渠務及照明所提意見。",
    "下次會議將於秋季舉行，屆時會提交來年的預算。",
    "多間企業向訪客展示資訊科技、網絡安全和大語言模型產品。",
)


def milliseconds(work: Callable[[], object], *, least_s: float = 0.4) -> float:
    """Return the CPU time of one call of *work*: the best of five rounds of at least *least_s* together."""
    rounds = []
    for _ in range(5):
        calls, began = 0, time.process_time()
        while (spent := time.process_time() - began) < least_s / 5:
            work()
            calls += 1
        rounds.append(spent / calls * 1000)
    return min(rounds)


def invented(count: int) -> list[str]:
    """Return *count* invented terms of one to three words, the same each time."""
    chance = random.Random(SEED)  # noqa: S311 - no secret is made of it
    syllables = [
        first + vowel + last for first in "bcdfghklmnprstvz" for vowel in "aeiou" for last in ("", "n", "r", "s")
    ]
    terms: dict[str, None] = {}
    while len(terms) < count:
        words = ("".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(chance.randint(1, 3)))
        terms[" ".join(words)] = None
    return list(terms)


def finder(terms: Sequence[str]) -> Finder:
    """Return what topics look for *terms* with."""
    return Finder([(Phrase(text=term),) for term in terms])


def release(letters: int, sentences: Sequence[str] = SENTENCES) -> str:
    """Return a release of *letters* letters, in paragraphs."""
    chance = random.Random(SEED)  # noqa: S311 - likewise
    text = ""
    while len(text) < letters:
        text += chance.choice(sentences) + chance.choice((" ", " ", "\n\n"))
    return text[:letters]


def main() -> int:
    """Measure, print and judge."""
    topics, text = load(), release(3000)
    found = [tag.topic for tag in topics.tag(title="Conference on AI", text=text)]
    tag_ms = milliseconds(lambda: topics.tag(title="Conference on AI", text=text))
    chinese = release(3000, CHINESE)
    chinese_ms = milliseconds(lambda: topics.tag(title="人工智能會議", text=chinese))
    folded = fold(text)
    few, many = invented(500), invented(5000)
    alternation = re.compile(rf"\b(?:{'|'.join(map(re.escape, few))})\b", re.IGNORECASE)
    re_ms = milliseconds(lambda: alternation.findall(text))
    few_finder, many_finder = finder(few), finder(many)
    few_ms = milliseconds(lambda: few_finder.find(folded))
    many_ms = milliseconds(lambda: many_finder.find(folded))
    fold_ms = milliseconds(lambda: fold(text))
    lines = (
        f"tag, 3,000 letters, {len(topics.topics)} topics: {tag_ms:.2f} ms (limit 5, aim 1), {len(found)} found",
        f"of which folding: {fold_ms:.2f} ms",
        f"3,000 Chinese characters: {chinese_ms:.2f} ms (limit 5, aim 1)",
        f"500 terms: {few_ms:.4f} ms; re alternation {re_ms:.2f} ms: {re_ms / few_ms:.0f} times (limit 100)",
        f"5,000 terms: {many_ms:.4f} ms: {few_ms / many_ms:.2f} of the speed of 500 (limit 0.5)",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return int(max(tag_ms, chinese_ms) > 5 or re_ms / few_ms < 100 or few_ms / many_ms < 0.5)


if __name__ == "__main__":
    sys.exit(main())
