# %% [markdown]
# # Inside LSTM and GRU
#
# A recurrent layer reads a sequence step by step and keeps a state. What LSTM and GRU add to that
# are gates, numbers between 0 and 1 that work like sluices: what comes in, what stays, what goes
# on. Here you will see their equations beside the code and held against Keras; formulas that
# circulate with a mistake in them, and what the mistake does; a network that must keep the number
# of a noun over forty words, the unit in which it keeps it, and what its gates do while it waits.
#
# It takes about three minutes on two cores, trains nine small networks, and needs no download.

# %%
import collections
import contextlib
import inspect
import io
import logging
import os
import tempfile

import keras
import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib import pyplot as plt

import zoo
import zoo.data.sources
import zoo.plots.inspection as draw
from zoo.data.batches import pad
from zoo.data.classification import ClassificationData, Texts
from zoo.data.text import TokenEncoder, frequent
from zoo.inspection import equations, misprints
from zoo.recipe import Recipe

logging.getLogger("tensorflow").setLevel(logging.ERROR)

# %% [markdown]
# One cell decides how much is read and trained. `build.py --short` sets `ZOO_SHORT`: few sentences
# and one epoch, to see whether everything runs. The figures of such a short run mean nothing.

# %%
SHORT = "ZOO_SHORT" in os.environ
texts, tests, epochs, seeds = (300, 205, 1, 1) if SHORT else (10_000, 4100, 4, 2)

# %% [markdown]
# ## The equations
#
# An LSTM has two states: the cell $c$, a basin, and the hidden state $h$, what others see of it. At
# each step it reads $x_t$ and does this, σ being the logistic function, which gives numbers between
# 0 and 1, and ⊙ the product number by number:
#
# $$
# \begin{aligned}
# i_t &= \sigma(x_t W_i + h_{t-1} U_i + b_i) && \text{input gate: how much flows in} \\
# f_t &= \sigma(x_t W_f + h_{t-1} U_f + b_f) && \text{forget gate: how much stays} \\
# o_t &= \sigma(x_t W_o + h_{t-1} U_o + b_o) && \text{output gate: how much is shown} \\
# g_t &= \tanh(x_t W_g + h_{t-1} U_g + b_g) && \text{candidate: what there is to flow in} \\
# c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
# h_t &= o_t \odot \tanh(c_t)
# \end{aligned}
# $$
#
# The zoo has the same as code, in `zoo.inspection.equations`. You will see it without its
# docstring.


# %%
def show(step):
    """Prints the body of a step."""
    head, _, body = inspect.getsource(step).split('"""')
    print(head.rstrip() + body.rstrip())


show(equations.lstm)

# %% [markdown]
# A GRU has one state, and one gate $z$ for two decisions: what it does not keep, it replaces. There
# are two of them. As Cho et al. published it, the reset gate $r$ comes before the matrix
# (`reset_after=False` in Keras):
#
# $$
# \begin{aligned}
# z_t &= \sigma(x_t W_z + h_{t-1} U_z + b_z) && \text{update gate: how much stays} \\
# r_t &= \sigma(x_t W_r + h_{t-1} U_r + b_r) && \text{reset gate: how much is looked at} \\
# g_t &= \tanh(x_t W_h + (r_t \odot h_{t-1})\, U_h + b_h) && \text{candidate} \\
# h_t &= z_t \odot h_{t-1} + (1 - z_t) \odot g_t
# \end{aligned}
# $$
#
# In cuDNN, and in Keras by default, it comes after, so that one product with $U$ serves all three,
# and there is a second bias $b'$ (`reset_after=True`):
#
# $$
# g_t = \tanh(x_t W_h + b_h + r_t \odot (h_{t-1} U_h + b'_h))
# $$
#
# Do the equations say what Keras does? Here are layers of Keras with weights drawn at random,
# biases too, and the largest difference between what they answer and what the equations give.

# %%
rng = np.random.default_rng(0)
x = rng.normal(size=(4, 50, 3)).astype("float32")
layers = {
    "lstm": keras.layers.LSTM(8, return_sequences=True),
    "gru": keras.layers.GRU(8, return_sequences=True, reset_after=False),
    "gru_reset_after": keras.layers.GRU(8, return_sequences=True, reset_after=True),
}
for name, layer in layers.items():
    layer.build(x.shape)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    step = getattr(equations, name)
    seen = equations.unfold(step, x, equations.start(step, 4, 8), *layer.get_weights())
    difference = np.abs(seen.hidden - keras.ops.convert_to_numpy(layer(x))).max()
    print(f"{name:16} largest difference over {x.shape[1]} steps: {difference:.1e}")

