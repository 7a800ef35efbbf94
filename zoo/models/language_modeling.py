"""Models that say which token comes next."""

import functools
import numbers

import keras
from keras import layers, ops

from zoo.layers import (
    ActivationRegularization,
    Bias,
    CarriedState,
    EmbeddingDropout,
    LogLikelihoodLoss,
    Perplexity,
    SampledSoftmax,
    TiedEmbedding,
    WordDropout,
    jit_compile,
    stacked,
)
from zoo.layers.recurrent import STATES, units_of_layers
from zoo.models.encoding import RecurrentEncoder


def LanguageModel(
    vocabulary_size,
    *,
    cell="lstm",
    units=256,
    embedding_dim=128,
    projection_dim=None,
    tied=False,
    lanes=None,
    dropout=0.2,
    input_dropout=None,
    output_dropout=None,
    variational_dropout=False,
    weight_dropout=0.0,
    embedding_dropout=0.0,
    word_dropout=0.0,
    activation_regularization=(0.0, 0.0),
    residual=False,
    normalization=None,
    output_bias=None,
    optimizer="adam",
    name="language_model",
):
    """Builds a compiled recurrent language model of characters, words or whatever else.

    Its embedding and its recurrent layers bear the names of those of `zoo.models.RecurrentEncoder`,
    so its weights can start a tagger or a classifier of one direction (`zoo.models.transfer`).
    Build both with the same `cell=`, `units=` and `embedding_dim=`: their defaults differ.

    Args:
        vocabulary_size: Number of token ids, counting padding (id 0) and unknown (id 1).
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        units: Units of the recurrent layer; a tuple stacks layers.
        embedding_dim: Size of a token's vector.
        projection_dim: Size of a linear layer between states and logits, which makes a large
            vocabulary cheap, or `None` to have none.
        tied: Whether the logits are inner products with the vectors of the embedding, whose matrix
            then serves twice. States of another size than `embedding_dim` are projected to it.
        lanes: Most rows of a batch, if every row is to go on where the same row of the batch before
            stopped (`zoo.layers.CarriedState`); `None` to have every row begin anew.
        dropout: Rate of the dropout before the first recurrent layer and after each.
        input_dropout: Rate of the one before the first; by default `dropout`.
        output_dropout: Rate of the one after the last; by default `dropout`.
        variational_dropout: Whether a row keeps one dropout mask for all its tokens.
        weight_dropout: Rate of the dropout of the recurrent kernels (`zoo.layers.WeightDropout`).
        embedding_dropout: Probability that a word of the vocabulary is missing from a whole batch.
        word_dropout: Probability that a token is read as the unknown one in training.
        activation_regularization: Weights of two penalties on the last layer's states, on their
            size and on their change (`zoo.layers.ActivationRegularization`).
        residual: Whether a recurrent layer's input is added to its output (`zoo.layers.stacked`).
        normalization: `None`, `"layer"` or `"batch"`, between recurrent layers.
        output_bias: What the bias of the logits begins with, `(vocabulary_size,)`: with the
            logarithm of each token's frequency that need not be learned first. By default 0.
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.

    Returns:
        A compiled `keras.Model` from `tokens`, int32 `(batch, time)`, padded on the right with 0,
        to float32 logits `(batch, time, vocabulary_size)`: at each step for the token after it.
        Fit it on the ids of those tokens `(batch, time)`, with a sample weight of 0 at padding;
        loss and perplexity are means over the weights, in nats. With `lanes` the input is a
        dictionary of `tokens` and `begins`, boolean `(batch,)`: which rows begin a new text; a row
        may be padded only where its text ends.

    Raises:
        ValueError: If an argument is not one of those above.

    Reference:
        Mikolov et al. 2010, "Recurrent neural network based language model"; Zaremba et al. 2014,
        "Recurrent Neural Network Regularization", for the dropout between layers; Merity et al.
        2018, "Regularizing and Optimizing LSTM Language Models" (AWD-LSTM), for all of them
        together; Press and Wolf 2017 for tied weights; Sak et al. 2014, "Long Short-Term Memory
        Recurrent Neural Network Architectures for Large Scale Acoustic Modeling", for the
        projection.

    Example:

    >>> model = LanguageModel(vocabulary_size=50, units=(8, 8), embedding_dim=6, projection_dim=4)
    >>> model.output_shape
    (None, None, 50)
    >>> [layer.name for layer in model.layers if layer.weights]
    ['word_embedding', 'lstm_1', 'lstm_2', 'projection', 'logits']
    """
    if tied and projection_dim not in (None, embedding_dim):
        raise ValueError(
            f"`projection_dim` must be None or `embedding_dim` of tied weights, {embedding_dim}. "
            f"Received: {projection_dim}"
        )
    units = units_of_layers(units)
    drop = layers.SpatialDropout1D if variational_dropout else layers.Dropout
    input_rate = dropout if input_dropout is None else input_dropout
    output_rate = dropout if output_dropout is None else output_dropout

    tokens = keras.Input((None,), dtype="int32", name="tokens")
    inputs = tokens
    if lanes is not None:
        inputs = {"tokens": tokens, "begins": keras.Input((), dtype="bool", name="begins")}
    embed = (TiedEmbedding if tied else layers.Embedding)(
        vocabulary_size, embedding_dim, name="word_embedding"
    )
    words = WordDropout(word_dropout, name="word_dropout")(tokens) if word_dropout else tokens
    x = embed(words)
    if embedding_dropout:
        x = EmbeddingDropout(embedding_dropout, vocabulary_size, name="embedding_dropout")(x, words)
    if input_rate:
        x = drop(input_rate)(x)

    # Padding at the end of a row changes nothing before it, so carried states go without a mask.
    sizes = [size for size in units for _ in range(STATES.get(cell, 1))]
    carried = CarriedState(sizes, lanes, name="carried_state")
    states, last = stacked(
        cell,
        units,
        dropout=(dropout,) * (len(units) - 1) + (0.0,),
        variational_dropout=variational_dropout,
        weight_dropout=weight_dropout,
        residual=residual,
        normalization=normalization,
        return_state=True,
    )(
        x,
        mask=None if lanes else tokens != 0,
        states=carried(tokens if lanes is None else inputs["begins"]),
    )
    x = states = carried(states, last)
    if output_rate:
        x = drop(output_rate)(x)
    if any(activation_regularization):
        real = tokens != 0 if lanes is None else None
        x = ActivationRegularization(*activation_regularization)(x, states, real)

    if tied and projection_dim is None and units[-1] != embedding_dim:
        projection_dim = embedding_dim
    if projection_dim is not None:
        x = layers.Dense(projection_dim, name="projection")(x)
    if tied:
        logits = Bias(dtype="float32", name="logits")(embed(x, reverse=True))
    else:
        logits = layers.Dense(vocabulary_size, dtype="float32", name="logits")(x)

    model = keras.Model(inputs, logits, name=name)
    if output_bias is not None:
        model.get_layer("logits").bias.assign(output_bias)
    model.compile(
        optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        weighted_metrics=[Perplexity()],
        jit_compile=jit_compile(),
    )
    return model


