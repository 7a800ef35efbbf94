"""Forecasting a table of one's own: what is best on the last part of it goes on with it."""

import dataclasses
import hashlib
import pathlib
import tempfile

import numpy as np

LONGEST_SEGMENT = 24


@dataclasses.dataclass(frozen=True)
class Outlook:
    """What comes after a series.

    Attributes:
        series: The `zoo.data.forecasting.Series`, each missing value as the last known one.
        report: What was wrong with it before, as its `report` says.
        forecast: `(horizon, channels)`, in original units.
        quantiles: `(horizon, channels, levels)`, likewise.
        levels: Levels of the quantiles.
        chosen: Name of what forecast it: the model, or the baseline that was better on dev.
        found: What `zoo.metrics.forecasting.evaluate` says of the model on the held-out last part,
            baselines beside it.
    """

    series: object
    report: dict
    forecast: np.ndarray
    quantiles: np.ndarray
    levels: tuple
    chosen: str
    found: dict

    def table(self):
        """Lays the forecast out as a `pandas.DataFrame`, a row a step."""
        quantiles = dict(zip(self.levels, np.moveaxis(self.quantiles, -1, 0), strict=True))
        return table(self.series, self.forecast, quantiles)


def table(series, forecast, quantiles):
    """Lays out what comes after a series as a `pandas.DataFrame`, a row a step.

    Args:
        series: A `zoo.data.forecasting.Series`.
        forecast: `(horizon, channels)`.
        quantiles: By level the same.

    Returns:
        A `pandas.DataFrame`; its index has dates where the series has them, else numbers of steps.
    """
    import pandas as pd

    columns = {}
    for place, channel in enumerate(series.channels):
        columns[channel] = forecast[:, place]
        for level, values in quantiles.items():
            columns[f"{channel} {100 * level:g} %"] = values[:, place]
    steps = len(series.values)
    if series.step is None:
        times = pd.RangeIndex(steps, steps + len(forecast), name="step")
    else:
        seconds = series.times(steps + len(forecast))[steps:]
        times = pd.DatetimeIndex(seconds.astype("datetime64[s]"), name="time")
    return pd.DataFrame(columns, index=times)


def forecast(series, recipe, horizon, *, lookback=None, output=None, **overrides):
    """Trains on a series, measures on its last part, and says what comes after it.

    Seven tenths of the series are train, one is dev, the last two are test. What is best on dev,
    the model or one of the simple baselines, makes the forecast.

    A missing value is read as the last known one, which tells nothing of later ones, and is learned
    as that. What is best on dev is said by the values there that are known. On test those windows
    are counted of which all values to forecast are known; where there is none, all of them.

    Args:
        series: A `zoo.data.forecasting.Series`; values may be missing.
        recipe: The `zoo.recipe.Recipe` of a SegRNN with a distribution.
        horizon: Steps to forecast.
        lookback: Steps of history; by default four horizons, at least two seasons, and less where
            the series is short. It is rounded down to whole segments, whose length is the largest
            divisor of `horizon` up to 24.
        output: Directory under which the run is kept, in one named after series, lookback and
            horizon: called again, the same is not trained again. By default none is kept.
        **overrides: Fields of the recipe to replace, for instance `epochs=3`.

    Returns:
        An `Outlook`.

    Raises:
        ValueError: If the series is too short, a channel has no value, none is known where it is to
            be measured, or `lookback` is less than a segment.
    """
    from zoo import training
    from zoo.data import forecasting as data
    from zoo.metrics import forecasting as metrics
    from zoo.metrics import simple_forecasters
    from zoo.metrics.forecast_errors import mse

    report, known, series = series.report, np.isfinite(series.values), series.held()
    steps = len(series.values)
    ends = train, dev, _ = data.borders(recipe.dataset, series)
    segment = max(n for n in range(1, LONGEST_SEGMENT + 1) if horizon % n == 0)
    if lookback is not None and lookback < segment:
        raise ValueError(
            f"`lookback` must be at least {segment} steps, a segment, to forecast {horizon}. "
            f"Received: {lookback}"
        )
    if lookback is None:
        lookback = min(max(4 * horizon, 2 * (series.period or 0)), (train - horizon) // 2)
    lookback = lookback // segment * segment
    if series.known is not None and len(series.known) < steps + horizon:
        raise ValueError(
            f"{', '.join(series.features)} must be known {horizon} steps ahead. "
            f"Received: {len(series.known) - steps}"
        )
    if lookback < segment or min(dev - train, steps - dev) < horizon:
        raise ValueError(
            f"A series must be at least {10 * horizon} steps long to forecast {horizon} "
            f"and to measure how well. Received: {steps} steps"
        )
    if not (known[train:dev].any() and known[dev:].any()):
        raise ValueError(
            f"A series must have known values in the steps {train} to {dev - 1}, on which what "
            f"forecasts is chosen, and {dev} to {steps - 1}, on which it is measured. "
            "Received: none in one of the two"
        )
    whole = data.cut(series, ends, lookback, horizon)
    splits = dict(whole.splits)
    measured = _targets(known, splits["test"]).all(axis=(1, 2))
    if measured.any():
        splits["test"] = splits["test"][measured]
    hyperparameters = {**recipe.hyperparameters, "segment": segment}
    recipe = dataclasses.replace(recipe, hyperparameters=hyperparameters, **overrides)
    with tempfile.TemporaryDirectory() as kept:
        directory = pathlib.Path(output or kept) / _fingerprint(series, lookback, horizon)
        run = training.train(recipe, data=whole, output=directory)
    fitted = simple_forecasters.baselines(splits["train"], splits["dev"], intervals=True)
    predicted = {name: whole.predict(run.model, splits[name]) for name in ("dev", "test")}
    levels = predicted["test"]["levels"]
    fitted = [each.at(levels) for each in fitted]
    found = metrics.evaluate(splits["test"], predicted["test"], splits["train"], fitted)

    dev = splits["dev"]
    counted = _targets(known, dev)
    true = _targets(dev.series, dev)[counted]
    errors = {each.name: mse(true, each.predict(dev)["forecast"][counted]) for each in fitted}
    errors["SegRNN"] = mse(true, predicted["dev"]["forecast"][counted])
    chosen = min(errors, key=errors.get)
    window = splits["test"]
    history = window.series[None, -lookback:]
    if chosen == "SegRNN":
        given = history
        if window.covariates is not None:
            reach = slice(steps - lookback, steps + horizon)
            given = {"history": history, "covariates": window.covariates.values[None, reach]}
        answer = data.told(run.model, run.model.predict_on_batch(given))
    else:
        (best,) = (each for each in fitted if each.name == chosen)
        answer = best.forecast(history)
    quantiles, middle = answer["quantiles"], answer["forecast"]
    return Outlook(
        series,
        report,
        window.in_original_units(middle[0]),
        np.stack([window.in_original_units(q) for q in np.moveaxis(quantiles[0], -1, 0)], axis=-1),
        tuple(levels),
        chosen,
        {**found, "split": "test", "dev": errors},
    )


def _targets(values, windows):
    """Cuts what windows forecast out of `(time, channels)`: `(windows, horizon, channels)`."""
    return values[windows.starts[:, None] + windows.lookback + np.arange(windows.horizon)]


def _fingerprint(series, lookback, horizon):
    """Names what a run was trained on, so that it is not taken for one of other data."""
    digest = hashlib.sha256(series.values.tobytes())
    digest.update(b"" if series.known is None else series.known.tobytes())
    return f"{lookback}.{horizon}.{digest.hexdigest()[:12]}"