# %% [markdown]
# ## A sluice by hand
#
# To see what the gates are for, we set the weights of a single unit ourselves. It reads two numbers
# at a time: a level, and a signal that is 1 now and then. The signal opens the input gate and shuts
# the forget gate; without it the one is shut and the other open. `zoo.inspection.trace` shows the
# gates and states of any recurrent layer while it runs, and `zoo.plots.inspection` draws them.

# %%
unit = keras.layers.LSTM(1, name="sluice")
unit.build((None, None, 2))
#                 input forget candidate output
unit.set_weights(
    [
        np.array([[0.0, 0, 2, 0], [12, -12, 0, 0]]),  # what the level does, and the signal
        np.zeros((1, 4)),
        np.array([-6.0, 6, 0, 6]),
    ]
)
level, signal = rng.uniform(-1, 1, 30), np.isin(np.arange(30), (4, 11, 19, 25))
found = zoo.inspection.trace(unit, np.stack([level, signal], axis=1)[None].astype("float32"))
ax = draw.unit(found["sluice"], 0)
ax.set_xlabel("step")
ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
for step in np.flatnonzero(signal):
    ax.axvspan(step - 0.5, step + 0.5, color="#eeeeee", zorder=0)
plt.show()

# %% [markdown]
# At the grey steps the level is let in; between them the candidate does what it likes and the cell
# (black) stays, not for ever, since a gate is never quite shut: σ(6) is 0.9975. Could a network
# find such weights by itself? First, what must not be changed about them.
#
# ## Formulas that circulate with errors
#
# | where | often seen | right for these weights |
# |---|---|---|
# | `lstm_forgets_hidden` | $c_t = f_t ⊙ h_{t-1} + i_t ⊙ g_t$ | $c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t$ |
# | `lstm_leaks` | $c_t = (1-i_t) ⊙ c_{t-1} + i_t ⊙ g_t$ | $c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t$ |
# | `lstm_without_output_tanh` | $h_t = o_t ⊙ c_t$ | $h_t = o_t ⊙ \tanh(c_t)$ |
# | `gru_swapped` * | $(1-z_t) ⊙ h_{t-1} + z_t ⊙ g_t$ | $z_t ⊙ h_{t-1} + (1-z_t) ⊙ g_t$ |
# | `gru_reset_misplaced` * | $r_t ⊙ (h_{t-1} U_h)$ | $(r_t ⊙ h_{t-1})\, U_h$ |
#
# Each is a step in `zoo.inspection.misprints` that takes the same weights as the right one. The two
# with a star are another convention, errors only with weights of the first. `compare` runs both on
# the weights of a fresh layer and numbers drawn at random. The *difference of states* is how far
# the hidden states are apart, as a share of the size of the right ones (root mean squares); then
# come how large the memory becomes, and how much of a small change is left in it after some steps,
# each with the figure of the right formula beside it.

# %%
rows = misprints.compare(time=30 if SHORT else 100)
table = {
    row.name: {
        "difference of states": row.difference,
        "largest memory": row.largest_state,
        "largest memory, right": row.largest_state_right,
        "left after 20 steps": row.survival[19],
        "left, right": row.survival_right[19],
    }
    for row in rows
}
display(pd.DataFrame(table).T.map("{:.2g}".format))

_, axes = plt.subplots(1, len(rows), figsize=(11, 2.4), sharey=True, layout="constrained")
for ax, row in zip(axes, rows, strict=True):
    ax.semilogy(row.survival_right, color="#3f78b5", label="right")
    ax.semilogy(row.survival, color="#c9543b", ls="--", label="misprint")
    ax.set_title(row.name, fontsize=8)
    ax.set_xlabel("steps")
axes[0].set(ylabel="what is left", ylim=(1e-8, 3))
axes[0].legend(fontsize=8)
plt.show()

# %% [markdown]
# An LSTM that keeps $h$ in place of $c$ has no memory to speak of. The leak is a model of its own
# (Greff et al. call it coupled gates), and so are the two GRUs: swapped and misplaced (which, with
# a second bias, is Keras's default) are wrong only with weights that were made for the other, but
# then all is wrong, without any error message. What each does is said in its docstring:

# %%
for step in (misprints.lstm_leaks, misprints.gru_swapped):
    print(inspect.getdoc(step).partition("Reference:")[0])

