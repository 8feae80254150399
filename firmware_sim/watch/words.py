"""The words of the watch page in English and Chinese. Pure. What the map of the hub says too (kinds, statuses, sentences of findings) comes from `web`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Words = tuple[str, str]
"""English, Chinese."""

PAGE: Final[Mapping[str, Words]] = {
    "title": ("Truth and belief", "事实与判断"),
    "lead": (
        "A library that does not exist: what is so, and what the hub believes from its antennas alone.",
        "一座并不存在的图书馆：事实，以及中枢仅凭天线得出的判断。",
    ),
    "skip": ("Skip to the shelves", "跳到书架"),
    "truth": ("Truth", "事实"),
    "belief": ("Belief", "判断"),
    "truth_about": ("where the books are", "图书实际所在"),
    "belief_about": ("where the hub believes them", "中枢认为所在"),
    "above_below": (
        "Above: truth, where the books are. Below: belief, where the hub believes them.",
        "上：事实，图书实际所在。下：判断，中枢认为所在。",
    ),
    "shelves": ("Shelves of this bay", "本节书架的层板"),
    "map": ("Plan", "平面图"),
    "bay": ("Bay", "书架节"),
    "previous_bay": ("Bay before", "上一节书架"),
    "next_bay": ("Next bay", "下一节书架"),
    "follow": ("Follow the action", "跟随事件"),
    "time": ("Time", "时间"),
    "play": ("Play", "播放"),
    "pause": ("Pause", "暂停"),
    "step": ("Half a minute on", "前进半分钟"),
    "speed": ("Speed", "速度"),
    "slower": ("as fast as this computer can: {speed}×", "本机所能达到的速度：{speed}×"),
    "day": ("Doors open", "开馆中"),
    "night": ("Doors closed", "已闭馆"),
    "rested": (
        "Nobody was looking for a minute, so the time stood still. Play lets it go on.",
        "一分钟没有人看，时间已暂停。按“播放”继续。",
    ),
    "lost": ("The simulation has stopped answering.", "模拟程序没有响应。"),
    "people": ("People", "人"),
    "people_about": ("Let somebody do it, in this bay.", "让某人在这节书架做一件事。"),
    "people_book": ("Let somebody do it: to the chosen book, where that can be.", "让某人做一件事：能对选中的书做的就对它做。"),
    "faults": ("Faults", "故障"),
    "faults_about": (
        "Break it. Press again to mend it.",
        "弄坏它；再按一次即修好。",
    ),
    "at_antenna": ("At this bay", "本节书架"),
    "at_reader": ("At its reader", "读写器"),
    "at_link": ("On the way to the hub", "通往中枢的途中"),
    "at_process": ("Programs", "程序"),
    "air": ("Bleed-through", "串读"),
    "air_about": (
        "How often an antenna hears a tag of the next shelf.",
        "天线读到相邻层板标签的频率。",
    ),
    "done": ("What you did", "你做过的事"),
    "nothing_done": ("Nothing yet: break something.", "还没有：弄坏点什么吧。"),
    "take_back": ("Take back", "撤销"),
    "taken_back": ("taken back", "已撤销"),
    "book": ("Book", "图书"),
    "choose_book": ("Touch a book: it is lit on both sides, and this says what is so and what is believed.", "点一册书：两边同时亮起，这里说明事实与判断。"),
    "previous_book": ("Book before", "上一册"),
    "next_book": ("Next book", "下一册"),
    "close": ("Close", "关闭"),
    "apart": ("Where they differ", "两边不一致之处"),
    "agree": ("Truth and belief agree about every book of this bay.", "本节书架每一册书的事实与判断都一致。"),
    "score": ("Who is right just now", "此刻谁对"),
    "score_about": (
        "Misplaced and settled books count once they have stood still for five rounds of the antennas.",
        "错架及位置稳定的图书，在天线扫过五轮后才计入。",
    ),
    "subject": ("Method", "方法"),
    "precision": ("Called misplaced, and is", "报错架且属实"),
    "recall": ("Misplaced, and found", "错架已发现"),
    "false_missing": ("Called missing, but stands", "报丢失却在架"),
    "places": ("On the right shelf", "层板判断正确"),
    "hub": ("Shelfwire hub", "Shelfwire 中枢"),
    "loudest": ("Loudest antenna", "信号最强天线"),
    "timeout": ("Last antenna, with time-out", "最后天线加超时"),
    "last_heard": ("Last antenna, with time-out", "最后天线加超时"),
    "smurf": ("SMURF window", "SMURF 窗口"),
    "ticker": ("What happens", "正在发生"),
    "no_events": ("Nothing has happened yet.", "还没有发生任何事。"),
    "deeds": ("Deeds", "行为"),
    "legend": ("Legend", "图例"),
    "home": ("At home", "在原位"),
    "drift": ("One board off, still at home", "偏一层，仍算原位"),
    "wrong": ("Misplaced", "错架"),
    "lent": ("On the shelf, though lent", "在架但已借出"),
    "strange": ("Unknown tag", "未知标签"),
    "away": ("Away", "不在架"),
    "missing": ("Missing", "丢失"),
    "never": ("Never heard yet", "尚未读到"),
    "lying": ("Lying on top", "平放在上"),
    "faint": ("The fainter, the less sure", "越淡越不确定"),
    "somebody": ("Somebody stands before it", "有人站在书架前"),
    "deaf": ("antenna deaf", "天线失聪"),
    "language": ("Language", "语言"),
    "theme": ("Theme", "主题"),
    "menu": ("Language and theme", "语言与主题"),
    "auto": ("As the device", "跟随设备"),
    "light": ("Light", "浅色"),
    "dark": ("Dark", "深色"),
    "keys": (
        (
            "Keys: space plays and pauses, . goes half a minute on, + and − change the speed, ← and → walk through the books, "
            "[ and ] through the bays, F follows the action, Esc lets the book go."
        ),
        "按键：空格播放或暂停，. 前进半分钟，+ 和 − 改变速度，← → 逐册移动，[ ] 切换书架，F 跟随事件，Esc 取消选中。",
    ),
    "no_script": ("This page needs JavaScript.", "本页需要 JavaScript。"),
    "notice": ("Notice", "提示"),
    "simulated": (
        "A simulated library: its books, people and radio do not exist. The hub's engine is the real one.",
        "这是模拟图书馆：书、人与无线电波都不存在，而中枢的引擎是真的。",
    ),
    "true_word": ("true", "属实"),
    "repeat_word": ("true, again", "属实（重复）"),
    "excused_word": ("arguable", "可两说"),
    "moved_word": ("moved range", "整排搬迁"),
    "false_word": ("false", "误报"),
    "pending_word": ("not judged yet", "尚未判定"),
    "closed_word": ("closed by itself", "已自行关闭"),
    "and_more": ("and {count} more", "等，另有 {count} 处"),
    "after": ("{delay} after", "滞后 {delay}"),
    "board_words": (
        "{shelf}: {true} books stand here, the hub believes {believed}; {apart} differ",
        "{shelf}：实有 {true} 册，中枢认为有 {believed} 册；{apart} 册不一致",
    ),
    "bay_words": ("{bay}: {findings} findings, {state}", "{bay}：{findings} 项待办，{state}"),
    "differ_one": ("{count} differ", "{count} 册不一致"),
    "same": ("agree", "一致"),
    "books": ("{count} books", "{count} 册"),
    "hub_apart": ("The hub knows the board, not the place on it: books stand in call-number order, strays at the right end.", "中枢知道在哪层，但不知道在层上的哪里：这里按索书号排列，外来者放在右端。"),
}  # fmt: skip

BUTTONS: Final[Mapping[str, Words]] = {
    "antenna_unplugged": ("Unplug its antennas", "拔掉天线"),
    "cable_loss": ("Bad cables, −12 dB", "线缆劣化 −12 dB"),
    "hub_port_stuck": ("Stuck hub port", "天线集线器卡住"),
    "reader_dead": ("Kill the reader", "读写器断电"),
    "reader_slow": ("Slow reader", "读写器变慢"),
    "corrupt_frames": ("Corrupt frames", "数据帧损坏"),
    "link_cut": ("Cut the link", "切断链路"),
    "link_lossy": ("Lose 30 % of packets", "丢包 30 %"),
    "duplicates": ("Reports come twice", "报告重复"),
    "reordering": ("Reports out of order", "报告乱序"),
    "clock_wrong": ("Clock 3 hours wrong", "时钟错 3 小时"),
    "disk_full": ("Disk full", "磁盘已满"),
    "agent_killed": ("Kill the agent", "杀掉代理程序"),
    "broker_killed": ("Kill the broker", "杀掉消息中间件"),
    "hub_killed": ("Kill the hub", "杀掉中枢"),
    "carry_away": ("Carry one off to another range", "拿到别的书架排"),
    "bring_here": ("Put a wrong one here", "在这里错放一册"),
    "take": ("Take one without a loan", "不借而拿走"),
    "borrow": ("Borrow one", "借走一册"),
    "lay_on_top": ("Lay one on top", "平放在书上"),
    "stranger": ("Leave a stranger", "留下陌生标签"),
}

DID: Final[Mapping[str, Words]] = {
    "antenna_unplugged": ("Unplugged {what}.", "已拔掉 {what}。"),
    "cable_loss": ("The cables of {what} lose 12 dB.", "{what} 的线缆损耗 12 dB。"),
    "hub_port_stuck": (
        "The antenna hub of {what} is stuck: all its ports hear what {what} hears.",
        "{what} 所在的集线器卡住了：它的所有端口都只听到 {what} 听到的。",
    ),
    "reader_dead": ("{what} has no power.", "{what} 断电了。"),
    "reader_slow": ("{what} reads five times slower.", "{what} 的读取慢了五倍。"),
    "corrupt_frames": ("Three in ten frames of {what} arrive damaged.", "{what} 的数据帧有三成损坏。"),
    "link_cut": ("Agent {what} cannot reach the broker.", "代理 {what} 无法到达消息中间件。"),
    "link_lossy": (
        "Agent {what} has to send three in ten packets again.",
        "代理 {what} 的数据包有三成要重发。",
    ),
    "duplicates": (
        "Half of the reports of agent {what} arrive twice.",
        "代理 {what} 的报告有一半会到达两次。",
    ),
    "reordering": (
        "Half of the reports of agent {what} are overtaken by later ones.",
        "代理 {what} 的报告有一半被后来的超过。",
    ),
    "clock_wrong": ("The clock of agent {what} jumped three hours ahead.", "代理 {what} 的时钟快了三小时。"),
    "disk_full": ("Agent {what} cannot write to its disk.", "代理 {what} 无法写盘。"),
    "agent_killed": ("Agent {what} is killed.", "代理 {what} 被杀掉。"),
    "broker_killed": ("The broker is killed.", "消息中间件被杀掉。"),
    "hub_killed": ("The hub is killed.", "中枢被杀掉。"),
    "carry_away": ("“{title}” was carried from {from} to {to}.", "《{title}》被从 {from} 拿到 {to}。"),
    "bring_here": ("“{title}” of {from} was put down on {to}.", "{from} 的《{title}》被放到 {to}。"),
    "take": ("“{title}” left {from} without a loan.", "《{title}》未办借阅就离开了 {from}。"),
    "borrow": ("“{title}” of {from} was lent at the desk.", "{from} 的《{title}》在服务台借出。"),
    "lay_on_top": ("“{title}” lies on top of the row on {to}.", "《{title}》平放在 {to} 的书上。"),
    "stranger": ("A tag that no catalogue knows was left on {to}.", "一个目录里没有的标签被留在 {to}。"),
    "cross_read": (
        "The next shelf's tags are now heard in {amount} % of dwells.",
        "相邻层板的标签现在有 {amount} % 的驻留会被读到。",
    ),
}
"""What a press did."""

SEE: Final[Mapping[str, Words]] = {
    "antenna_unplugged": (
        "These shelves turn silent, then stale. Not one of their books may become missing.",
        "这些层板先沉默，再变为“未查看”。一册书都不应被报丢失。",
    ),
    "cable_loss": (
        "Quiet tags vanish first; the reference tags tell the hub not to trust this silence.",
        "弱标签先消失；参考标签告诉中枢：这种沉默不可信。",
    ),
    "hub_port_stuck": (
        "The other boards' reference tags are gone, so the hub calls these antennas silent instead of moving all the books.",
        "其他层板的参考标签不见了，中枢会报天线沉默，而不是把所有书都“搬走”。",
    ),
    "reader_dead": (
        "All bays of this reader turn stale on the plan; no book is missing. The time-out beside it calls hundreds gone.",
        "该读写器的所有书架在平面图上变为“未查看”，没有书丢失；而超时法会报几百册不见。",
    ),
    "reader_slow": (
        "Weak tags run out of time in a dwell; the hub gets unsure before it gets wrong.",
        "弱标签在驻留时间内轮不到；中枢先变得不确定，而不是出错。",
    ),
    "corrupt_frames": (
        "Damaged dwells are marked doubtful: what they heard counts, their silence does not.",
        "损坏的驻留被标为可疑：听到的算数，沉默不算。",
    ),
    "link_cut": (
        "What the hub believes does not change until the link is back; then the backlog is applied as of its own time.",
        "链路恢复前，中枢的判断不会变化；恢复后积压的报告按各自的时间补上。",
    ),
    "link_lossy": ("Belief comes later, and stays right.", "判断来得晚些，但依然正确。"),
    "duplicates": (
        "Nothing: each number of an outbox is taken once.",
        "什么也不会变：每个编号只接收一次。",
    ),
    "reordering": (
        "Nothing but a little delay: reports are put back in order.",
        "只会稍有延迟：报告会重新排好顺序。",
    ),
    "clock_wrong": (
        "Its dwells are corrected by the agent's boot; beside its neighbours it may be a little late.",
        "驻留时间会按代理的启动校正；与邻居相比可能略迟。",
    ),
    "disk_full": (
        "After its memory is full it says what it lost, and the hub books that time as not looked at.",
        "内存满后它会说明丢了什么，中枢把那段时间记为未查看。",
    ),
    "agent_killed": (
        "Its readers stand still. Their shelves turn stale within minutes; no book is missing.",
        "它的读写器停住了。几分钟内层板变为“未查看”，没有书丢失。",
    ),
    "broker_killed": (
        "Agents keep their reports on disk. When it is back, nothing is missing from the record.",
        "代理把报告存在磁盘上。恢复后记录不缺任何一段。",
    ),
    "hub_killed": (
        "Belief stands still. Back again, it takes all that waited.",
        "判断停住了。恢复后会补上所有等待的报告。",
    ),
    "carry_away": (
        "It fades here and appears there within a round or two of the antennas; after three looks it is a misplaced book.",
        "它在这里变淡，一两轮后出现在那里；看到三次即报错架。",
    ),
    "bring_here": (
        "It appears at the right end of that board, first faint, then sure, then orange.",
        "它会出现在该层板右端：先淡，再确定，然后变橙。",
    ),
    "take": (
        (
            "As a rule it turns away within minutes, which is nobody's task, and missing after an hour of proven silence. A book that was "
            "shaded, or that neighbours' antennas heard by chance, may stay in doubt: of such a book, silence proves little."
        ),
        (
            "通常几分钟内显示“不在架”（这不是任何人的任务），经过一小时可证实的沉默后报丢失。"
            "若它原先被遮挡，或曾被邻近天线偶然读到，则可能一直存疑：对这样的书，沉默证明不了什么。"
        ),
    ),
    "borrow": (
        "The catalogue knows: it disappears on both sides, and nothing is said.",
        "目录知道：两边都消失，不会有任何提示。",
    ),
    "lay_on_top": (
        "It is heard a little worse, and must not become a finding.",
        "读取会稍差，但不应成为待办。",
    ),
    "stranger": (
        "For a quarter of an hour it is only counted, since bags and coats carry tags too; then it is a finding.",
        "一刻钟内只计数，因为包和外套也带标签；之后才成为待办。",
    ),
    "cross_read": (
        "Antennas hear through the boards. Watch the loudest antenna lose its way before the hub does.",
        "天线会透过层板听到隔壁。看看“信号最强”比中枢先迷路。",
    ),
}
"""What should now be seen."""

REFUSED: Final[Mapping[str, Words]] = {
    "no_antenna": ("No antenna hangs at this bay.", "本节书架没有天线。"),
    "holds_already": ("That is so already.", "已经是这样了。"),
    "no_book": ("No book of this bay can do that now.", "本节书架现在没有书可以这样做。"),
    "not_this_book": ("That cannot happen to this book now.", "这册书现在不能这样做。"),
    "over_already": ("That was taken back already.", "已经撤销过了。"),
    "moved_on": ("Somebody has moved the book since.", "这册书后来又被人动过了。"),
    "unknown_bay": ("There is no such bay.", "没有这节书架。"),
    "unknown_book": ("There is no such book.", "没有这册书。"),
}

TOLD: Final[Mapping[str, Words]] = {
    "misplace": (
        "“{title}” is put down on {to}; it belongs to {home}",
        "《{title}》被放到 {to}，应在 {home}",
    ),
    "put_elsewhere": (
        "A reader puts “{title}” back on {to}; it belongs to {home}",
        "读者把《{title}》放回 {to}，应在 {home}",
    ),
    "reshelve_wrong": (
        "Staff put “{title}” on {to}; it belongs to {home}",
        "馆员把《{title}》上到 {to}，应在 {home}",
    ),
    "put_next_shelf": ("“{title}” is put back one board off, on {to}", "《{title}》放回时偏了一层，在 {to}"),
    "put_on_top": ("“{title}” is laid on top of the row on {to}", "《{title}》被平放在 {to} 的书上"),
    "take": ("“{title}” leaves {from} without a loan", "《{title}》未借阅离开 {from}"),
    "bring_back": ("“{title}” stands on {to} again", "《{title}》重新回到 {to}"),
    "borrow": ("“{title}” is lent", "《{title}》借出"),
    "return": ("“{title}” is returned to {to}", "《{title}》归还到 {to}"),
    "unchecked": ("“{title}” is put back on {to} without the desk", "《{title}》未经服务台放回 {to}"),
    "fix": ("“{title}” is put right, on {to}", "《{title}》被放回正确位置 {to}"),
    "stranger": ("A tag of no catalogue is left on {to}", "一个未知标签被留在 {to}"),
    "stranger_gone": ("The unknown tag of {from} is gone", "{from} 的未知标签不见了"),
    "withdraw": ("“{title}” is withdrawn", "《{title}》被剔除"),
    "mass_move": ("“{title}” is moved to {to}", "《{title}》被搬到 {to}"),
    "browse": ("“{title}” is taken from {from} to look at", "《{title}》从 {from} 被取下翻看"),
    "put_back": ("“{title}” is put back on {to}", "《{title}》被放回 {to}"),
    "to_table": ("“{title}” is taken from {from} to a table", "《{title}》从 {from} 被拿到桌上"),
    "carry_to_desk": ("“{title}” is carried to the desk", "《{title}》被拿到服务台"),
    "to_desk": ("“{title}” is returned at the desk", "《{title}》在服务台归还"),
    "to_truck": ("“{title}” is on a truck", "《{title}》在书车上"),
    "reshelve": ("Staff put “{title}” back on {to}", "馆员把《{title}》上架到 {to}"),
    "booked": ("The desk books “{title}”", "服务台登记《{title}》"),
    "new_item": ("“{title}” comes from processing", "《{title}》加工完成"),
}
"""Deeds, as the ticker and a book's panel tell them."""

