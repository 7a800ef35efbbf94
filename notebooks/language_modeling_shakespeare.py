# %% [markdown]
# # A language model
#
# A language model says how likely every next character is after all that stand before it, and that
# is all it needs to write. Here you will see what a recurrent one writes when it has read a million
# characters of Shakespeare, what surprises it, how long its memory is, how far the temperature may
# rise, and whether it copies. Every score and every share was computed here, except where another
# source is named.

# %%
import dataclasses
import itertools
import logging
import os
import pathlib
import tempfile

import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib import pyplot as plt

import zoo
import zoo.data.sources
import zoo.plots.training
from zoo.metrics import language_modeling as metrics
from zoo.plots import language_modeling as plots
from zoo.serving import language_modeling as serving
from zoo.serving import saved_model

logging.getLogger("tensorflow").setLevel(logging.ERROR)
dataset = "tiny_shakespeare"
_ = zoo.data.sources.load(dataset, "train[:1]")  # Says what to do where it cannot be had.

# %% [markdown]
# One cell decides how much is read, written and trained. `build.py --short` sets `ZOO_SHORT`:
# little of all, to see whether everything runs. The figures of such a short run mean nothing.

# %%
length, pieces, units, epochs, limit = 400, 100, 128, 2, None
if "ZOO_SHORT" in os.environ:
    length, pieces, units, epochs, limit = 60, 4, 16, 1, 200
print(f"{length} characters a text; {pieces} pieces of dev; {units} units, {epochs} epochs")

# %% [markdown]
# ## What it writes
#
# You will see what the published model writes after a beginning of ours, in bold. It has seen
# plays, so a name in capitals and a colon mean that somebody is about to speak.

# %%
model = zoo.load("lstm_lm.tiny_shakespeare")
prompt = "THE CLOCKMAKER:\nGood morrow"
text = model.predict(prompt, length=length, temperature=0.7, seed=1)
begun, written = text[: len(prompt)], text[len(prompt) :]
display(HTML(f"<pre><b>{begun}</b>{written}</pre>"))

# %% [markdown]
# Everything there was drawn, one character at a time: spelling, line breaks, who speaks. The form
# holds, and for a line or two the grammar; the sense does not. Draws come from the seed alone, so
# the same seed writes the same text, here and from a shell:
# `zoo generate lstm_lm.tiny_shakespeare --prompt ... --temperature 0.7 --length 400 --seed 1`.
#
# ## What surprises it
#
# The other use of a language model is to judge a text. The *surprise* of a character is minus the
# logarithm of the probability that it was given after all before it: 0 nats if it was certain, 0.7
# if it was a coin's toss. You will see three texts of our own; the darker, the more surprising.

# %%
own = {
    "in its manner": "MARIA:\nMy lord, the lamp is out, and no man here\nWill light it till the "
    "morning. Come away.\n",
    "of today": "The train to the airport leaves in ten minutes, and I still have to buy a ticket "
    "online.\n",
    "of no language": "Rhoo dle vakkamint, jepp ikso? Quv wroth zelmatter.\n",
}
scores = {name: model.score(given) for name, given in own.items()}
for name, score in scores.items():
    nats = -score.log_probability / len(score.tokens)
    print(f"{name}: {nats:.2f} nats a character, perplexity {score.perplexity:.1f}")
    display(HTML(plots.html(score)))

# %% [markdown]
# Look at where the dark ones stand: at the first letters of words, seldom at their ends. After a
# few letters there is little choice left. And look at a word that it cannot know, such as
# *airport* or *online*: it is surprised more than once, for each letter that no word it knows would
# have there.
#
# ## How good it is
#
# Averaged over a text that it has not seen, surprise is *the* measure of a language model; its
# exponential is the perplexity, between how many equally likely characters it wavers. You will see
# both on dev, beside two models that count: a Kneser-Ney 5-gram, which sees four characters before,
# and unigrams, which see none.

# %%
recipe = zoo.recipes.get(model.name)
data = model.adapt(recipe.load_data(limit=limit))
found = zoo.evaluation.evaluate(recipe, model.model, data, split="dev")
_ = plots.report(found)

# %%
title, columns, rows = metrics.tables(found)[0]
print(title)
display(pd.DataFrame(rows, columns=columns).set_index(""))

# %% [markdown]
# Every character is counted once, after all that stand before it: the text is read from its
# beginning to its end, and the state goes on from window to window. What is that worth?
#
# ## How long its memory is
#
# We cut pieces out of dev and have the model read each as if it were a beginning, without memory of
# what came before. You will see how the surprise falls with the number of characters that it has
# read of the piece. Dashed is what the same characters are when the whole of dev before them is in
# memory.

# %%
train, dev = (
    "".join(
        example["text"].decode()
        for example in zoo.data.sources.load(dataset, split).as_numpy_iterator()
    )
    for split in ("train", "validation")
)
dev = dev[: 5_000 if limit else None]
size = 256
starts = np.linspace(0, len(dev) - size, pieces).astype(int)
cut = model.score([dev[start : start + size] for start in starts])
by_place = np.array([[token.nats for token in score.tokens] for score in cut]).mean(axis=0)
remembered = np.array([token.nats for token in model.score(dev).tokens])
remembered = np.mean([remembered[start : start + size] for start in starts], axis=0)

edges = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256]
middles = [np.sqrt(max(low, 0.5) * high) for low, high in itertools.pairwise(edges)]
parts = [slice(low, high) for low, high in itertools.pairwise(edges)]
means = [by_place[part].mean() for part in parts]
_, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
ax.plot(middles, means, color=plots.FOR, marker="o")
ax.plot(middles, [remembered[part].mean() for part in parts], color="#333333", linestyle="--")
ax.set_xscale("log", base=2)
ax.set(xlabel="characters read of the piece", ylabel="nats a character", ylim=(0, None))
ax.grid(alpha=0.3)
ax.spines[["top", "right"]].set_visible(False)
for part, nats in zip(parts, means, strict=True):
    all_before = remembered[part].mean()
    print(f"{part.start:3} to {part.stop:3}: {nats:.2f} nats, with all in memory {all_before:.2f}")

