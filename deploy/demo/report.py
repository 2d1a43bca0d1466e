"""What the demo prints: tables a person reads in a minute."""

from decimal import Decimal
from statistics import quantiles

from rich.console import Console
from rich.table import Table

from deploy.demo.figures import Figures
from deploy.demo.oracle import Expected
from deploy.demo.processes import Demo
from deploy.demo.replay import Replayed

BI_QUERY = "SELECT model, sum(cost) FROM usage_day GROUP BY model"

console = Console(highlight=False)


def costs(figures: Figures) -> Table:
    """Cost per org and model."""
    models = sorted({model for _, model in figures.cost})
    table = Table(title="Cost by org and model, USD", title_justify="left")
    table.add_column("org")
    for model in [*models, "total"]:
        table.add_column(model, justify="right", overflow="fold")
    by_org: dict[str, Decimal] = {}
    for (org, _), money in figures.cost.items():
        by_org[org] = by_org.get(org, Decimal(0)) + money
    for org in sorted(by_org, key=lambda name: -by_org[name]):
        row = [figures.cost.get((org, model), Decimal(0)) for model in models]
        table.add_row(org, *(f"{money:.6f}" for money in row), f"{by_org[org]:.6f}")
    table.add_section()
    sums = [sum(m for (_, name), m in figures.cost.items() if name == model) for model in models]
    table.add_row("all", *(f"{money:.6f}" for money in sums), f"{figures.total:.6f}")
    return table


def account(figures: Figures, expected: Expected) -> Table:
    """accepted = priced + pending + dead."""
    table = Table(title="What became of every event", title_justify="left", show_header=False)
    table.add_column(justify="right")
    table.add_column()
    accepted = expected.events + sum(expected.dead.values())
    table.add_row(f"{accepted}", "distinct events and malformed lines sent (accepted)")
    table.add_row(f"= {figures.priced}", "priced (steps without a model call cost nothing)")
    estimate = figures.estimate or {}
    at_stake = (
        f", worth between {estimate['low']} and {estimate['high']} {estimate['currency']}"
        if estimate
        else ""
    )
    table.add_row(
        f"+ {figures.pending}",
        f"pending: no price yet, {figures.pending_tokens} tokens{at_stake}",
    )
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(figures.dead.items()))
    table.add_row(f"+ {sum(figures.dead.values())}", f"dead letters: {reasons or 'none'}")
    table.add_row(f"{figures.duplicates}", "resent lines recognised and not counted again")
    return table


def delay(replayed: Replayed) -> str:
    """Event to answer."""
    told = sorted(replayed.delays_seconds)
    if len(told) < 2:
        return "Event to answer: not measured."
    cuts = quantiles(told, n=100, method="inclusive")
    return (
        f"Event to answer in the API: p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s "
        f"({len(told)} events followed)."
    )


def addresses(demo: Demo) -> str:
    """Where to look, with commands that work as pasted."""
    api, key = demo.url("api"), demo.keys.admin
    return "\n".join(
        [
            f"Dashboard   {api}   sign in with a key below: admin sees all, acme's its own",
            f"Read API    {api}/v1/usage   (described in {api}/openapi.json)",
            f"Ingest      {demo.url('ingest')}/v1/calls",
            f"ClickHouse  {demo.clickhouse_url}   database tracetally",
            f"Kafka       {demo.bootstrap}",
            f"Logs        {demo.state}/services",
            "",
            "Keys of this run: "
            f"ingest {demo.keys.ingest}, admin {key}, org acme only {demo.keys.acme}",
            "",
            "Try:",
            f"  curl -s '{api}/v1/usage?by=org' -H 'authorization: Bearer {key}'",
            f"  curl -s '{api}/v1/usage?by=model' -H 'authorization: Bearer {demo.keys.acme}'",
            f"  curl -s '{demo.clickhouse_url}/?database=tracetally' -d '{BI_QUERY}'",
        ]
    )
