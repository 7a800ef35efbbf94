# %% [markdown]
# # Part-of-speech tagging
#
# A tagger reads a sentence and says of every word what part of speech it is: noun, verb, pronoun.
# Here you will see the data, a baseline that is better than it looks, a recurrent model beside it,
# the mistakes that are left, and what the model owes to the letters of a word and to the words
# around it. Every score and every share was computed here.

# %%
import collections
import dataclasses
import logging
import os
import tempfile

import keras
import numpy as np
import pandas as pd
import tensorflow_datasets as tfds
from IPython.display import display
from matplotlib import pyplot as plt

import zoo
import zoo.data.sources
import zoo.metrics.tagging
import zoo.plots.tagging
import zoo.plots.training

logging.getLogger("tensorflow").setLevel(logging.ERROR)
SHOW_CORPUS = False  # True shows sentences of the corpus, on your screen only.

# %% [markdown]
# One cell decides how much is read and trained. `build.py --short` sets `ZOO_SHORT`: few sentences
# and one epoch, to see whether everything runs. The figures of such a short run mean nothing.

# %%
recipe = zoo.recipes.get("bilstm_tagger.ud_en_ewt")
limit, epochs = None, 5
if "ZOO_SHORT" in os.environ:
    limit, epochs = 300, 1
    # An average over so few steps would still be the weights that training began with.
    recipe = dataclasses.replace(recipe, weight_averaging=0.0)
    try:
        zoo.data.sources.load(recipe.dataset, "train[:1]")
    except zoo.data.sources.DataUnavailableError:
        recipe = zoo.recipes.get("bilstm_tagger.grammar_text")
        zoo.data.sources.load(recipe.dataset, "train[:1]")
        print(f"Universal Dependencies cannot be had here. {recipe.dataset} stands in for it.")
print(f"{recipe.name}: {limit or 'all'} sentences of {recipe.dataset}, epochs: {epochs}")

# %% [markdown]
# ## What TFDS gives
#
# Universal Dependencies is a collection of treebanks with the same tags for all languages. We take
# the English Web Treebank: weblogs, newsgroups, e-mails, reviews and answers, about a quarter of a
# million words, tagged by hand. You will see what an example holds, and how many of its rows are
# no words.

# %%
raw, info = tfds.load(recipe.dataset, split="train", with_info=True)
print("features:", ", ".join(info.features))

kinds = collections.Counter()
for example in raw.take(limit or -1).as_numpy_iterator():
    names = info.features["upos"].feature.names
    nothing = [b""] * len(example["tokens"])
    columns = example["upos"], example.get("deprel", nothing), example.get("head", nothing)
    for tag, relation, head in zip(*columns, strict=True):
        if relation != b"_" and head != b"None":
            kinds["words"] += 1
        else:
            kinds["multiword tokens" if names[tag] == "_" else "empty nodes"] += 1
print(f"{kinds.total():,} rows:", ", ".join(f"{count:,} {kind}" for kind, count in kinds.items()))

# %% [markdown]
# A multiword token is what stands in the text where it is not what is tagged: *don't* has a row of
# its own, beside the rows of *do* and *n't*. An empty node stands for a word that was left out. A
# model that reads both reads *don't do n't*, and is graded on rows that have no part of speech. The
# official evaluation counts words only, and so does the zoo: of the 207,228 rows of the training
# split it keeps 204,578.
#
# `recipe.load_data` does that, fits the vocabulary on the training split, and gives the splits.

# %%
data = recipe.load_data(limit=limit)
train, dev = data.splits["train"], data.splits["dev"]
for split, sentences in data.splits.items():
    print(f"{split}: {len(sentences):,} sentences, {sum(map(len, sentences.tokens)):,} words")
print(
    f"vocabulary: {len(data.encoder.words):,} words in lower case, "
    f"{len(data.encoder.characters)} characters, {len(data.tags)} tags"
)

# %% [markdown]
# ## Which tags there are
#
# You will see how often each of the tags occurs in the training split.

# %%
ax = zoo.plots.tagging.frequencies(train.tags)

# %% [markdown]
# A tagger that calls everything by the most frequent tag is right as often as the longest bar is
# long. What does a word by itself tell? You will see how many words always bear the same tag.

# %%
seen = collections.defaultdict(collections.Counter)
for tokens, tags in zip(train.tokens, train.tags, strict=True):
    for token, tag in zip(tokens, tags, strict=True):
        seen[token][tag] += 1
ambiguous = [counts for counts in seen.values() if len(counts) > 1]
running = sum(counts.total() for counts in ambiguous)
in_minority = sum(counts.total() - max(counts.values()) for counts in seen.values())
words = sum(map(len, train.tokens))
unseen = np.mean([token not in seen for tokens in dev.tokens for token in tokens])
print(f"of {len(seen):,} different words {len(ambiguous) / len(seen):.1%} have several tags,")
print(f"but of {words:,} words of running text {running / words:.1%} are such a word;")
print(f"in {in_minority / words:.1%} the tag is not the one that the word has most often.")
print(f"Of the words of dev, {unseen:.1%} do not occur in training at all.")

