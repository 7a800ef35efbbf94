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


def detection(found, steps, output):
    """Prints the steps of a series that are newest, and writes all scores and their pictures."""
    series, scores = found.series, found.scores
    typer.echo(
        f"{len(scores):,} steps of {', '.join(series.channels)}; missing: "
        f"{found.report['missing']:,}; the first {found.probation} are learned from alone"
    )
    output.mkdir(parents=True, exist_ok=True)
    rows, frame = output / "anomalies.csv", found.table()
    frame.to_csv(rows)
    highest = scores.max(axis=1)
    places = (-highest).argsort(kind="stable")[:steps]
    places = places[highest[places] > 0]
    shown = frame.iloc[places].round(3).to_string(max_cols=8) if len(places) else "Nothing is new."
    console().print(shown)
    pictures = []
    for channel, values, score in zip(series.channels, series.values.T, scores.T, strict=True):
        pictures.append(output / f"anomalies_{channel.replace('/', '_')}.png")
        alarms, times = places[score[places] > 0], None if series.seconds is None else frame.index
        above, _ = plots("reconstruction").anomalies(values, score, alarms=alarms, times=times)
        above.set_ylabel(channel)
        above.figure.savefig(pictures[-1], dpi=150)
    typer.echo(f"Written: {', '.join(map(str, [rows, *pictures]))}")


def inside(model, tokens, inputs, output):
    """Prints how open the gates of recurrent layers are, and draws what went on in them."""
    from rich.table import Table

    from zoo import inspection
    from zoo.plots import inspection as pictures

    traces = inspection.trace(model, inputs)
    table = Table("layer", "gate", "shut (below 0.1)", "open (above 0.9)")
    for column in table.columns[2:]:
        column.justify = "right"
    spread = {name: inspection.saturation(trace) for name, trace in traces.items()}
    for name, gates in spread.items():
        for gate in traces[name].gates:
            low, high = gates[gate].low.mean(), gates[gate].high.mean()
            table.add_row(name, gate, f"{low:.1%}", f"{high:.1%}")
    console().print(table)
    output.mkdir(parents=True, exist_ok=True)
    drawn = {
        f"gates_{name.replace('/', '_')}": pictures.gates(trace, tokens)[0]
        for name, trace in traces.items()
    }
    drawn["saturation"] = pictures.saturation(spread)[0]
    drawn["gradients"] = pictures.gradients(inspection.gradient_norms(model, inputs))
    drawn["parameters"] = pictures.sizes(inspection.parameters(model))
    for file, ax in drawn.items():
        ax.figure.savefig(output / f"{file}.png", dpi=150)
        typer.echo(f"Written: {output / file}.png")


def console():
    """A terminal that colours only what it is told to."""
    from rich.console import Console

    return Console(highlight=False)