# %% [markdown]
# The first points are worse than guessing among some 65 characters, which gives 4.2 nats: the model
# takes the piece for the beginning of a text, and is surprised to be in the middle of a line. Most
# is won within the first word or two; after some dozens of characters there is little more to win.
# From 32 on the two are the same to a hundredth. So the text hangs together as far as that, and no
# farther. Is this a limit of the data or of the network? A larger corpus would give it more reason
# to remember.
#
# ## Temperature
#
# What the model says may be sharpened or blurred before a character is drawn, by dividing the
# logits by a *temperature*. You will see the same beginning and the same draws at three of them.

# %%
for temperature in (0.3, 0.7, 1.2):
    print(f"--- {temperature}")
    print(model.predict(prompt, length=160, temperature=temperature, seed=3))

# %% [markdown]
# Cold, it takes what is likeliest and soon repeats itself; hot, it invents words. You will see how
# surprising its own texts are to it, by the temperature, and how many of their words occur in
# training.

# %%
known = set(train.lower().replace("\n", " ").split(" "))
temperatures = (0.3, 0.5, 0.7, 0.85, 1.0, 1.2)
written = {t: model.predict([""] * 4, length=2 * length, temperature=t, seed=4)
           for t in temperatures}  # fmt: skip
own_nats = {
    t: [-score.log_probability / len(score.tokens) for score in model.score(texts)]
    for t, texts in written.items()
}
words = {t: " ".join(texts).lower().replace("\n", " ").split(" ") for t, texts in written.items()}
shares = {t: np.mean([word in known for word in of]) for t, of in words.items()}
dev_share = np.mean([word in known for word in dev.lower().replace("\n", " ").split(" ")])

_, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
plots.temperatures(own_nats, axes[0])
axes[0].axhline(found["nats"], color="#333333", linestyle="--", linewidth=1)
axes[1].plot(temperatures, [100 * shares[t] for t in temperatures], color=plots.FOR, marker="o")
axes[1].axhline(100 * dev_share, color="#333333", linestyle="--", linewidth=1)
axes[1].set(xlabel="temperature", ylabel="per cent of words that training has", ylim=(0, 102))
axes[1].grid(alpha=0.3)
axes[1].spines[["top", "right"]].set_visible(False)

# %% [markdown]
# Dashed is Shakespeare himself: how surprising dev is, and how many of its words training has. At
# temperature 1 the model should be about as surprised at itself as at him; where it is less, it is
# surer of itself than dev bears out. So it is here, 1.29 nats against 1.38, by a little; but four
# texts are few, and one of them nearly reaches the line.
#
# ## Does it copy?
#
# A model that had learned its corpus by heart would write lines of it. You will see which share of
# all pieces of so many characters stands in training word for word: of what the model wrote, and of
# dev, which is by the same author and cannot be copied.

# %%
lengths = (2, 4, 6, 8, 10, 12, 16, 20, 25, 30)
sample = [dev[start : start + 2 * length] for start in starts[:: max(1, pieces // 4)][:4]]
curves = {"dev": sample, **{f"temperature {t}": written[t] for t in (0.5, 0.7, 1.0)}}
shades = ("#333333", "#9ecae1", "#4292c6", "#08519c")
_, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
for (name, texts), colour in zip(curves.items(), shades, strict=True):
    copied = metrics.copied(texts, train, lengths)
    ax.plot(lengths, [100 * share for share in copied], color=colour, marker="o", label=name)
ax.set(xlabel="characters of a piece", ylabel="per cent found in training", ylim=(0, 102))
ax.grid(alpha=0.3)
ax.spines[["top", "right"]].set_visible(False)
_ = ax.legend(frameon=False)

# %% [markdown]
# Short pieces are everywhere; nobody writes without them. Long ones tell: what is above the line of
# dev is nearer to training than its author is to himself. The colder, the more of it is stock
# phrases. Whoever publishes a language model should draw this picture first.
#
# ## A small one from scratch
#
# How much of this takes a large network and a long training? We take the recipe of the published
# model with few units and few epochs. You will see dev after every epoch, and what the small model
# writes at the end.

# %%
small = dataclasses.replace(
    recipe,
    name="lstm_lm_small.tiny_shakespeare",
    hyperparameters={**recipe.hyperparameters, "units": units, "dropout": 0.1},
    epochs=epochs,
    learning_rate=5e-3,
)
with tempfile.TemporaryDirectory() as folder:
    run = zoo.train(small, data=data, output=pathlib.Path(folder) / "run")
    saved_model.language_modeling.export(run.model, run.data, pathlib.Path(folder) / "model")
    saved = saved_model.load(pathlib.Path(folder) / "model")
    print(serving.predict(saved, prompt, length=length // 2, temperature=0.7, seed=1))
_ = zoo.plots.training.curves({"small": run.history}, monitor="val_perplexity")

# %% [markdown]
# Minutes on two cores make the form of a play, and short words; the longer ones are mostly none.
# The perplexity of 6.37 loses to the 5-gram's 4.56. What is for want of units, 128 in place of 512,
# and what for want of training, one such run does not tell. The recipe of the published model is in
# its card: `zoo show lstm_lm.tiny_shakespeare`. How it stands on test, beside n-grams, and what it
# gains by learning while it reads, is measured by `python benchmarks/language_modeling.py dynamic`.
