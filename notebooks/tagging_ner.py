# %% [markdown]
# # Named entities
#
# Who, where, which company? A named-entity tagger finds the names in a sentence and says of what
# type each one is. Here you will see how a tagger of single words can mark whole names, what goes
# wrong when it chooses every tag by itself, how a conditional random field (CRF) mends that, which
# mistakes are left, and how far the model's own doubt can be trusted. Every score and every share
# was computed here.

# %%
import dataclasses
import itertools
import logging
import os
import tempfile

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from IPython.display import display

import zoo
import zoo.data.sources
import zoo.metrics.entities
import zoo.plots.entities
import zoo.plots.tagging
import zoo.plots.training
import zoo.schemes
from zoo.serving.tagging import Entity

logging.getLogger("tensorflow").setLevel(logging.ERROR)

# %% [markdown]
# One cell decides how much is read and trained. `build.py --short` sets `ZOO_SHORT`: few sentences
# and one epoch, to see whether everything runs. The figures of such a short run mean nothing.

# %%
recipe = zoo.recipes.get("bilstm_crf.conll2003")
# The recipe averages its weights over about 500 steps; two epochs are too few for so long a memory.
recipe = dataclasses.replace(recipe, weight_averaging=0.99)
limit, epochs = None, 2
if "ZOO_SHORT" in os.environ:
    limit, epochs = 300, 1
    try:
        zoo.data.sources.load(recipe.dataset, "train[:1]")
    except zoo.data.sources.DataUnavailableError:
        recipe = zoo.recipes.get("bilstm_crf.grammar_text")
        zoo.data.sources.load(recipe.dataset, "train[:1]")
        print(f"CoNLL-2003 cannot be had here. {recipe.dataset} stands in for it.")
    recipe = dataclasses.replace(recipe, weight_averaging=0.0)
print(f"{recipe.name}: {limit or 'all'} sentences of {recipe.dataset}, epochs: {epochs}")

# %% [markdown]
# ## Names as tags
#
# A name may have several words, a tagger gives each word one tag. So the tags say where in a name a
# word stands. You will see a sentence of our own with its names, and the same names as tags of two
# schemes.

# %%
sentence = "Ada Lovelace met Babbage at the Royal Society of London in Mayfair ."
words = sentence.split()
names = [
    zoo.schemes.Span("PER", 0, 2),
    zoo.schemes.Span("PER", 3, 4),
    zoo.schemes.Span("ORG", 6, 10),
    zoo.schemes.Span("LOC", 11, 12),
]
true = [Entity(" ".join(words[start:end]), kind, start, end, 1.0) for kind, start, end in names]
ax = zoo.plots.entities.predictions([true], [words])
schemes = {name.upper(): zoo.schemes.write(names, len(words), name) for name in zoo.schemes.SCHEMES}
display(pd.DataFrame(schemes, index=words).T)

# %% [markdown]
# In BIO a name begins with `B-` and goes on with `I-`. IOBES also marks its last word, `E-`, and a
# name of a single word, `S-`; it tells a model more, and leaves more ways to go wrong. *London* by
# itself is a place; here it is the end of an organization, and only the whole counts: first word,
# last word and type must all be right.
#
# Not every sequence of tags means something. You will see how many pairs of neighbours do, and how
# sequences are read that do not, by the rule of the official scorer.

# %%
tags = zoo.schemes.names(["LOC", "MISC", "ORG", "PER"], "iobes")
allowed = np.array(zoo.schemes.allowed(tags))[:-1, :-1]
print(f"of {allowed.size} pairs of the {len(tags)} IOBES tags of four types {allowed.sum()} are")
print("allowed. Read nevertheless:")
for broken in (["O", "I-PER", "E-PER"], ["B-ORG", "I-ORG", "O"], ["B-ORG", "I-LOC", "E-ORG"]):
    found = [
        f"{kind} of words {start} to {end - 1}" for kind, start, end in zoo.schemes.spans(broken)
    ]
    print(f"  {' '.join(broken):20} {', '.join(found)}")