# %% [markdown]
# ## A noun far away
#
# *The dogs that the man with the hat saw were ready*: whether it is *was* or *were* hangs on
# *dogs*, and *man* and *hat* attract in vain. `agreement` is a data set of such sentences,
# generated for this project: up to 12 words between noun and verb in training, up to 40 in the
# test. We let a network read up to the verb, and it must say whether the verb is singular or
# plural. So that it cannot simply keep the first noun of all, two other sentences come before.


# %%
def read(split, others=None):
    """Reads texts up to their last verb, two other sentences first."""
    rows = pd.DataFrame(zoo.data.sources.load("agreement", split).as_numpy_iterator())
    rows["tokens"] = [[token.decode() for token in tokens] for tokens in rows.tokens]
    others = rows.tokens if others is None else others
    drawn = np.random.default_rng(0).integers(len(others), size=(len(rows), 2))
    places = zip(drawn, rows.tokens, rows.verb, strict=True)
    rows["read"] = [others[a] + others[b] + tokens[:verb] for (a, b), tokens, verb in places]
    return rows


dev = read(f"validation[:{min(texts, 1300)}]")
test = read(f"test[:{tests}]", others=dev.tokens)
rows = {"train": read(f"train[:{texts}]"), "dev": dev, "test": test}
names = tuple(zoo.data.sources.builder("agreement").info.features["number"].names)
splits = {
    split: Texts(each["read"].str.join(" ").tolist(), each.number.to_numpy("int32"), names)
    for split, each in rows.items()
}
counts = collections.Counter(word for text in splits["train"].texts for word in text.split())
data = ClassificationData(TokenEncoder(frequent(counts), None), names, splits)


def ids(texts):
    """Gives what the networks read of texts."""
    return pad(data.encode(texts)[0]["tokens"])


for split, each in rows.items():
    print(f"{split}: {len(each):,} texts, {each['read'].str.len().mean():.0f} words each;", end=" ")
    print(f"up to {each.distance.max()} words between, {each.attractors.max()} attractors")
print(f"vocabulary: {len(data.encoder.words)} words")
print("an example:", splits["test"].texts[-1])

# %% [markdown]
# A recipe is a value, also one for a data set of one's own. The three networks differ in the name
# of their cell: word vectors of 16, one layer of 32 units that reads from left to right, and a
# decision from its last state.

# %%
recipe = Recipe(
    name="agreement",
    task="classification",
    dataset="agreement",
    data=ClassificationData,
    builder=zoo.models.SequenceClassifier,
    hyperparameters={
        "units": 32, "embedding_dim": 16, "bidirectional": False, "pooling": "last", "dropout": 0.0,
    },
    batch_size=64,
    epochs=epochs,
    learning_rate=3e-3,
    monitor="val_loss",
)  # fmt: skip
cells = {"simple_rnn": "simple RNN", "gru": "GRU", "lstm": "LSTM"}
runs = {}
for cell, name in cells.items():
    options = {"hyperparameters": {**recipe.hyperparameters, "cell": cell}}
    for seed in range(seeds):
        with contextlib.redirect_stdout(io.StringIO()):
            run = zoo.train(recipe, data=data, output=tempfile.mkdtemp(), seed=seed, **options)
        runs[name, seed] = run
        by_epoch = " ".join(f"{100 * epoch['val_accuracy']:5.1f}" for epoch in run.history)
        print(f"{name:10} seed {seed}, right on dev after each epoch, %: {by_epoch}")
    print(f"{'':10} {run.model.count_params():,} parameters")

# %% [markdown]
# Who knows no grammar can still be right more often than not: by always saying what is more
# frequent, or by looking at the last noun before the verb. Here are both beside the networks, on
# texts whose noun stands up to three times as far away as in any text of the training. A line is
# the mean of the seeds, the shade goes from the worst of them to the best.

# %%
words = set(data.encoder.words) - {"look", "seem"}  # Of these *looks* and *seems* is a verb.
nouns = {f"{word}s": word for word in words if f"{word}s" in words} | {"men": "man"}
numbers = {**dict.fromkeys(nouns, 1), **dict.fromkeys(nouns.values(), 0)}

last = [[numbers[word] for word in text if word in numbers][-1] for text in test["read"]]
right = {
    ("majority", 0): test.number == rows["train"].number.mode()[0],
    ("last noun", 0): test.number == last,
}
x = ids(splits["test"])
for which, run in runs.items():
    right[which] = run.model.predict_on_batch(x).argmax(axis=-1) == test.number
