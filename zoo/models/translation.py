"""Models that turn one sequence into another."""

import keras
from keras import layers

from zoo.layers import (
    Perplexity,
    SmoothedCrossentropy,
    StepAccuracy,
    TokenDecoder,
    jit_compile,
    stacked,
)
from zoo.layers.recurrent import STATES


def Seq2Seq(
    source_vocabulary_size,
    target_vocabulary_size,
    *,
    cell="gru",
    units=256,
    decoder_units=None,
    bidirectional=True,
    embedding_dim=128,
    attention="additive",
    input_feeding=False,
    sampling=None,
    sampling_steps=1000,
    tied=False,
    dropout=0.2,
    label_smoothing=0.0,
    optimizer="adam",
    name="seq2seq",
):
    """Builds a compiled encoder and decoder: one sequence of tokens in, another out.

    Args:
        source_vocabulary_size: Number of token ids that are read, counting padding (id 0) and
            unknown (id 1).
        target_vocabulary_size: Number of token ids that are written, counting these and the end
            (id 2), which is also read before the first token.
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`, of both.
        units: Units of the encoder's recurrent layer, of each direction; a tuple stacks layers.
        decoder_units: The same of the decoder, or `None` for those of the encoder.
        bidirectional: Whether the encoder reads in both directions.
        embedding_dim: Size of a token's vector, of both.
        attention: `"additive"`, `"multiplicative"`, or `None`: then the decoder sees of the source
            only the states that the encoder ended with.
        input_feeding: Whether a step of the decoder also reads what the one before saw; slower.
        sampling: Share of the training steps that read the decoder's own token in place of the
            true one (scheduled sampling), or `None`; slower.
        sampling_steps: Batches after which that share is reached.
        tied: Whether the decoder's logits are inner products with its tokens' vectors.
        dropout: Rate of the dropout on tokens' vectors, on outputs and between layers; between
            those of the decoder only without `input_feeding` and `sampling`.
        label_smoothing: Part of the certainty that is spread over all tokens in the loss.
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.

    Returns:
        A compiled `keras.Model` from `source`, int32 `(batch, source_time)`, and `previous`, int32
        `(batch, time)`, the token before each one to predict, both padded on the right with 0, to
        float32 logits `(batch, time, target_vocabulary_size)`. Fit it with a sample weight of 0 at
        padding. `zoo.data.translation.translate` decodes with it.

    Raises:
        ValueError: If an argument is not one of those above.

    Reference:
        Sutskever et al. 2014, "Sequence to Sequence Learning with Neural Networks"
        (`attention=None`); Bahdanau et al. 2015, "Neural Machine Translation by Jointly Learning
        to Align and Translate"; Luong et al. 2015, "Effective Approaches to Attention-based Neural
        Machine Translation" (`attention="multiplicative", input_feeding=True`); Bengio et al. 2015
        for scheduled sampling; Szegedy et al. 2016 for smoothed labels.

    Example:

    >>> model = Seq2Seq(50, 40, units=8, embedding_dim=6)
    >>> model.output_shape
    (None, None, 40)
    >>> [layer.name for layer in model.layers if layer.weights]
    ['encoder', 'decoder']
    """
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"`label_smoothing` must be in [0, 1). Received: {label_smoothing}")
    source = keras.Input((None,), dtype="int32", name="source")
    previous = keras.Input((None,), dtype="int32", name="previous")
    encoder = _encoder(source_vocabulary_size, embedding_dim, cell, units, bidirectional, dropout)
    memory, summary = encoder(source)
    decoder = TokenDecoder(
        target_vocabulary_size,
        cell=cell,
        units=units if decoder_units is None else decoder_units,
        embedding_dim=embedding_dim,
        attention=attention,
        input_feeding=input_feeding,
        sampling=sampling,
        sampling_steps=sampling_steps,
        tied=tied,
        dropout=dropout,
        name="decoder",
    )
    logits = decoder(previous, memory, summary, source != 0)

    model = keras.Model({"source": source, "previous": previous}, logits, name=name)
    model.compile(
        optimizer,
        loss=SmoothedCrossentropy(label_smoothing),
        weighted_metrics=[Perplexity(), StepAccuracy(name="accuracy")],
        jit_compile=jit_compile(),
    )
    return model


def _encoder(vocabulary_size, embedding_dim, cell, units, bidirectional, dropout):
    """Builds what gives the decoder its memory `(batch, time, width)` and its summary."""
    source = keras.Input((None,), dtype="int32", name="source")
    x = layers.Embedding(vocabulary_size, embedding_dim, name="embedding")(source)
    x = layers.Dropout(dropout)(x)
    read = stacked(cell, units, bidirectional=bidirectional, dropout=dropout, return_state=True)
    memory, states = read(x, mask=source != 0)
    last = states[-STATES[cell] * (1 + bidirectional) :]  # Of the last layer, each direction's.
    summary = last[:: STATES[cell]]
    summary = layers.Concatenate(name="summary")(summary) if bidirectional else summary[0]
    return keras.Model(source, [memory, summary], name="encoder")