# %% [markdown]
# A tag that does not fit cuts a name in pieces. Will a model learn what fits?
#
# ## The data
#
# CoNLL-2003 is newswire of 1996 with people, places, organizations and the rest (`MISC`:
# nationalities, events, titles). Its text must not be handed on, so none of it is shown here; all
# sentences that you will read are our own. You will see the splits, and how many names there are of
# each type.

# %%
data = recipe.load_data(limit=limit)
train, dev = data.splits["train"], data.splits["dev"]
spans = {
    split: [zoo.schemes.spans(tags) for tags in data.splits[split].tags] for split in data.splits
}
for split, sentences in data.splits.items():
    tokens, count = sum(map(len, sentences.tokens)), sum(map(len, spans[split]))
    print(f"{split}: {len(sentences):,} sentences, {tokens:,} words, {count:,} names")
print(f"{len(data.tags)} tags: {', '.join(data.tags)}")
every = pd.DataFrame(
    [span for found in spans["train"] for span in found], columns=["type", "start", "end"]
)
every["words"] = every["end"] - every["start"]
display(every.groupby("type")["words"].agg(["size", "mean", "max"]).round(2))

# %% [markdown]
# Most words are in no name, so the share of right tags flatters everybody. What counts is how many
# of the names that a model gives are right (precision), how many of the true ones it gives
# (recall), and their harmonic mean, F1.
#
# ## A baseline
#
# The baseline of the shared task remembers the names of training and finds them again. You will see
# its scores on dev, and how many of dev's names training never had.

# %%
baseline = zoo.metrics.entities.SeenEntities(train.tokens, train.tags)
reports = {"baseline": zoo.metrics.entities.report(dev.tags, baseline.predict(dev.tokens))}
print(
    "  ".join(f"{name} {reports['baseline'][name]:.1%}" for name in ("precision", "recall", "f1"))
)
mixed = np.mean([len(types) > 1 for types in baseline.counts.values()])
print(
    f"{len(baseline.counts):,} different names in training; {mixed:.1%} of them had several types"
)

# %% [markdown]
# Remember its F1. It cannot find a new name, and it cannot tell a person from the town that she is
# called after. A model that reads the sentence might do both.
#
# ## Two models
#
# Both read words, letters and shapes with the same bidirectional LSTM, which gives a score to each
# tag of each word. The softmax takes the best tag of each word by itself. The CRF adds a score for
# each tag to follow each other one, and takes the best *sequence*: of all sequences $y$ of tags,
# the one with the greatest $\sum_t \left( e_t(y_t) + a(y_{t-1}, y_t) \right)$. The algorithm of
# Viterbi finds it without trying them all. A recipe is a value; you will see what the two differ
# in.

# %%
alone = dataclasses.replace(
    recipe,
    name=recipe.name.replace("crf", "softmax"),
    hyperparameters={**recipe.hyperparameters, "head": "softmax"},
    monitor="val_f1",
)
for each in (alone, recipe):
    size = each.build(data.sizes).count_params()
    print(f"{each.name:24} {size:>10,} parameters, {each.hyperparameters['head']}")

# %% [markdown]
# The CRF has one more parameter for each pair of tags, and two for each tag, to begin and to end a
# sentence with it. What the scheme forbids, it cannot choose. Now both are trained.

# %%
softmax = zoo.train(alone, data=data, epochs=epochs, output=tempfile.mkdtemp())

# %%
crf = zoo.train(recipe, data=data, epochs=epochs, output=tempfile.mkdtemp())

# %% [markdown]
# You will see F1 after every epoch: dashed on the training split, where it is measured with dropout
# and while the weights still move, and full on dev.

# %%
runs = {"softmax": softmax, "CRF": crf}
histories = {
    label: [{key.replace("potentials_", ""): epoch[key] for key in epoch} for epoch in run.history]
    for label, run in runs.items()
}
ax = zoo.plots.training.curves(histories, monitor="val_f1")

# %% [markdown]
# The published model trains several times as long. What has the CRF learned in so short a time?
#
# ## What follows what
#
# You will see the transition scores: the row is a tag, the column the one after it, blue is
# welcome, red is not, hatched is forbidden.

# %%
steps, start, end = map(keras.ops.convert_to_numpy, crf.model.get_layer("crf").transition_scores())
scores = np.block([[steps, end[:, None]], [start[None], np.full((1, 1), -1e30)]])
ax = zoo.plots.entities.transitions(data.tags, scores)