right = pd.DataFrame(right)

edges, beyond = [-1, 0, 3, 6, 12, 20, 30, 40], test.distance > 12
labels = ["0", "1-3", "4-6", "7-12", "13-20", "21-30", "31-40"]
by = {
    "words between noun and verb": right.groupby(pd.cut(test.distance, edges, labels=labels)),
    "attractors, distances over 12": right[beyond].groupby(
        test.attractors.clip(upper=6).map(lambda count: "6+" if count == 6 else str(count))
    ),
}
_, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True, layout="constrained")
for ax, (title, group) in zip(axes, by.items(), strict=True):
    of_seeds = group.mean().T.groupby(level=0, sort=False)
    mean, low, high = of_seeds.mean().T, of_seeds.min().T, of_seeds.max().T
    display((100 * mean.T.rename_axis(title, axis=1)).round(1))
    for name in mean:
        (line,) = ax.plot(mean.index.astype(str), mean[name], marker="o", ms=3, label=name)
        ax.fill_between(
            mean.index.astype(str), low[name], high[name], color=line.get_color(), alpha=0.2
        )
    ax.set_xlabel(title)
axes[0].axvspan(3.5, 6.2, color="#eeeeee", zorder=0)
axes[0].set_ylabel("accuracy")
axes[0].legend(fontsize=8)
plt.show()

# %% [markdown]
# Grey are the distances that no text of the training had. Up to there GRU and LSTM make no mistake;
# beyond, mistakes begin, and how soon hangs on the seed: see how wide the shade of the GRU is. Two
# seeds are too few to set one of them above the other. The simple RNN has had as much training and
# has found something else. It is best with some words in between, and on the right it is right the
# less, the more attractors there are, in the end less often than by guessing: it goes with the
# crowd in between. Is that its memory, or has it only not finished learning? Give it more texts, or
# more epochs, and see.
#
# ## Which unit keeps the number?
#
# Just before the verb the network must know. We take the state of each unit there, over the texts
# of dev, and ask how well it goes along with the number: the correlation of the two. A correlation
# proves nothing yet. So we take the units out: `zoo.inspection.silenced` has them say nothing for a
# while, and we see how often the network is still right; first the unit of the highest correlation,
# then the next one with it, and so on; beside it units in an order drawn at random.


# %%
def accuracy(model, units):
    """Tells how often a network is right without some units of its layer."""
    layer = next(iter(zoo.inspection.recurrent_layers(model)))
    with zoo.inspection.silenced(model, {layer: list(units)}):
        return np.mean(model.predict_on_batch(x).argmax(axis=-1) == seen.labels)


seen = splits["dev"][:500]
x = ids(seen)
chosen = {name: runs[name, 0] for name in cells.values()}
correlation = {}
for name, run in chosen.items():
    (trace,) = zoo.inspection.trace(run.model, x).values()
    last = trace["cell" if "cell" in trace else "hidden"][:, -1]  # Where padded, it stays.
    correlation[name] = np.corrcoef(last.T, seen.labels)[-1, :-1]

_, axes = plt.subplots(1, 3, figsize=(9, 2.8), sharey=True, layout="constrained")
counts = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24]
for ax, (name, run) in zip(axes, chosen.items(), strict=True):
    orders = {
        "highest correlation first": np.argsort(-np.abs(correlation[name])),
        "in random order": np.random.default_rng(1).permutation(32),
    }
    for label, order in orders.items():
        scores = [accuracy(run.model, order[:count]) for count in counts]
        ax.plot(counts, scores, marker="o", ms=3, label=label)
    best = orders["highest correlation first"][:3].tolist()
    print(f"{name:10} units {best}, correlations {correlation[name][best].round(2)}")
    ax.set_title(name, fontsize=10)
    ax.set_xlabel("units taken out")
axes[0].set_ylabel("accuracy")
axes[0].legend(fontsize=8)
plt.show()

# %% [markdown]
# One unit after the other can go, and LSTM and GRU are right as before: where there is room, the
# number is kept in many places. In the LSTM a high correlation tells little about which are missed;
# in the simple RNN, and in the GRU from six units on, those of the highest correlation are missed
# more than others. (This is one random order; another would give another line.) The layer at work,
# the eight units of the highest correlation, on a sentence of our own:

