"""The account's texts as the fields of a form, and back: numbered rows, blank ones left out."""

import re
from collections.abc import Iterator

from bot.web.visit import Form
from content.autoreply import MOST_KEYWORDS, AccountTexts, Keyword
from content.menu import MOST_BUTTONS, MOST_SUBS, SURVEY_KEY, Button, Menu

LONGEST = 4000
BLANK_KEYWORDS = 2
ROWS = MOST_KEYWORDS + 50
NO_BUTTON = Button("")
_LINK = re.compile(r"<a\s[^>]*>(.*?)</a>", re.DOTALL)

BUTTON_ACTIONS = {"reply": "回复一段话", "view": "打开网页", "survey": "打开正在进行的问卷"}


def read(form: Form, new_keys: str) -> AccountTexts:
    """The texts that the form holds. New buttons get keys that begin with `new_keys`."""
    return AccountTexts(
        greeting=form.text("greeting", LONGEST),
        default=form.text("default", LONGEST),
        keywords=tuple(_keywords(form)),
        menu=_menu(form, new_keys),
    )


def keyword_rows(texts: AccountTexts) -> tuple[Keyword, ...]:
    """The rules for the page, with a few blank rows to write in."""
    return texts.keywords + (Keyword((), "contains", ""),) * BLANK_KEYWORDS


def button_rows(texts: AccountTexts) -> list[tuple[Button, list[Button]]]:
    """Every place of the menu, in order: the button there and those below it, NO_BUTTON where it is free."""
    tops = _filled(texts.menu.buttons, MOST_BUTTONS)
    return [(top, _filled(top.subs, MOST_SUBS)) for top in tops]


def action_of(button: Button) -> str:
    """The key of BUTTON_ACTIONS that a button has."""
    if button.kind == "view":
        return "view"
    return "survey" if button.key == SURVEY_KEY else "reply"


def as_shown(text: str) -> str:
    """A reply as residents see it: of a link only its words."""
    return _LINK.sub(r"\1", text)


def _filled(buttons: tuple[Button, ...], places: int) -> list[Button]:
    return [*buttons, *[NO_BUTTON] * (places - len(buttons))]


def _keywords(form: Form) -> Iterator[Keyword]:
    for row in range(ROWS):
        written = form.text(f"kw-{row}-words", LONGEST)
        reply = form.text(f"kw-{row}-reply", LONGEST)
        words = tuple(word.strip() for word in written.splitlines() if word.strip())
        if (words or reply) and not form.text(f"kw-{row}-remove"):
            exact = form.text(f"kw-{row}-match") == "exact"
            yield Keyword(words, "exact" if exact else "contains", reply)


def _menu(form: Form, new_keys: str) -> Menu:
    buttons: list[Button] = []
    for place in range(MOST_BUTTONS):
        if form.text(f"menu-{place}-remove"):
            continue
        subs = tuple(
            button
            for below in range(MOST_SUBS)
            if (button := _button(form, f"menu-{place}-{below}", f"{new_keys}-{place}-{below}"))
        )
        name = form.text(f"menu-{place}-name", LONGEST)
        if subs:
            buttons.append(Button(name, subs=subs))
        elif button := _button(form, f"menu-{place}", f"{new_keys}-{place}"):
            buttons.append(button)
    return Menu(tuple(buttons))


def _button(form: Form, field: str, new_key: str) -> Button | None:
    name, value = form.text(f"{field}-name", LONGEST), form.text(f"{field}-value", LONGEST)
    if form.text(f"{field}-remove") or not (name or value):
        return None
    match form.text(f"{field}-action"):
        case "view":
            return Button(name, kind="view", url=value)
        case "survey":
            return Button(name, key=SURVEY_KEY)
    key = form.text(f"{field}-key", LONGEST)
    return Button(name, key=new_key if key in ("", SURVEY_KEY) else key, reply=value)
