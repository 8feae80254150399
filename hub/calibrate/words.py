"""Advice in words, English and Chinese. Pure."""

from __future__ import annotations

from typing import Final

from hub.calibrate.advice import Advice, Kind

Words = tuple[str, str]
"""English, Chinese."""

HEADS: Final[dict[Kind, Words]] = {
    "exchanged": ("Cables exchanged", "电缆接反"),
    "hears_other": ("Hears another shelf", "听到的是别的层板"),
    "never": ("Never at work", "从未工作"),
    "not_working": ("Does not hear its shelf", "听不到自己的层板"),
    "deaf": ("Hears only the loud", "只听到强信号"),
    "references_lost": ("Reference tags not heard", "参考标签听不到"),
    "unmeasured": ("Loudness says nothing", "信号强度无意义"),
    "losing": ("Hears less than before", "不如以前听得清"),
    "no_references": ("No reference tag", "没有参考标签"),
    "few_references": ("One reference tag", "只有一个参考标签"),
    "unwatched": ("Shelf without antenna", "层板没有天线"),
    "weaker": ("Weaker than its kind", "弱于同类天线"),
    "loud_neighbours": ("Next shelves too loud", "相邻层板太响"),
    "no_books": ("Too few books", "书太少"),
    "no_lap": ("Still learning", "仍在学习"),
    "wait": ("Wait", "再等等"),
}
_SENTENCES: Final[dict[Kind, Words]] = {
    "exchanged": (
        "{antenna} and {other} hear each other's shelves: exchange their cables, or their ports in the site file.",
        "{antenna} 与 {other} 听到的是对方的层板：请对调电缆，或在站点文件中对调端口。",
    ),
    "hears_other": (
        "{antenna} hears {shelf} better than its own shelves{by}: compare reader and port with the site file.",
        "{antenna} 听 {shelf} 比听自己的层板更清楚{by}：请核对阅读器和端口与站点文件是否一致。",
    ),
    "never": (
        "{antenna} has reported nothing yet: is its reader connected, and is the port right?",
        "{antenna} 还没有任何报告：阅读器接上了吗？端口对吗？",
    ),
    "not_working": (
        "{antenna} works and does not hear its shelf: look at the cable and at what stands before it.",
        "{antenna} 在工作但听不到自己的层板：请检查电缆以及天线前面的遮挡物。",
    ),
    "deaf": (
        "{antenna} hears only the loud tags, {db:g} dB less than before: noise nearby, or a receiver that fails.",
        "{antenna} 只听到强信号标签，比以前差 {db:g} dB：附近有干扰，或接收机有故障。",
    ),
    "references_lost": (
        "{antenna} hears its reference tags in {number} % of its looks: hang them more freely, at the front edge of the board.",
        "{antenna} 只在 {number} % 的读取中听到参考标签：请把它们挂在层板前缘、不被遮挡处。",
    ),
    "unmeasured": (
        "{antenna} reports a loudness that says nothing (constant, other units, or alike near and far); only what it hears counts.",
        "{antenna} 报告的信号强度没有意义（恒定、单位不同或远近一样）；只计是否听到。",
    ),
    "losing": (
        "All tags of {antenna} are {db:g} dB quieter than before: look at cable, plug and power.",
        "{antenna} 的所有标签都比以前弱 {db:g} dB：请检查电缆、接头和功率。",
    ),
    "no_references": (
        "{antenna} has no reference tag: fix two to its shelves and name them in the site file. Until then the books prove that it works.",
        "{antenna} 没有参考标签：请在其层板上固定两个并写入站点文件。此前只能靠书来证明它在工作。",
    ),
    "few_references": (
        "{antenna} has one reference tag: fix another, or its shelf goes blind when one falls off.",
        "{antenna} 只有一个参考标签：请再固定一个，否则它一掉落，这层就没有依据了。",
    ),
    "unwatched": ("{shelf} has no antenna: books there are never heard.", "{shelf} 没有天线：那里的书永远听不到。"),
    "weaker": (
        "{antenna} hears its own shelf {db:g} dB worse than antennas of its kind: turn it, move it, or look at its cable.",
        "{antenna} 听自己的层板比同类天线差 {db:g} dB：请转动或移动它，或检查电缆。",
    ),
    "loud_neighbours": (
        "{antenna} hears the next shelves only {db:g} dB more quietly than its own: lower its power, or turn it away from them.",
        "{antenna} 听相邻层板只比自己的层板弱 {db:g} dB：请降低功率，或让它避开相邻层板。",
    ),
    "no_books": (
        "{number} books teach {antenna}: until its shelf is filled, it is taken for one of its kind. Test tags with a home there help.",
        "只有 {number} 册书供 {antenna} 学习：上架之前按同类天线对待。放几个归属该层的测试标签会有帮助。",
    ),
    "no_lap": (
        "{antenna} has not learned yet how loud it hears its shelf: that takes some ten minutes of listening.",
        "{antenna} 尚未学会自己的层板有多响：大约需要监听十分钟。",
    ),
    "wait": (
        "{antenna} needs {number} more looks before anything can be said of it.",
        "{antenna} 还需要 {number} 次读取才能得出结论。",
    ),
}  # fmt: skip


def sentence(one: Advice) -> Words:
    """What to do, in both languages."""
    by = (f" (that of {one.other})", f"（属于 {one.other}）") if one.other else ("", "")
    said = [
        text.format(
            antenna=one.antenna, other=one.other, shelf=one.shelf, db=one.db, number=one.number, by=add
        )
        for text, add in zip(_SENTENCES[one.kind], by, strict=True)
    ]
    return said[0], said[1]
