"""Recurrent layers by name, alone and stacked."""

import numbers

from keras import layers

from zoo.layers.lstm_and_gru import GRU, LSTM
from zoo.layers.weight_dropout import WeightDropout

CELLS = {"lstm": LSTM, "gru": GRU, "simple_rnn": layers.SimpleRNN}
STATES = {"lstm": 2, "gru": 1, "simple_rnn": 1}  # How many a layer of one direction has.
NORMALIZATIONS = {"layer": layers.LayerNormalization, "batch": layers.BatchNormalization}


def units_of_layers(units):
    """Says how many units each layer of a stack has.

    Args:
        units: Units of the one layer, or several: one entry a layer, the lowest first.

    Returns:
        A tuple of ints, one a layer.

    Raises:
        ValueError: If there is no layer, or one without a unit.

    Example:

    >>> units_of_layers(8), units_of_layers([8, 6])
    ((8,), (8, 6))
    """
    each = (units,) if isinstance(units, numbers.Integral) else units
    several = isinstance(each, list | tuple) and len(each) > 0
    if several and all(isinstance(size, numbers.Integral) and size > 0 for size in each):
        return tuple(map(int, each))
    raise ValueError(f"`units` must be a positive int or a tuple of them. Received: {units!r}")


def recurrent_layer(cell, units, *, bidirectional=False, weight_dropout=0.0, name=None, **kwargs):
    """Makes the Keras layer for the name of a cell.

    Args:
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        units: Units of the layer, of each direction where there are two.
        bidirectional: Whether to read in both directions and concatenate the two.
        weight_dropout: Rate of the dropout of the recurrent kernel (`zoo.layers.WeightDropout`),
            in one direction only.
        name: Name of the layer.
        **kwargs: Further arguments of the Keras layer, for instance `return_sequences`.

    Returns:
        A `zoo.layers.LSTM` or `GRU`, or a `keras.layers.SimpleRNN`, inside a `Bidirectional` or a
        `WeightDropout` if asked for.

    Raises:
        ValueError: If `cell` is none of the three, or if weights are to be dropped in both
            directions.

    Reference:
        LSTM: Hochreiter and Schmidhuber 1997. GRU: Cho et al. 2014. Simple RNN: Elman 1990.
        Bidirectional: Schuster and Paliwal 1997.

    Example:

    >>> recurrent_layer("gru", 8, bidirectional=True)(np.zeros((2, 5, 3))).shape
    TensorShape([2, 16])
    """
    if cell not in CELLS:
        raise ValueError(f"`cell` must be one of {', '.join(map(repr, CELLS))}. Received: {cell!r}")
    if bidirectional and weight_dropout:
        raise ValueError("`weight_dropout` is for layers of one direction. Received: bidirectional")
    if bidirectional:
        return layers.Bidirectional(CELLS[cell](units, **kwargs), name=name)
    if weight_dropout:
        return WeightDropout(CELLS[cell](units, **kwargs), weight_dropout, name=name)
    return CELLS[cell](units, name=name, **kwargs)


def stacked(
    cell,
    units,
    *,
    bidirectional=False,
    dropout=0.0,
    variational_dropout=False,
    residual=False,
    normalization=None,
    weight_dropout=0.0,
    return_sequences=True,
    return_state=False,
):
    """Makes a stack of recurrent layers, to be called on a sequence and its mask.

    Each layer's output passes through dropout and, if asked for, normalization and the addition of
    the layer's own input, before the next layer reads it.

    Args:
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        units: Units of the one layer, or a tuple: one entry a layer, the lowest first.
        bidirectional: Whether each layer reads in both directions.
        dropout: Rate of the dropout after each layer, or a tuple of them: one entry a layer.
        variational_dropout: Whether a sequence keeps one dropout mask for all its steps.
        residual: Whether a layer's input is added to its output, wherever both are of one width;
            from the second layer on they must be.
        normalization: `None`, `"layer"` or `"batch"`, between a layer and the next.
        weight_dropout: Rate of the dropout of the recurrent kernels (`zoo.layers.WeightDropout`).
        return_sequences: Whether the last layer answers at every step, or only at the end.
        return_state: Whether to give back the last states, too.

    Returns:
        A function of a tensor `(batch, time, features)` and `mask=`, a boolean tensor
        `(batch, time)`, that returns `(batch, time, width)`, or `(batch, width)` without
        `return_sequences`; `width` is the last entry of `units`, twice that if bidirectional. It
        also takes `states=`, a list of the states `(batch, units)` that the layers begin with: of
        an LSTM two a layer, of other cells one. With `return_state` it returns a pair, whose second
        is such a list of those that they end with.

    Raises:
        ValueError: If `cell`, `units` or `normalization` is not one of those above, if there is not
            one `dropout` a layer, or if `residual` meets layers of different widths.

    Reference:
        Variational dropout: Gal and Ghahramani 2016, "A Theoretically Grounded Application of
        Dropout in Recurrent Neural Networks", on the connections between layers; the recurrent
        ones stay whole, which keeps the fast kernels.

    Example:

    >>> x = keras.Input((None, 3))
    >>> stacked("lstm", (8, 6), bidirectional=True, dropout=0.1)(x).shape
    (None, None, 12)
    """
    units = units_of_layers(units)
    if normalization is not None and normalization not in NORMALIZATIONS:
        known = ", ".join(map(repr, NORMALIZATIONS))
        raise ValueError(
            f"`normalization` must be None or one of {known}. Received: {normalization!r}"
        )
    if residual and len(set(units)) > 1:
        raise ValueError(f"`residual` needs layers of one width. Received: units={units}")
    rates = dropout if isinstance(dropout, list | tuple) else (dropout,) * len(units)
    if len(rates) != len(units):
        raise ValueError(f"`dropout` must have one rate a layer. Received: {dropout}")
    drop = layers.SpatialDropout1D if variational_dropout else layers.Dropout

    def apply(x, mask=None, states=None):
        states, last_states = list(states or []), []
        for depth, size in enumerate(units):
            last = depth == len(units) - 1
            sequences = return_sequences or not last
            layer = recurrent_layer(
                cell,
                size,
                bidirectional=bidirectional,
                weight_dropout=weight_dropout,
                return_sequences=sequences,
                return_state=return_state,
                name=f"{cell}_{depth + 1}",
            )
            number = STATES[cell] * (1 + bidirectional)
            initial, states = states[:number], states[number:]
            below, x = x, layer(x, mask=mask, initial_state=initial or None)
            if return_state:
                x, *ends = x
                last_states += ends
            if residual and sequences and below.shape[-1] == x.shape[-1]:
                x = layers.Add(name=f"residual_{depth + 1}")([below, x])
            if normalization and not last:
                normalize = NORMALIZATIONS[normalization](name=f"normalization_{depth + 1}")
                x = normalize(x, mask=mask) if normalization == "batch" else normalize(x)
            if rates[depth]:
                x = (drop if sequences else layers.Dropout)(rates[depth])(x)
        return (x, last_states) if return_state else x

    return apply
