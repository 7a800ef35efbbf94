# %% [markdown]
# # Bring your own
#
# You have arrays, layers and a training loop of your own, and want the recurrent part from here.
# Below, builders are fitted on plain NumPy arrays; a pretrained encoder gets another head; a
# training step is written out; a tagger learns a new tag set from 200 sentences; SavedModels answer
# in a process that has never heard of the zoo, and models in one without TensorFlow; and its layers
# work among those of your own. Every figure was computed here.
#
# In full it takes about five minutes on two cores. It needs the pretrained models that it names,
# and for the fourth part Universal Dependencies through TFDS.

# %%
import dataclasses
import functools
import logging
import os
import pathlib
import subprocess
import sys
import tempfile

import keras
import numpy as np
import onnxruntime
import pandas as pd
import tensorflow as tf
from IPython.display import display
from matplotlib import pyplot as plt

import zoo
import zoo.data.sources
import zoo.data.tagging
import zoo.plots.tagging
from zoo.metrics.tagging import MostFrequentTag, report

logging.getLogger("tensorflow").setLevel(logging.ERROR)
workbench = pathlib.Path(tempfile.mkdtemp())

# %% [markdown]
# One cell decides how much is trained. `build.py --short` sets `ZOO_SHORT`: an epoch of everything
# and few sentences, to see whether it runs. The figures of such a short run mean nothing.

# %%
corpus, feature = "universal_dependencies/en_ewt", "xpos"
epochs = {"depth": 12, "head": 40, "from scratch": 30, "pretrained": 12, "jumps": 5}
seeds, limit = (0, 1, 2), None
if "ZOO_SHORT" in os.environ:
    epochs, seeds, limit = dict.fromkeys(epochs, 1), (0,), 16
    try:
        zoo.data.sources.load(corpus, "train[:1]")
    except zoo.data.sources.DataUnavailableError:
        corpus, feature = "grammar_text", "entities"
        print(f"Universal Dependencies cannot be had here. {corpus} stands in for it.")

# %% [markdown]
# ## Arrays of your own
#
# A builder is a function that returns a compiled `keras.Model`, and knows nothing of corpora. You
# will see what goes into some of them and what comes out; `None` is the batch, or a length that may
# be another in every batch.

# %%
built = [
    zoo.models.SequenceTagger(vocabulary_size=1_000, num_tags=17, units=64),
    zoo.models.SequenceClassifier(vocabulary_size=1_000, num_classes=3, units=64),
    zoo.models.LanguageModel(vocabulary_size=1_000, units=64),
    zoo.models.Seq2Seq(1_000, 2_000, units=64),
    zoo.models.SegRNN(lookback=96, horizon=24, num_channels=7, units=64),
    zoo.models.SequenceAutoencoder(num_features=7, units=64),
]


def shapes(tensors):
    """Tells the shape of a tensor, or of each of several by name."""
    tensors = tensors if isinstance(tensors, dict) else {"": tensors}
    return ", ".join(f"{name} {tensor.shape}".strip() for name, tensor in tensors.items())


rows = [(model.name, shapes(model.input), shapes(model.output)) for model in built]
display(pd.DataFrame(rows, columns=["model", "in", "out"]).set_index("model"))

# %% [markdown]
# Words go in as ids. 0 is padding, on the right; 1 is whatever you did not know when you counted
# your words; yours begin at 2. Here ours are two brackets and a dot, and the tag of each is how
# deep in brackets one is after it: a thing that no window of neighbours tells. You will see one row
# of the arrays.

# %%
rng = np.random.default_rng(0)
signs = np.array(["", "[UNK]", "(", ")", "."])


def brackets(rows, steps):
    """Draws rows of brackets of different lengths, and how deep one is after each sign."""
    depths = np.zeros((rows, steps + 1), "int32")
    for step, move in enumerate(rng.integers(-1, 2, (steps, rows)), start=1):
        depths[:, step] = np.clip(depths[:, step - 1] + move, 0, 5)
    tokens = np.choose(np.diff(depths) % 3, [4, 2, 3])  # The same depth, one more, one less.
    real = np.arange(steps) < rng.integers(1, steps + 1, (rows, 1))
    return (tokens * real).astype("int32"), depths[:, 1:] * real