# %% [markdown]
# So a tagger has two things to learn: to choose between the tags of a common word, and to tell the
# tag of a word that it never saw. The first needs the sentence. The second needs the letters.
#
# ## How long the sentences are
#
# The sentences of a batch must be of one length, so the shorter ones are padded. You will see the
# lengths, and two batches: one in the order of the corpus, one of sentences of similar length.

# %%
lengths = np.array([len(tokens) for tokens in train.tokens])
size = recipe.batch_size
in_order = np.split(lengths, range(size, len(lengths), size))
steps = sum(len(batch) * batch.max() for batch in in_order)
bucketed = data.batches("train", size, seed=recipe.seed)
shares = {"corpus order": 1 - lengths.sum() / steps, "length buckets": bucketed.padding}

alike = next(weight for _, _, weight in bucketed)
mixed = np.arange(in_order[0].max()) < in_order[0][:, None]
widths = {"width_ratios": [1.6, 1, 1]}
figure, axes = plt.subplots(1, 3, figsize=(9, 2.8), layout="constrained", gridspec_kw=widths)
axes[0].hist(lengths, bins=range(1, lengths.max() + 2, 2), color="#3f78b5")
axes[0].set(xlabel="words in a sentence", ylabel="sentences")
axes[0].spines[["top", "right"]].set_visible(False)
for ax, batch, name in zip(axes[1:], (mixed, alike), shares, strict=True):
    ax.imshow(batch, aspect="auto", cmap="Blues", vmin=0, vmax=1.4, interpolation="nearest")
    ax.set(xlabel="step", ylabel="sentence", yticks=[])
    ax.set_title(f"{name}\npadding in all: {shares[name]:.0%}", fontsize=10)
    ax.locator_params(axis="x", integer=True)
saved = 1 - (1 - shares["corpus order"]) / (1 - shares["length buckets"])
print(f"the median sentence has {np.median(lengths):.0f} words, the longest {lengths.max()};")
print(f"length buckets save {saved:.0%} of the steps that the model computes in an epoch.")

# %% [markdown]
# White is padding: computed, then thrown away. Both batches are from the training split. How good
# must a model be to be worth all this?
#
# ## The baseline
#
# The simplest tagger that is any good gives every word the tag that it had most often in training,
# and a word that it never saw the most frequent tag of rare words. We choose and compare on the dev
# split. The test split stays untouched.

# %%
baseline = zoo.metrics.tagging.MostFrequentTag(train.tokens, train.tags)
guessed = baseline.predict(dev.tokens)
found = zoo.metrics.tagging.report(dev.tags, guessed)
print(f"accuracy {found['accuracy']:.1%}; unknown words are called {baseline.fallback}")

# %% [markdown]
# Remember that number. A model that reads whole sentences must beat it well to earn its keep.
#
# ## The model
#
# The builder is a function: sizes in, a compiled `keras.Model` out. A word's vector and what a
# convolution reads in its characters go through two layers of LSTM, each in both directions, and a
# dense layer gives a score to every tag. You will see its layers.

# %%
model = zoo.models.SequenceTagger(**data.sizes, **recipe.hyperparameters)
for layer in model.layers:
    print(f"{layer.name:20} {type(layer).__name__:18} {layer.count_params():>12,}")
print(f"{'':20} {'parameters':18} {model.count_params():>12,}")

# %% [markdown]
# Where are most of the parameters, and what becomes of a word that has no vector?
#
# ## Training
#
# `zoo.train` builds the model as the recipe says and fits it: Adam with a falling learning rate,
# rare words now and then replaced by the unknown word so that its vector learns something too. Name
# a directory of your own and a training that was interrupted goes on where it stopped.

# %%
run = zoo.train(recipe, data=data, epochs=epochs, output=tempfile.mkdtemp())

# %% [markdown]
# You will see the accuracy after every epoch, on the training split and on dev; the star is the
# epoch whose weights are kept.

# %%
ax = zoo.plots.training.curves({"with characters": run.history})

# %% [markdown]
# The two lines are not measured alike: on the training split with dropout and while the weights
# still move, on dev with an average of the weights over many steps, which is what the recipe keeps.
# Early on this average still holds much of the beginning; that is why dev starts so low. Has dev
# stopped rising? The published model trains longer than this one.
#
# ## How good it is
#
# You will see the model beside the baseline, on the same words of dev. A sentence counts as right
# where every tag is.

