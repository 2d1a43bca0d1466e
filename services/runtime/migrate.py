"""Applies ordered SQL files once each and remembers them in a version table."""

from importlib.resources import files

from services.runtime.clickhouse import Store

VERSIONS = (
    "CREATE TABLE IF NOT EXISTS schema_migrations (version UInt32, name String, "
    "applied_at DateTime('UTC') DEFAULT now()) ENGINE = ReplacingMergeTree ORDER BY version"
)


def statements(sql: str) -> list[str]:
    """The statements of a file: separated by `;` at a line's end, comment lines left out."""
    text = "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))
    return [part.strip() for part in text.split(";\n") if part.strip()]


def migrations(package: str) -> list[tuple[int, str, str]]:
    """(version, file name, SQL) of every `NNNN_name.sql` in the package, in order."""
    found = [entry for entry in files(package).iterdir() if entry.name.endswith(".sql")]
    return sorted((int(entry.name[:4]), entry.name, entry.read_text()) for entry in found)


async def migrate(store: Store, package: str) -> list[str]:
    """Apply what is missing; every statement is idempotent, so a crash in between is harmless."""
    await store.command(VERSIONS)
    done = {row[0] for row in await store.rows("SELECT version FROM schema_migrations")}
    applied = []
    for version, name, sql in migrations(package):
        if version in done:
            continue
        for statement in statements(sql):
            await store.command(statement)
        await store.insert_bytes(
            "schema_migrations", f'{{"version": {version}, "name": "{name}"}}'.encode()
        )
        applied.append(name)
    return applied


async def pending(store: Store, package: str) -> list[str]:
    """Migrations not yet applied; the table may not exist."""
    await store.command(VERSIONS)
    done = {row[0] for row in await store.rows("SELECT version FROM schema_migrations")}
    return [name for version, name, _ in migrations(package) if version not in done]
