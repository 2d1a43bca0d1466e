"""Amounts as text: always plain, never rounded."""

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from schemas.money import plain

AMOUNTS = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**20), 10**20),
    st.integers(-30, 6),
)


@given(AMOUNTS)
def test_an_amount_is_plain_text_of_the_same_value(amount: Decimal) -> None:
    text = plain(amount)
    assert Decimal(text) == amount
    assert re.fullmatch(r"0|-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", text)
    assert text != "-0"
