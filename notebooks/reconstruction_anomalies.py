# %% [markdown]
# # Anomalies
#
# A machine in a factory reports its temperature every five minutes. Twice it fails in the weeks
# that we keep for testing. Can a network that was never shown a failure tell? Here you will see an
# autoencoder reconstruct windows of the series, its code as a map, where it is far off, a linear
# rival that reconstructs everything better and by its error tells a failure worse, and at last a
# detector that learns a stream while it watches it. Every score was computed here, except where
# another source is named.

# %%
import logging
import os

import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib import pyplot as plt

import zoo
import zoo.data.sources
from zoo.data import anomalies
from zoo.metrics import anomalies as benchmark
from zoo.metrics import reconstruction as metrics
from zoo.plots import reconstruction as plots
from zoo.plots.forecasting import dates

logging.getLogger("tensorflow").setLevel(logging.ERROR)
_ = zoo.data.sources.load("nab", "full")  # Says what to do where it cannot be had.
short = "ZOO_SHORT" in os.environ  # `build.py --short` asks whether everything runs.

# %% [markdown]
# ## The series
#
# The Numenta Anomaly Benchmark (Lavin and Ahmad 2015) has 58 series in which people marked windows
# around what went wrong. You will see the one of the machine, with its four windows, and the parts
# that a model learns from, is chosen by, and is tested on. Nothing is marked in the first two.

# %%
name = "autoencoder.nab_machine_temperature"
recipe = zoo.recipes.get(name)
data = recipe.load_data()
series = next(each for each in anomalies.read() if each.name == recipe.preprocessing["series"])
times = series.seconds.astype("datetime64[s]")
_, ax = plt.subplots(figsize=(9, 3), layout="constrained")
ax.plot(times, series.values, color="black", linewidth=0.5)
for first, last in series.windows:
    ax.axvspan(times[first], times[last], color=plots.MARK, alpha=0.5, linewidth=0)
for shade, (split, (begin, end)) in zip("753", recipe.preprocessing["parts"].items(), strict=True):
    ax.hlines(0, times[begin], times[end - 1], linewidth=4, color=f"0.{shade}")
    ax.text(times[begin], 4, split)
ax.set_ylabel("temperature")
ax.spines[["top", "right"]].set_visible(False)
_ = dates(ax)

# %% [markdown]
# The windows are generous: each holds one failure, and begins and ends well around it.
#
# ## Reconstructing a window
#
# The published autoencoder reads four hours, 48 steps, with a GRU, keeps four numbers, and
# reconstructs the 48 steps from those four alone. It has learned from weeks in which nothing went
# wrong. You will see the whole test part, what the model makes of it, and beneath how far off it
# is, in units of what is usual for it. A step has the mean of the 48 windows that hold it.

# %% picture="anomalies"
autoencoder = zoo.load(name)
test = data.splits["test"]
begin, end = recipe.preprocessing["parts"]["test"]
found = autoencoder.predict(series.values[begin:end, None])
marked = series.windows[series.windows[:, 0] >= begin] - begin
_ = plots.anomalies(
    series.values[begin:end],
    found.score,
    marked,
    reconstruction=found.values[:, 0],
    times=times[begin:end],
)

# %% [markdown]
# Where the machine does what it did in training the two lines lie upon each other. In the second
# failure the temperature falls to where the model has never been, and it cannot follow. The first
# is restless rather than cold, and stands out little; a dip between the two, which nobody marked,
# stands out more.
#
# ## The code as a map
#
# Four numbers stand for four hours. You will see the codes of all windows of train and test, drawn
# in the two directions in which they differ most, coloured by the mean temperature of the window;
# and the same map with the windows that touch a marked stretch.

# %%
windows = {split: data.splits[split] for split in ("train", "test")}
codes = {split: data.encode(autoencoder.model, of) for split, of in windows.items()}
both = np.concatenate(list(codes.values()))
means = [of.in_original_units(of.arrays()).mean(axis=(1, 2)) for of in windows.values()]
touched = [
    series.marked[of.starts[:, None] + np.arange(of.length)].any(axis=1) for of in windows.values()
]
_, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
plots.latent(both, np.concatenate(means), label="mean temperature of the window", ax=axes[0])
_ = plots.latent(both, np.concatenate(touched), label="touches a marked stretch", ax=axes[1])

