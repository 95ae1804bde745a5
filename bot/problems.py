"""What can go wrong in front of a person: one class, with words and a status."""

from collections.abc import Sequence


class Problem(Exception):
    """Something a person can act on: `words` (Simplified Chinese) say what happened and what to do next.

    `status` is the HTTP status a page answers with; `code` is stable and goes to logs and tests.
    """

    status = 400
    code = "problem"

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class NotFound(Problem):
    """The thing does not exist, or this person may not know that it does."""

    status = 404
    code = "not_found"


class Over(Problem):
    """What was asked for has ended, and does not come back."""

    status = 410
    code = "over"


class Forbidden(Problem):
    """The person is known and may not do this."""

    status = 403
    code = "forbidden"


class Conflict(Problem):
    """Somebody else changed the thing in between, or its state does not allow the step."""

    status = 409
    code = "conflict"


class TooOften(Problem):
    """The person did this too often; `words` say when to try again."""

    status = 429
    code = "too_often"


class Unavailable(Problem):
    """The service cannot do it now and has stored nothing."""

    status = 503
    code = "unavailable"


class ConfigProblem(Exception):
    """Every error of the configuration at once, each line with its key; for the operator, in English."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = tuple(lines)