tokens, depths = brackets(1_024, 24)
print(*(f"{sign or '-':>2}" for sign in signs[tokens[0]]))
print(*(f"{token:2}" for token in tokens[0]))
print(*(f"{depth:2}" for depth in depths[0]))

# %% [markdown]
# Rows of different lengths are one array with zeros at the end (`keras.utils.pad_sequences` pads on
# the left unless you say `padding="post"`). The model finds padding by itself; your loss must not
# count it, and that is what sample weights are for. From here on it is all Keras.

# %%
options = {"cell": "gru", "units": 16, "embedding_dim": 8, "bidirectional": False, "dropout": 0.0}
sizes = {"vocabulary_size": len(signs), "num_tags": 6}
keras.utils.set_random_seed(0)
counter = zoo.models.SequenceTagger(**sizes, **options, optimizer=keras.optimizers.Adam(0.01))
fitted = counter.fit(
    tokens,
    depths,
    sample_weight=(tokens != 0).astype("float32"),
    epochs=epochs["depth"],
    verbose=0,
)
print("loss, first and last epoch:", *(f"{fitted.history['loss'][i]:.4f}" for i in (0, -1)))

# %% [markdown]
# Did it learn to count, or rows of 24 signs by heart? You will see its accuracy on rows drawn
# anew, of the same length and of five times as many signs; and how much its answers change if
# twenty steps of padding are added to a row.

# %%
for steps in (24, 120):
    x, y = brackets(256, steps)
    right = counter.predict(x, verbose=0).argmax(-1) == y
    print(f"up to {steps:3} signs: {right[x != 0].mean():.1%} of depths right")
x, _ = brackets(32, 24)
longer = counter.predict_on_batch(np.pad(x, ((0, 0), (0, 20))))[:, :24]
change = np.abs(longer - counter.predict_on_batch(x))[x != 0].max()
print(f"change by padding: {change:.1e}")

# %% [markdown]
# Numbers are simpler still: windows of a series, and what came after each. Ours is a wave with
# another one on top, and noise. You will see the model's error on the last part of it, beside that
# of the forecast that says what was one wave ago.

# %%
time = np.arange(2_000)
series = np.sin(2 * np.pi * time / 24) + 0.5 * np.sin(2 * np.pi * time / 31)
series = (series + rng.normal(0, 0.1, len(time))).astype("float32")
windows = np.lib.stride_tricks.sliding_window_view(series, 96 + 24)[..., None]
history, future = windows[:, :96], windows[:, 96:]
forecaster = zoo.models.SegRNN(
    96, 24, 1, units=32, dropout=0.0, optimizer=keras.optimizers.Adam(0.003)
)
forecaster.fit(history[:1_500], future[:1_500], epochs=epochs["depth"], verbose=0)
said = forecaster.predict(history[1_620:], verbose=0)
error, before = (np.abs(each - future[1_620:]).mean() for each in (said, history[1_620:, -24:]))
noise = 0.1 * np.sqrt(2 / np.pi)
print(f"mean absolute error: {error:.3f}; one wave ago: {before:.3f}; the noise alone: {noise:.3f}")

# %% [markdown]
# ## Another head on a pretrained encoder
#
# The tagger below has read the English Web Treebank, a quarter of a million words. `backbone` is
# its model without the head: what it knows of a word in its sentence, as a vector. `encoder` looks
# up the ids that it reads; lists of different lengths are padded.

# %%
tagger = zoo.load("bilstm_tagger.ud_en_ewt")
backbone = tagger.backbone
x = tagger.encoder([["Are", "the", "dogs", "asleep"], ["Sing"]])
print("in: ", shapes(x))
print("out:", backbone.predict_on_batch(x).shape)

# %% [markdown]
# Our task: is it a question? Two sentences of the same words differ by their order alone, so
# whoever counts words can only toss a coin. The sentences are ours, made of a few words; those for
# testing have other nouns, verbs and adjectives than those for training. You will see a pair.


# %%
def pairs(nouns, endings):
    """Makes statements and questions of the same words."""
    sentences, labels = [], []
    for subject in nouns:
        for auxiliary, ending in endings:
            sentences += [[*subject.split(), auxiliary, *ending.split()]]
            sentences += [[auxiliary, *subject.split(), *ending.split()]]
            labels += [0, 1]
    return sentences, np.array(labels)