# %%
sentences = [
    "the cats are here . the dog that the man beside the trees saw often",
    "the cat is here . the dogs that the man beside the tree saw often",
]
ours = ids(Texts(sentences, np.array([0, 1], "int32"), names))
(trace,) = zoo.inspection.trace(chosen["LSTM"].model, ours).values()
order = np.argsort(-np.abs(correlation["LSTM"]))[:8]
draw.gates(trace, sentences[1].split(), row=1, units=order, names=["input", "forget", "cell"])
plt.show()

# %% [markdown]
# ## Squeezed into one unit
#
# How many units does it take? Here are the three cells with a single one, trained with larger
# steps: what is kept, is kept there. You will see how often each is right, on dev and on the texts
# of test with more than 12 words in between, and on dev with the unit taken out.

# %%
small, table = {}, {}
for cell, name in cells.items():
    of_one = {**recipe.hyperparameters, "cell": cell, "units": 1}
    options = {"hyperparameters": of_one, "learning_rate": 1e-2, "output": tempfile.mkdtemp()}
    with contextlib.redirect_stdout(io.StringIO()):
        small[name] = zoo.train(recipe, data=data, **options).model
    guessed = small[name].predict_on_batch(ids(splits["test"])).argmax(axis=-1) == test.number
    table[name] = {
        "dev": accuracy(small[name], []),
        "test, over 12 words": guessed[beyond].mean(),
        "dev, unit taken out": accuracy(small[name], [0]),
    }
display((100 * pd.DataFrame(table).T).round(1))

# %% [markdown]
# One unit of an LSTM is enough, also for distances that it never met, one of a GRU nearly, and a
# simple RNN with one unit guesses. Here it is certain where the number is: without the unit what is
# left is a guess.
#
# Now watch the one unit of the LSTM in two sentences that differ in one noun, each after a short
# one of the other number: its gates and states at each word.

# %% picture="unit_of_number"
(trace,) = zoo.inspection.trace(small["LSTM"], ours).values()
_, axes = plt.subplots(2, 1, figsize=(9, 6.4), sharey=True, layout="constrained")
expected = small["LSTM"].predict_on_batch(ours).argmax(axis=-1)
for row, (ax, sentence) in enumerate(zip(axes, sentences, strict=True)):
    draw.unit(trace, 0, sentence.split(), ax, row=row)
    ax.set_title(f"LSTM of one unit; it expects a verb in the {names[expected[row]]}", fontsize=10)
plt.show()

# %% [markdown]
# Find the word at which the black line, the cell, turns, and see which gates let it. Then the words
# that follow: another noun passes, and does the line move? One sentence may be a happy chance, so
# the same over texts of the test: what do the gates do, on average, at the noun that counts, at
# nouns that attract, and at the other words in between? And how far does the cell move there, plus
# being towards the right number?


# %%
def kinds(row):
    """Says of each word of a text's last sentence what it is to the verb."""
    verb = len(row["read"])
    noun = verb - row.distance - 1
    for place in range(verb - row.verb - 1, verb):
        word = row["read"][place]
        if place <= noun:
            kind = {noun: "the noun"}.get(place, "the full stop before" if word == "." else "")
        elif word in numbers:
            kind = "attractor" if numbers[word] != row.number else "noun of the same number"
        else:
            kind = "other word in between"
        yield place, kind


some = test[beyond].head(40 if SHORT else 300)
long = ids(splits["test"].where(test.index.isin(some.index)))
(trace,) = zoo.inspection.trace(small["LSTM"], long).values()
steps = pd.DataFrame(
    [
        {"": kind, "row": row, "place": place}
        for row, (_, text) in enumerate(some.iterrows())
        for place, kind in kinds(text)
        if kind
    ]
)
for gate in ("forget", "input", "output"):
    steps[gate] = trace[gate][steps.row, steps.place, 0]
cell = trace["cell"][..., 0]
# Which way the cell goes for a plural; +1 is towards the right number, -1 away from it.
plural = np.sign(np.corrcoef(cell[:, -1], some.number)[0, 1])
towards = plural * (2 * some.number.to_numpy()[steps.row] - 1)
change = cell[steps.row, steps.place] - cell[steps.row, steps.place - 1]
steps["towards the right number"] = towards * change
table = steps.drop(columns=["row", "place"]).groupby("").mean().round(3)
display(table.assign(words=steps.groupby("").size()))

