"""Real Apache Kafka and the real ClickHouse engine on a machine without containers."""