# %% [markdown]
# Within a name there is little choice: the hatching leaves `I-` or `E-` of the same type. Look at
# what may stand side by side: which types follow each other without a word between, and which do
# not? And does a sentence like to begin with a name?
#
# ## What Viterbi repairs
#
# A CRF whose transition scores are all zero is a softmax that keeps to the scheme. So we can take
# the trained softmax, put its weights into such a CRF, train nothing, and see what the rules alone
# are worth. You will see how many sentences of dev get tags that the scheme does not allow.

# %%
constrained = recipe.build(data.sizes)
crf_weights = constrained.get_layer("crf").get_weights()  # All zeros: it is new.
constrained.set_weights([*softmax.model.get_weights(), *crf_weights])
models = {"softmax": softmax.model, "softmax, rules": constrained, "CRF": crf.model}

may_follow = zoo.schemes.allowed(data.tags)


def decoded(model, x):
    """Gives the ids that a model chooses for a batch, before anything mends them."""
    outputs = model.predict_on_batch(x)
    return outputs["tags"] if isinstance(outputs, dict) else outputs.argmax(axis=-1)


def valid(ids):
    """Says whether the scheme allows a sentence's tags, the first and the last included."""
    return all(may_follow[a][b] for a, b in itertools.pairwise([-1, *ids, -1]))


broken = dict.fromkeys(models, 0)
for x, _, weight in data.batches("dev", 128):
    lengths = weight.sum(axis=1).astype(int)
    for label, model in models.items():
        rows = zip(decoded(model, x).tolist(), lengths, strict=True)
        broken[label] += sum(not valid(row[:length]) for row, length in rows)
for label, count in broken.items():
    print(f"{label:15} {count:5,} of {len(dev):,} sentences with tags that the scheme forbids")

# %% [markdown]
# What does that look like? We ask all three about sentences of our own, with names that are long,
# nested or new, and keep those where the tags of the softmax break the rules, or else where the
# three do not agree. You will see up to four of them; what breaks the rules has a cross.

# %%
candidates = """
The Bank of New Zealand lent the Royal Shakespeare Company of Stratford two million pounds .
Friends of the Earth Scotland met the Mayor of Greater Manchester in Paris , Texas .
The University of California at Santa Cruz beat Texas Tech 3 - 1 .
Jackson Hole Mountain Resort sued the Jackson County Board of Health .
Maria van der Berg of Red Star Rotterdam sang Waltzing Matilda at Murrayfield .
The new Anglo - Dutch treaty was signed at Castle Howard by Lord North .
Air New Zealand flies from Mount Isa to Christmas Island on Good Friday .
Little Rock lost to Big Bear Lake in the second round of the Sun Valley Open .
Washington met Washington in Washington , said the Washington Post .
Sporting Club de Portugal signed Young Boys striker Joao dos Santos Neto .
The Peruvian - born poet left the Academy of Arts and Letters for Smith & Sons Ltd .
Standard Chartered and Price Waterhouse moved to Canary Wharf .
Prince Edward Island voted against the European Bank for Reconstruction and Development .
Virginia Woolf Lane in Virginia Beach is named after Virginia Woolf .
West Indies captain Courtney Hill hit 45 at Sydney Cricket Ground .
The Second Vatican Council , Lake Como and the Treaty of Maastricht were on the list .
Bayer Leverkusen and Bayer AG share a name , said Bayer 's Karl - Heinz Lang .
St. Kitts and Nevis joined the Organisation of Eastern Caribbean States .
Ivory Coast midfielder Didier N'Guessan scored for Queen of the South .
Zorblax Industries of Quuxland hired General Wug Blorfington III .
"""
differing = []
for line in candidates.strip().splitlines():
    words = line.split()
    x = data.encoder([words])
    ids = {label: decoded(model, x)[0].tolist() for label, model in models.items()}
    if len({tuple(row) for row in ids.values()}) > 1:
        rows = {
            label + ("" if valid(row) else " ✗"): [data.tags[index] for index in row]
            for label, row in ids.items()
        }
        differing.append((valid(ids["softmax"]), pd.DataFrame(rows, index=words).T))
