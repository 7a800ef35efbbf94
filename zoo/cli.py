"""The command line: `zoo list`, `zoo predict` and the rest, as `zoo --help` tells."""

import json
import os
import pathlib
import sys
from typing import Annotated, Literal

import typer

from zoo import printing

if not os.environ.get("ZOO_TRACEBACK"):
    # At 2, what `zoo` asks for, TensorFlow still tells what oneDNN cannot do on this processor.
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

app = typer.Typer(
    help="A zoo of recurrent models for Keras.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(help="Data of the recipes.", no_args_is_help=True)
app.add_typer(data_app, name="data")

Name = Annotated[str, typer.Argument(help="Name of a model, as `zoo list` shows it.")]
DataDir = Annotated[
    pathlib.Path | None,
    typer.Option(help="TFDS's data_dir [default: TFDS_DATA_DIR, then TFDS's own]"),
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N examples of each split.")]


@app.command("list")
def list_():
    """List pretrained models, and the recipes that are still to train."""
    from rich.box import SIMPLE
    from rich.table import Table

    import zoo
    from zoo import cards

    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for column in ("name", "task", "data set", "test", "size", "licence"):
        wide = column in ("data set", "licence")
        table.add_column(column, no_wrap=not wide, overflow="fold", min_width=13 if wide else None)
    models = {model["name"]: model for model in zoo.list_models()}
    for name, model in models.items():
        size = f"{model['bytes'] / 1e6:.0f} MB"
        score = cards.headline(model)
        table.add_row(name, model["task"], model["dataset"], score, size, model["licence"])
    for name in zoo.recipes.names():
        if name not in models:
            recipe = zoo.recipes.get(name)
            table.add_row(name, recipe.task, recipe.dataset, "-", "", recipe.licence)
    printing.console().print(table)


@app.command()
def show(name: Name):
    """Show the model card of a pretrained model."""
    from rich.markdown import Markdown

    import zoo

    printing.console().print(Markdown(zoo.load(name).card))


@app.command()
def predict(
    name: Name,
    texts: Annotated[
        list[str],
        typer.Argument(
            help="Texts; to a tagger each is a sentence. To a captioner: pictures. To a forecaster "
            "CSV files, whose last rows it carries on; to an autoencoder CSV files, of which it "
            "shows the rows that are most unlike what it knows."
        ),
    ],
    contributions: Annotated[
        bool,
        typer.Option(
            "--contributions", help="Show which words speak for the class and which against it."
        ),
    ] = False,
):
    """Predict with a pretrained model."""
    import zoo

    model = zoo.load(name)
    if contributions and "contributions" not in model.served.signatures:
        raise ValueError(
            f"--contributions is for classifiers. Received: {name}, whose task is {model.task}"
        )
    if model.task in ("forecasting", "reconstruction"):
        shown = _carried_on if model.task == "forecasting" else _most_unlike
        for path in texts:
            printing.console().print(shown(model, path))
        return
    predicted = model.predict(texts, **({"contributions": True} if contributions else {}))
    shown = printing.plots(model.task).in_colour(predicted, texts)
    printing.console().print(shown, soft_wrap=True)


def _series(model, path):
    """The series of a CSV file that has the channels of a pretrained model."""
    from zoo.data import forecasting

    series = forecasting.from_table(path)
    channels = model.description["channels"]
    if list(series.channels) != channels:
        raise ValueError(
            f"{path} must have the columns that {model.name} knows: {', '.join(channels)}. "
            f"Received: {', '.join(series.channels)}"
        )
    return series


def _most_unlike(model, path, steps=10):
    """The steps of a CSV file that a pretrained autoencoder says worst."""
    import pandas as pd

    series = _series(model, path)
    found = model.predict(series.values)
    times = None if series.seconds is None else pd.to_datetime(series.seconds, unit="s")
    frame = pd.DataFrame(series.values, times, list(series.channels))
    frame["score"] = found.score
    return frame.nlargest(steps, "score").round(3).to_string()


def _carried_on(model, path):
    """What a pretrained forecaster says of a CSV file that has its channels."""
    from zoo.outlook import table

    series = _series(model, path)
    found = model.predict(series.values)
    frame = table(series, found.values, found.quantiles or {})
    return frame.round(3).to_string(max_rows=None, max_cols=12)


@app.command()
def generate(
    name: Name,
    prompt: Annotated[str, typer.Option(help="What the text begins with.")] = "",
    length: Annotated[int, typer.Option(min=0, help="Tokens to write after it.")] = 200,
    temperature: Annotated[
        float, typer.Option(min=0, help="Below 1 the likely becomes likelier; 0 draws nothing.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed writes the same text.")] = 0,
    top_k: Annotated[
        int | None, typer.Option(min=1, help="Draw only from so many likeliest tokens.")
    ] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Draw only from the likeliest, so probable together.")
    ] = None,
):
    """Have a pretrained language model write on after a prompt."""
    import zoo

    model = zoo.load(name)
    if model.task != "language_modeling":
        raise ValueError(
            f"`generate` is for language models. Received: {name}, whose task is {model.task}"
        )
    options = {"length": length, "temperature": temperature, "seed": seed}
    text = model.predict(prompt, **options, top_k=top_k, top_p=top_p)
    shown = printing.plots(model.task).in_colour([text], [prompt])
    printing.console().print(shown, soft_wrap=True, end="")


@app.command()
def inspect(
    name: Name,
    text: Annotated[str, typer.Argument(help="What it is to read.")],
    output: Annotated[
        pathlib.Path | None, typer.Option(help="Directory of pictures [default: runs/NAME]")
    ] = None,
):
    """Look inside the recurrent layers of a pretrained model while it reads a text."""
    import zoo

    model = zoo.load(name)
    tokens, inputs = model.read(text)
    output = output or pathlib.Path("runs") / name
    printing.inside(model.model, tokens, inputs, output)


@app.command()
def train(
    name: Name,
    epochs: Annotated[int | None, typer.Option(min=1, help="Most epochs.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed.")] = None,
    limit: Limit = None,
    data_dir: DataDir = None,
    output: Annotated[
        pathlib.Path | None, typer.Option(help="Directory of the run [default: runs/NAME]")
    ] = None,
    arrays: Annotated[
        pathlib.Path | None,
        typer.Option(help="Train on what `zoo data export` wrote; needs no TensorFlow."),
    ] = None,
    tensorboard: Annotated[pathlib.Path | None, typer.Option(help="For event files.")] = None,
    distributed: Annotated[
        bool,
        typer.Option(
            "--distributed",
            help="Be one of several processes, told by KERAS_DISTRIBUTION_*; on JAX.",
        ),
    ] = False,
):
    """Train a recipe's model; killed and called again, it goes on."""
    import zoo

    if distributed:
        from zoo import processes

        processes.join()

    given = {"epochs": epochs, "seed": seed}
    overrides = {field: value for field, value in given.items() if value is not None}
    data = None
    if arrays is not None:
        from zoo.data.arrays import Arrays

        data = Arrays.read(arrays)
    run = zoo.train(
        name,
        data=data,
        data_dir=data_dir,
        limit=limit,
        output=output,
        tensorboard=tensorboard,
        **overrides,
    )
    monitor = run.recipe.monitor.removeprefix("val_")
    best = run.best
    score = best[run.recipe.monitor] * (1 if monitor.endswith(("loss", "perplexity")) else 100)
    typer.echo(
        f"Best on dev: {monitor} {score:.2f} after epoch {best['epoch']} of {len(run.history)}, "
        f"{run.seconds:.0f} s, {run.padding:.1%} padding, in {run.directory}"
    )


@app.command()
def evaluate(
    name: Name,
    split: Annotated[str, typer.Option(help="`dev` or `test`.")] = "test",
    limit: Limit = None,
    data_dir: DataDir = None,
    output: Annotated[
        pathlib.Path | None, typer.Option(help="Directory for scores as JSON and a picture.")
    ] = None,
):
    """Measure a pretrained model on its data, beside the simple baseline."""
    import zoo

    found = zoo.evaluate(name, split=split, data_dir=data_dir, limit=limit)
    task = zoo.recipes.get(name).task
    printing.report(task, found)
    output = output or pathlib.Path("runs") / name
    output.mkdir(parents=True, exist_ok=True)
    scores, picture = output / f"{split}.json", output / f"{split}.png"
    scores.write_text(json.dumps(found, indent=1) + "\n")
    printing.plots(task).report(found).figure.savefig(picture, dpi=150)
    typer.echo(f"Written: {scores}, {picture}")


@app.command()
def export(
    name: Name,
    data_dir: DataDir = None,
    limit: Limit = None,
    run: Annotated[
        list[pathlib.Path] | None,
        typer.Option(
            help="Directory of the finished run [default: runs/NAME]. Several, of different seeds, "
            "become one model that averages them."
        ),
    ] = None,
    output: Annotated[
        pathlib.Path | None, typer.Option(help="Where to write [default: saved_models/NAME]")
    ] = None,
    format_: Annotated[
        Literal["savedmodel", "onnx", "onnx-int8", "litert"],
        typer.Option(
            "--format",
            help="`onnx` writes the graphs of a published model, which run without TensorFlow, "
            "beside its SavedModel; `onnx-int8` those with weights of eight bits; `litert` one "
            "for LiteRT.",
        ),
    ] = "savedmodel",
):
    """Publish a finished run: SavedModel, weights, description and card."""
    import zoo
    from zoo import publishing, training

    if format_ != "savedmodel":
        for option, value in (("output", output), ("run", run), ("limit", limit)):
            if value:
                raise ValueError(
                    f"--{option} is for --format savedmodel; {format_} is written of the published "
                    f"model, beside its SavedModel. Leave --{option} out"
                )
        directory = zoo.load(name).directory
        if format_ == "litert":
            paths = [publishing.to_litert(directory)]
        else:
            paths = publishing.to_onnx(directory, int8=format_ == "onnx-int8")
        for path in paths:
            typer.echo(f"Written: {path}")
        return
    recipe = zoo.recipes.get(name)
    finished = [
        training.read_run(recipe, each, data_dir=data_dir, limit=limit) for each in run or [None]
    ]
    directory = zoo.export(finished, output)
    for found in zoo.pretrained.read_description(directory)["metrics"].values():
        printing.report(recipe.task, found)
    typer.echo(f"Written: {directory}")


@app.command()
def forecast(
    table: Annotated[pathlib.Path, typer.Argument(help="A CSV file; columns of numbers.")],
    horizon: Annotated[int, typer.Option(min=1, help="Steps to forecast.")],
    lookback: Annotated[int | None, typer.Option(min=1, help="Steps of history.")] = None,
    time: Annotated[
        str | None, typer.Option(help="Column of times [default: the first without numbers]")
    ] = None,
    known: Annotated[
        list[str] | None,
        typer.Option(help="Column that is known ahead of time, in rows after the rest ends."),
    ] = None,
    calendar: Annotated[
        bool, typer.Option("--calendar", help="Tell the model the time of day, week and year.")
    ] = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="Most epochs.")] = None,
    output: Annotated[
        pathlib.Path | None,
        typer.Option(help="Directory for run, forecast as CSV and picture [default: runs/FILE]"),
    ] = None,
):
    """Forecast a table of your own: trains (once), compares with baselines, says what comes."""
    import zoo

    output = output or pathlib.Path("runs") / table.stem
    overrides = {"epochs": epochs} if epochs else {}
    found = zoo.forecast(
        table,
        horizon,
        time=time,
        known=known or (),
        calendar=calendar,
        lookback=lookback,
        output=output,
        **overrides,
    )
    printing.forecast(found, output)


