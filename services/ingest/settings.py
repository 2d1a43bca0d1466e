"""Settings of ingest (prefix INGEST_)."""

from pathlib import Path
from typing import Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from services.ingest.keeping import check
from services.runtime.keys import ApiKey, parse_keys
from services.runtime.settings import KafkaMixin

MIB = 1024 * 1024
ANYONE = ApiKey(key_id="anyone", sha256="0" * 64, scopes=frozenset({"ingest"}))
"""The caller of every request when authentication is off."""


class Settings(KafkaMixin):
    """What ingest can be told."""

    model_config = SettingsConfigDict(env_prefix="INGEST_", frozen=True, extra="ignore")

    auth: Literal["keys", "off"] = Field("keys", description="'off' takes events from anyone.")
    api_keys: str = Field(
        "", description="JSON array of keys; secrets as SHA-256. More are made over the API."
    )
    api_keys_file: Path | None = Field(None, description="A file holding such an array.")
    body_bytes_max: PositiveInt = Field(20 * MIB, description="Size of a body once inflated.")
    body_seconds_max: PositiveFloat = Field(30.0, description="Time a client has to send a body.")
    items_max: PositiveInt = Field(10_000, description="Events of one request.")
    publish_seconds_max: PositiveFloat = Field(4.0, description="Then the client gets a 503.")
    in_flight_max: PositiveInt = Field(256, description="Requests waiting for Kafka; over it 503.")
    in_flight_bytes_max: PositiveInt = Field(256 * MIB, description="The same in bytes.")
    grpc_port: NonNegativeInt = Field(
        0, description="Port of OTLP/gRPC (usually 4317; needs the extra 'grpc'); 0 is off."
    )
    events_per_second_max: NonNegativeFloat = Field(0.0, description="Per key; 0 is no limit.")

    def keys(self) -> tuple[ApiKey, ...]:
        """The configured keys."""
        return parse_keys(self.api_keys, self.api_keys_file)

    @model_validator(mode="after")
    def _keys_can_be_used(self) -> Self:
        try:
            for key in self.keys():
                check(key)
        except (OSError, ValueError) as wrong:
            raise ValueError(f"API_KEYS or API_KEYS_FILE cannot be used: {wrong}") from None
        return self
