"""Models that carry time series on."""

import keras
from keras import layers, ops

from zoo.layers import (
    LEVELS,
    AttentionCell,
    AutoregressiveDecoder,
    DensityLoss,
    DistributionHead,
    FeedbackCell,
    InstanceDenormalization,
    InstanceNormalization,
    PinballLoss,
    SegmentRecurrence,
    distribution_size,
    jit_compile,
    recurrent_layer,
    stacked,
    uniform_initializers,
)
from zoo.layers.instance_normalization import KINDS
from zoo.layers.recurrent import STATES, units_of_layers


def Forecaster(
    lookback,
    horizon,
    num_channels,
    *,
    num_covariates=0,
    cell="lstm",
    units=128,
    bidirectional=False,
    dropout=0.1,
    normalization="none",
    distribution=None,
    levels=LEVELS,
    loss="mse",
    optimizer="adam",
    name="forecaster",
):
    """Builds a compiled recurrent forecaster: it reads the window, then says all steps at once.

    Args:
        lookback: Steps of history that it reads.
        horizon: Steps that it forecasts.
        num_channels: Channels of the series; each step reads and forecasts all of them.
        num_covariates: Features that are known ahead of time; 0 for none.
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        units: Units of the recurrent layer, of each direction; a tuple stacks layers.
        bidirectional: Whether the layers read the history in both directions.
        dropout: Rate of the dropout after each recurrent layer.
        normalization: `"none"`, `"last"` or `"reversible"`, of each window by itself
            (`zoo.layers.InstanceNormalization`); no `None`, as text models have it.
        distribution: `None` for values; `"quantiles"`, `"gaussian"` or `"student_t"` for forecasts
            that say how sure they are (`zoo.layers.DistributionHead`).
        levels: Levels of the quantiles, with 0.5 among them; those that are served, too, of the
            other distributions.
        loss: `"mse"` or `"mae"`, where values are forecast; a distribution has a loss of its own.
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.

    Returns:
        A compiled `keras.Model` from `history`, float `(batch, lookback, num_channels)`, to float32
        `(batch, horizon, num_channels)`, with one more axis for the parameters of a distribution.
        With covariates it reads a dictionary of `history` and `covariates`, float `(batch, lookback
        + horizon, num_covariates)`.

    Raises:
        ValueError: If an argument is not one of those above.

    Reference:
        Hochreiter and Schmidhuber 1997 for the LSTM; Marcellino et al. 2006 for forecasting all
        steps directly.

    Example:

    >>> Forecaster(lookback=48, horizon=24, num_channels=7, units=(8, 8)).output_shape
    (None, 24, 7)
    """
    inputs, x, shift, scale = _inputs(
        lookback, horizon, num_channels, num_covariates, normalization
    )
    if num_covariates:
        x = layers.Concatenate()([x, inputs["covariates"][:, :lookback]])
    state = stacked(
        cell, units, bidirectional=bidirectional, dropout=dropout, return_sequences=False
    )(x)
    size = distribution_size(distribution, levels)
    raw = layers.Dense(horizon * num_channels * size, dtype="float32", name="steps")(state)
    shape = (horizon, num_channels) if distribution is None else (horizon, num_channels, size)
    raw = layers.Reshape(shape, dtype="float32", name="forecast")(raw)
    if num_covariates:
        ahead = [layers.RepeatVector(horizon)(state), inputs["covariates"][:, lookback:]]
        hidden = layers.Dense(state.shape[-1], activation="relu", name="ahead")(
            layers.Concatenate()(ahead)
        )
        told = layers.Dense(num_channels * size, dtype="float32", name="told")(hidden)
        told = layers.Reshape(shape, dtype="float32")(told)
        raw = layers.Add(dtype="float32")([raw, told])
    return _compiled(inputs, raw, shift, scale, distribution, levels, loss, optimizer, name)


