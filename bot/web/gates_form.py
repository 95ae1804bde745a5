"""The office's words for the gates as the fields of a form, and back: a phrase a line, no blank rows."""

from bot.web.visit import Form
from content.rules.gates import Gate
from content.rules.office_gates import MOST_GATES, OfficeGates, OwnGate

LONGEST_FIELD = 5_000
BLANK_ROWS = 1
NEW_GATE = OwnGate("", "handed_over", (), "")


def read(form: Form, shipped: tuple[Gate, ...]) -> OfficeGates:
    """What the form holds."""
    more = {gate.name: _lines(form.text(f"more-{gate.name}", LONGEST_FIELD)) for gate in shipped}
    return OfficeGates(
        {name: phrases for name, phrases in more.items() if phrases},
        tuple(gate for row in range(MOST_GATES + BLANK_ROWS) if (gate := _own(form, row)) is not None),
    )


def rows(added: OfficeGates) -> tuple[OwnGate, ...]:
    """The office's gates and a blank one to write in."""
    return added.own + (NEW_GATE,) * BLANK_ROWS


def tried(form: Form) -> tuple[str, ...]:
    """The messages to try, one a line."""
    return _lines(form.text("try", LONGEST_FIELD))[:50]


def _own(form: Form, row: int) -> OwnGate | None:
    name, reply = form.text(f"own-{row}-name"), form.text(f"own-{row}-reply", LONGEST_FIELD)
    phrases = _lines(form.text(f"own-{row}-phrases", LONGEST_FIELD))
    if form.text(f"own-{row}-remove") or not (name or reply or phrases):
        return None
    return OwnGate(name, form.text(f"own-{row}-outcome"), phrases, reply)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