# %% [markdown]
# So a network does find the sluice by itself, and does more with it than we did by hand. In the
# picture the forget gate and the output gate shut at the verb and at *here* already, and at the
# full stop both are at 0: the number of the sentence before is gone, and the cell stands at the
# same small value in both. After that the forget gate is open: at 0.98 it would still keep
# $0.98^{40} = 0.45$ of what is there after forty words. But the cell does not only keep. What it
# shows goes back into its own candidate, so that a word without a number, too, pushes it farther
# the way it went, by 0.48 where the noun itself had pushed by 0.84; and an attractor pulls it back
# by 0.66, one step of many. It counts votes, and the first noun has bought them.
#
# ## How far the gradient reaches
#
# To learn what must be kept, training needs a gradient that comes back over all the words. The norm
# of $\partial h_T / \partial h_t$ tells how much of a change at step $t$ is left in the last state;
# here it is against the distance $T - t$, of each network as it began and as it is now. A line is
# the median of 16 texts, the shade the middle half of them.

# %%
longest = ids(splits["test"].where((test.distance > 30).to_numpy())[:16])
_, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True, layout="constrained")
fresh = {name: run.recipe.build(data.sizes, steps_per_epoch=1) for name, run in chosen.items()}
for ax, (title, models) in zip(
    axes,
    {"before training": fresh, "after": {name: run.model for name, run in chosen.items()}}.items(),
    strict=True,
):
    norms = {}
    for name, model in models.items():
        (norms[name],) = zoo.inspection.gradient_norms(model, longest, probes=4).values()
    draw.gradients(norms, ax)
    ax.set_title(title, fontsize=10)
axes[0].set_ylim(1e-8, 30)
plt.show()

# %% [markdown]
# The left side is not what one reads everywhere. A fresh simple RNN of Keras loses hardly anything:
# its recurrent weights begin orthogonal, and on numbers as small as these tanh is nearly a straight
# line. It is the GRU whose gradient vanishes fastest: its gates begin half open, so that each step
# leaves about 0.63 of a change: a half through the gate, the rest through the matrix. The LSTM's
# forget gate begins with a bias of 1, σ(1) is 0.73, and a step leaves about 0.86. After training
# the three are nearer to each other, not alike: at 30 steps the GRU has about 25 times as much as
# the LSTM, at 71 the LSTM ten times as much as the GRU. At both the simple RNN lies between them,
# and yet it is right by far the least often: a gradient that arrives is no memory yet.
#
# ## Open, shut, or in between
#
# A gate that is always open or always shut is no gate any more. You will see how the values of all
# gates are spread over the steps of dev, before training and after.

# %%
for name in ("GRU", "LSTM"):
    found = {}
    for label, model in {"before": fresh[name], "after": chosen[name].model}.items():
        (trace,) = zoo.inspection.trace(model, x).values()
        found[label] = zoo.inspection.saturation(trace)
    draw.saturation(found, title=f"{name}, 32 units")
    plt.show()

# %% [markdown]
# Before training all stand where their biases put them. After it they move over most of their
# range, and most of the time they are neither open nor shut.
#
# ## What it weighs
#
# Last, a model of the size that is used: the published tagger of parts of speech, two layers of
# LSTM in both directions. Where are its parameters, and how is the arithmetic of its recurrent
# layers shared out, for a single word?

# %%
tagger = zoo.load("bilstm_tagger.ud_en_ewt").model
weighs = zoo.inspection.parameters(tagger)
costs = zoo.inspection.flops(tagger, time=1)
_, axes = plt.subplots(1, 2, figsize=(11, 3.4), layout="constrained")
draw.sizes(weighs, axes[0])
draw.sizes(costs, axes[1], what="operations a word, recurrent layers")
axes[1].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

gru = zoo.load("bigru_tagger.ud_en_ewt").model
for name, model in {"LSTM": tagger, "GRU": gru}.items():
    weight = sum(
        count
        for layer, parts in zoo.inspection.parameters(model).items()
        if layer in zoo.inspection.recurrent_layers(model)
        for count in parts.values()
    )
    cost = sum(sum(parts.values()) for parts in zoo.inspection.flops(model, time=1).values())
    print(f"{name}: {weight:,} recurrent parameters, {cost / 1e6:.2f} million operations a word")
lookup = weighs["word_embedding"]["embeddings"] / tagger.count_params()
print(f"{lookup:.0%} of the LSTM's parameters are word vectors, of which a word reads one")

# %% [markdown]
# Four parts make an LSTM, three a GRU of as many units, and everything scales with that. Whether
# the fourth is worth its price is the question of `notebooks/lstm_or_gru.py`.
