"""ClickHouse DDL as ordered, idempotent migrations, one file each; never edited once released."""
