"""Who may do what to a campaign, in every state; and that nothing is approved without enough people."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from content import campaign as rules
from content.campaign import Campaign, Content, Refused, State
from content.festivals import NAMES, SHANGHAI
from content.templates import from_template, templates

NOW = datetime(2027, 1, 20, 9, 0, tzinfo=SHANGHAI)
DUE = datetime(2027, 1, 30, 10, 0, tzinfo=SHANGHAI)

ALICE, BOB, CAROL, DAVE = "alice", "bob", "carol", "dave"
PEOPLE = (ALICE, BOB, CAROL, DAVE)


def content(**changes: object) -> Content:
    base = Content(
        "春节文明倡议", "过年好。\n少放烟花。", "摘要", "青禾县文明办", "春节", "festive", DUE, 120
    )
    return replace(base, **changes)


def draft(levels: int = 2) -> Campaign:
    return Campaign(
        id=7,
        content=content(),
        author=ALICE,
        writers=(ALICE,),
        levels=levels,
        state="draft",
        content_hash="",
        signatures=(),
        counts={},
        revision=1,
        created_at=NOW,
        updated_at=NOW,
    )


def approve(campaign: Campaign, person: str) -> Campaign:
    level = campaign.next_level
    assert level is not None
    return rules.review(campaign, level, person, "approve", "", campaign.content_hash, NOW)


def approved(levels: int = 2) -> Campaign:
    campaign = rules.submit(draft(levels), ALICE, NOW)
    for person in (BOB, CAROL, DAVE)[:levels]:
        campaign = approve(campaign, person)
    return campaign


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_different_people_sign_every_level(levels: int) -> None:
    campaign = approved(levels)
    assert campaign.state == "approved"
    assert campaign.is_fully_signed
    assert [signature.level for signature in campaign.signatures] == list(range(1, levels + 1))


def test_names_of_the_levels() -> None:
    assert [rules.level_name(level, 1) for level in (1,)] == ["终审"]
    assert [rules.level_name(level, 2) for level in (1, 2)] == ["复审", "终审"]
    assert [rules.level_name(level, 3) for level in (1, 2, 3)] == ["复审", "三审", "终审"]


def signs(campaign: Campaign, person: str) -> bool:
    try:
        approve(campaign, person)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("levels", [0, 4])
def test_a_review_by_nobody_else_or_by_a_crowd_is_refused(levels: int) -> None:
    with pytest.raises(Refused) as refused:
        rules.submit(draft(), ALICE, NOW, levels)
    assert refused.value.code == "levels"


def test_the_author_never_reviews_and_nobody_signs_twice() -> None:
    campaign = rules.submit(draft(), ALICE, NOW)
    with pytest.raises(Refused) as refused:
        approve(campaign, ALICE)
    assert refused.value.code == "writer"
    once = approve(campaign, BOB)
    with pytest.raises(Refused) as refused:
        approve(once, BOB)
    assert refused.value.code == "twice"
    assert [signs(once, person) for person in PEOPLE] == [False, False, True, True]


def test_whoever_edited_or_submitted_is_a_writer_too() -> None:
    edited = rules.edit(draft(), content(title="另一个标题"), BOB, NOW)
    submitted = rules.submit(edited, CAROL, NOW)
    assert submitted.writers == (ALICE, BOB, CAROL)
    assert [signs(submitted, person) for person in PEOPLE] == [False, False, False, True]


@pytest.mark.parametrize("state", ["in_review", "approved", "failed", "missed"])
def test_any_edit_starts_the_review_again(state: State) -> None:
    campaign = replace(approved(), state=state)
    edited = rules.edit(campaign, content(body="别的话。"), ALICE, NOW)
    assert (edited.state, edited.content_hash, edited.signatures) == ("draft", "", ())
    assert edited.content.body == "别的话。"


@pytest.mark.parametrize(
    "change",
    [
        {"title": "x"},
        {"body": "x"},
        {"digest": "x"},
        {"source": "x"},
        {"festival": ""},
        {"tone": "plain"},
        {"due_at": DUE + timedelta(seconds=1)},
        {"lateness_minutes": 121},
    ],
)
def test_the_hash_covers_everything_that_goes_out(change: dict[str, object]) -> None:
    assert content().hash == content().hash
    assert content(**change).hash != content().hash


def test_a_reviewer_signs_only_what_was_read() -> None:
    campaign = rules.submit(draft(), ALICE, NOW)
    with pytest.raises(Refused) as refused:
        rules.review(campaign, 1, BOB, "approve", "", content(title="旧标题").hash, NOW)
    assert refused.value.code == "changed"
    with pytest.raises(Refused) as refused:
        rules.review(campaign, 2, BOB, "approve", "", campaign.content_hash, NOW)
    assert refused.value.code == "changed"


def test_sending_back_needs_a_reason() -> None:
    campaign = rules.submit(draft(), ALICE, NOW)
    with pytest.raises(Refused) as refused:
        rules.review(campaign, 1, BOB, "reject", "  ", campaign.content_hash, NOW)
    assert refused.value.code == "comment"
    back = rules.review(campaign, 1, BOB, "reject", "日期写错了", campaign.content_hash, NOW)
    assert (back.state, back.content_hash, back.signatures) == ("draft", "", ())


@pytest.mark.parametrize("state", rules.STATES)
def test_every_step_in_every_state(state: State) -> None:
    """Each person tries each step; it works exactly where the table says."""
    campaign = replace(approve(rules.submit(draft(), ALICE, NOW), BOB), state=state)
    for person in PEOPLE:
        steps = {
            "submit": (lambda p=person: rules.submit(campaign, p, NOW), state == "draft"),
            "edit": (
                lambda p=person: rules.edit(campaign, content(), p, NOW),
                state in {"draft", "in_review", "approved", "failed", "missed"},
            ),
            "stop": (
                lambda: rules.stop(campaign, NOW),
                state in {"draft", "in_review", "approved", "due", "failed", "missed"},
            ),
            "approve": (
                lambda p=person: rules.review(campaign, 2, p, "approve", "", campaign.content_hash, NOW),
                state == "in_review" and person in {CAROL, DAVE},
            ),
        }
        for step, allowed in steps.values():
            if allowed:
                assert step().updated_at == NOW
            else:
                with pytest.raises(Refused) as refused:
                    step()
                assert refused.value.words.endswith("。")


def test_due_in_time_missed_when_late() -> None:
    campaign = approved()
    early = rules.mark_due(campaign, DUE - timedelta(seconds=1))
    assert early is campaign
    assert rules.mark_due(campaign, DUE).state == "due"
    assert rules.mark_due(campaign, DUE + timedelta(minutes=120)).state == "due"
    assert rules.mark_due(campaign, DUE + timedelta(minutes=120, seconds=1)).state == "missed"


@pytest.mark.parametrize(
    "tampered",
    [
        replace(approved(), content=content(body="被改过的话。")),
        replace(approved(), signatures=approved().signatures[:1]),
        replace(approved(), signatures=approved().signatures[:1] * 2),
        replace(approved(), writers=(ALICE, BOB)),
        replace(approved(), content_hash="0" * 64),
    ],
)
def test_a_text_that_does_not_fit_its_signatures_never_goes_out(tampered: Campaign) -> None:
    assert rules.mark_due(tampered, DUE).state == "failed"


def test_the_key_fits_the_platform_and_changes_with_the_occurrence() -> None:
    campaign = replace(approved(), id=2**62)
    assert len(campaign.key.encode()) <= 64
    later = rules.edit(campaign, content(due_at=DUE + timedelta(days=1)), ALICE, NOW)
    assert rules.submit(later, ALICE, NOW).key != campaign.key


def test_the_article_is_escaped() -> None:
    hostile = content(body='<script>alert("1")</script>\n\n  &第二段', source="<b>来源</b>")
    assert "<script" not in hostile.article
    assert hostile.article.count("<p ") == 3
    assert "&amp;第二段" in hostile.article
    assert "&lt;b&gt;来源" in hostile.article


def test_tidy_removes_what_no_reader_sees() -> None:
    messy = content(title=" 标\x00题\ud800\n二 ", body="一\r\n\r\n 二\x0b \n")
    tidied = rules.tidy(messy)
    assert tidied.title == "标题二"
    assert tidied.body == "一\n二"
    assert rules.tidy(tidied) == tidied


def test_every_template_becomes_a_content() -> None:
    assert tuple(templates()) == NAMES
    made = from_template("春节", 2027, "青禾县文明办", 120)
    assert made.due_at == DUE
    assert "2027年2月6日（星期六）" in made.body
    assert "{" not in made.title + made.body + made.digest
    with pytest.raises(ValueError, match="no text"):
        from_template("没有的节", 2027, "", 120)
    with pytest.raises(ValueError, match="has no 腊八"):
        from_template("腊八", 2042, "", 120)


class Office(RuleBasedStateMachine):
    """Four people do anything in any order; an approval always rests on as many uninvolved ones as asked."""

    @initialize()
    def begin(self) -> None:
        self.campaign = draft()
        self.wrote = {ALICE}

    @rule(person=st.sampled_from(PEOPLE), title=st.sampled_from(["甲", "乙"]))
    def edit(self, person: str, title: str) -> None:
        try:
            self.campaign = rules.edit(self.campaign, content(title=title), person, NOW)
            self.wrote.add(person)
        except Refused:
            assert self.campaign.state not in rules.EDITABLE

    @rule(person=st.sampled_from(PEOPLE), levels=st.integers(1, 3))
    def submit(self, person: str, levels: int) -> None:
        try:
            self.campaign = rules.submit(self.campaign, person, NOW, levels)
            self.wrote.add(person)
        except Refused:
            assert self.campaign.state != "draft"

    @rule(
        person=st.sampled_from(PEOPLE),
        decision=st.sampled_from(["approve", "approve", "approve", "reject"]),
        level=st.integers(1, 3),
    )
    def review(self, person: str, decision: rules.Decision, level: int) -> None:
        try:
            seen = self.campaign.content.hash
            self.campaign = rules.review(self.campaign, level, person, decision, "原因", seen, NOW)
            assert person not in self.wrote
        except Refused:
            assert not (self.campaign.next_level == level and person not in self.wrote | self.signers)

    @property
    def signers(self) -> set[str]:
        return {signature.person for signature in self.campaign.signatures}

    @rule(hours=st.integers(-1, 3))
    def clock(self, hours: int) -> None:
        self.campaign = rules.mark_due(self.campaign, DUE + timedelta(hours=hours))

    @rule()
    def stop(self) -> None:
        try:
            self.campaign = rules.stop(self.campaign, NOW)
        except Refused:
            assert self.campaign.state not in rules.STOPPABLE

    @invariant()
    def others_signed_what_goes_out(self) -> None:
        if self.campaign.state in {"approved", "due", "missed"}:
            assert len(self.signers) == self.campaign.levels >= 1
            assert not self.signers & self.wrote
            assert self.campaign.content_hash == self.campaign.content.hash
        assert self.campaign.state != "failed"


TestOffice = Office.TestCase
TestOffice.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
