"""The account's own words: matching, limits, WeChat's formats, what an old account's answers become."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.database import Database
from content import autoreply_store as store
from content.autoreply import AccountTexts, Keyword, fold, starter
from content.autoreply_reading import from_autoreply, from_selfmenu, read_account
from content.menu import SURVEY_KEY, Button, Menu

HOURS = AccountTexts(
    greeting="您好",
    default="没有听懂",
    keywords=(
        Keyword(("办公时间", "几点上班"), "contains", "工作日 9:00–17:00"),
        Keyword(("办公",), "contains", "在县政府 3 楼"),
        Keyword(("1",), "exact", "第一项"),
    ),
    menu=Menu((Button("时间", key="hours", reply="9:00–17:00"), Button("做问卷", key=SURVEY_KEY))),
)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("请问办公时间是？", "工作日 9:00–17:00"),
        ("在哪里办公", "在县政府 3 楼"),
        ("１。", "第一项"),
        (" 1 ", "第一项"),
        ("11", None),
        ("", None),
        ("。", None),
    ],
)
def test_the_exact_rule_wins_then_the_longest_word(text: str, reply: str | None) -> None:
    assert HOURS.reply_to(text) == reply


def test_an_exact_rule_wins_over_a_longer_contained_word() -> None:
    texts = AccountTexts(
        keywords=(Keyword(("ab",), "exact", "exact"), Keyword(("a b",), "contains", "contains"))
    )
    assert texts.reply_to("AB!") == "exact"


def test_a_tap_is_answered_by_its_key_and_an_action_is_left_to_the_service() -> None:
    assert HOURS.click("hours") == "9:00–17:00"
    assert HOURS.click(SURVEY_KEY) is None
    assert HOURS.click("unheard of") is None


WORDS = st.text(max_size=12)
BUTTONS = st.recursive(
    st.builds(
        Button,
        WORDS,
        st.sampled_from(["click", "view"]),
        key=WORDS,
        url=st.one_of(WORDS, st.just("https://example.org/a")),
        reply=WORDS,
    ),
    lambda below: st.builds(Button, WORDS, subs=st.lists(below, min_size=1, max_size=6).map(tuple)),
    max_leaves=8,
)
TEXTS = st.builds(
    AccountTexts,
    WORDS,
    WORDS,
    st.lists(
        st.builds(
            Keyword, st.lists(WORDS, max_size=3).map(tuple), st.sampled_from(["exact", "contains"]), WORDS
        ),
        max_size=4,
    ).map(tuple),
    st.lists(BUTTONS, max_size=4).map(tuple).map(Menu),
)


@given(TEXTS, WORDS)
@settings(max_examples=60, deadline=None)
def test_any_texts_can_be_checked_matched_and_read_back(texts: AccountTexts, message: str) -> None:
    texts.check()
    assert texts.reply_to(message) == texts.reply_to(fold(message))
    stored = json.loads(json.dumps(texts.to_json()))
    again = AccountTexts.from_json(stored)
    assert again.to_json() == stored
    assert again.reply_to(message) == texts.reply_to(message)


def test_the_starter_texts_can_go_live_and_name_the_office() -> None:
    texts = starter("青禾县文明办", "12345")
    assert texts.check() == ()
    assert "青禾县文明办" in texts.greeting
    assert texts.menu.to_wechat()["button"][1] == {"type": "click", "name": "做问卷", "key": SURVEY_KEY}


@pytest.mark.parametrize(
    ("menu", "level", "part"),
    [
        (Menu(tuple(Button(f"第{n}", key=f"k{n}", reply="好") for n in range(4))), "block", "最多 3 个"),
        (
            Menu((Button("多", subs=tuple(Button(f"第{n}", key=f"k{n}", reply="好") for n in range(6))),)),
            "block",
            "最多 5 个",
        ),
        (Menu((Button("", key="k", reply="好"),)), "block", "请填写名称"),
        (Menu((Button("六个汉字太长", key="k", reply="好"),)), "block", "名称太长"),
        (Menu((Button("五个汉字长", key="k", reply="好"),)), "warn", "省略号"),
        (Menu((Button("网页", "view", url="javascript:alert(1)"),)), "block", "http://"),
        (Menu((Button("网页", "view", url="https://[::1"),)), "block", "http://"),
        (Menu((Button("网页", "view", url="https://a.cn/" + "x" * 1024),)), "block", "网址太长"),
        (Menu((Button("点", key="k", reply=" "),)), "block", "没有回复"),
        (Menu((Button("点", key="k", reply="字" * 700),)), "block", "回复太长"),
        (Menu((Button("点", reply="好"),)), "block", "编号"),
        (Menu((Button("一", key="k", reply="甲"), Button("二", key="k", reply="乙"))), "block", "编号相同"),
        (
            Menu((Button("一", subs=(Button("二", subs=(Button("三", key="k", reply="好"),)),)),)),
            "block",
            "两级",
        ),
    ],
)
def test_what_wechat_would_refuse_is_said_before(menu: Menu, level: str, part: str) -> None:
    assert [finding for finding in menu.check() if finding.level == level and part in finding.message]


def test_weak_keyword_rules_are_pointed_out() -> None:
    texts = AccountTexts(
        greeting="字" * 700,
        keywords=(
            Keyword(("狗", "遛狗"), "contains", "牵绳"),
            Keyword(("遛狗",), "contains", "另一条"),
            Keyword((), "exact", ""),
            Keyword(("长",), "exact", "字" * 700),
        ),
    )
    said = "".join(finding.message for finding in texts.check())
    for part in ("只含一个字", "前面的规则", "至少一个关键词", "请填写回复", "回复太长", "太长，微信最多"):
        assert part in said
    many = AccountTexts("您好", keywords=tuple(Keyword((f"词{n}",), "exact", "好") for n in range(201)))
    assert [finding.level for finding in many.check()] == ["block"]


SELFMENU = {
    "is_menu_open": 1,
    "selfmenu_info": {
        "button": [
            {
                "name": "资讯",
                "sub_button": {
                    "list": [
                        {"type": "view", "name": "县政府网", "url": "https://example.org/"},
                        {
                            "type": "news",
                            "name": "一篇",
                            "news_info": {"list": [{"title": "公约", "content_url": "http://e.org/1"}]},
                        },
                        {
                            "type": "news",
                            "name": "两篇",
                            "news_info": {
                                "list": [
                                    {"title": "甲", "content_url": 'http://e.org/"1'},
                                    {"title": "乙"},
                                ]
                            },
                        },
                        {"type": "img", "name": "海报", "value": "MEDIA"},
                    ]
                },
            },
            {"type": "text", "name": "电话", "value": "0571-1"},
            {"type": "click", "name": "旧系统", "key": "V1001", "sub_button": {"list": []}},
            {"type": "miniprogram", "name": "小程序"},
            {"name": "图库", "sub_button": {"list": [{"type": "img", "name": "图", "value": "M"}]}},
        ]
    },
}

AUTOREPLY = {
    "is_add_friend_reply_open": 1,
    "is_autoreply_open": 1,
    "add_friend_autoreply_info": {"type": "text", "content": "欢迎"},
    "message_default_autoreply_info": {"type": "img", "content": "MEDIA"},
    "keyword_autoreply_info": {
        "list": [
            {
                "rule_name": "地址",
                "reply_mode": "reply_all",
                "keyword_list_info": [
                    {"type": "text", "match_mode": "contain", "content": "地址"},
                    {"type": "text", "match_mode": "equal", "content": "在哪"},
                ],
                "reply_list_info": [
                    {"type": "text", "content": "3 楼"},
                    {"type": "text", "content": "坐 1 路"},
                ],
            },
            {
                "rule_name": "随机",
                "reply_mode": "random_one",
                "keyword_list_info": [{"match_mode": "equal", "content": "笑话"}],
                "reply_list_info": [{"type": "text", "content": "甲"}, {"type": "text", "content": "乙"}],
            },
            {
                "rule_name": "地图",
                "keyword_list_info": [{"match_mode": "equal", "content": "地图"}],
                "reply_list_info": [{"type": "img", "content": "MEDIA"}],
            },
            {
                "rule_name": "图文",
                "keyword_list_info": [{"content": "公约"}, {"content": " "}],
                "reply_list_info": [
                    {
                        "type": "news",
                        "news_info": {"list": [{"title": "公约", "source_url": "http://e.org/2"}]},
                    }
                ],
            },
            {
                "keyword_list_info": [{"content": "空的"}],
                "reply_list_info": [{"type": "news", "news_info": {"list": [{"title": " "}]}}, {}],
            },
            {"rule_name": "空", "reply_list_info": [{"type": "text", "content": "好"}]},
        ]
    },
}


def test_an_old_menu_is_carried_over_and_the_rest_is_said() -> None:
    menu, warnings = from_selfmenu(SELFMENU)
    info, phone, old = menu.buttons
    assert [sub.url for sub in info.subs] == ["https://example.org/", "http://e.org/1", ""]
    assert info.subs[2].reply == '<a href="http://e.org/%221">甲</a>\n乙'
    assert (phone.reply, old.key) == ("0571-1", "V1001")
    said = "".join(warnings)
    for part in ("“海报”原来是图片", "“旧系统”", "“小程序”原来是小程序", "“图”原来是图片", "“图库”的子菜单"):
        assert part in said
    assert len(warnings) == 5


def test_old_replies_are_carried_over_and_the_rest_is_said() -> None:
    texts, warnings = from_autoreply(AUTOREPLY)
    assert (texts.greeting, texts.default) == ("欢迎", "")
    assert texts.keywords == (
        Keyword(("地址",), "contains", "3 楼\n\n坐 1 路"),
        Keyword(("在哪",), "exact", "3 楼\n\n坐 1 路"),
        Keyword(("笑话",), "exact", "甲"),
        Keyword(("公约",), "exact", '<a href="http://e.org/2">公约</a>'),
    )
    said = "\n".join(warnings)
    for part in (
        "没有答案时的回复原来是图片",
        "连发 2 条",
        "其余是：乙",
        "“地图”里的图片",
        "地图。",
        "“空”没有",
    ):
        assert part in said


def test_switched_off_texts_are_read_with_a_word_about_it() -> None:
    carried = read_account(SELFMENU | {"is_menu_open": 0}, AUTOREPLY | {"is_autoreply_open": 0})
    assert len(carried.texts.menu.buttons) == 3
    assert sum("关着" in warning for warning in carried.warnings) == 2
    greeting_off, said = from_autoreply(AUTOREPLY | {"is_add_friend_reply_open": 0})
    assert greeting_off.greeting == "欢迎"
    assert any("问候是关着" in warning for warning in said)


FIELDS = [
    *("selfmenu_info", "button", "name", "type", "sub_button", "list", "news_info", "value", "title"),
    *("keyword_autoreply_info", "keyword_list_info", "reply_list_info", "add_friend_autoreply_info"),
    *("content", "match_mode", "reply_mode", "rule_name"),
]
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4)),
    lambda below: st.one_of(
        st.lists(below, max_size=3),
        st.dictionaries(
            st.sampled_from(FIELDS),
            below,
            max_size=4,
        ),
    ),
    max_leaves=20,
)


@given(JSON)
@settings(max_examples=150, deadline=None)
def test_no_shape_of_the_platforms_answer_raises(answer: object) -> None:
    read_account(answer, answer).texts.check()


async def test_versions_are_kept_published_once_and_restored(database: Database) -> None:
    async with database.transaction() as connection:
        assert await store.current(connection) is None
        assert await store.revision(connection) == 0
        assert await store.latest(connection) is None
        first = await store.save_draft(connection, HOURS, "王芳", 100)
        assert await store.publish(connection, first, "李强", 110)
        assert not await store.publish(connection, first, "李强", 111)
        second = await store.save_draft(connection, AccountTexts("欢迎"), "王芳", 120)
        third = await store.save_draft(connection, AccountTexts("欢迎您"), "王芳", 121)
        assert not await store.publish(connection, second, "李强", 130), "a newer draft exists"
        assert await store.publish(connection, third, "李强", 131)
    async with database.transaction() as connection:
        live = await store.current(connection)
        assert live is not None
        assert (live.texts.greeting, live.published_by) == ("欢迎您", "李强")
        assert await store.revision(connection) == third
        undone = await store.restore(connection, first, "王芳", 140)
        assert await store.restore(connection, 999, "王芳", 141) is None
        assert undone is not None
        newest = await store.latest(connection)
        assert newest is not None
        assert newest.texts == HOURS
        assert newest.note == f"恢复第 {first} 版"
        assert [version.id for version in await store.history(connection)] == [undone, third, second, first]
        assert await store.revision(connection) == third
