"""Models that say a sequence again after squeezing it through a short code."""

import keras
from keras import layers, ops

from zoo.layers import (
    ReconstructionDecoder,
    StepAccuracy,
    VariationalBottleneck,
    jit_compile,
    recurrent_layer,
    stacked,
)
from zoo.layers.recurrent import units_of_layers

DECODERS = ("repeat", "autoregressive")


def SequenceAutoencoder(
    num_features=None,
    *,
    vocabulary_size=None,
    cell="lstm",
    units=64,
    bidirectional=False,
    latent_dim=16,
    decoder="repeat",
    variational=False,
    kl_weight=1e-3,
    embedding_dim=64,
    dropout=0.0,
    variable_length=False,
    loss="mse",
    optimizer="adam",
    name="sequence_autoencoder",
):
    """Builds a compiled autoencoder of sequences, of numbers or of tokens.

    A recurrent encoder reads the sequence; its last state becomes a code of `latent_dim` numbers; a
    recurrent decoder says the sequence again from the code alone. What it says badly is unlike what
    it was trained on.

    Args:
        num_features: Numbers a step, or `None` for text.
        vocabulary_size: Number of token ids, counting padding (id 0) and unknown (id 1), or `None`
            for numbers.
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`, of encoder and decoder.
        units: Units of the encoder's layers, of each direction; a tuple stacks them. The decoder
            has as many, in reverse order.
        bidirectional: Whether the encoder reads in both directions.
        latent_dim: Size of the code.
        decoder: `"repeat"`: each step reads the code; or `"autoregressive"`: the state begins with
            the code, and each step reads the step before, the true one in training, its own
            otherwise (`zoo.layers.ReconstructionDecoder`).
        variational: Whether the code is a distribution (`zoo.layers.VariationalBottleneck`).
        kl_weight: Weight of its divergence, beside a reconstruction loss that is a mean over steps.
        embedding_dim: Size of a token's vector.
        dropout: Rate of the dropout after each layer of the encoder.
        variable_length: Whether sequences of numbers may be padded; those of tokens always may.
        loss: `"mse"` or `"mae"`, of numbers.
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.

    Returns:
        A compiled `keras.Model`. Of numbers it maps `window`, float `(batch, time, num_features)`,
        to float32 of the same shape; with `variable_length` it reads a dictionary of `window` and
        `real`, boolean `(batch, time)`, true before the padding on the right. Of text it maps
        `tokens`, int32 `(batch, time)`, padded on the right with 0, to float32 logits `(batch,
        time, vocabulary_size)`. Fit it on its own input, with a sample weight of 0 at padding. The
        code is the output of its layer `"latent"`.

    Raises:
        ValueError: If an argument is not one of those above.

    Reference:
        Srivastava et al. 2015, "Unsupervised Learning of Video Representations using LSTMs";
        Malhotra et al. 2016, "LSTM-based Encoder-Decoder for Multi-sensor Anomaly Detection";
        Bowman et al. 2016, "Generating Sentences from a Continuous Space" (variational).

    Example:

    >>> SequenceAutoencoder(3, units=(8, 4), latent_dim=2).output_shape
    (None, None, 3)
    >>> options = {"cell": "gru", "units": 8, "decoder": "autoregressive"}
    >>> text = SequenceAutoencoder(vocabulary_size=50, **options)
    >>> text.output_shape
    (None, None, 50)
    """
    if (num_features is None) == (vocabulary_size is None):
        raise ValueError(
            "Give either `num_features` or `vocabulary_size`. Received: "
            f"num_features={num_features}, vocabulary_size={vocabulary_size}"
        )
    if decoder not in DECODERS:
        known = ", ".join(map(repr, DECODERS))
        raise ValueError(f"`decoder` must be one of {known}. Received: {decoder!r}")
    if loss not in ("mse", "mae"):
        raise ValueError(f"`loss` must be 'mse' or 'mae'. Received: {loss!r}")
    units = units_of_layers(units)
    text = vocabulary_size is not None
    size = vocabulary_size if text else num_features

    if text:
        inputs = sequence = keras.Input((None,), dtype="int32", name="tokens")
        mask = sequence != 0
        x = layers.Embedding(size, embedding_dim, name="word_embedding")(sequence)
    else:
        inputs = sequence = x = keras.Input((None, size), name="window")
        mask = None
        if variable_length:
            mask = keras.Input((None,), dtype="bool", name="real")
            inputs = {"window": sequence, "real": mask}

    encode = stacked(
        cell, units, bidirectional=bidirectional, dropout=dropout, return_sequences=False
    )
    state = encode(x, mask=mask)
    if variational:
        code = VariationalBottleneck(latent_dim, kl_weight, name="latent")(state)
    else:
        code = layers.Dense(latent_dim, name="latent")(state)

    if decoder == "repeat":
        said = ops.expand_dims(code, 1) + ops.zeros_like(x[..., :1])
        for depth, width in enumerate(reversed(units)):
            layer = recurrent_layer(cell, width, return_sequences=True, name=f"decoder_{depth + 1}")
            said = layer(said, mask=mask)
        said = layers.Dense(size, name="head")(said)
    else:
        said = ReconstructionDecoder(
            size,
            embedding_dim=embedding_dim if text else None,
            cell=cell,
            units=units[::-1],
            name="decoder",
        )(code, sequence)
    reconstruction = layers.Activation("linear", dtype="float32", name="reconstruction")(said)

    model = keras.Model(inputs, reconstruction, name=name)
    reduction = {"reduction": "mean_with_sample_weight"}
    if text:
        losses = keras.losses.SparseCategoricalCrossentropy(from_logits=True, **reduction)
    elif loss == "mse":
        losses = keras.losses.MeanSquaredError(**reduction)
    else:
        losses = keras.losses.MeanAbsoluteError(**reduction)
    metrics = [StepAccuracy(name="accuracy")] if text else []
    model.compile(optimizer, loss=losses, weighted_metrics=metrics, jit_compile=jit_compile())
    return model
