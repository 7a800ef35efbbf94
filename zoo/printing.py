"""What the command line prints: reports and forecasts as tables."""

import importlib

import typer


def plots(task):
    """The pictures of a task, `zoo.plots.<task>`."""
    return importlib.import_module(f"zoo.plots.{task}")


def report(task, found):
    """Prints what `zoo.evaluation.evaluate` found, table by table."""
    from rich.table import Table

    metrics = importlib.import_module(f"zoo.metrics.{task}")
    for title, columns, rows in metrics.tables(found):
        table = Table(*columns[:1], title=title, title_justify="left")
        for column in columns[1:]:
            table.add_column(column, justify="right")
        for row in rows:
            table.add_row(*row)
        console().print(table)


def forecast(found, output):
    """Prints what comes after a series, and writes it as a table and a picture."""
    given = found.series
    typer.echo(
        f"{len(given.values):,} steps of {', '.join(given.channels)}; missing and filled: "
        f"{found.report['missing']:,}; steps of another length: {found.report['irregular']:,}"
    )
    report("forecasting", found.found)
    typer.echo(f"Best on dev and used: {found.chosen}")
    output.mkdir(parents=True, exist_ok=True)
    rows, picture = output / "forecast.csv", output / "forecast.png"
    frame = found.table()
    frame.to_csv(rows)
    shown = frame[list(given.channels)].round(3)
    console().print(shown.to_string(max_rows=24, max_cols=8))
    plots("forecasting").outlook(found)[0].figure.savefig(picture, dpi=150)
    typer.echo(f"Written: {rows}, {picture}")


def console():
    """A terminal that colours only what it is told to."""
    from rich.console import Console

    return Console(highlight=False)
