"""Models that give a whole text one of several classes."""

import keras
from keras import layers, ops

from zoo.layers import AttentionPooling, SequencePooling, gradient, jit_compile
from zoo.models.encoding import RecurrentEncoder
from zoo.models.transfer import transfer

ADVERSARIES = (None, "labels", "virtual")
POOLINGS = ("last", "mean", "max", "attention")


def SequenceClassifier(
    vocabulary_size,
    num_classes,
    *,
    pooling="max",
    bidirectional=True,
    head_units=None,
    dropout=0.3,
    head_dropout=None,
    adversary=None,
    perturbation=5.0,
    embeddings=None,
    pretrained=None,
    optimizer="adam",
    name="sequence_classifier",
    **encoder,
):
    """Builds a compiled recurrent classifier.

    Args:
        vocabulary_size: Number of token ids, counting padding (id 0) and unknown (id 1).
        num_classes: Number of classes to choose from, 2 where the question is yes or no.
        pooling: How a text's states become one vector: `"last"`, `"mean"`, `"max"`, `"attention"`,
            or a tuple of several, whose vectors are concatenated.
        bidirectional: Whether the layers read in both directions.
        head_units: Units of a ReLU layer between pooling and logits, or `None` to have none.
        dropout: Rate of the dropout before the first recurrent layer and after each.
        head_dropout: Rate of the dropout before the logits; by default `dropout`.
        adversary: `None`; `"labels"` to train also on word vectors that were moved to where the
            loss grows fastest; or `"virtual"` to ask only that the answer stay the same where it
            would change fastest, which needs no label. Either makes a step about three times as
            long.
        perturbation: How far a text's word vectors are moved then, all together, in units of
            their root mean square.
        embeddings: Vectors `(vocabulary_size, embedding_dim)` to start the word embedding with.
        pretrained: A `keras.Model` whose layers start those of the same names (`transfer`).
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.
        **encoder: Further arguments of `zoo.models.RecurrentEncoder`: `cell`, `units`,
            `embedding_dim`, `variational_dropout`, `word_dropout`, `embedding_dropout` and others.

    Returns:
        A compiled `keras.Model` from what `RecurrentEncoder` takes to float32 logits
        `(batch, num_classes)`. Fit it on class ids `(batch,)`; a text without a label is an example
        of weight 0. With attention, the weights of the words are the second output of the layer
        `"attention"`: `keras.Model(model.input, model.get_layer("attention").output[1])`.

    Raises:
        ValueError: If an argument is not one of those above, or if the shapes of `embeddings` or
            of the layers of `pretrained` do not fit.

    Reference:
        Dai and Le 2015, "Semi-supervised Sequence Learning"; Howard and Ruder 2018, "Universal
        Language Model Fine-tuning for Text Classification", for pooling by several ways at once;
        Miyato et al. 2017, "Adversarial Training Methods for Semi-Supervised Text Classification".

    Example:

    >>> model = SequenceClassifier(50, 6, cell="gru", units=8, pooling=("last", "attention"))
    >>> model.output_shape
    (None, 6)
    """
    if num_classes < 2:
        raise ValueError(f"`num_classes` must be at least 2. Received: {num_classes}")
    if adversary not in ADVERSARIES:
        known = ", ".join(map(repr, ADVERSARIES))
        raise ValueError(f"`adversary` must be one of {known}. Received: {adversary!r}")
    ways = (pooling,) if isinstance(pooling, str) else tuple(pooling)
    if not ways or any(way not in POOLINGS for way in ways):
        known = ", ".join(map(repr, POOLINGS))
        raise ValueError(
            f"`pooling` must be one of {known} or a tuple of them. Received: {pooling!r}"
        )
    states = RecurrentEncoder(
        vocabulary_size,
        bidirectional=bidirectional,
        dropout=dropout,
        perturbable=adversary is not None,
        **encoder,
    )
    tokens = states.input["tokens"] if isinstance(states.input, dict) else states.input
    real = tokens != 0

    pooled = []
    for kind in ways:
        if kind == "attention":
            vector, _ = AttentionPooling(name="attention")(states.output, real)
        else:
            pool = SequencePooling(kind, bidirectional=bidirectional, name=f"{kind}_pooling")
            vector = pool(states.output, real)
        pooled.append(vector)
    x = layers.Concatenate(name="pooled")(pooled) if len(pooled) > 1 else pooled[0]
    if head_units:
        x = layers.Dense(head_units, activation="relu", name="head")(x)
    x = layers.Dropout(dropout if head_dropout is None else head_dropout, name="head_dropout")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(x)

    if adversary is None:
        model = keras.Model(states.input, logits, name=name)
    else:
        model = AdversarialClassifier(
            states.input, logits, name=name, adversary=adversary, perturbation=perturbation
        )
    if pretrained is not None:
        transfer(model, pretrained)
    if embeddings is not None:
        model.get_layer("word_embedding").set_weights([embeddings])
    model.compile(
        optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        weighted_metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=jit_compile(),
    )
    return model


