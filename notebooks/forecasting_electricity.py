# %% [markdown]
# # Forecasting
#
# Seven sensors on an electricity transformer report every hour. What will they say in the next four
# days? Here you will see a raw series cut into windows that do not cheat, simple forecasts that are
# hard to beat, an LSTM that loses to a straight line, why it does, what fixes it, and at last
# forecasts that say how sure they are, tested from every hour of four months. Every score was
# computed here, except where another source is named.

# %%
import contextlib
import dataclasses
import io
import logging
import os
import tempfile

import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib import pyplot as plt

import zoo
import zoo.data.sources
import zoo.plots.training
from zoo.data import forecasting
from zoo.metrics import forecasting as metrics
from zoo.metrics import simple_forecasters
from zoo.metrics.forecast_errors import mse
from zoo.models import Forecaster
from zoo.plots import forecasting as plots

logging.getLogger("tensorflow").setLevel(logging.ERROR)
dataset = "ett/h1"
_ = zoo.data.sources.load(dataset, "full")  # Says what to do where it cannot be had.

# %% [markdown]
# One cell decides how much is trained. `build.py --short` sets `ZOO_SHORT`: one epoch on a few
# windows, to see whether everything runs. The figures of such a short run mean nothing.

# %%
limit, epochs = None, 8
if "ZOO_SHORT" in os.environ:
    limit, epochs = 300, 1
print(f"{limit or 'all'} windows of a split; at most {epochs} epochs")

# %% [markdown]
# ## The series
#
# ETTh1 (Zhou et al. 2021) is the benchmark on which forecasters are most often compared: six loads
# and the temperature of the oil. You will see what is wrong with it, if anything, and two of its
# channels: the whole series, and two weeks.

# %%
series = forecasting.read(dataset)
print(series.report)
print(f"a step is {series.step} s, a day {series.period} steps")
times = series.seconds.astype("datetime64[s]")
shown = ("HUFL", "OT")
_, axes = plt.subplots(2, 2, figsize=(10, 4), width_ratios=(2, 1), layout="constrained")
for row, channel in zip(axes, shown, strict=True):
    values = series.values[:, series.channels.index(channel)]
    for ax, part in zip(row, (slice(None), slice(5_000, 5_336)), strict=True):
        ax.plot(times[part], values[part], color="black", linewidth=0.5)
        ax.spines[["top", "right"]].set_visible(False)
        plots.dates(ax)
    row[0].set_ylabel(f"{channel}, units of the file")

# %% [markdown]
# No hour is skipped, and the report finds no value missing, but it counts only what is no number.
# Look at the flat piece in the two weeks: on every 31st of a month, 14 days in all, each of the
# seven channels stands still for 24 hours: gaps, it seems, that were filled before publication.
# The load has a rhythm of a day; the oil follows the weather, and its level wanders. Remember that
# wandering: it decides everything below.
#
# ## Windows that do not cheat
#
# A model reads the last 96 hours of all channels and forecasts the next 96. The literature cuts the
# series in time: twelve months to learn from, four to choose by (dev), four to report on (test).
# Each channel is standardized with mean and deviation of the training part alone. You will see how
# many windows there are, and where the levels of the parts lie.

# %%
recipe = zoo.recipes.get("segrnn.etth1")
data = recipe.load_data(limit=limit)
windows = data.splits
for split, of in windows.items():
    print(f"{split:5} {len(of):6,} windows of {of.lookback} + {of.horizon} steps")

ends = forecasting.borders(dataset, series)
standardized = (series.values - windows["train"].mean) / windows["train"].scale
parts = zip(("train", "dev", "test"), np.split(standardized, ends)[:3], strict=True)
levels = pd.DataFrame({split: part.mean(axis=0) for split, part in parts}, index=series.channels)
display(levels.round(2))

# %% [markdown]
# In units of their own deviation, some channels lie elsewhere in test than they did in training.
# Nobody has moved a sensor: a year is too short to have seen every level.
#
# A window may cheat in two ways: its inputs hold something of the future, or the scaler does. Both
# would show if the future were changed. You will see whether anything in train and dev moves when
# all of test does.

