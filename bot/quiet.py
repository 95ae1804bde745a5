"""The hours in which the office disturbs nobody, as configured."""

from datetime import time

from bot.config import Campaigns
from content.checks import Quiet


def quiet_hours(campaigns: Campaigns) -> Quiet:
    """The office's quiet hours as the checks take them."""
    return Quiet(time.fromisoformat(campaigns.quiet_from), time.fromisoformat(campaigns.quiet_until))
