"""What is asked where answers are counted: twenty questions with five options each."""

QUESTIONS = 20
OPTION_LABELS = ("很满意", "满意", "一般", "不满意", "说不清")
CODES = {
    f"q{at}": frozenset(str(code) for code in range(1, len(OPTION_LABELS) + 1))
    for at in range(1, QUESTIONS + 1)
}
"""The codes that each question takes, in the order of the questions."""


def title(question: str) -> str:
    """What a question asks."""
    return f"第 {question[1:]} 件事"


def questionnaire_text() -> str:
    """The questionnaire as TOML."""
    options = ", ".join(f'{{code = "{at}", label = "{words}"}}' for at, words in enumerate(OPTION_LABELS, 1))
    asked = "".join(
        f'[[question]]\nid = "{question}"\ntype = "single"\ntitle = "{title(question)}"\n'
        f"options = [{options}]\n"
        for question in CODES
    )
    return f'id = "bench"\ntitle = "满意度"\nconsent = "自愿参加，不记姓名。"\n{asked}'