def stepwise(model, call=None):
    """Takes a language model step by step, its state in hand, for `zoo.layers.decoding`.

    Args:
        model: A `keras.Model` made by `LanguageModel`, with `lanes` or without.
        call: What to call in its place, with the same input: the same model under other weights,
            say. By default the model itself.

    Returns:
        Two functions: `step(tokens, state)`, of int32 `(rows,)` and a list of states
        `(rows, units)`, gives logits `(rows, vocabulary_size)` and the new state; of tokens
        `(rows, time)` it gives logits `(rows, time, vocabulary_size)`. `start(rows)` gives the
        state before the first token.

    Example:

    >>> step, start = stepwise(LanguageModel(vocabulary_size=50, units=8))
    >>> logits, state = step(np.array([3, 7]), start(2))
    >>> logits.shape, len(state)
    (TensorShape([2, 50]), 2)
    """
    carried = model.get_layer("carried_state")
    call = call or functools.partial(model, training=False)

    def start(rows):
        return [ops.zeros((rows, size)) for size in carried.sizes]

    def step(tokens, state):
        tokens = ops.cast(tokens, "int32")
        alone = len(tokens.shape) == 1
        given = ops.expand_dims(tokens, 1) if alone else tokens
        if carried.lanes is not None:
            given = {"tokens": given, "begins": ops.zeros_like(given[:, 0], dtype="bool")}
        with carried.holding(state) as last:
            logits = call(given)
        return (logits[:, 0] if alone else logits), [ops.cast(each, "float32") for each in last]

    return step, start


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
    (`zoo.models.transfer`) that is built with the same `cell=`, `units=` and `embedding_dim=`: the
    defaults differ. It has one layer because in a second one each direction would see
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
        ValueError: If the value of an argument is none that the encoder knows, if `units` are
            several layers, or if the encoder is to read characters or shapes.
        TypeError: If the encoder has no such argument.

    Reference:
        Peters et al. 2018, "Deep contextualized word representations"; Dai and Le 2015,
        "Semi-supervised Sequence Learning", for language models that start classifiers.

    Example:

    >>> model = BidirectionalLanguageModel(vocabulary_size=50, units=8, samples=10)
    >>> model.output_shape
    (None, None, 2)
    """
    if not isinstance(units, numbers.Integral):
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
    if isinstance(states.input, dict):
        raise ValueError(
            "The encoder must read tokens alone, without characters and shapes. "
            f"Received: {', '.join(encoder)}"
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
