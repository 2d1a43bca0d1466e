"""The contract: records, topics, money and the ClickHouse tables. Pure: no I/O, no clock."""