known = pairs(
    ["the dogs", "my old friends", "the children of the baker", "these books", "we"],
    [("are", "asleep"), ("can", "sing"), ("were", "here before"), ("will", "come back")],
)
new = pairs(
    ["the ferries", "your three sisters", "the owners of that horse", "they"],
    [("are", "late again"), ("could", "swim"), ("were", "angry"), ("would", "pay for it")],
)
for place in (4, 5):
    print(new[1][place], " ".join(new[0][place]))

# %% [markdown]
# The head is a dense layer on the strongest sign of a question anywhere in the sentence. The
# encoder is frozen: `trainable = False` keeps its weights, `training=False` switches its dropout
# off.

# %%
backbone.trainable = False
states = backbone(backbone.input, training=False)
real = backbone.input["tokens"] != 0
pooled = zoo.layers.SequencePooling("max")(states, real)
asks = keras.Model(backbone.input, keras.layers.Dense(1, activation="sigmoid")(pooled))
asks.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
x, y = {name: ids.numpy() for name, ids in tagger.encoder(known[0]).items()}, known[1]
asks.fit(x, y, epochs=epochs["head"], batch_size=8, verbose=0)
learned = sum(int(np.prod(weight.shape)) for weight in asks.trainable_weights)
x, y = {name: ids.numpy() for name, ids in tagger.encoder(new[0]).items()}, new[1]
print(f"{learned} weights learned; {asks.evaluate(x, y, verbose=0)[1]:.1%} of {len(y)} new ones")

# %% [markdown]
# Nobody told the tagger about questions. Where an auxiliary stands decides much of what it must say
# of its neighbours, so it is in the vectors.
#
# ## A training loop of your own
#
# `fit` is a convenience. To see or to change what a step does, write it out: here we record how
# long the gradient is before it is cut to length 1. The brackets again, from new weights.


# %%
def fresh():
    """Builds the same counter with the same first weights every time."""
    keras.utils.set_random_seed(0)
    optimizer = keras.optimizers.Adam(0.01, global_clipnorm=1.0)
    return zoo.models.SequenceTagger(**sizes, **options, optimizer=optimizer)


model = fresh()


@tf.function
def step(x, y, weight):
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x, y, model(x, training=True), weight)
    gradients = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    return loss, tf.linalg.global_norm(gradients)


def batches(size=32):
    """Cuts the arrays into batches, in their order."""
    for first in range(0, len(tokens), size):
        chosen = slice(first, first + size)
        yield tokens[chosen], depths[chosen], (tokens[chosen] != 0).astype("float32")


model.optimizer.build(model.trainable_variables)
losses, norms = np.transpose([step(*batch) for _ in range(4) for batch in batches()])

# %% [markdown]
# `train_on_batch` does the same in one call, as long as you do not want to look inside. You will
# see by how much the losses of the two loops differ, at most, and what the first one recorded.

# %%
model, again = fresh(), []
for _ in range(4):
    for x, y, weight in batches():
        model.reset_metrics()
        again.append(model.train_on_batch(x, y, sample_weight=weight)[0])
print(f"largest difference of {len(losses)} losses: {np.abs(losses - again).max():.1e}")
_, axes = plt.subplots(1, 2, figsize=(8, 2.4), layout="constrained")
for ax, values, title in zip(axes, (losses, norms), ("loss", "norm of the gradient"), strict=True):
    ax.plot(values, color="black", linewidth=0.8)
    ax.set(xlabel="step", title=title, ylim=(0, None))
    ax.spines[["top", "right"]].set_visible(False)
axes[1].axhline(1, color="#c44e52", linewidth=0.8)
plt.show()

# %% [markdown]
# `train_on_batch` gives the mean since the last `reset_metrics`, not the loss of its batch: without
# that line the two would differ.
#
# ## Other tags, and 200 sentences
#
# The tagger gives 17 universal tags. The treebank has its own, finer ones, those of the Penn
# Treebank: *dog* and *dogs*, *bark* and *barked* differ. Say that you can pay for 200 sentences of
# them. Three ways, and a baseline:
#
# - **from scratch**: the same architecture, new weights, the words of the 200 sentences;
# - **new head**: the encoder frozen, as above, a dense layer for the new tags;
# - **fine-tuned**: the same, and the encoder learns on.
#
# Mind what the pretrained encoder has seen: all 12,543 sentences of the training split, with their
# universal tags. Dev and test it has not.


