"""Taking units out of a trained model, to see what they were worth."""

import contextlib

import numpy as np

from zoo.inspection.recording import kind, recurrent_layers
from zoo.inspection.sizes import BLOCKS


@contextlib.contextmanager
def silenced(model, units):
    """Has units of recurrent layers say nothing while the context lasts.

    Their candidate gets weights of 0, so that nothing ever comes into them: from a state of zeros
    they stay at 0, whatever their gates do, and no other unit and no later layer hears of them. At
    the end the weights are put back.

    Args:
        model: A built `keras.Model` or layer.
        units: Dictionary by the layer's path, as `zoo.inspection.recurrent_layers` names it, of
            the units to silence: a list of their numbers.

    Raises:
        ValueError: If there is no such layer or unit.

    Reference:
        Lakretz et al. 2019, "The emergence of number and syntax units in LSTM language models",
        for taking out units to find those that carry a number.

    Example:

    >>> layer = keras.layers.GRU(4, name="gru")
    >>> x = np.ones((1, 3, 2), "float32")
    >>> _ = layer(x)
    >>> with silenced(layer, {"gru": [1, 2]}):
    ...     found = layer(x)
    >>> (found[0] == 0).numpy().tolist()
    [False, True, True, False]
    """
    layers = recurrent_layers(model)
    kept = {}
    for path, numbers in units.items():
        if path not in layers:
            known = ", ".join(layers) or "none"
            raise ValueError(f"`units` must name layers of {known}. Received: {path!r}")
        size = layers[path].cell.units
        numbers = np.asarray(numbers, int)
        if ((numbers < 0) | (numbers >= size)).any():
            raise ValueError(f"{path} has the units 0 to {size - 1}. Received: {numbers.tolist()}")
        blocks = BLOCKS[kind(layers[path])]
        block = blocks.index("candidate" if "candidate" in blocks else "hidden")
        kept[path] = block * size + numbers
    before = {path: layers[path].get_weights() for path in kept}
    try:
        for path, columns in kept.items():
            changed = [weight.copy() for weight in before[path]]
            for weight in changed:
                weight[..., columns] = 0
            layers[path].set_weights(changed)
        yield
    finally:
        for path, weights in before.items():
            layers[path].set_weights(weights)