lines, unlawful = len(candidates.split("\n")) - 2, sum(not lawful for lawful, _ in differing)
print(f"of {lines} sentences the models differ in {len(differing)}; softmax breaks {unlawful}")
for _, table in sorted(differing, key=lambda pair: pair[0])[:4]:
    display(table)

# %% [markdown]
# Each tag of a broken row was the likeliest at its word; together they say nothing. One word tells
# its neighbour nothing of its choice. The rules alone mend the form. Do they also mend the sense?
#
# ## How good they are
#
# You will see all of them on the same sentences of dev. Recall is also given apart for the names
# that training had and for those that it did not have.

# %%
for label, model in {"baseline": None, **models}.items():
    guessed = baseline.predict(dev.tokens) if model is None else data.predict(model, dev)
    reports[label] = zoo.metrics.entities.evaluate(dev, guessed, train)
measures = ["precision", "recall", "f1", "seen_recall", "unseen_recall", "accuracy"]
table = pd.DataFrame(reports).loc[measures].astype(float)
display((100 * table).round(2).rename(lambda name: name.replace("_", " ")))

# %% [markdown]
# Compare the columns from left to right: what did reading the sentence bring, what the rules, and
# what training as a CRF? (Its column is another network, trained with another loss, not the one
# before it with transitions added.) One training of each is no proof, for another seed moves the
# scores by some tenths of a point. The last row says why nobody reports it.
#
# ## Which mistakes are left
#
# A name may get the wrong type, the wrong boundary, both, or be missed; and a model may find one
# where there is none. You will see how many mistakes there are of each kind.

# %%
ax = zoo.plots.entities.errors(reports)

# %% [markdown]
# Which kind does a CRF, which knows of whole names, have fewer of? Now by type: F1, with the number
# of names in dev.

# %%
kinds = {kind: row["support"] for kind, row in reports["CRF"]["per_type"].items() if row["support"]}
by_type = {
    label: {f"{kind} ({n:,})": found["per_type"][kind]["f1-score"] for kind, n in kinds.items()}
    for label, found in reports.items()
    if label != "softmax, rules"
}
ax = zoo.plots.tagging.accuracies(by_type)
_ = ax.set_xlabel("F1, per cent")

# %% [markdown]
# And which type is taken for which? You will see the names whose boundaries are right on both
# sides; one that only one side has stands under `none`.

# %%
ax = zoo.plots.tagging.report(reports["CRF"])

# %% [markdown]
# A nationality is much like a country, and a club is called after its town. Is a name harder
# because it is new? You will see the recall of dev's names by whether training had them.

# %%
unseen = reports["CRF"]["unseen_share"]
groups = {
    "all names": "recall",
    f"seen in training ({1 - unseen:.0%})": "seen_recall",
    f"unseen ({unseen:.0%})": "unseen_recall",
}
recalls = {
    label: {group: found[name] for group, name in groups.items() if found[name] is not None}
    for label, found in reports.items()
    if label != "softmax, rules"
}
ax = zoo.plots.tagging.accuracies(recalls)
_ = ax.set_xlabel("recall, per cent")

# %% [markdown]
# What a model finds among unseen names it owes to their letters and to the words around them; the
# baseline finds none of them. How near does a longer training bring the last row to the one above?
#
# ## The pretrained model
#
# In daily use all of this is one line: `zoo.load` gives a model that was trained to the end of its
# recipe. You will see what it finds in sentences of our own, the surer, the stronger the colour.

# %%
if "ZOO_SHORT" in os.environ:
    tagger = None
else:
    try:
        tagger = zoo.load("bilstm_crf.conll2003")
    except ValueError:
        tagger = None
if tagger is None:
    print("The pretrained model is not at hand. The CRF trained above takes its place.")
    folder = os.path.join(tempfile.mkdtemp(), recipe.name)
    tagger = zoo.pretrained.Pretrained(zoo.publishing.publish(crf, folder))