# %%
data = zoo.data.tagging.load(corpus, feature=feature, limit=limit)
test = data.splits["test"]
hyperparameters = tagger.description["recipe"]["hyperparameters"]
crossentropy = keras.losses.SparseCategoricalCrossentropy(
    from_logits=True, reduction="mean_with_sample_weight"
)


def from_scratch(data):
    return zoo.models.SequenceTagger(**data.sizes, **hyperparameters)


def new_head(data, *, frozen):
    encoder = zoo.load(tagger.name).backbone  # Weights of its own, to be changed.
    encoder.trainable = not frozen
    states = encoder(encoder.input, training=False) if frozen else encoder.output
    return keras.Model(encoder.input, keras.layers.Dense(len(data.tags))(states))


def learn(model, data, seed, learning_rate, epochs):
    """Trains on the few sentences; the order of the batches is another in every epoch."""
    model.compile(keras.optimizers.Adam(learning_rate), crossentropy)
    batches = data.batches("train", batch_size=16, seed=seed)
    for batches.epoch in range(epochs):
        for x, y, weight in batches:
            model.train_on_batch(x, y, sample_weight=weight)


ways = {
    "from scratch": (from_scratch, 1e-2, epochs["from scratch"]),
    "new head": (functools.partial(new_head, frozen=True), 1e-2, epochs["pretrained"]),
    "fine-tuned": (functools.partial(new_head, frozen=False), 3e-3, epochs["pretrained"]),
}
print(f"{len(data.tags)} tags: {' '.join(data.tags)}")

# %% [markdown]
# `TaggingData` takes sentences of your own as well: lists of tokens and of tags, and an encoder,
# either fitted on them or that of the tagger. Learning rates and numbers of epochs were chosen on
# every fourth sentence of dev. You will see the accuracy there and on all of test, mean and range
# of three draws of 200 sentences.

