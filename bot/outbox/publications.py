"""PURE: publications beside mass sends: their numbers kept apart, their states in the same words.

A publication is the platform's job like a mass send, with numbers of its own kind and digits for words.
"""

PREFIX = "p"
"""How the number of a publication begins where it stands among those of mass sends."""


def job_id(publish_id: str) -> str:
    """The number under which a publication is kept."""
    return f"{PREFIX}{publish_id}"


def publish_id(job: str) -> str:
    """The platform's own number of a kept publication."""
    return job.removeprefix(PREFIX)


def word(status: str) -> str:
    """The platform's publish_status as the word that mass sends end with: 0 is done, 1 still under way."""
    return {"0": "send success", "1": "sending"}.get(status, f"err({status})")
