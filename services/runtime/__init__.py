"""How any service runs: settings, Kafka, ClickHouse, health, metrics, signals. Knows no domain."""