def SegRNN(
    lookback,
    horizon,
    num_channels,
    *,
    num_covariates=0,
    segment=24,
    cell="gru",
    units=512,
    dropout=0.5,
    channel_embedding=True,
    normalization="last",
    distribution=None,
    levels=LEVELS,
    loss="mse",
    optimizer="adam",
    name="segrnn",
):
    """Builds a compiled SegRNN: a recurrent layer that steps over segments, not over time.

    The history of each channel is cut into segments, so that the layer makes a few steps where
    others make hundreds. Its last state is handed to every segment of the horizon at once, whose
    input says only which segment and which channel it is. All channels share the weights.

    Args:
        lookback: Steps of history, a multiple of `segment`.
        horizon: Steps to forecast, likewise.
        num_channels: Channels of the series.
        num_covariates: As in `Forecaster`.
        segment: Steps of a segment.
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        units: Units of the recurrent layer and size of a segment's vector; even.
        dropout: Rate of the dropout before the last layer.
        channel_embedding: Whether the horizon's segments are told their channel.
        normalization: As in `Forecaster`.
        distribution: As in `Forecaster`.
        levels: As in `Forecaster`.
        loss: As in `Forecaster`.
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.

    Returns:
        A compiled `keras.Model`, as `Forecaster` returns it.

    Raises:
        ValueError: If an argument is not one of those above.

    Reference:
        Lin et al. 2023, "SegRNN: Segment Recurrent Neural Network for Long-Term Time Series
        Forecasting".

    Example:

    >>> SegRNN(lookback=48, horizon=24, num_channels=7, segment=12, units=8).output_shape
    (None, 24, 7)
    """
    if lookback % segment or horizon % segment:
        raise ValueError(
            "`lookback` and `horizon` must be multiples of `segment`. Received: "
            f"lookback={lookback}, horizon={horizon}, segment={segment}"
        )
    before, after = lookback // segment, horizon // segment
    size = distribution_size(distribution, levels)

    inputs, x, shift, scale = _inputs(
        lookback, horizon, num_channels, num_covariates, normalization
    )
    x = layers.Permute((2, 1))(x)
    x = ops.reshape(x, (-1, before, segment))
    if num_covariates:
        # Of each segment what is known ahead of it, the same for every channel.
        told = layers.Reshape((before + after, segment * num_covariates))(inputs["covariates"])
        x = layers.Concatenate()([x, ops.repeat(told[:, :before], num_channels, axis=0)])
    embedding = uniform_initializers(x.shape[-1], "kernel", "bias")
    x = layers.Dense(units, activation="relu", name="segment_embedding", **embedding)(x)
    ahead = None
    if num_covariates:
        ahead = layers.Dense(units, name="ahead")(told[:, before:])
    x = SegmentRecurrence(cell, units, num_channels, after, channel_embedding, name="recurrence")(
        x, ahead
    )
    x = layers.Dropout(dropout)(x)
    start = uniform_initializers(units, "kernel", "bias")
    raw = layers.Dense(segment * size, dtype="float32", name="segment_forecast", **start)(x)
    raw = ops.reshape(raw, (-1, num_channels, horizon, size))
    raw = ops.transpose(raw, (0, 2, 1, 3))
    if distribution is None:
        raw = raw[..., 0]
    return _compiled(inputs, raw, shift, scale, distribution, levels, loss, optimizer, name)


