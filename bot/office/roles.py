"""The roles of the office: what they are called, in which order, and which nobody may have together."""

from collections.abc import Collection

from bot.config import ROLES
from bot.problems import Problem

ROLE_NAMES = {
    "editor": "编辑",
    "reviewer": "复审",
    "approver": "终审",
    "analyst": "统计",
    "interviewer": "访员",
    "contact": "乡镇联络员",
    "auditor": "审计",
    "admin": "管理员",
}
"""What the office calls the roles, in its order."""


def check_roles(roles: Collection[str]) -> list[str]:
    """The roles in the office's order; a Problem for none, an unknown one, or admin with auditor."""
    if not roles or not set(roles) <= set(ROLES):
        raise Problem("请至少选一个角色。")
    if {"admin", "auditor"} <= set(roles):
        raise Problem("一个人不能既是管理员又是审计员：审计员查看的正是管理员的操作。")
    return in_order(roles)


def in_order(roles: Collection[str]) -> list[str]:
    """The roles in the office's order."""
    return [role for role in ROLES if role in roles]