@app.command()
def detect(
    table: Annotated[pathlib.Path, typer.Argument(help="A CSV file; columns of numbers.")],
    steps: Annotated[int, typer.Option(min=1, help="Most rows to show.")] = 10,
    time: Annotated[
        str | None, typer.Option(help="Column of times [default: the first without numbers]")
    ] = None,
    cell: Annotated[
        str, typer.Option(help="Of the network that watches: gru, lstm or simple_rnn.")
    ] = "gru",
    probation: Annotated[
        int | None,
        typer.Option(
            min=1, help="Steps at the start that are only read [default: 15 %, at most 750]"
        ),
    ] = None,
    output: Annotated[
        pathlib.Path | None,
        typer.Option(help="Directory for scores as CSV and pictures [default: runs/FILE]"),
    ] = None,
):
    """Find what is new in a table of your own: each row is judged by those before it alone."""
    import zoo

    found = zoo.detect(table, time=time, cell=cell, probation=probation)
    printing.detection(found, steps, output or pathlib.Path("runs") / table.stem)


@data_app.command("export")
def data_export(
    name: Name,
    directory: Annotated[pathlib.Path, typer.Argument(help="Where to write.")],
    limit: Limit = None,
    data_dir: DataDir = None,
):
    """Write a recipe's data as NumPy arrays, to train where TensorFlow is not."""
    from zoo import recipes
    from zoo.data.arrays import Arrays

    data = recipes.get(name).load_data(data_dir=data_dir, limit=limit)
    Arrays.of(data).write(directory)
    typer.echo(f"Written: {directory}")


@app.command()
def demo():
    """Show the pretrained models, then train small ones and compare them with baselines."""
    from zoo import demo

    demo.show(pathlib.Path("runs/demo"))


@app.callback()
def start():
    """A zoo of recurrent models for Keras."""
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        import zoo.serving.saved_model  # noqa: F401  (TensorFlow, without its banner)


def main():
    """Runs the command line; what the user can mend is told in a sentence, not in a traceback."""
    try:
        app()
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        if os.environ.get("ZOO_TRACEBACK"):
            raise
        typer.secho(f"Error: {error}", fg="red", err=True)
        typer.echo("(ZOO_TRACEBACK=1 shows where it was raised.)", err=True)
        sys.exit(1)