# %%
train, found = data.splits["train"], []
for seed in seeds:
    few = train[seed :: max(1, len(train) // 205)][:200]
    splits = {"train": few, "dev": data.splits["dev"][::4], "test": test}
    theirs = zoo.data.tagging.TaggingData(tagger.encoder, data.tags, splits)
    words = zoo.data.text.TokenEncoder.fit(few.tokens)
    ours = dataclasses.replace(theirs, encoder=words, rare_word_dropout=1.0)
    baseline = MostFrequentTag(few.tokens, few.tags)
    said = {"baseline": [baseline.predict(splits[name].tokens) for name in ("dev", "test")]}
    for way, (build, *options) in ways.items():
        given = ours if way == "from scratch" else theirs
        keras.utils.set_random_seed(seed)
        model = build(given)
        learn(model, given, seed, *options)
        said[way] = [given.predict(model, splits[name]) for name in ("dev", "test")]
    known = [token in baseline.best for sentence in test.tokens for token in sentence]
    for way, (on_dev, on_test) in said.items():
        right = np.concatenate(on_test) == np.concatenate(test.tags)
        dev = report(splits["dev"].tags, on_dev)["accuracy"]
        found.append((way, dev, right.mean(), right[known].mean(), right[~np.array(known)].mean()))
names = ["dev", "test", "words among the 200 sentences", "other words"]
found = pd.DataFrame(found, columns=["way", *names]).groupby("way", sort=False)
print(f"{sum(map(len, few.tokens)):,} words to learn from, {len(test):,} sentences to test on")
display((100 * found[["dev", "test"]].agg(["mean", "min", "max"])).round(1))

# %% [markdown]
# Where is the difference made? You will see the words of test that are among the 200 sentences, and
# those that are not.

# %%
by_words = found[names[1:]].mean()
_, ax = plt.subplots(figsize=(8, 1.9), layout="constrained")
_ = zoo.plots.tagging.accuracies(by_words.T.to_dict(), ax)
display((100 * by_words).round(1))

# %% [markdown]
# A frozen encoder knows what its old tags asked for: whether *barked* is a verb, not which of its
# forms. On the words of the 200 sentences the new head is behind the others, the baseline too.
# Fine-tuned, the encoder takes the forms on. Most of the words that the 200 sentences do not have
# it has read before.
#
# ## Without the zoo
#
# A SavedModel needs TensorFlow and nothing else, so it can go where your other models run. The
# script below is run by a new Python, in which `zoo` cannot be imported. You will see the
# signatures of the tagger and what they answer: strings go in, the tokenizer and the vocabulary are
# inside.

# %%
script = """
import sys
sys.modules["zoo"] = None  # From here on `import zoo` fails.
import tensorflow as tf

def tell(outputs):
    for name, values in sorted(outputs.items()):
        row = values.numpy()[0].tolist()
        print(f"  {name:12}", *(v.decode() if isinstance(v, bytes) else round(v, 3) for v in row))

tagger = tf.saved_model.load(sys.argv[1])
for name, signature in tagger.signatures.items():
    (given,) = signature.structured_input_signature[1].values()
    print(name, given.name, given.dtype.name, given.shape)
print()
tell(tagger.signatures["serving_default"](text=tf.constant(["Didn't Anna call?"])))
print()
tell(tagger.signatures["tokens"](tokens=tf.constant([["Old", "friends", "call"]])))
"""


def in_a_new_process(script, *models):
    """Runs a script in a Python of its own, with the directories of the models."""
    command = [sys.executable, "-c", script, *(str(model.directory) for model in models)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=workbench)
    print(done.stdout)


in_a_new_process(script, tagger)

# %% [markdown]
# Models that write keep the same contract: the whole loop, with its search or its dice, is in the
# graph. You will see a language model go on after a prompt, twice with one seed, and the translator
# of captions.

# %%
script = """
import sys
sys.modules["zoo"] = None
import tensorflow as tf

writer = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
for seed in (1, 1, 2):
    found = writer(
        prompt=tf.constant(["The engineer"]),
        length=tf.constant(40),
        temperature=tf.constant(0.7),
        seed=tf.constant(seed),
    )
    print(seed, repr(found["text"].numpy()[0].decode()))
translator = tf.saved_model.load(sys.argv[2]).signatures["serving_default"]
print(translator(text=tf.constant(["A boy is reading a book."]))["text"].numpy()[0].decode())
"""
in_a_new_process(script, zoo.load("lstm_lm.tiny_shakespeare"), zoo.load("seq2seq.multi30k_en_de"))

# %% [markdown]
# ## Without TensorFlow
#
# Where TensorFlow is too much, on a small server say, the same model runs on ONNX Runtime: one word
# more, `runtime="onnx"`. You will see both answer the same sentence, each in a new process, how
# long that took from the first import to the answer, and the most memory that it had (on Linux). In
# the second neither TensorFlow nor Keras can be imported.

# %%
script = """
import re, sys, time
start = time.perf_counter()
runtime = sys.argv[2]
if runtime == "onnx":
    sys.modules["tensorflow"] = sys.modules["keras"] = None
import zoo

tagger = zoo.load(sys.argv[1], runtime=runtime)
found = tagger.predict("Didn't Anna call?")
seconds = time.perf_counter() - start
print(runtime, *(f"{token.text}/{token.tag}" for token in found))
status = open("/proc/self/status").read() if sys.platform == "linux" else ""
print(f"{seconds:.2f} s", *re.findall(r"VmHWM:\\s*(.*)", status))
"""
for runtime in ("tensorflow", "onnx"):
    command = [sys.executable, "-c", script, tagger.name, runtime]
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

# %% [markdown]
# The graphs lie beside the SavedModel and read their weights from its file. A model of your own
# becomes one from its architecture: every recurrent layer is one operator of ONNX, not a loop. You
# will see a classifier built here, converted, and how far apart the two answers are.

# %%
classifier = zoo.models.SequenceClassifier(vocabulary_size=500, num_classes=3, units=(32, 32))
graph = zoo.onnx.convert(classifier)
session = onnxruntime.InferenceSession(graph.SerializeToString())
ids = np.random.default_rng(0).integers(1, 500, (4, 12)).astype("int32")
ids[2, 7:] = 0  # Padding.
(found,) = session.run(None, {session.get_inputs()[0].name: ids})
print(sorted({node.op_type for node in graph.graph.node}))
print(f"apart: {np.abs(found - classifier.predict_on_batch(ids)).max():.1e}")

# %% [markdown]
# ## Layers among your own
#
# What the builders are made of is in `zoo.layers`. Here a layer of ours gives a series and its
# steps from point to point, a stacked GRU of the zoo reads them, and attention says how much each
# point matters. The task: does the one jump in a noisy series go up or down?


# %%
@keras.saving.register_keras_serializable(package="mine")
class WithSteps(keras.layers.Layer):
    """Puts beside each value the step from the one before."""

    def call(self, series):
        before = keras.ops.concatenate([series[:, :1], series[:, :-1]], axis=1)
        return keras.ops.concatenate([series, series - before], axis=-1)

    def compute_output_shape(self, shape):
        return (*shape[:-1], 2 * shape[-1])


series = keras.Input((None, 1), name="series")
states = zoo.layers.stacked("gru", (8, 8))(WithSteps()(series))
everywhere = keras.ops.ones_like(series[..., 0], dtype="bool")
pooled, weights = zoo.layers.AttentionPooling(8, name="attention")(states, everywhere)
answer = keras.layers.Dense(1, activation="sigmoid", name="up")(pooled)
model = keras.Model(series, answer)
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])