# %%
changed = series.values.copy()
changed[ends[1] :] += 1_000
other = forecasting.cut(
    dataclasses.replace(series, values=changed), ends, **dict(recipe.preprocessing)
)
for split in ("train", "dev"):
    pairs = zip(
        windows[split].arrays(windows[split].starts),
        other.splits[split].arrays(windows[split].starts),
        strict=True,
    )
    print(f"{split}: {'the same' if all(np.array_equal(*pair) for pair in pairs) else 'changed!'}")

# %% [markdown]
# ## Forecasts that need no network
#
# Repeat the last value. Repeat yesterday. Or *NLinear* (Zeng et al. 2023): subtract the last value,
# draw one straight line of 96 weights to each of the 96 steps, the same for all channels, and add
# the value again; it is fitted in closed form. You will see their mean squared errors on dev, and
# how they grow with the steps.

# %%
fitted = simple_forecasters.baselines(windows["train"], windows["dev"])
error = metrics.training_error(windows["train"])
reports = {
    each.name: metrics.report(windows["dev"], each.predict(windows["dev"]), error)
    for each in fitted
}
_, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, found in reports.items():
    ax.plot(range(1, recipe.preprocessing["horizon"] + 1), found["mse_by_step"], label=name)
ax.set(xlabel="step of the horizon", ylabel="MSE on dev", ylim=(0, None))
ax.spines[["top", "right"]].set_visible(False)
_ = ax.legend(frameon=False)
for each in fitted:
    found = reports[each.name]
    print(f"{each.name:15} MSE {found['mse']:.3f}, MAE {found['mae']:.3f}, {each.seconds:.1f} s")

# %% [markdown]
# The waves of the first line are the day. The line that learned is below both everywhere, and took
# next to no time. That is what a network has to beat.
#
# ## The naive LSTM
#
# The recurrent forecaster of most tutorials reads the standardized hours one by one, and from its
# last state a dense layer says all 96 steps of all 7 channels. It is trained on the absolute error,
# like all that follow: outliers pull on it less. You will see this error on dev after each epoch,
# and dotted that of the line.


# %%
def train(name, builder, **hyperparameters):
    """Trains a variant of the recipe on the same windows."""
    variant = dataclasses.replace(
        recipe,
        name=name,
        builder=builder,
        hyperparameters={**hyperparameters, "loss": "mae"},
        epochs=epochs,
        patience=3,
    )
    run = zoo.train(variant, data=data, output=tempfile.mkdtemp())
    reports[name] = metrics.report(windows["dev"], data.predict(run.model, windows["dev"]), error)
    return run


runs = {"naive LSTM": train("naive LSTM", Forecaster, cell="lstm", units=128)}
line = reports["NLinear"]["mae"]
ax = zoo.plots.training.curves(
    {name: run.history for name, run in runs.items()}, monitor="val_loss"
)
ax.axhline(line, color="#333333", linestyle=":", label="NLinear")
_ = ax.legend(frameon=False)

# %% [markdown]
# Its error falls on the training months and, but for the last epoch, on dev, where it ends far
# behind the line. Is it too small, too large, trained too little? Look at *where* it fails first.
# You will see the error of each window of dev against how far its last values lie from the mean of
# training, the channels apart, as means of ten groups of equal size.

# %%
x, y = windows["dev"].arrays(windows["dev"].starts)
distance = np.abs(x[:, -24:].mean(axis=1)).ravel()
groups = pd.qcut(distance, 10)
_, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
linear = next(each for each in fitted if each.name == "NLinear")
answers = {
    "naive LSTM": data.predict(runs["naive LSTM"].model, windows["dev"]),
    "NLinear": linear.predict(windows["dev"]),
}
for name, forecast in answers.items():
    off = np.square(forecast - y).mean(axis=1).ravel()
    found = pd.DataFrame({"distance": distance, "error": off}).groupby(groups, observed=True).mean()
    ax.plot(found["distance"], found["error"], marker="o", label=name)
ax.set(xlabel="last day's distance from the mean of training", ylabel="MSE on dev", ylim=(0, None))
ax.spines[["top", "right"]].set_visible(False)
_ = ax.legend(frameon=False)