PLACES: Final[Mapping[int, Words]] = {
    -1: ("out of the building", "馆外"),
    -2: ("in somebody's hand", "某人手中"),
    -3: ("at a table", "桌上"),
    -4: ("on a book truck", "书车上"),
    -5: ("at the desk", "服务台"),
}

BOOK: Final[Mapping[str, Words]] = {
    "where": ("It is", "位置"),
    "lying": ("lying on top", "平放"),
    "since": ("Since", "自"),
    "start": ("since the beginning", "从一开始"),
    "by": ("By", "缘由"),
    "belongs": ("Belongs to", "应在"),
    "catalogue": ("Catalogue", "目录"),
    "tag": ("Tag", "标签"),
    "air": ("In the air", "电波"),
    "wakes": ("its antenna wakes it now", "现在能被本层天线唤醒"),
    "sleeps": (
        "shaded: its own antenna cannot wake it as it stands now",
        "被遮挡：照现在的摆法，本层天线唤不醒它",
    ),
    "no_air": ("no antenna near", "附近没有天线"),
    "tag_0": ("beside the spine", "靠书脊"),
    "tag_1": ("at the fore-edge", "靠切口"),
    "tag_2": ("near metal", "靠近金属"),
    "tag_3": ("weak", "较弱"),
    "tag_4": ("dead", "已坏"),
    "candidates": ("Could be", "可能在"),
    "away": ("on no shelf", "不在任何层板"),
    "heard": ("Last heard", "最后读到"),
    "never": ("never", "从未"),
    "by_antenna": ("by {antenna}", "由 {antenna}"),
    "witnesses": ("Witnesses", "证据"),
    "witness": ("{antenna}: {heard} of {dwells} looks", "{antenna}：{dwells} 次查看读到 {heard} 次"),
    "witness_loud": (
        "{antenna}: {heard} of {dwells} looks, {dbm} dBm",
        "{antenna}：{dwells} 次查看读到 {heard} 次，{dbm} dBm",
    ),
    "witness_silent": (
        "{antenna}: not heard in the last {dwells} looks",
        "{antenna}：最近 {dwells} 次查看都没有读到",
    ),
    "witness_fallen_silent": (
        "{antenna}: not heard in the last {dwells} looks; before that {dbm} dBm",
        "{antenna}：最近 {dwells} 次查看都没有读到；此前为 {dbm} dBm",
    ),
    "finding": ("Finding", "待办"),
    "no_finding": ("none", "无"),
    "right": ("The hub is right about it.", "中枢对它的判断正确。"),
    "wrong": ("The hub is not right about it, now.", "中枢此刻对它的判断不对。"),
    "stranger_title": ("A tag that no catalogue knows", "目录中没有的标签"),
    "stranger_belief": (
        "The hub keeps no unknown tag by name: it is hashed, counted, and a finding when it stays.",
        "中枢不保存未知标签的身份：只做哈希计数，停留久了才成为待办。",
    ),
    "hashed": ("Unknown tag", "未知标签"),
}