def jumps(rows, steps=40):
    """Draws random walks with one jump, and tells whether it goes up, and where it is."""
    walk = rng.normal(0, 0.3, (rows, steps))
    up, place = rng.integers(0, 2, rows), rng.integers(5, steps - 5, rows)
    walk[np.arange(rows), place] += 2 * up - 1
    return walk.cumsum(axis=1)[..., None].astype("float32"), up, place


keras.utils.set_random_seed(0)
x, up, _ = jumps(2_000)
model.fit(x, up, epochs=epochs["jumps"], verbose=0)
x, up, place = jumps(500)
loss, accuracy = model.evaluate(x, up, verbose=0)
steps = np.diff(x[..., 0])
largest = steps[np.arange(len(x)), np.abs(steps).argmax(axis=1)]
print(
    f"accuracy {accuracy:.1%}; by the sign of the largest step {np.mean((largest > 0) == up):.1%}"
)

# %% [markdown]
# The rule of one line is ahead: 90.6 % against the model's 82.8 % after five epochs. The example is
# about putting layers together, and no good way to find a jump.
#
# You will see three new series, where the jump is (red line), and where the model looked (bars);
# and over all 500, how far its strongest look is from the jump.

# %%
looks = keras.Model(series, weights).predict(x, verbose=0)
late = looks.argmax(axis=1) - place
near, before = np.mean(np.abs(late) <= 3), np.mean(late < 0)
print(f"strongest look, median of {len(x)} series: {np.median(late):.0f} steps after the jump,")
print(f"within 3 steps of it in {near:.0%}, before it in {before:.0%}")
_, axes = plt.subplots(1, 3, figsize=(9, 2.2), layout="constrained")
for ax, values, look, where in zip(axes, x, looks, place, strict=False):
    ax.plot(values[:, 0], color="black", linewidth=0.9)
    ax.axvline(where, color="#c44e52", linewidth=0.8)
    ax.set(xlabel="step", ylabel="value")
    shares = ax.twinx()
    shares.bar(np.arange(len(look)), look, color="#4c72b0", alpha=0.4)
    shares.set(yticks=[])
    ax.spines[["top", "right"]].set_visible(False)
    shares.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# In the first and the third it looks right after the jump: the GRU reads from left to right, and
# its state carries the jump along. In the second it looks elsewhere, long after. In half of all the
# strongest look is more than three steps from the jump, in a fifth even before it. Attention over
# states is no proof of where something happened.
#
# Saving is Keras's: one file with architecture, weights and the state of the optimizer. Reading it
# needs the classes, so a script imports `zoo.layers` first, and the module of your own layers.

# %%
path = workbench / "jumps.keras"
model.save(path)
reloaded = keras.models.load_model(path)
print(
    "difference after reading it back:",
    np.abs(reloaded.predict_on_batch(x) - model.predict_on_batch(x)).max(),
)
print("still compiled:", reloaded.evaluate(x, up, verbose=0) == model.evaluate(x, up, verbose=0))
print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")

# %% [markdown]
# Where to go from here: `zoo.layers.CRF` under tags of your own, in
# [tagging_ner](tagging_ner.ipynb); `zoo.models.transfer`, which moves weights by the names of
# layers, from a language model to a classifier, say; `zoo.inspection`, which looks into the gates
# of any recurrent layer, also of yours; and CONTRIBUTING.md, if a model should live here.
