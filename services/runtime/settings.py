"""Settings from the environment: read once at the edge, frozen, printable with secrets masked."""

import sys
from pathlib import Path
from typing import Literal, TypeVar

import orjson
from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

S = TypeVar("S", bound="RuntimeSettings")


class RuntimeSettings(BaseSettings):
    """What every service needs. A service's own prefix stands before each name."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address the HTTP server listens on.")
    port: PositiveInt = Field(8080, description="Port of the HTTP server (health, metrics, API).")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    drain_seconds: PositiveFloat = Field(20.0, description="Time to finish work after SIGTERM.")


class KafkaMixin(RuntimeSettings):
    """Adds the Kafka connection: any Kafka-compatible cluster, TLS and SASL passed through."""

    kafka_bootstrap: str = Field("127.0.0.1:19092", description="host:port, comma separated.")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    kafka_sasl_username: str = ""
    kafka_sasl_password: SecretStr = SecretStr("")
    kafka_ssl_cafile: Path | None = None
    topic_prefix: str = Field("", description="Put before every topic name, e.g. 'staging.'.")


class ClickHouseMixin(RuntimeSettings):
    """Adds the ClickHouse connection over HTTP."""

    clickhouse_url: str = Field("http://127.0.0.1:18123", description="http(s)://host:port.")
    clickhouse_user: str = "default"
    clickhouse_password: SecretStr = SecretStr("")
    clickhouse_database: str = "tracetally"


def load(kind: type[S]) -> S:
    """The settings of a service, or exit 2 with one line per wrong variable.

    With `--check` on the command line they are printed, secrets masked, and the process ends.
    """
    try:
        settings = kind()
    except ValidationError as wrong:
        prefix = str(kind.model_config.get("env_prefix", ""))
        for error in wrong.errors():
            name = prefix + "_".join(str(part) for part in error["loc"])
            sys.stderr.write(f"{name.upper()}: {error['msg']}\n")
        raise SystemExit(2) from None
    if "--check" in sys.argv[1:]:
        sys.stdout.buffer.write(
            orjson.dumps(
                settings.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
            )
            + b"\n"
        )
        raise SystemExit(0)
    return settings
