"""PURE: what the words of a question give away: coaching, leading, two questions in one, who is answering."""

import re
from collections.abc import Iterator
from typing import Literal

from surveys.questionnaire import Question

Problem = tuple[Literal["block", "warn"], str]

_SIDE = (
    "(?:很|非常|十分|比较|基本)?"
    "(?:满意|知道|知晓|了解|支持|赞成|同意|参加|参与|愿意|很?好|[A-Da-dＡ-Ｄ](?![A-Za-z]))"
)
_COACHING = re.compile(
    "最佳(?:选项|答案)|(?:标准|参考|正确|推荐|建议|统一)答案|(?:推荐|建议|正确)选项(?![之以]外)"
    "|(?:(?:请|务必|一定要?|记住要?|记得要?|统一要?)(?:您|大家)?(?:选择?|回答|填写?|说|讲|答)|(?:应|建议|都)(?:您|大家)?(?:选择?|回答|填写?))"
    f'[“"「『:：]?{_SIDE}(?![”"」』]?[的者时])'
    f'|本题应?选[“"]?{_SIDE}|满分好评|(?:请|给个?|务必|一定|都)打?(?:满分|[五5]星)|全部选?满意|答对(?:[有可者得]|题)|得满分'
)
_KEY = re.compile("答案[:：]|[（(] *[A-Ha-h√✓✔] *[）)](?![区座栋楼级类型款照组班馆门口线])|[√✓✔☑■]")
_REWARD = re.compile(
    "(?:参与|参加|答题|答完|答对|填写|填完|完成|提交|即可|就可|可以|有机会|将|送|领|领取|获得|赢取?|抽取?)[^。？?]{0,8}"
    "(?:抽奖|红包|奖品|奖励|礼品|积分|话费)|有奖(?:问卷|答题|调查)|^有奖|(?:抽奖|红包|礼品|奖品)(?:等|送|领)"
)
_NAME = (
    "(?:真实)?(?:姓名|名字|大名|全名|(?:联系|手机|家庭|固定)?电话(?:号码)?|手机号码?|手机|联系方式|身份证(?:号码?|后.位)?|证件号码?"
    "|(?:家庭|详细|居住|具体|家庭详细)?(?:住址|地址)|门牌号?|房号|楼栋号?|微信(?:号|昵称|名)?|QQ号?|邮箱|银行卡号?|车牌号?|号码)"
)
_IDENTIFYING = re.compile(
    f"(?:您|你|本人|家长|孩子|爱人|老人|户主|家庭|(?:受访|被访|填表|联系)[人者])(?:家里?)?的?{_NAME}(?:(?:是|为|叫|和|、|及|与).*)?[：:？?。_＿（(\\s]*$"
    f"|^{_NAME}(?:(?:和|、|及|与|/){_NAME})*[：:？?。_＿（(）)\\s]*$"
    f"|(?:留下?|填写?|写下?|写上|提供|告知|登记|注明)(?:一下)?(?:您|你)?的?{_NAME}|{_NAME}[：:_＿]"
    "|贵姓|尊姓|(?:怎么|如何)称呼[您你]|几(?:栋|号楼|单元)|哪(?:一)?(?:栋|单元)"
)
"""What is asked of the person, not of the world: 您的手机号, 请留下电话; not 您每天看手机几小时."""
_TELLING = re.compile(
    "(?:您|你|孩子)的?(?:工作)?(?:单位|职务|班级|学校)(?:名称|[和、].{1,6})?(?:是|叫|在)?.{0,4}$|工作单位|出生(?:年月日|日期)|生日"
)
"""With the rest of the answers these tell who it is, in a county."""
_WARNED_AGAINST = re.compile("(?:不要|请勿|不用|不必|无需)[^。；！]*")
"""A sentence like "please give no names" names what it forbids."""
_MANY = "(?:大家|人人|(?:大多数|绝大多数|多数|很多|许多|广大)?(?:群众|居民|市民|人))"
_PRAISE = "(?:贴心|暖心|优质|热情|周到|高效|精心|辛勤|无私|细致|出色|优秀|卓越|一流|良好|优美|美丽)"
_PRAISED = "(?:服务|工作|管理|付出|努力|保障|环境|秩序|社区|家园|城市|县城)"
_LEADING = re.compile(
    f"难道|众所周知|想必您|相信您|不得不说|毫无疑问|是不是也|是否也(?:认为|觉得)|您(?:是不是|也|不)(?:觉得|认为|感到)|变.{{0,3}}了吧|好吧[？?]?$|"
    f"{_MANY}(?:普遍|一致|都)(?:认为|觉得|知道|支持|满意|赞成|认可|说)(?!的)|"
    "取得了?(?:了)?(?:显著|巨大|明显|丰硕|可喜)|成效(?:显著|明显)|日新月异|领导下(?![访乡来沉基去社])|高度重视(?:下|[，,])|"
    "(?:我|本)[县市区镇][^，。？?]{0,8}(?:获评|荣获|荣膺|被评为|蝉联)|(?:日益|不断|持续|明显|大大|显著)(?:改善|提升|提高|优化|变好|进步)的|"
    "(?:对|满意)[^，。？?]{0,8}(?:优美|优质|良好|贴心|周到|优秀|美丽)的(?:环境|秩序|服务|社区|家园|城市|设施|生活)?|"
    f"(?:我们|[我本][县市区镇乡街局办])(?:的|这)?{_PRAISE}的?{_PRAISED}|对[^，。？?]{{0,8}}{_PRAISE}{_PRAISED}(?:是否|都|还|感到|觉得)*(?:满意|认可)|"
    "作为(?:一名|一个)?(?:文明|合格|优秀)的?(?:市民|居民|公民)|您(?:当然|肯定|一定)(?:支持|满意|知道|会)"
)
_QUOTED = re.compile("“[^”]*”|《[^》]*》|[（(][^（()）]*[)）]")
"""A slogan or a title is one thing, whatever it names."""
_AND = "(?:和(?![睦谐平气解美])|与|及|以及|、)"
_JUDGED = "(?:是否|都|还|感到|觉得)*(?:满意|支持|赞成|了解|知道|清楚)"
_TWO_THINGS = re.compile(
    f"对(?:[^，。？?]{{1,8}}的)?[^，。？?的{{}}]{{2,12}}{_AND}[^，。？?的等]{{2,12}}{_JUDGED}"
    f"|满意(?:[^，。？?]{{1,8}}的)?[^，。？?的]{{2,8}}{_AND}[^，。？?的等]{{2,8}}吗"
)
_FOUND = (
    "(?:干净|整洁|卫生|整齐|良好|有序|畅通|通畅|平整|明亮|优美|美丽|安全|安静|舒适|方便|便利|便捷|及时|合理|规范|热情|周到|完善|完好"
    "|齐全|充足|到位|和谐|和睦|友善|文明|公平|公正|丰富|满意)"
)
_BOTH = f"{_FOUND}(?:{_AND}|而?且|并且)(?![您你])[\u4e00-\u9fff]{{2,5}}{_FOUND}"
_TWO_FINDINGS = re.compile(
    f"{_BOTH}[吗么][？?。]*$|是否[^，。？?]{{0,12}}{_BOTH}[？?。]*$|[^，。？?、]{{1,6}}吗[、，,；;][^。？?]*吗"
    "|(?P<one>[好亮平净快稳齐全够])不(?P=one)[^。？?]*[、，,；;][^。？?]*(?P<two>[好亮平净快稳齐全够])不(?P=two)"
)
"""A place is found to be this, and that to be such: 社区干净整洁、秩序良好吗."""
_VERBS = "(?:知道|了解|听说|支持|赞成|参加|参与|满意)"
_TWO_VERBS = re.compile(
    f"{_VERBS}[过了]?(?:和|并且?|以及|及){_VERBS}|又[^，。？?又]{{1,3}}又[^，。？?]{{1,3}}|是否[^。？?]*[、，,；;][^。？?]*是否"
)
_JUMP = re.compile(
    "(?:跳(?:至|到|转到?|问|答)?|转(?:至|到)|直接(?:回答|答|填)) *第? *(?:Q|问题)? *(\\d{1,3}) *题?"
)