TABLES: Final[Mapping[str, Mapping[str, Words]]] = {
    "page": PAGE, "button": BUTTONS, "did": DID, "see": SEE, "refused": REFUSED, "told": TOLD, "book": BOOK,
}  # fmt: skip


def at(language: str) -> int:
    """Which of the two."""
    return 1 if language.lower().startswith("zh") else 0


def say(language: str, table: str, key: str, **names: Any) -> str:
    """The words, with ``{names}`` filled in."""
    text = TABLES[table][key][at(language)]
    return text.format(**names) if names else text


def place(language: str, code: int) -> str:
    """A place that is no shelf."""
    return PLACES[code][at(language)]


def delay(language: str, seconds: float) -> str:
    """``40 s``, ``12 min``, ``3 h 5 min``."""
    whole = max(0, int(seconds))
    units = (("s", " 秒"), ("min", " 分钟"), ("h", " 小时"))
    second, minute, hour = (f" {pair[0]}" if at(language) == 0 else pair[1] for pair in units)
    if whole < 120:  # noqa: PLR2004 (two minutes)
        return f"{whole}{second}"
    if whole < 7200:  # noqa: PLR2004 (two hours)
        return f"{whole // 60}{minute}"
    return f"{whole // 3600}{hour} {whole % 3600 // 60}{minute}"
