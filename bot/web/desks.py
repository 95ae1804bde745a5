"""Every page of the service, mounted once."""

import secrets

from aiohttp import web

from bot.clicks import Clicks
from bot.limits import Meter
from bot.passwords import Passwords
from bot.web import (
    account_desk,
    activity_acts,
    activity_desk,
    audit_desk,
    bring_desk,
    calls_desk,
    campaign_cards,
    campaign_desk,
    check_desk,
    connection_desk,
    contact_desk,
    drafts_desk,
    effect_desk,
    event_desk,
    export_desk,
    field_desk,
    field_pages,
    gates_desk,
    group_desk,
    guard,
    import_desk,
    indicator_desk,
    indicator_import_desk,
    invite_desk,
    lesson_desk,
    link_pages,
    login,
    message_desk,
    message_page,
    number_desk,
    page_identity,
    page_turns,
    phone_review,
    picture_desk,
    plan_desk,
    plan_view,
    preview_desk,
    public_desk,
    public_pages,
    questionnaire_pages,
    rates_desk,
    remark_desk,
    reminder_desk,
    replies_desk,
    results_desk,
    review_desk,
    rule_pages,
    rules_desk,
    rules_import_desk,
    runs_desk,
    sends_desk,
    survey_cards,
    survey_desk,
    tagging_desk,
    today_desk,
    wave_desk,
    wave_opening,
    words_desk,
)
from bot.web.routes import Routes
from bot.web.today_desk import CARDS, OWN_CARDS

DESKS: tuple[Routes, ...] = (
    login.routes,
    today_desk.routes,
    message_desk.routes,
    message_page.routes,
    lesson_desk.routes,
    check_desk.routes,
    rates_desk.routes,
    gates_desk.routes,
    campaign_desk.routes,
    drafts_desk.routes,
    review_desk.routes,
    remark_desk.routes,
    picture_desk.routes,
    preview_desk.routes,
    preview_desk.own,
    words_desk.routes,
    phone_review.routes,
    phone_review.phone,
    number_desk.routes,
    sends_desk.routes,
    runs_desk.routes,
    plan_desk.routes,
    event_desk.routes,
    effect_desk.routes,
    group_desk.routes,
    activity_desk.routes,
    activity_acts.routes,
    contact_desk.routes,
    indicator_desk.routes,
    indicator_import_desk.routes,
    tagging_desk.routes,
    survey_desk.routes,
    import_desk.routes,
    wave_opening.routes,
    invite_desk.routes,
    wave_desk.routes,
    bring_desk.routes,
    field_desk.routes,
    field_pages.routes,
    results_desk.results_routes,
    export_desk.routes,
    public_desk.routes,
    public_pages.routes,
    connection_desk.routes,
    calls_desk.routes,
    replies_desk.routes,
    account_desk.routes,
    reminder_desk.routes,
    reminder_desk.own,
    audit_desk.routes,
    questionnaire_pages.routes,
    rules_desk.routes,
    rules_import_desk.routes,
    rule_pages.routes,
    page_identity.routes,
    link_pages.routes,
)
"""In the order of their pages: an entry of the rail leads to the first that a person may open."""


def install(app: web.Application) -> None:
    """Add the desks, the questionnaire pages, and what each desk tells the page 今天."""
    guard.install(app, DESKS)
    app[login.PASSWORDS] = Passwords()
    app[page_identity.CODES] = Meter(page_identity.PER_ADDRESS)
    page_turns.install(app)
    app[link_pages.CLICKS] = Clicks(secrets.token_bytes(32))
    app[page_identity.FORMS] = Meter(page_identity.PER_LINK)
    app[OWN_CARDS] = [field_pages.card, *campaign_cards.OWN_CARDS]
    app[CARDS] = [
        message_desk.card,
        rules_desk.card,
        *survey_cards.CARDS,
        public_desk.card,
        *plan_view.CARDS,
        *campaign_cards.CARDS,
        connection_desk.card,
        replies_desk.card,
        gates_desk.card,
    ]
