"""Settings of the pricer, read once from PRICER_* variables."""

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import KafkaMixin


class PricerSettings(KafkaMixin):
    """Every limit of the pricer by name."""

    model_config = SettingsConfigDict(env_prefix="PRICER_", frozen=True, extra="ignore")

    port: PositiveInt = Field(8082, description="Port of /livez, /readyz and /metrics.")
    group: str = Field("pricer", description="Consumer group of calls.v1.")
    group_instance_id: str = Field("", description="Static membership; empty for dynamic.")
    session_seconds: PositiveFloat = Field(
        10.0, description="A killed worker's partitions are given to another after this long."
    )
    batch_messages_max: PositiveInt = Field(500, description="Messages decided at once.")
    batch_bytes_max: PositiveInt = Field(4_000_000, description="Input bytes decided at once.")
    batch_linger_ms: int = Field(3, ge=0, description="Wait for more when few messages are there.")
    batches_in_flight_max: PositiveInt = Field(4, description="Batches being published at once.")
    output_bytes_max: PositiveInt = Field(500_000, description="Bytes of one output message.")
    output_lines_max: PositiveInt = Field(1_000, description="Lines of one output message.")
    publish_retry_seconds: PositiveFloat = Field(
        120.0, description="Kafka refusing for longer ends the process; nothing is committed."
    )
    stall_seconds: PositiveFloat = Field(
        120.0, description="Lag without any commit for this long ends the process."
    )
    bugs_in_a_row_max: PositiveInt = Field(
        1_000, description="Dead letters of reason 'bug' in a row that end the process."
    )
    repark_span: PositiveInt = Field(
        20_000, description="Messages of retry.v1 read again after a restart, at most about."
    )
    parked_keys_max: PositiveInt = Field(10_000, description="Keys of waiting calls remembered.")
