"""PURE. The steps between a password and the desks."""

from bot.office.sessions import Session
from bot.office.staff import Staff

LOGIN, LOGOUT, TODAY = "/office/login", "/office/logout", "/office"
PASSWORD, CODE, ENROL = "/office/password", "/office/code", "/office/code/new"


def next_door(person: Staff, session: Session) -> str:
    """The page of the step that is still to come, or "" when the person is in."""
    if session.stage == "password":
        return CODE
    if person.must_change:
        return PASSWORD
    if "admin" in person.roles and not person.has_totp:
        return ENROL
    return ""