# %%
found = zoo.evaluation.evaluate(run.recipe, run.model, data, split="dev")
tables = zoo.metrics.tagging.tables(found)
(title, columns, rows), *_ = tables
print(title)
display(pd.DataFrame(rows, columns=columns).set_index(""))
left = (1 - found["accuracy"]) / (1 - found["baseline"]["accuracy"])
print(f"the model makes {left:.0%} of the baseline's mistakes")

# %% [markdown]
# Which mistakes are left?
#
# ## Looking at the mistakes
#
# You will see which tag is taken for which. Rows are the truth, columns what the model said.

# %%
ax = zoo.plots.tagging.report(found)

# %% [markdown]
# Do the mistakes go both ways, as between two tags that look alike, or one way, as with a tag that
# swallows another? The table lists the pairs by how often they occur.

# %%
title, columns, rows = tables[-1]
display(pd.DataFrame(rows, columns=columns).set_index(columns[:2]))

# %% [markdown]
# Is a tag hard because it is rare? You will see the share of right answers for each tag, for the
# baseline and for the model, the most frequent tag on top.

# %%
predicted = data.predict(run.model, dev)
judged = pd.DataFrame(
    [
        (gold, token in seen, len(tokens), gold == simple, gold == ours)
        for tokens, *tags in zip(dev.tokens, dev.tags, guessed, predicted, strict=True)
        for token, gold, simple, ours in zip(tokens, *tags, strict=True)
    ],
    columns=["tag", "known", "length", "baseline", "with characters"],
)
taggers = ["with characters", "baseline"]
by_tag = judged.groupby("tag")[taggers].mean().loc[judged["tag"].value_counts().index]
ax = zoo.plots.tagging.accuracies(by_tag.to_dict())

# %% [markdown]
# Closed classes such as punctuation, pronouns and determiners are easy for both; look where the two
# dots are far apart. Two things may make a word hard: that it is new, or that its sentence is long.
# You will see both, with the number of words of each kind.

# %%
words = judged["known"].map({True: "known words", False: "unknown words"})
edges = [0, 5, 10, 20, 40, np.inf]
names = ["1 to 5 words", "6 to 10", "11 to 20", "21 to 40", "over 40"]
length = pd.cut(judged["length"], edges, labels=names).cat.remove_unused_categories()
groups = [judged.groupby(words), judged.groupby(length, observed=True)]
table = pd.concat([group[taggers].mean() for group in groups])
counts = pd.concat([group.size() for group in groups])
table.index = [f"{name} ({count:,})" for name, count in counts.items()]
ax = zoo.plots.tagging.accuracies(table.to_dict())

# %% [markdown]
# Which of the two is it? To see sentences with their mistakes, set `SHOW_CORPUS` at the top to
# `True`. The notebook that you find in the repository was built without.

# %%
if SHOW_CORPUS:
    wrong = [row for row in zip(dev.tokens, dev.tags, predicted, strict=True) if row[1] != row[2]]
    for tokens, *tags in wrong[:10]:
        marks = zip(tokens, *tags, strict=True)
        print(" ".join(t if gold == got else f"[{t}: {gold}, not {got}]" for t, gold, got in marks))
else:
    print("sentences of the corpus are not shown")

# %% [markdown]
# ## What the characters add
#
# The recipe is a value, so an experiment is a copy with one thing changed. The same recipe without
# its character encoder, the same number of epochs: you will see both trainings, dev again with
# averaged weights.

# %%
without = dataclasses.replace(
    recipe,
    hyperparameters={**recipe.hyperparameters, "character_encoder": None},
    preprocessing={**recipe.preprocessing, "characters": False},
)
plain = zoo.train(without, limit=limit, epochs=epochs, output=tempfile.mkdtemp())

# %%
histories = {"with characters": run.history, "without": plain.history}
ax = zoo.plots.training.curves(histories)

# %% [markdown]
# Where does the difference come from? You will see all words, then known and unknown ones apart.

# %%
tags = plain.data.predict(plain.model, dev)
judged["without"] = np.concatenate(tags) == np.concatenate(dev.tags)
taggers = ["with characters", "without", "baseline"]
groups = [judged[taggers].mean().to_frame("all words").T, judged.groupby(words)[taggers].mean()]
compared = pd.concat(groups)
ax = zoo.plots.tagging.accuracies(compared.to_dict())
display((100 * compared).round(2))

# %% [markdown]
# To the model without characters nearly every unknown word is the same word, and all that it has is
# the sentence around. (Not every one: unknown is here what training lacks in this very form, but
# the vocabulary is in lower case, so that it may know the word in other capitals.) The letters tell
# the rest: an ending, a capital, a digit. And the difference between its dot and the baseline's, on
# unknown words, is mostly what the sentence tells. Can we watch that at work?
#
# ## What the context changes
#
# *Can* is an auxiliary, a noun or a verb. The baseline must give it one tag for ever. You will see
# how the model shares its belief out among the tags for the word in brackets, in sentences of our
# own, and how often training showed the word with which tag.