def Seq2SeqForecaster(
    lookback,
    horizon,
    num_channels,
    *,
    num_covariates=0,
    cell="gru",
    units=128,
    bidirectional=False,
    dropout=0.1,
    attention="additive",
    teacher_forcing=1.0,
    normalization="last",
    distribution=None,
    levels=LEVELS,
    loss="mse",
    optimizer="adam",
    name="seq2seq_forecaster",
):
    """Builds a compiled encoder and decoder: it forecasts step by step and reads its forecasts.

    One recurrent stack reads the history. A decoder starts from its last state, looks back at all
    of it with attention at each step, and is fed the step before: in training the truth, later its
    own forecast (of a distribution the mean or the median).

    Args:
        lookback: As in `Forecaster`.
        horizon: As in `Forecaster`.
        num_channels: As in `Forecaster`.
        num_covariates: As in `Forecaster`.
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`, of encoder and decoder.
        units: Units of the encoder's layers; a tuple stacks them. The last is also the decoder's.
        bidirectional: Whether the encoder reads in both directions.
        dropout: Rate of the dropout after each layer of the encoder.
        attention: `"additive"` or `"multiplicative"` (`zoo.layers.AttentionCell`).
        teacher_forcing: Share of the steps that read the truth in training.
        normalization: As in `Forecaster`.
        distribution: As in `Forecaster`.
        levels: As in `Forecaster`.
        loss: As in `Forecaster`.
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.

    Returns:
        A compiled `keras.Model`, as `Forecaster` returns it; `fit(x, y)` shows the decoder `y`.

    Raises:
        ValueError: If an argument is not one of those above.

    Reference:
        Sutskever et al. 2014, "Sequence to Sequence Learning with Neural Networks"; Bahdanau et al.
        2015, "Neural Machine Translation by Jointly Learning to Align and Translate".

    Example:

    >>> Seq2SeqForecaster(lookback=48, horizon=24, num_channels=7, units=8).output_shape
    (None, 24, 7)
    """
    units = units_of_layers(units)
    size = distribution_size(distribution, levels)
    inputs, x, shift, scale = _inputs(
        lookback, horizon, num_channels, num_covariates, normalization
    )
    last, ahead = x[:, -1], None
    if num_covariates:
        ahead = inputs["covariates"][:, lookback:]
        x = layers.Concatenate()([x, inputs["covariates"][:, :lookback]])
    memory = stacked(cell, units, bidirectional=bidirectional, dropout=dropout)(x)
    decoder = recurrent_layer(cell, units[-1]).cell
    ended = memory[:, -1]
    if bidirectional:  # The backward direction ends with the first step.
        ended = layers.Concatenate()([ended[:, : units[-1]], memory[:, 0, units[-1] :]])
    states = [
        layers.Dense(units[-1], activation="tanh", name=f"bridge_{place + 1}")(ended)
        for place in range(STATES[cell])
    ]
    fed = tuple(levels).index(0.5) if distribution == "quantiles" else 0
    feedback = FeedbackCell(AttentionCell(decoder, attention), num_channels, size, fed)
    decode = AutoregressiveDecoder(feedback, horizon, teacher_forcing, name="decoder")
    raw = decode(memory, last, states, shift, scale, covariates=ahead)
    if distribution is not None:
        raw = layers.Reshape((horizon, num_channels, size))(raw)
    options = (distribution, levels, loss, optimizer, name)
    return _compiled(inputs, raw, shift, scale, *options, kind=TeacherForcedForecaster)


@keras.saving.register_keras_serializable(package="zoo")
class TeacherForcedForecaster(keras.Model):
    """A functional forecaster whose decoder is shown the truth while its loss is computed.

    `Seq2SeqForecaster` makes it. What the decoder says without the truth is not part of the loss in
    training, and compiled it is not even computed.
    """

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if training:
            with self.get_layer("decoder").reading(y):
                y_pred = self(x, training=True)
        return super().compute_loss(x, y, y_pred, sample_weight, training)


def _inputs(lookback, horizon, num_channels, num_covariates, normalization):
    """What all forecasters begin with: their inputs, and the window normalized by itself.

    A series in its own units is too large for half precision: float32 until it is normalized.
    """
    if normalization not in KINDS:
        known = ", ".join(map(repr, KINDS))
        raise ValueError(f"`normalization` must be one of {known}. Received: {normalization!r}")
    history = inputs = keras.Input((lookback, num_channels), name="history")
    if num_covariates:
        covariates = keras.Input((lookback + horizon, num_covariates), name="covariates")
        inputs = {"history": history, "covariates": covariates}
    normalize = InstanceNormalization(normalization, dtype="float32", name="normalization")
    return inputs, *normalize(history)


def _compiled(
    inputs, raw, shift, scale, distribution, levels, loss, optimizer, name, kind=keras.Model
):
    """Puts what all forecasters end with on raw numbers: distribution, level and scale, loss."""
    options = {"dtype": "float32"}
    if distribution is not None:
        raw = DistributionHead(distribution, levels=levels, **options, name="distribution")(raw)
    denormalize = InstanceDenormalization(distribution, **options, name="denormalization")
    forecast = denormalize(raw, shift, scale)
    reduction = {"reduction": "mean_with_sample_weight"}
    if distribution == "quantiles":
        losses = PinballLoss(levels)
    elif distribution is not None:
        losses = DensityLoss(distribution)
    elif loss == "mse":
        losses = keras.losses.MeanSquaredError(**reduction)
    elif loss == "mae":
        losses = keras.losses.MeanAbsoluteError(**reduction)
    else:
        raise ValueError(f"`loss` must be 'mse' or 'mae'. Received: {loss!r}")
    model = kind(inputs, forecast, name=name)
    model.compile(optimizer, loss=losses, jit_compile=jit_compile())
    return model