sentences = [
    "Anna Kovacs moved from Oslo to New York to work for the United Nations.",
    "Washington spoke in Washington before the Washington Wizards played.",
    "The Dutch painter sold her house in Leeds to Smith & Sons Ltd.",
    "General Zorblax of Quuxland phoned Ms. Blorfington.",
    "anna kovacs lives in oslo, says the norwegian press.",
]
found = tagger.predict(sentences)
ax = zoo.plots.entities.predictions(found, sentences)

# %% [markdown]
# Which *Washington* is which? Are names found that nobody ever bore? And what is left when the
# capitals are gone? What comes back are plain values: text, type, the place in the sentence,
# counted in characters, and the probability of the whole, which is that exactly these words are a
# name of that type.

# %%
columns = ["sentence", *Entity._fields]
rows = [(index, *entity) for index, entities in enumerate(found) for entity in entities]
table = pd.DataFrame(rows, columns=columns)
display(table.round(3))
cut = [sentences[index][start:end] for index, _, _, start, end, _ in rows]
print("cut out of the sentences by their offsets:", cut == table["text"].tolist())

# %% [markdown]
# ## How far to trust it
#
# When the model says 0.7, is it right seven times in ten? You will see, for all names that it finds
# in dev, how often those are right that it is about equally sure of; on the dashed line a model is
# as often right as it is sure. The expected calibration error is the distance from that line, a
# mean over all names.

# %%
pairs = zoo.metrics.entities.judged(tagger.predict(dev.tokens), dev.tags)
probabilities = np.array([probability for probability, _ in pairs])
right = np.array([fine for _, fine in pairs], bool)
ax = zoo.plots.entities.reliability(probabilities, right)

# %% [markdown]
# Dots under the line are too sure, dots over it too modest. Either way a doubtful name can be set
# aside for a human to read. You will see what is kept, and how much of it is right, when only the
# names above a threshold are kept.

# %%
rows = []
for least in (0.0, 0.5, 0.7, 0.9, 0.99):
    chosen = right[probabilities >= least]
    share, precision = chosen.size / max(1, right.size), chosen.sum() / max(1, chosen.size)
    recall = chosen.sum() / sum(map(len, spans["dev"]))
    rows.append((least, chosen.size, 100 * share, 100 * precision, 100 * recall))
columns = ["at least", "names", "kept, %", "precision, %", "recall, %"]
display(pd.DataFrame(rows, columns=columns).set_index("at least").round(1))

# %% [markdown]
# How much recall would you pay for how much precision? Mind that dev chose the epoch of this model
# and flatters it: without a threshold it has a precision of 92.2 and a recall of 92.3 there, on
# test, as you will see, 86.5 and 86.6.
#
# ## What it scores
#
# Nothing above was measured on the test split. The figures of the model on it were measured once,
# when it was published, and lie beside it in its description. You will see them.

# %%
scores = tagger.description["metrics"].get("test")
if scores is None:
    print("This model was not measured on test.")
else:
    rows = {tagger.name: scores, scores["baseline"]["name"]: scores["baseline"]}
    table = pd.DataFrame(rows).loc[measures].astype(float)
    display((100 * table).round(2).rename(lambda name: name.replace("_", " ")))
    rival = tagger.description["rival"]
    print(f"for comparison, {rival['system']}: F1 {100 * rival['f1']:.2f} ({rival['source']})")

# %% [markdown]
# ## Without the zoo
#
# The published folder is a SavedModel: TensorFlow alone loads it, in any of its languages. Strings
# go in, strings and numbers come out; nothing need be tokenized or decoded by the caller. You will
# see its signatures, and what one of them gives for a sentence.

# %%
bare = tf.saved_model.load(tagger.directory)
print("signatures:", ", ".join(bare.signatures))
outputs = bare.signatures["entities"](text=tf.constant(["Anna Kovacs lives in Oslo."]))
for name, value in sorted(outputs.items()):
    print(f"{name:12} {value.numpy().tolist()}")

# %% [markdown]
# Where to go from here: `tagger.model` is the `keras.Model`, to fine-tune or to take apart;
# `zoo show bilstm_crf.conll2003` on the command line prints its card, with its limits; and
# `zoo.train("bilstm_crf.conll2003")` trains it again. How a tagger of parts of speech is built,
# word by word and letter by letter, is told in `tagging_pos.ipynb`.