# %% [markdown]
# Nobody told the model of temperatures, and yet the map has them in order: the level of a window is
# what four numbers must keep first. The worst of the failures lies at the cold end of the map; the
# other is spread over places that unmarked windows visit, too.
#
# ## Is a network needed?
#
# Principal components are the best *linear* autoencoder. You will see its errors and those of two
# still simpler rivals beside the model's: where nothing is marked, where something is, and how well
# the error of a step tells the one from the other: as ROC AUC, the chance that a marked step has a
# greater error than another, and as the number of marked stretches found, those in which some step
# has a greater error than 99 % of the steps that nobody marked.

# %%
report = metrics.evaluate(test, data.predict(autoencoder.model, test), data.splits["train"])
report["split"] = "test"
((title, columns, rows),) = metrics.tables(report)
print(title)
display(pd.DataFrame(rows, columns=columns).set_index(""))
_ = plots.report(report)

# %% [markdown]
# The linear rival with as many numbers reconstructs *everything* better, failures included, and
# that is its weakness: a straight map carries on beyond what it has seen, and its errors on a
# failure are small, too. Both find both stretches, but step by step the network's error separates
# better, 0.92 against 0.65: outside of what it knows it fails, which is what is wanted here. But
# look at the row of the training mean: on this series the distance from the mean temperature alone
# tells marked steps from others better still, 0.95, though it finds only one of the two stretches.
# A simple rule may be all that a machine needs. Try it first.
#
# ## A stream, from its first step
#
# The autoencoder had weeks to learn from, and somebody who knew that nothing was wrong in them.
# The benchmark asks for more: a detector sees each series once, from its first step, and after a
# probation of at most 750 steps it must speak. `zoo.detect` trains a small GRU as the stream comes
# (`zoo.detection.StreamDetector` takes a network of your own). It watches the values, the network's
# errors, and the errors in units of how sure the network was; what leaves the range of all that was
# seen before is news. You will see
# what it says of the whole series, and the alarms at the threshold at which the benchmark gives
# most points for this series. On the benchmark itself all series share one.

# %%
if short:
    series = anomalies.MarkedSeries(
        "short", series.seconds[:4_300], series.values[:4_300], series.windows[:2]
    )
probation = benchmark.probation(len(series))
table = pd.DataFrame({"temperature": series.values})
scores = zoo.detect(table).scores[:, 0]
alone = zoo.detect(table, cell=None).scores[:, 0]

found = {
    label: benchmark.evaluate([series], [each])["standard"]
    for label, each in {"with the network": scores, "values alone": alone}.items()
}
raised = np.flatnonzero(scores >= found["with the network"]["threshold"])
_, below = plots.anomalies(
    series.values,
    np.log1p(scores),
    series.windows,
    alarms=raised[raised >= probation],
    times=series.seconds.astype("datetime64[s]"),
)
_ = below.set_ylabel("log(1 + score)")

# %% [markdown]
# A score is drawn as its logarithm. Of the restless window it says nothing: there is no value, no
# error and no mean of them in it that had not been there before. A window counts as found by one
# alarm anywhere in it, and look where they are: in the first window after the temperature has come
# back, in the second during the last steep fall, and in that of February at the right edge, on the
# way back up.
#
# How does the same rule do without a network? You will see windows found, false alarms, and the
# benchmark's score, in which no alarm at all has 0, and one at the first step of each window 100.

# %%
for label, each in found.items():
    print(
        f"{label}: {each['detected']} of {each['windows']} windows found, "
        f"{each['false_alarms']} false alarms, score {each['score']:.1f}"
    )

# %% [markdown]
# One series proves nothing: `python benchmarks/anomalies.py` runs both on all 58, with GRU and
# LSTM, beside what others have published, and says which choices were made on which half. Watching
# the values alone is a strong rival there, too.
#
# Where to go from here: `zoo show autoencoder.nab_machine_temperature` prints the card, and
# `autoencoder.model` is the `keras.Model`, to train on a machine of your own; and
# `zoo detect FILE.csv` shows what is new in a table of yours.
