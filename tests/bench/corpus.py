"""A body of invented regulations of a county's size, and the questions that residents ask about it."""

import random
from itertools import islice, product

from content.rules import parsing
from content.rules.document import Parsed
from content.rules.numerals import to_chinese
from content.rules.passages import passages_of

PASSAGES = 2_500
ARTICLES = 48

FIELDS = (
    *("养犬", "市容", "道路交通", "公共场所", "生态环境", "社区治理", "文明旅游", "乡风", "消防安全", "网络"),
    *("公园", "河道", "轨道交通", "集贸市场", "物业", "停车", "户外广告", "餐饮", "校园周边", "医疗秩序"),
)
PLACES = (
    *("公园", "广场", "河道边", "小区楼道", "地铁站", "公交车上", "图书馆", "医院", "学校门口", "菜市场"),
    *("景区", "电影院", "体育场", "停车场", "绿地", "人行道", "自行车道", "电梯里", "屋顶", "候车厅"),
    *("商场", "祠堂", "村口", "文化礼堂", "健身步道", "桥面", "隧道", "码头", "工地", "夜市"),
)
ACTS = (
    *("遛狗不牵绳", "不清理犬只粪便", "吸烟", "乱扔烟头", "随地吐痰", "乱停车辆", "占用盲道", "乱鸣喇叭"),
    *("播放音响扰民", "燃放烟花爆竹", "焚烧纸钱", "张贴小广告", "践踏草坪", "攀折花木", "投喂流浪猫"),
    *("饲养家禽", "堆放杂物", "私拉电线", "给电动车充电", "晾晒衣物", "违规搭建", "倾倒污水", "钓鱼"),
    *("插队", "大声喧哗", "霸占座位", "赤膊", "逆行", "闯红灯", "不戴头盔", "开车看手机", "随意变道"),
    *("擅自摆摊", "露天烧烤", "乱涂乱画", "损坏公共设施", "乱放共享单车", "抛洒滴漏", "遗弃宠物"),
)
DUTIES = (
    "应当听从现场工作人员的劝导并当场改正",
    "管理单位应当设置醒目的提示并安排专人劝阻",
    "相关部门应当公布举报方式，在七日内答复举报人",
    "村民委员会、居民委员会可以把它写进村规民约或者居民公约",
    "造成他人损失的，依法承担赔偿责任",
    "由主管部门责令改正，给予警告",
    "由主管部门责令改正，拒不改正的，处五十元以上二百元以下罚款",
    "由城市管理部门责令改正，可以处一百元以上五百元以下罚款",
    "第一次违反且及时改正的，可以免予处罚",
    "可以通过参加志愿服务的方式减轻处罚",
)
ASKING = (
    "{place}{act}罚多少钱",
    "在{place}{act}怎么处罚",
    "{act}归谁管",
    "请问{place}可以{act}吗",
    "有人在{place}{act}，有规定吗",
)


def regulations(passages: int = PASSAGES, seed: int = 1) -> list[Parsed]:
    """Regulations of an invented city with at least `passages` places to be searched."""
    rng = random.Random(seed)
    written: list[Parsed] = []
    found = 0
    while found < passages:
        written.append(parsing.parse(_text(len(written), rng)))
        found += passages_in(written[-1])
    return written


def passages_in(regulation: Parsed) -> int:
    """How many places of a regulation are searched."""
    return sum(1 for article in regulation.document.articles for _ in passages_of(article))


def questions(count: int, seed: int = 2) -> list[str]:
    """Different questions about the regulations, in no order."""
    rng = random.Random(seed)
    every = [form.format(place=place, act=act) for form, place, act in product(ASKING, PLACES, ACTS)]
    rng.shuffle(every)
    return list(islice(dict.fromkeys(every), count))


def _text(number: int, rng: random.Random) -> str:
    field = FIELDS[number % len(FIELDS)]
    edition = "" if number < len(FIELDS) else to_chinese(number // len(FIELDS) + 1)
    articles = "\n\n".join(_article(at, field, rng) for at in range(1, ARTICLES + 1))
    return f"云溪市{field}文明行为规定{edition}\n\n2024年3月1日施行\n\n{articles}\n"


def _article(number: int, field: str, rng: random.Random) -> str:
    label = f"第{to_chinese(number)}条"
    if number % 2:
        place, act = rng.choice(PLACES), rng.choice(ACTS)
        return f"{label} 在{place}{act}，影响{field}秩序的，{rng.choice(DUTIES)}；{rng.choice(DUTIES)}。"
    items = "\n".join(
        f"（{to_chinese(at)}）在{rng.choice(PLACES)}{rng.choice(ACTS)}，{rng.choice(DUTIES)}；"
        for at in range(1, rng.randint(3, 6))
    )
    return f"{label} 任何单位和个人应当维护{field}方面的公共利益，不得有下列行为：\n{items}"
