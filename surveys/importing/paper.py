"""PURE: instructions for the pen, which mean nothing on a telephone: 请在□内打√, 请将序号填入括号."""

import re

_SPOT = (
    "(?:□|■|○|◯|方框|方格|圆圈|框|格子|格|小括号|括号|括弧|[（(]\\s*[)）]|横线|空格|空白处|答题卡|答题栏|选项|序号|"
    "字母|数字|代码|代号|答案|答复|题号|一项|项目|位置|地方)"
)
_WHERE = f"(?:在|于)[^，。；！？：]{{0,16}}?{_SPOT}(?:的)?(?:内|里面|里|中|上|前面|前|后面|后|处|下)?"
_MARK = "(?:[“\"'‘「『(（]\\s*)?(?:√|✓|✔|☑|∨|V|v|勾|钩|对勾|对号|×|○|圈|圆圈)(?:\\s*[”\"'’」』)）])?"
_PEN = f"(?:打上?|画上?|划上?|标上?|填上?|写上?|作|做)个?\\s*{_MARK}"
_CODE = (
    "(?:相应的?|对应的?|所选的?|您选择的?|选中的?|合适的?)?(?:选项|答案)?的?"
    "(?:序号|字母|数字|代码|代号|题号|答案|内容|选项)"
)
_INTO = f"(?:填|写|填写)(?:入|在|到|进|于)[^，。；！？：]{{0,10}}?{_SPOT}(?:内|里面|里|中|上|前|后|处)?"
_INSTRUCTION = re.compile(
    "(?:(?:填写|答题|作答|填表|问卷)?(?:说明|要求|方法|须知|提示)\\s*[：:])?\\s*"
    "(?:请|请您|请你|敬请|烦请|麻烦您|您可以?|您只需要?|只需要?|并)?(?:直接|逐题|逐项|分别|仔细)?(?:"
    f"{_WHERE}[^，。；！？：]{{0,4}}?{_PEN}"
    f"|{_PEN}(?:选择|作答|回答)?"
    f"|{_WHERE}(?:填写|填入|填上|写上|写出|作答){_CODE}?"
    f"|(?:把|将){_CODE}{_INTO}"
    f"|(?:使?用)(?:黑色|蓝色|蓝黑色|或|、|的|签字|水|钢|圆珠|中性|铅|2B)+笔[^，。；！？：]{{0,8}}"
    f"|(?:把|将)?{_CODE}?(?:圈出来?|圈起来?|涂黑|涂满)(?:{_CODE})?"
    ")(?:即可|就行|就可以了?|为准)?\\s*"
)
_BRACKETED = re.compile(
    "[（(【\\[]([^（()）【】\\[\\]]*|[^（()）【】\\[\\]]*[（(]\\s*[)）][^（()）【】\\[\\]]*)[)）】\\]]"
)
_ADDRESSED = re.compile("请|在|将|把")
"""Outside brackets 打勾 or 用铅笔 may as well be an option."""
_CLAUSE = re.compile("[^，,。；;！!]*[，,。；;！!]?")
_LEADS = re.compile("(?:请|请您|请你|您|可)?(?:根据|按照?|结合|依据|依照|凭)[^，,。；;！!]*[，,]")
"""A clause that only leads up to the instruction after it."""


def without_paper(text: str) -> tuple[str, list[str]]:
    """The words without such instructions, and these; clause by clause, and in brackets anywhere."""
    gone: list[str] = []

    def dropped(found: re.Match[str]) -> str:
        clauses = re.split("[，,；;]", found[1])
        kept = [one for one in clauses if not is_instruction(one.rstrip("。；;！! "))]
        if is_instruction(found[1].rstrip("。；;！! ")):
            kept = []
        if len(kept) == len(clauses):
            return found[0]
        gone.extend([one for one in clauses if one not in kept] if kept else [found[0]])
        return f"{found[0][0]}{'，'.join(kept)}{found[0][-1]}" if kept else ""

    text = _BRACKETED.sub(dropped, text)
    kept: list[str] = []
    for clause in filter(None, _CLAUSE.findall(text)):
        if not (_ADDRESSED.search(clause) and is_instruction(clause.rstrip("，,。；;！! "))):
            kept.append(clause)
            continue
        lead = kept.pop() if kept and _LEADS.fullmatch(kept[-1].strip()) else ""
        gone.append((lead + clause).strip())
        if kept and clause[-1] not in "，,;；":
            kept[-1] = re.sub("[，,；;]$", "。", kept[-1])
    return "".join(kept).strip() if gone else text, gone


def is_instruction(words: str) -> bool:
    """Whether the words say nothing but what to do with the pen."""
    return bool(words.strip()) and _INSTRUCTION.fullmatch(words.strip()) is not None
