"""Followers and their tags as the API shows them."""

from collections.abc import Mapping

from bot.simulator.calling import DONE, Answer, Ask, Endpoint, Refused, part
from bot.simulator.options import Json
from bot.simulator.people import People, Person

PAGE = 10_000
BATCH = 50
TAGS, TAGS_EACH, TAG_NAME_BYTES = 100, 20, 30
STARRED = 2
FIRST_OWN_TAG = 100


class Followers:
    """user/get, user/info, user/info/batchget, user/info/updateremark and tags/*."""

    def __init__(self, people: People) -> None:
        self._people = people
        self.tags: dict[int, str] = {STARRED: "星标组"}
        self._next_tag = FIRST_OWN_TAG

    def _get(self, ask: Ask) -> Answer:
        return self._page([one.openid for one in self._people.followers()], ask.query.get("next_openid", ""))

    @staticmethod
    def _page(openids: list[str], after: str) -> Json:
        if after and after not in openids:
            raise Refused(40003, "invalid openid")
        start = openids.index(after) + 1 if after else 0
        chosen = openids[start : start + PAGE]
        page: Json = {
            "total": len(openids),
            "count": len(chosen),
            "next_openid": chosen[-1] if chosen else "",
        }
        return {**page, "data": {"openid": chosen}} if chosen else page

    def view(self, person: Person) -> Json:
        """One resident as user/info shows them since 2021-12: no nickname, no avatar."""
        if not person.following:
            return {"subscribe": 0, "openid": person.openid}
        return {
            "subscribe": 1,
            "openid": person.openid,
            "nickname": "",
            "sex": 0,
            "language": "zh_CN",
            "city": "",
            "province": "",
            "country": "",
            "headimgurl": "",
            "subscribe_time": person.subscribed_at,
            "remark": person.remark,
            "groupid": min(person.tags, default=0),
            "tagid_list": sorted(person.tags),
            "subscribe_scene": person.scene,
            "qr_scene": int(person.scene_text) if person.scene_text.isdecimal() else 0,
            "qr_scene_str": "" if person.scene_text.isdecimal() else person.scene_text,
        }

    def _batch(self, ask: Ask) -> Answer:
        given = ask.body.get("user_list")
        if not isinstance(given, list) or not 1 <= len(given) <= 100:
            raise Refused(40032, "invalid openid list size")
        openids = [str(one.get("openid", "")) if isinstance(one, Mapping) else "" for one in given]
        return {"user_info_list": [self.view(self._people.known(openid)) for openid in openids]}

    def _remark(self, ask: Ask) -> Answer:
        self._people.known(ask.text("openid")).remark = ask.text("remark")
        return DONE

    def _name(self, ask: Ask) -> str:
        name = str(part(ask.body, "tag").get("name", ""))
        if not 1 <= len(name.encode()) <= TAG_NAME_BYTES:
            raise Refused(45158, "tag name too long")
        if name in self.tags.values():
            raise Refused(45157, "invalid tag name")
        return name

    def _create(self, ask: Ask) -> Answer:
        name = self._name(ask)
        if len(self.tags) >= TAGS:
            raise Refused(45056, "too many tag now, can not add new")
        tag = self._next_tag
        self._next_tag += 1
        self.tags[tag] = name
        return {"tag": {"id": tag, "name": name}}

    def _own(self, tag: int) -> int:
        if tag < FIRST_OWN_TAG:
            raise Refused(45058, "can't modify sys tag")
        if tag not in self.tags:
            raise Refused(45159, "invalid tag id")
        return tag

    def _tag_id(self, given: Json) -> int:
        value = given.get("id")
        if not isinstance(value, int):
            raise Refused(45159, "invalid tag id")
        return value

    def _update(self, ask: Ask) -> Answer:
        tag = self._own(self._tag_id(part(ask.body, "tag")))
        self.tags[tag] = self._name(ask)
        return DONE

    def _delete(self, ask: Ask) -> Answer:
        tag = self._own(self._tag_id(part(ask.body, "tag")))
        del self.tags[tag]
        for one in self._people:
            one.tags.discard(tag)
        return DONE

    def _list(self, _ask: Ask) -> Answer:
        return {
            "tags": [
                {"id": tag, "name": name, "count": len(self._people.followers(tag))}
                for tag, name in self.tags.items()
            ]
        }

    def _members(self, ask: Ask) -> tuple[int, list[Person]]:
        openids = ask.texts("openid_list")
        if not 1 <= len(openids) <= BATCH:
            raise Refused(40032, "invalid openid list size")
        tag = ask.number("tagid")
        if tag not in self.tags:
            raise Refused(45159, "invalid tag id")
        return tag, [self._people.known(openid) for openid in openids]

    def _tagging(self, ask: Ask) -> Answer:
        tag, members = self._members(ask)
        if any(not one.following for one in members):
            raise Refused(49003, "not match with current appid")
        if any(len(one.tags - {tag}) >= TAGS_EACH for one in members):
            raise Refused(45059, "too many tags for one user")
        for one in members:
            one.tags.add(tag)
        return DONE

    def _untagging(self, ask: Ask) -> Answer:
        tag, members = self._members(ask)
        for one in members:
            one.tags.discard(tag)
        return DONE

    def _of_user(self, ask: Ask) -> Answer:
        return {"tagid_list": sorted(self._people.known(ask.text("openid")).tags)}

    def _tagged(self, ask: Ask) -> Answer:
        tag = ask.number("tagid")
        if tag not in self.tags:
            raise Refused(45159, "invalid tag id")
        return self._page([one.openid for one in self._people.followers(tag)], ask.text("next_openid"))

    def endpoints(self) -> Mapping[str, Endpoint]:
        """The paths served here."""
        info = "/cgi-bin/user/info"
        return {
            "/cgi-bin/user/get": Endpoint("GET", self._get, 500, permission="verified"),
            info: Endpoint("GET", self._info, 5_000_000, permission="verified"),
            f"{info}/batchget": Endpoint("POST", self._batch, permission="verified"),
            f"{info}/updateremark": Endpoint("POST", self._remark, permission="verified"),
            "/cgi-bin/tags/create": Endpoint("POST", self._create, permission="verified"),
            "/cgi-bin/tags/get": Endpoint("GET", self._list, permission="verified"),
            "/cgi-bin/tags/update": Endpoint("POST", self._update, permission="verified"),
            "/cgi-bin/tags/delete": Endpoint("POST", self._delete, permission="verified"),
            "/cgi-bin/tags/members/batchtagging": Endpoint("POST", self._tagging, permission="verified"),
            "/cgi-bin/tags/members/batchuntagging": Endpoint("POST", self._untagging, permission="verified"),
            "/cgi-bin/tags/getidlist": Endpoint("POST", self._of_user, permission="verified"),
            "/cgi-bin/user/tag/get": Endpoint("ANY", self._tagged, permission="verified"),
        }

    def _info(self, ask: Ask) -> Answer:
        return self.view(self._people.known(ask.query.get("openid", "")))
