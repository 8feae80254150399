"""A large made-up catalogue: real words of config/catalogs/demo.csv as often as they occur, rarer ones by Zipf's law."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from random import Random

from hub.catalog.model import Item

DEMO = Path(__file__).parents[2] / "config" / "catalogs" / "demo.csv"
RARE_WORDS = 150_000
"""So many different words has the catalogue of a library of a million books."""
CHINESE_SHARE = 0.25
TERMS = [
    "中国", "研究", "文学", "历史", "现代", "经济", "社会", "理论", "计算机", "语言", "程序", "设计", "教程", "红楼梦",
    "三国演义", "西游记", "水浒传", "导论", "概论", "方法", "教育", "心理学", "哲学", "艺术", "法律", "管理", "科学", "技术",
    "工程", "数学", "物理", "化学", "生物", "医学", "古代", "近代", "世界", "文化", "思想", "发展", "改革", "政治",
    "国际", "关系", "选集", "全集", "诗歌", "小说", "散文", "戏剧", "音乐", "美术", "建筑", "城市", "农业", "工业",
    "环境", "信息", "网络", "数据", "结构", "算法",
]  # fmt: skip
NAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"


class Maker:
    """Titles, authors and call numbers as a large library has them, the same for the same seed."""

    def __init__(self, seed: int = 7) -> None:
        self._dice = Random(seed)
        with DEMO.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self._titles = [row["title"].split() for row in rows]
        self._authors = [row["author"] for row in rows if row["author"]]
        self.rare = [
            "".join(self._syllable() for _ in range(self._dice.randint(2, 4))) for _ in range(RARE_WORDS)
        ]
        self._rare_weights = list(accumulate(1 / (rank + 20) for rank in range(RARE_WORDS)))
        self._term_weights = list(accumulate(1 / (rank + 3) for rank in range(len(TERMS))))
        self._signs = [chr(0x4E00 + at) for at in self._dice.sample(range(20_000), 4_000)]
        self._sign_weights = list(accumulate(1 / (rank + 10) for rank in range(len(self._signs))))

    def items(self, count: int) -> Iterator[Item]:
        """`count` items, numbered from 0."""
        for number in range(count):
            yield self._chinese(number) if self._dice.random() < CHINESE_SHARE else self._western(number)

    def _western(self, number: int) -> Item:
        dice = self._dice
        known = dice.choice(self._titles)
        rare = dice.choices(self.rare, cum_weights=self._rare_weights, k=len(known))
        # Short words are the grammar of a title and stay; of the others most become words that are rare.
        title = " ".join(
            word if len(word) < 5 or dice.random() < 0.3 else other
            for word, other in zip(known[:14], rare, strict=False)
        )
        author = f"{rare[0].title()}, {dice.choice(self._authors).split(', ')[-1]}"
        letters = dice.choice(["QA", "PR", "HD", "B", "KF", "TK", "PS", "D"])
        cutters = " ".join(f"{dice.choice('ABCDEFGHKLMNPRSTW')}{dice.randrange(10, 9999)}" for _ in range(2))
        call = f"{letters}{dice.randrange(1, 9999)}.{dice.randrange(1, 99)} .{cutters} {dice.randrange(1900, 2026)}"
        return Item(barcode=f"X{number:09d}", title=title, author=author, call_number=call)

    def _chinese(self, number: int) -> Item:
        dice = self._dice
        terms = dice.choices(TERMS, cum_weights=self._term_weights, k=dice.randint(1, 3))
        terms.insert(
            0, "".join(dice.choices(self._signs, cum_weights=self._sign_weights, k=dice.randint(1, 4)))
        )
        author = dice.choice(NAMES) + "".join(
            dice.choices(self._signs, cum_weights=self._sign_weights, k=dice.randint(1, 2))
        )
        call = f"{dice.choice(['TP', 'TU', 'I', 'K', 'F', 'D'])}{dice.randrange(1, 999)}.{dice.randrange(1, 99)}/{dice.randrange(10, 9999)}"
        return Item(barcode=f"{number:014d}", title="".join(terms), author=author, call_number=call)

    def _syllable(self) -> str:
        return (
            self._dice.choice("bcdfghklmnprstvwz")
            + self._dice.choice("aeiou")
            + self._dice.choice(["", "", "n", "r", "s", "l"])
        )
