"""`OrgRecord`: an entry of the org registry (compacted topic orgs.v1, key org_id)."""

from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.base import Currency, Record, RequiredText, Text
from schemas.money import MoneyString

Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]


class OrgRecord(Record):
    """A customer organisation: its name, plan, revenue by month and budget."""

    org_id: RequiredText
    name: Text = ""
    plan: Text = ""
    currency: Currency = "USD"
    timezone: Text = "UTC"
    monthly_revenue: Annotated[dict[Month, MoneyString], Field(max_length=600)] = {}
    monthly_budget: MoneyString | None = None
    metadata: Annotated[dict[str, str], Field(max_length=64)] = {}
