"""Addresses that invite to a wave: read back as made, refused in every other form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.waves import invitations
from bot.waves.invitations import Invitation

MADE = st.builds(Invitation, st.integers(1, 2**40), st.text(max_size=16), st.text(max_size=60))


@settings(max_examples=60, deadline=None)
@given(MADE, st.binary(min_size=16, max_size=32), st.text(max_size=80), st.integers(0, 200))
def test_only_the_token_itself_holds_and_only_with_its_secret(
    made: Invitation, secret: bytes, noise: str, place: int
) -> None:
    token = invitations.token(made, secret)
    assert invitations.claimed(token) == made
    assert invitations.holds(token, secret)
    assert not invitations.holds(token, secret + b"x")
    place %= len(token)
    for other in (noise, token[:place] + noise + token[place:], token[:-1], token + "A", token + "=" * 4):
        invitations.claimed(other)
        assert other == token or not invitations.holds(other, secret)


def test_a_changed_wave_or_mark_does_not_hold() -> None:
    token, other = (invitations.token(Invitation(one, "poster", "1"), b"k" * 32) for one in (7, 8))
    mixed = f"{other.partition('.')[0]}.{token.partition('.')[2]}"
    assert invitations.claimed(mixed) == Invitation(8, "poster", "1")
    assert not invitations.holds(mixed, b"k" * 32)
    with pytest.raises(ValueError, match="too long"):
        invitations.token(Invitation(7, "poster", "村" * 121), b"k" * 32)