@keras.saving.register_keras_serializable(package="zoo")
class AdversarialClassifier(keras.Model):
    """A functional classifier whose training also looks at word vectors moved for the worse.

    `SequenceClassifier` makes it. To the loss it adds, in training, that of the same texts with
    their word vectors moved by `perturbation`: against the labels (`adversary="labels"`), or, with
    `"virtual"`, the divergence from the answer without the move, on all texts, labelled or not.
    The direction is sought without dropout.

    Reference:
        Miyato et al. 2017, "Adversarial Training Methods for Semi-Supervised Text Classification".
    """

    # Of the search for the virtual direction, in the unit of `perturbation`; half precision does
    # not tell vectors apart that are closer.
    _first_step, _first_step_in_half_precision = 1e-2, 1.0

    def __init__(
        self, inputs, outputs, name=None, *, adversary="labels", perturbation=5.0, **kwargs
    ):
        super().__init__(inputs, outputs, name=name, **kwargs)
        self.adversary, self.perturbation = adversary, perturbation
        self.noise = keras.random.SeedGenerator()

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        if not training:
            return loss
        tokens = x["tokens"] if isinstance(x, dict) else x
        # Sums of squares are too large for half precision.
        embed = self.get_layer("word_embedding")
        vectors = ops.cast(embed(tokens), "float32")
        real = ops.cast(ops.expand_dims(tokens != 0, -1), "float32")
        steps = ops.sum(real) * vectors.shape[-1]
        unit = ops.stop_gradient(ops.sqrt(ops.sum(ops.square(vectors) * real) / steps))
        start = ops.zeros_like(vectors)
        if self.adversary == "labels":
            answer = ops.one_hot(y, self.output_shape[-1])
            weight = ops.convert_to_tensor(1.0 if sample_weight is None else sample_weight)
        else:
            answer = ops.stop_gradient(ops.softmax(self(x, training=False)))
            weight = 1.0
            noise = keras.random.normal(ops.shape(vectors), seed=self.noise) * real
            first_step = self._first_step
            if embed.compute_dtype in ("float16", "bfloat16"):
                first_step = self._first_step_in_half_precision
            start = first_step * unit * _direction(noise)

        def divergence(move, training=False):
            with self.get_layer("perturbation").moved_by(move):
                found = ops.log_softmax(self(x, training=training))
            nats = ops.sum(answer * (ops.log(ops.maximum(answer, 1e-12)) - found), axis=-1)
            return ops.sum(nats * weight) / ops.maximum(ops.sum(ops.ones_like(nats) * weight), 1)

        move = _direction(gradient(divergence, start) * real)
        return loss + divergence(self.perturbation * unit * move, training=True)

    def get_config(self):
        own = {"adversary": self.adversary, "perturbation": self.perturbation}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        adversary, perturbation = config.pop("adversary"), config.pop("perturbation")
        model = super().from_config(config, custom_objects=custom_objects)
        model.adversary, model.perturbation = adversary, perturbation
        return model


def _direction(x):
    """Scales each example to length 1."""
    length = ops.sqrt(ops.sum(ops.square(x), axis=(1, 2), keepdims=True))
    return x / ops.maximum(length, 1e-12)