def about(question: Question, last: int) -> Iterator[Problem]:
    """What is wrong with the words of a question; `last` is the number of the last one."""
    labels = [option.label for option in question.options]
    for text in (question.title, *labels, *(row.label for row in question.rows)):
        yield from anywhere(text)
        if (key := _KEY.search(text)) is not None:
            yield "block", f"“{key[0]}”像是标出了答案，请删去；测评题不能有答案提示。"
        if (jump := _JUMP.search(text)) is not None:
            nowhere = "，而且没有这一题" if not 1 <= int(jump[1]) <= last else ""
            yield "warn", f"“{jump[0]}”不会起作用{nowhere}；请删去，给要跳过的题写出现条件。"
    if (leading := _LEADING.search(question.title)) is not None:
        yield "warn", f"“{leading[0]}”在引导人怎么答，请改成不带倾向的问法。"
    yield from _two_in_one(question.title)
    open_ended = [question.title] if question.type in ("text", "number", "date") else []
    open_ended += [option.label for option in question.options if option.other]
    asked = [_WARNED_AGAINST.sub("", text) for text in open_ended]
    if any(map(_IDENTIFYING.search, asked)):
        yield "block", "这道题会问出是谁在答，请删去；调查是匿名的。"
    elif any(map(_TELLING.search, asked)):
        yield "warn", "和别的回答放在一起，容易认出是谁在答；请改成几个大类让人选，或者删去。"


def anywhere(text: str) -> Iterator[Problem]:
    """What no text of a questionnaire may say, the consent included."""
    if (found := _COACHING.search(text)) is not None:
        yield "block", f"“{found[0]}”像是在教人怎么答，请删去；测评题不能有答案提示。"
    if (found := _REWARD.search(text)) is not None:
        yield "warn", f"出现了“{found[0]}”：奖励不能和怎么答挂钩，有奖的内容请另做知识问答。"


def _two_in_one(title: str) -> Iterator[Problem]:
    title = _QUOTED.sub("某事", title)
    if len(re.findall("[？?]", title)) > 1:
        yield "warn", "一道题里问了两件事，请拆成两道。"
    elif (
        found := _TWO_THINGS.search(title) or _TWO_VERBS.search(title) or _TWO_FINDINGS.search(title)
    ) is not None:
        yield "warn", f"“{found[0]}”问了两件事，看法不同的人不好答；请拆成两道，或只问一件。"
