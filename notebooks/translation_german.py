# %% [markdown]
# # Translation: from English to German, with attention
#
# One recurrent network reads a sentence, another writes it in another language, and attention says
# where the second one looks while it writes. Here you will see translations of sentences of our
# own, where each piece of them looked, a score beside two baselines, sentences that it cannot know,
# and a rule that such networks do not learn. Every score was computed here, except where another
# source is named, in about four minutes on two cores.

# %%
import dataclasses
import logging
import os
import tempfile

import pandas as pd
from IPython.display import display
from matplotlib import pyplot as plt

import zoo
import zoo.data.sources
import zoo.data.translation
import zoo.metrics.translation
import zoo.plots.translation

logging.getLogger("tensorflow").setLevel(logging.ERROR)

# %% [markdown]
# One cell decides how much is measured. `build.py --short` sets `ZOO_SHORT`: few texts, to see
# whether everything runs. The figures of such a short run mean nothing.

# %%
limit = 20 if "ZOO_SHORT" in os.environ else None

# %% [markdown]
# ## Strings in, strings out
#
# The model was trained on captions of photographs, 29,000 of them, and on nothing else. These
# sentences are ours, as one writes them: cutting is part of the model.

# %%
translator = zoo.load("seq2seq.multi30k_en_de")
texts = [
    "A black dog runs through the snow.",
    "Two women are sitting on a bench and reading a newspaper.",
    "An old man with a hat plays the guitar on the street.",
    "A girl in a red dress is jumping into the water while her brother watches.",
    "A woman waits while the man with the hat reads a newspaper.",
]
for text, translation in zip(texts, translator.predict(texts), strict=True):
    print(f"{text}\n    {translation}")

# %% [markdown]
# ## Where it looked
#
# Words are cut into pieces, so that rare ones can be read and written: a piece inside a word has a
# dot before it, ⏎ is the end. Each row is a piece that was written, and the darker a square, the
# more it looked there.

# %%
found = translator.predict(texts, attention=True)
zoo.plots.translation.attention(found[0])
plt.show()

# %% [markdown]
# German puts some verbs elsewhere than English does, and lines that cross would show it. The first
# of these asks for none: its last verb is last in both languages. In the second *reads* comes last
# in German, and its line crosses those of the words before it. A line to ⏎ means that a piece
# looked at the end, where nothing more is said; it is the first piece and the full stop that do.

# %%
zoo.plots.translation.predictions(found[3:])
plt.show()

# %% [markdown]
# ## How good is it?
#
# BLEU counts the runs of one to four words that a translation shares with one by a person. It
# depends on how words are cut, so it is given with the signature of the tool that counted. Beside
# it stand the source as it is, and a memory: the translation of the training sentence that is most
# similar. On the right are quarters of the texts by length, where one length may be in two of them;
# dashed are all together.

# %%
try:
    scores = zoo.evaluate(translator.name, limit=limit)
except zoo.data.sources.DataUnavailableError:
    print("Multi30k cannot be had here: this part is left out.")
else:
    ((title, columns, rows),) = zoo.metrics.translation.tables(scores)
    print(title)
    display(pd.DataFrame(rows, columns=columns).set_index(""))
    _, axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained", width_ratios=(3, 2))
    zoo.plots.translation.report(scores, axes[0])
    zoo.plots.translation.by_length(scores, axes[1])
    plt.show()

# %% [markdown]
# The longest are the hardest, but the fall is gentle. Without attention everything has to pass
# through one vector: the same network then has 19.3 BLEU in all, says
# `benchmarks/translation_multi30k.md`, where this one has 36.1.
#
# ## What it cannot know
#
# A model of captions knows what photographs show. Two of these sentences are of another world; the
# third has plain words in an order that captions seldom have. In brackets is the mean
# log-probability of a piece.

# %%
strange = [
    "The parliament rejected the budget.",
    "I have never been so tired in my life.",
    "The dog that the cats chased was afraid.",
]
for text, each in zip(strange, translator.predict(strange, attention=True), strict=True):
    print(f"{text}\n    {each.text}    ({each.log_probability / (len(each.target) + 1):.2f})")

# %% [markdown]
# It answers all the same. It puts pieces together to words that German does not have, and the third
# loses its end. Here is the same number for the captions above:

# %%
for each in found:
    print(f"{each.log_probability / (len(each.target) + 1):.2f}  {each.text}")

# %% [markdown]
# Of what it never read it is less sure, so a low number is a warning. But the third sentence is not
# far from the girl and her brother: a high one is no promise. What would it take to know the budget
# of a parliament?

# %% [markdown]
# ## Train one: a language with rules
#
# To see what such a network learns, take a language that is small and has no exceptions. SCAN (Lake
# and Baroni 2018) has commands and the actions that they mean: "walk twice" is WALK WALK, and every
# verb can be put in every place. In this split of it one verb, jump, is in training by itself and
# never in a longer command; the test split is all of its longer commands. Whoever knows what
# "walk twice" means and what "jump" means knows what "jump twice" means.

# %%
recipe = zoo.recipes.get("seq2seq.scan_addprim_jump")
recipe = dataclasses.replace(
    recipe,
    hyperparameters={**recipe.hyperparameters, "cell": "gru"},
    epochs=1 if limit else 20,
)
try:
    data = recipe.load_data(limit=limit)
except zoo.data.sources.DataUnavailableError:
    data = None
    print("SCAN cannot be had here: this part is left out.")
else:
    run = zoo.train(recipe, data=data, output=tempfile.mkdtemp())
    print(f"{run.seconds / 60:.0f} minutes")

# %% [markdown]
# Dev is a part of training that was held back, so jump is alone in it, too.

# %%
if data is not None:
    rows = {}
    for split, title in (("dev", "commands as in training"), ("test", "longer ones with jump")):
        found = zoo.evaluation.evaluate(recipe, run.model, data, split=split)
        rows[title] = {
            "exact match, %": 100 * found["exact_match"],
            "the nearest command of training, %": 100 * found["baselines"][-1]["exact_match"],
        }
    display(pd.DataFrame(rows).T.round(2))

# %%
commands = ["walk twice", "jump", "run around left and walk", "jump twice", "jump left and walk"]
if data is not None:
    pairs = zoo.data.translation.Pairs(tuple(commands), tuple(commands))
    for command, actions in zip(commands, data.predict(run.model, pairs), strict=True):
        print(f"{command}\n    {actions}")

# %% [markdown]
# What it was trained on it can do without a mistake or nearly so, and of the new commands hardly
# any. It has learned which actions go with which phrases, not that verbs are all alike: nothing in
# training ever asked it for that. Longer training does not change it: `benchmarks/README.md` has
# all three splits, and the LSTM, after thirty epochs. How many longer commands with jump would it
# take in training? `zoo.data.translation.Pairs` holds the texts: put some in and try.