# %% [markdown]
# Both are off most in the tenth that lies farthest from what training was like, and there the LSTM
# is behind by most: 3.7 against 2.1. The line subtracts the last value first, so a window at a new
# level is not new to it; the LSTM has learned nothing for levels that it has never seen. But that
# cannot be all. Look at the left: in the middle of what it has seen its error is nearly twice the
# line's, too.
#
# ## What fixes it
#
# Two more runs. The first changes one thing: it subtracts the last value of each window and adds it
# to the forecast. The second is the recipe, SegRNN (Lin et al. 2023), and changes more at once: all
# channels share one set of weights, a step is a segment of 24 hours, not an hour, the cell is a GRU
# of 256 units, and there is dropout. Each has one seed, and dev chooses the epoch. You will see all
# errors on dev.

# %%
runs["LSTM, last value subtracted"] = train(
    "LSTM, last value subtracted", Forecaster, cell="lstm", units=128, normalization="last"
)
runs["SegRNN"] = train("SegRNN", recipe.builder, **recipe.hyperparameters)

# %%
ax = zoo.plots.training.curves(
    {name: run.history for name, run in runs.items()}, monitor="val_loss"
)
ax.axhline(line, color="#333333", linestyle=":", label="NLinear")
_ = ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
rows = {
    name: {
        "MSE on dev": found["mse"],
        "MAE on dev": found["mae"],
        "MASE": found["mase"],
        "parameters": runs[name].model.count_params() if name in runs else None,
        "seconds an epoch": runs[name].seconds / len(runs[name].history) if name in runs else None,
    }
    for name, found in reports.items()
}
display(pd.DataFrame(rows).T.round(3))

# %% [markdown]
# MASE is the absolute error as a multiple of that of repeating yesterday, in training. Subtracting
# one number does more than all the rest, and does not suffice. SegRNN is the one network here that
# is ahead of the line, and by little; which of its changes does it, these runs do not tell. It
# makes four steps where the LSTM makes 96, so an epoch takes about as long although it has more
# than twice the weights. `python benchmarks/forecasting.py plain` and `lookback96` have the same on
# test, for four horizons.
#
# ## How sure is it?
#
# One number an hour says nothing of what may happen. The published model `segrnn_quantiles.etth1`
# gives quantiles; each pair of them that encloses the median is an interval. It takes raw values in
# the units of the sensors and answers in them. You will see what it says of the two channels from
# one hour in the middle of test, and what came.