# %%
def beliefs(*sentences):
    """Gives the probabilities of the tags for the word in brackets of each sentence."""
    found = {}
    for sentence in sentences:
        words = sentence.split()
        place = next(i for i, word in enumerate(words) if word.startswith("["))
        logits = run.model(data.encoder([[word.strip("[]") for word in words]]))[0, place]
        chances = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
        found[sentence] = dict(zip(data.tags, chances.tolist(), strict=True))
    return found


print("can in training:", dict(seen.get("can", {})))
ax = zoo.plots.tagging.alternatives(
    beliefs("They [can] fish .", "The [can] is empty .", "[Can] you help ?")
)

# %% [markdown]
# A word that bears one tag nearly always is hard to move, and not always rightly: in *The can is
# empty* the auxiliary, at 99 per cent, is plainly wrong. What of a word whose tags are all common?
# *That* may open a clause (`SCONJ`), point at a noun (`DET`) or stand alone (`PRON`), and what
# follows decides. You will see sentences revealed word by word, and in the last row the words
# before it cut off.

# %%
print("that in training:", dict(seen.get("that", {})))
ax = zoo.plots.tagging.alternatives(
    beliefs(
        "[that]",
        "I know [that]",
        "I know [that] dog",
        "I know [that] dog .",
        "I know [that] dogs",
        "I know [that] dogs bark .",
        "[that] dogs bark .",
    )
)

# %% [markdown]
# Where a row differs from the one above only in words on the right, it is the backward layers that
# moved it: a model that reads from left to right alone could not take a tag back. Not every move is
# right: in *I know that dogs bark* the word opens a clause, and the sentence's end makes the model
# surer of `DET`, 77 after 52. And what does the word before it do to a word that may be a noun or a
# verb?

# %%
print("work in training:", dict(seen.get("work", {})))
ax = zoo.plots.tagging.alternatives(
    beliefs(
        "[work]",
        "They [work] here .",
        "Their [work] is here .",
        "I want to [work] .",
        "I want the [work] .",
    )
)

# %% [markdown]
# One word on the left may be enough to turn a bar over. Does that hold for your own examples?
#
# ## The pretrained model
#
# In daily use all of this is one line: `zoo.load` gives a model that was trained to the end of its
# recipe. It takes text, or lists of tokens, and gives back tokens with tag, probability and place.
# You will see sentences of our own, the surer a tag, the stronger its colour, and of six words the
# probability.

# %%
if "ZOO_SHORT" in os.environ:
    tagger = None
else:
    try:
        tagger = zoo.load("bilstm_tagger.ud_en_ewt")
    except ValueError:
        tagger = None
if tagger is None:
    print("The pretrained model is not at hand. The model trained above takes its place.")
    folder = os.path.join(tempfile.mkdtemp(), recipe.name)
    tagger = zoo.pretrained.Pretrained(zoo.publishing.publish(run, folder))

sentences = [
    "They can fish.",
    "The old man the boats while the young watch.",
    "Her cat was blorfing the grumbly wug again!",
    "Didn't Anna email you about Friday's meeting in Leeds?",
]
answers = tagger.predict(sentences)
ax = zoo.plots.tagging.predictions(answers)
watched = ("man", "watch", "blorfing", "grumbly", "wug", "Leeds")
for token in (token for answer in answers for token in answer if token.text in watched):
    print(f"{token.text:9} {token.tag:6} {token.probability:.2f}")

# %% [markdown]
# The second sentence leads readers down the garden path: *man* is its verb, and *watch* another.
# The model takes the path for two nouns and is sure of it. The third has words that no corpus has:
# there it is right, and of *grumbly* and *wug* less sure. So its doubt tells what it does not know,
# and not always what it has wrong.
#
# ## What it scores
#
# Nothing above has looked at the test split. The figures of the published model on it were measured
# once, when it was published, and lie beside it in its description. You will see them.

# %%
scores = tagger.description["metrics"].get("test")
if scores is None:
    print("This model was not measured on test.")
else:
    rows = {tagger.name: scores, scores["baseline"]["name"]: scores["baseline"]}
    measures = ["accuracy", "unknown_accuracy", "sentence_accuracy"]
    table = pd.DataFrame(rows).loc[measures].astype(float)
    display((100 * table).round(2).rename(lambda name: name.replace("_", " ")))
    rival = tagger.description["rival"]
    print(f"for comparison, {rival['system']}: {100 * rival['accuracy']:.1f} ({rival['source']})")

# %% [markdown]
# Where to go from here: `tagger.model` is the `keras.Model`, to fine-tune or to take apart;
# `zoo show bilstm_tagger.ud_en_ewt` on the command line prints its card, with its limits; and
# `zoo.train("bilstm_tagger.ud_en_ewt")` trains it again.
