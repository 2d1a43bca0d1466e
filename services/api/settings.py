"""Settings of the read API (prefix API_)."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from services.api.session.origins import parse_embeds
from services.runtime.keys import ApiKey, parse_keys
from services.runtime.settings import ClickHouseMixin, KafkaMixin

SECRET_CHARACTERS_MIN = 32
ANYONE = ApiKey(key_id="anyone", sha256="0" * 64, scopes=frozenset({"read", "admin"}))
"""The caller of every request when authentication is off."""


class Settings(ClickHouseMixin, KafkaMixin):
    """What the API can be told."""

    model_config = SettingsConfigDict(env_prefix="API_", frozen=True, extra="ignore")

    auth: Literal["keys", "off"] = Field("keys", description="'off' lets anyone read and write.")
    keys: str = Field(
        "",
        description="JSON array of keys; secrets as SHA-256. With none that may read, here or made "
        "over the API, the start prints an address with a code to sign in once.",
    )
    keys_file: Path | None = Field(None, description="A file holding such an array.")
    query_seconds_max: PositiveFloat = Field(15.0, description="Then ClickHouse counts as away.")
    publish_seconds_max: PositiveFloat = Field(8.0, description="Then Kafka counts as away.")
    settled_after_hours: PositiveFloat = Field(
        24.0, description="Age of a range from which, with nothing pending, it is 'settled'."
    )
    query_units_per_minute: PositiveInt = Field(
        60_000, description="What each key may ask for: tens of aggregate rows, then 429."
    )
    answer_cache_mb: NonNegativeInt = Field(64, description="Memory for answers, by their days.")
    streams_per_key_max: PositiveInt = Field(50, description="Of /v1/changes, then 429.")
    session_secret: SecretStr = Field(
        SecretStr(""),
        description="32 or more characters that sign sessions; by default new at every start, "
        "so set it where sessions are to survive that or several api processes serve them.",
    )
    session_idle_minutes: PositiveFloat = Field(15.0, description="Then an unused session ends.")
    session_hours_max: PositiveFloat = Field(12.0, description="Then any session ends.")
    jwt_secret: SecretStr = Field(
        SecretStr(""), description="Takes customers' org-bound tokens signed with it (HS256)."
    )
    jwt_jwks_url: str = Field("", description="Takes tokens signed by keys listed here.")
    jwt_audience: str = Field("tracetally", description="What such tokens must name as aud.")
    jwt_org_claim: str = Field("org", description="The claim that names the token's one org.")
    jwt_project: str = Field("default", description="The project such tokens read traces of.")
    public_url: str = Field("", description="Address people use, where a proxy hides it.")
    ingest_url: str = Field(
        "", description="Address of ingest for the snippets; by default this host, port 8080."
    )
    embeds: str = Field(
        "", description='Sites that may frame /embed/ID: JSON, {"ID": ["https://host", ...]}.'
    )
    oidc_issuer: str = Field("", description="Sign in through this OpenID Connect provider, too.")
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_scope: str = "openid email profile"
    oidc_role_claim: str = Field("roles", description="The claim of the ID token with the roles.")
    oidc_admin_role: str = Field("tracetally-admin", description="May change prices, orgs, keys.")
    oidc_reader_role: str = Field("", description="May read; empty: whoever can sign in.")

    def known_keys(self) -> tuple[ApiKey, ...]:
        """The configured keys."""
        return parse_keys(self.keys, self.keys_file)

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        try:
            self.known_keys()
        except (OSError, ValueError) as wrong:
            raise ValueError(f"API_KEYS or API_KEYS_FILE cannot be used: {wrong}") from None
        try:
            parse_embeds(self.embeds)
        except ValueError as wrong:
            raise ValueError(f"API_EMBEDS cannot be used: {wrong}") from None
        if self.embeds and not (self.jwt_secret.get_secret_value() or self.jwt_jwks_url):
            raise ValueError("API_EMBEDS needs customers' tokens: API_JWT_SECRET or _JWT_JWKS_URL")
        for name in ("session_secret", "jwt_secret"):
            if 0 < len(getattr(self, name).get_secret_value()) < SECRET_CHARACTERS_MIN:
                raise ValueError(f"{name} needs {SECRET_CHARACTERS_MIN} characters or more")
        return self