# %% picture="intervals"
published = zoo.load("segrnn_quantiles.etth1")
test = windows["test"]
origin = int(test.starts[len(test) // 2]) + test.lookback
answer = published.predict(series.values[:origin])
reach = slice(origin - test.lookback, origin + test.horizon)
_, axes = plt.subplots(2, 1, figsize=(8, 6), layout="constrained")
for ax, channel in zip(axes, shown, strict=True):
    place = series.channels.index(channel)
    plots.fan(
        series.values[reach.start : origin, place],
        answer.values[:, place],
        np.stack([values[:, place] for values in answer.quantiles.values()], axis=-1),
        list(answer.quantiles),
        series.values[origin : reach.stop, place],
        times=times[reach],
        ax=ax,
    )
    ax.set_ylabel(f"{channel}, units of the file")

# %% [markdown]
# One window proves nothing. A *backtest* forecasts from every hour of test, each time with nothing
# but the past, and counts: does the interval of 80 % hold four times in five? Beside it stands the
# line with intervals from its own errors on dev. You will see errors by step and by channel, and
# coverage against what is promised: beneath the diagonal, intervals are too narrow.

# %%
uncertain = simple_forecasters.baselines(windows["train"], windows["dev"], intervals=True)
predicted = data.predict(published.model, test)
uncertain = [each.at(predicted["levels"]) for each in uncertain]
found = {**metrics.evaluate(test, predicted, windows["train"], uncertain), "split": "test"}
ax = plots.report(found)

# %%
for title, columns, rows in metrics.tables(found):
    if not title.startswith("MSE by step"):
        print(title)
        display(pd.DataFrame(rows, columns=columns).set_index(columns[0]))

# %% [markdown]
# By squared error the model is ahead of the line; by absolute error, MASE and sMAPE the line is
# ahead by a little. What the model has over it are the intervals. CRPS is the absolute error's
# sister for a whole distribution: the lower, the better, and intervals that are too wide cost as
# well as those that are too narrow. The model's hold a little more than they promise; the line's,
# made of its own errors on dev, hold as much or more and have to be wider for it. `python
# benchmarks/forecasting.py intervals` has the same for four horizons, and for normal and Student t
# distributions.
#
# Does it get worse as training lies farther back? You will see the error of each origin, smoothed
# over a week, for the model and for the line.

# %%
kept = test.series[test.starts[0] : test.starts[-1] + test.lookback + test.horizon]
middle = list(predicted["levels"]).index(0.5)
forecasters = {
    "published": lambda histories: published.model.predict_on_batch(histories)[..., middle],
    "NLinear": linear.forecast,
}
backtests = {
    name: metrics.backtest(forecast, kept, test.lookback, test.horizon)
    for name, forecast in forecasters.items()
}
_, ax = plt.subplots(figsize=(8, 3), layout="constrained")
for name, each in backtests.items():
    off = mse(each.true, each.forecast, axis=(1, 2))
    smooth = pd.Series(off, times[test.starts[0] + each.origins]).rolling(168, center=True).mean()
    ax.plot(smooth, label=f"{name}: {off.mean():.3f}")
ax.set(ylabel="MSE, mean of a week", ylim=(0, None))
plots.dates(ax)
ax.spines[["top", "right"]].set_visible(False)
_ = ax.legend(frameon=False)

# %% [markdown]
# There is no steady rise: the errors come and go with the weeks and are highest in January. Model
# and line have the same good and bad weeks, and by this error the model is ahead in most of them,
# not in all. By the absolute error, over all of test, it is not: 0.395 against 0.392.
#
# ## A series of your own
#
# The same door is open to any table: columns of numbers, and if there is one, a column of times.
# `zoo.forecast` trains a small SegRNN with quantiles, measures it beside the simple forecasts on
# the last part, and carries the series on with what was best on dev; on the command line it is
# `zoo forecast FILE.csv --horizon 48`. The table here is generated: `seasonal_series` has a day, a
# week, a trend, jumps of level, and noise of known size, so the least possible error is known. You
# will see what comes next, and how far from that least error each forecast is.

# %%
(example,) = zoo.data.sources.load("seasonal_series/hourly", "full").as_numpy_iterator()
table = pd.DataFrame(
    example["series"][-4_000:],
    columns=["made up"],
    index=example["timestamp"][-4_000:].astype("datetime64[s]"),
)
with contextlib.redirect_stdout(io.StringIO()):
    outlook = zoo.forecast(table, 48, **({"epochs": 1} if limit else {}))
axes = plots.outlook(outlook)
print(f"best on dev and used: {outlook.chosen}")

# %%
scale = forecasting.from_table(table).values[: int(0.7 * len(table))].std()
floor = float(example["noise_variance"][0]) / scale**2
candidates = [{"name": "SegRNN", **outlook.found}, *outlook.found["baselines"]]
rows = {
    each["name"]: {"MSE": each["mse"], "of the least": each["mse"] / floor} for each in candidates
}
print(f"least possible MSE: {floor:.4f}")
display(pd.DataFrame(rows).T.round(3))

# %% [markdown]
# Here the line was best on dev, and it is on these last windows: one channel with a day and a week
# holds little that is not straight, and the network had few windows to learn it from. Both are
# within a fifth of the least error that there can be.
#
# Which to use when? Fit the line first, always: it is there in a second, and whatever cannot beat
# it need not be trained. Subtract the last value, whatever you train. Take a recurrent model where
# there are many windows, several channels that share a rhythm, or where you want to know how sure
# it is.
#
# Where to go from here: `zoo show segrnn.etth1` prints the card of the model without quantiles,
# `published.model` is the `keras.Model`, and `zoo.models.Seq2SeqForecaster` is the third builder.
