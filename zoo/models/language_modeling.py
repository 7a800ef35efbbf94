"""Models that say which token comes next."""

import keras
from keras import layers

from zoo.layers import LogLikelihoodLoss, Perplexity, SampledSoftmax, jit_compile
from zoo.models.encoding import RecurrentEncoder


def LanguageModel(
    vocabulary_size,
    *,
    cell="lstm",
    units=256,
    embedding_dim=128,
    projection_dim=None,
    dropout=0.2,
    optimizer="adam",
    name="language_model",
    **encoder,
):
    """Builds a compiled recurrent language model.

    Below its head it is a `zoo.models.RecurrentEncoder` that reads from left to right, with layers
    of the same names, so its weights can start a tagger or a classifier of one direction.

    Args:
        vocabulary_size: Number of token ids, counting padding (id 0) and unknown (id 1).
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        units: Units of the recurrent layer; a tuple stacks layers.
        embedding_dim: Size of a token's vector.
        projection_dim: Size of a linear layer between states and logits, which makes a large
            vocabulary cheap, or `None` to have none.
        dropout: Rate of the dropout before the first recurrent layer and after each.
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.
        **encoder: Further arguments of `RecurrentEncoder`: `variational_dropout`, `residual`,
            `normalization`, `word_dropout`.

    Returns:
        A compiled `keras.Model` from `tokens`, int32 `(batch, time)`, padded on the right with 0,
        to float32 logits `(batch, time, vocabulary_size)`: at each step for the token after it.
        Fit it on the ids of those tokens `(batch, time)`, with a sample weight of 0 at padding;
        loss and perplexity are means over the weights, in nats.

    Raises:
        ValueError: If an argument is not one that the encoder knows.

    Reference:
        Mikolov et al. 2010, "Recurrent neural network based language model"; Zaremba et al. 2014,
        "Recurrent Neural Network Regularization", for the dropout between layers; Sak et al. 2014,
        "Long Short-Term Memory Recurrent Neural Network Architectures for Large Scale Acoustic
        Modeling", for the projection.

    Example:

    >>> model = LanguageModel(vocabulary_size=50, units=(8, 8), embedding_dim=6, projection_dim=4)
    >>> model.output_shape
    (None, None, 50)
    >>> [layer.name for layer in model.layers if layer.weights]
    ['word_embedding', 'lstm_1', 'lstm_2', 'projection', 'logits']
    """
    states = RecurrentEncoder(
        vocabulary_size,
        cell=cell,
        units=units,
        bidirectional=False,
        embedding_dim=embedding_dim,
        dropout=dropout,
        **encoder,
    )
    x = states.output
    if projection_dim is not None:
        x = layers.Dense(projection_dim, name="projection")(x)
    logits = layers.Dense(vocabulary_size, dtype="float32", name="logits")(x)

    model = keras.Model(states.input, logits, name=name)
    model.compile(
        optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        weighted_metrics=[Perplexity()],
        jit_compile=jit_compile(),
    )
    return model


def BidirectionalLanguageModel(
    vocabulary_size,
    *,
    cell="lstm",
    units=256,
    embedding_dim=128,
    projection_dim=128,
    samples=1024,
    dropout=0.2,
    optimizer="adam",
    name="bidirectional_language_model",
    **encoder,
):
    """Builds a compiled pair of language models over one embedding, for pretraining.

    One reads from the left, the other from the right; each predicts every token from those that it
    has read. Below its head it is a `zoo.models.RecurrentEncoder` of one bidirectional layer, with
    layers of the same names, so its weights can start a tagger or a classifier
    (`zoo.models.transfer`). It has one layer because in a second one each direction would see
    what the other is to predict.

    Args:
        vocabulary_size: Number of token ids, counting padding (id 0) and unknown (id 1); the others
            in order of falling frequency.
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        units: Units of each direction.
        embedding_dim: Size of a token's vector.
        projection_dim: Size of the linear layer between states and softmax.
        samples: Tokens that compete with the target in training (`zoo.layers.SampledSoftmax`), or
            `None` for all.
        dropout: Rate of the dropout before and after the recurrent layer.
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.
        **encoder: Further arguments of `RecurrentEncoder`: `variational_dropout`, `word_dropout`.

    Returns:
        A compiled `keras.Model` from `tokens`, int32 `(batch, time)`, padded on the right with 0,
        to float32 `(batch, time, 2)`: the logarithm, in nats, of the probability of each of those
        very tokens given all to its left, and given all to its right. Fit it with a sample weight
        of 0 at padding; `y` is not looked at. The loss is the mean of all nats.

    Raises:
        ValueError: If an argument is not one that the encoder knows, or `units` are several layers.

    Reference:
        Peters et al. 2018, "Deep contextualized word representations"; Dai and Le 2015,
        "Semi-supervised Sequence Learning", for language models that start classifiers.

    Example:

    >>> model = BidirectionalLanguageModel(vocabulary_size=50, units=8, samples=10)
    >>> model.output_shape
    (None, None, 2)
    """
    if not isinstance(units, int):
        raise ValueError(f"`units` must be an int: one layer. Received: {units!r}")
    states = RecurrentEncoder(
        vocabulary_size,
        cell=cell,
        units=units,
        bidirectional=True,
        embedding_dim=embedding_dim,
        dropout=dropout,
        **encoder,
    )
    softmax = SampledSoftmax(vocabulary_size, samples, dtype="float32", name="softmax")

    def predict(states, direction, before, after):
        # Moved before they are projected: past the edge is a state of 0, as it is at padding.
        states = layers.Cropping1D((after, before))(layers.ZeroPadding1D((before, after))(states))
        states = layers.Dense(projection_dim, name=f"projection_{direction}")(states)
        return layers.Reshape((-1, 1))(softmax(states, encoded))

    encoded = states.input
    log_probability = layers.Concatenate(name="log_probability")(
        [
            predict(states.output[..., :units], "forward", before=1, after=0),
            predict(states.output[..., units:], "backward", before=0, after=1),
        ]
    )

    model = keras.Model(states.input, log_probability, name=name)
    model.compile(optimizer, loss=LogLikelihoodLoss(), jit_compile=jit_compile())
    return model
