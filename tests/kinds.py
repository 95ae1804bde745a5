"""One questionnaire with every kind of question, and one person's answers for each door."""

KINDS = """
id = "kinds"
title = "各种题"
consent = "答案没有对错，只做合计。"

[[question]]
id = "aware"
type = "single"
title = "您知道本县正在创建文明县城吗？"
options = [
  {code = "1", label = "知道"},
  {code = "2", label = "不知道"},
  {code = "9", label = "说不清", polarity = "dont_know"},
]

[[question]]
id = "source"
type = "multiple"
title = "您从哪里知道的？"
show_if = "aware = 1"
max = 3
shuffle = true
options = [
  {code = "a", label = "社区"},
  {code = "b", label = "宣传栏"},
  {code = "c", label = "手机"},
  {code = "d", label = "电视"},
  {code = "e", label = "其他", other = true},
  {code = "z", label = "记不清", exclusive = true},
]

[[question]]
id = "grid"
type = "matrix"
title = "您对下面几项满意吗？"
required = false
options = [{code = "1", label = "满意"}, {code = "2", label = "一般"}, {code = "3", label = "不满意"}]
rows = [{code = "light", label = "路灯"}, {code = "park", label = "公园"}, {code = "bus", label = "公交"}]

[[question]]
id = "rank"
type = "ranking"
title = "最要紧的是哪两件？"
max = 2
options = [{code = "x", label = "环境"}, {code = "y", label = "交通"}, {code = "w", label = "养犬"}]

[[question]]
id = "age"
type = "number"
title = "您的年龄是？"
min = 0
max = 120
unit = "岁"

[[question]]
id = "since"
type = "date"
title = "您哪天搬来本县的？"
required = false

[[question]]
id = "place"
type = "community"
title = "您住在哪里？"

[[question]]
id = "score"
type = "scale"
title = "您给{place}打几分？"
max = 10
options = [{code = "99", label = "说不清", polarity = "dont_know"}]

[[question]]
id = "why"
type = "text"
title = "为什么打 {score} 分？"
show_if = "score <= 6 and not age < 18"

[[question]]
id = "more"
type = "text"
title = "还有什么要说的？"
required = false
"""
FRAME = (("城关镇", ("东街社区", "西街社区")), ("河口乡", ("上河村", "下河村")))

RECORDED = (
    '{"aware": "1", "source": ["b", "e"], "source.other": "孩子的学校", "grid.light": "1", "grid.park": "3", '
    '"grid.bus": null, "rank": ["w", "x"], "age": "46", "since": "2019-05-01", "place.township": "河口乡", '
    '"place": "上河村", "score": "6", "why": "路太窄", "more": null}'
)
"""The canonical JSON of these answers, alike through every door."""

SAID = (
    "知道", "其他、宣传栏", "孩子的学校", "满意", "3", "跳过", "养犬、环境", "四十六岁", "2019年5月1号",
    "河口乡", "1", "6分", "路太窄", "不想回答",
)  # fmt: skip

CLICKED: tuple[tuple[str, dict[str, list[str]]], ...] = (
    ("aware", {"answer": ["1"]}),
    ("source", {"answer": ["e", "b"], "answer.source.other": ["孩子的学校"]}),
    ("grid.light", {"answer": ["1"], "answer.grid.park": ["3"]}),
    ("rank", {"answer": ["", "2:x", "1:w"]}),
    ("age", {"answer": ["４６"]}),
    ("since", {"answer": ["2019-05-01"]}),
    ("place.township", {"answer": ["河口乡"]}),
    ("place", {"answer": ["上河村"]}),
    ("score", {"answer": ["6"]}),
    ("why", {"answer": ["路太窄"]}),
    ("more", {}),
)
"""(the first thing a page asks, its fields as a browser sends them)."""
