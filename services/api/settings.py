"""Settings of the read API (prefix API_)."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PositiveFloat, model_validator
from pydantic_settings import SettingsConfigDict

from services.runtime.keys import ApiKey, parse_keys
from services.runtime.settings import ClickHouseMixin, KafkaMixin

ANYONE = ApiKey(key_id="anyone", sha256="0" * 64, scopes=frozenset({"read", "admin"}))
"""The caller of every request when authentication is off."""


class Settings(ClickHouseMixin, KafkaMixin):
    """What the API can be told."""

    model_config = SettingsConfigDict(env_prefix="API_", frozen=True, extra="ignore")

    auth: Literal["keys", "off"] = Field("keys", description="'off' lets anyone read and write.")
    keys: str = Field("", description="JSON array of keys; secrets as SHA-256.")
    keys_file: Path | None = Field(None, description="A file holding such an array.")
    query_seconds_max: PositiveFloat = Field(15.0, description="Then ClickHouse counts as away.")
    publish_seconds_max: PositiveFloat = Field(8.0, description="Then Kafka counts as away.")
    settled_after_hours: PositiveFloat = Field(
        24.0, description="Age of a range from which, with nothing pending, it is 'settled'."
    )

    def known_keys(self) -> tuple[ApiKey, ...]:
        """The configured keys."""
        return parse_keys(self.keys, self.keys_file)

    @model_validator(mode="after")
    def _someone_may_read(self) -> Self:
        try:
            keys = self.known_keys()
        except (OSError, ValueError) as wrong:
            raise ValueError(f"API_KEYS or API_KEYS_FILE cannot be used: {wrong}") from None
        if self.auth == "keys" and not any(key.allows("read") for key in keys):
            raise ValueError("no key with scope 'read': set API_KEYS or API_AUTH=off")
        return self
