"""Models that say which token comes next."""

import keras
from keras import layers

from zoo.layers import Perplexity, jit_compile
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
