"""Several models as one."""

import keras
from keras import layers

from zoo.layers import ViterbiDecoder


def Ensemble(members, *, optimizer="adam", name="ensemble"):
    """Builds one compiled tagger or classifier that averages what several say.

    Models that differ in nothing but their seed make different mistakes; the mean of their scores
    makes fewer than any of them. With a CRF it is the mean of the potentials, of which the best
    sequence is found, so the constraints hold.

    Args:
        members: Models of `zoo.models.SequenceTagger` or of `zoo.models.SequenceClassifier`, at
            least one, all of the same head and classes, for the same inputs, each with a `name` of
            its own.
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.

    Returns:
        A compiled `keras.Model` with the inputs and outputs of each of them.

    Raises:
        ValueError: If there are no members or their outputs differ.

    Reference:
        Hansen and Salamon 1990, "Neural Network Ensembles".

    Example:

    >>> from zoo.models import SequenceTagger
    >>> members = [SequenceTagger(50, 5, units=8, name=f"member_{i}") for i in range(2)]
    >>> Ensemble(members).output_shape
    (None, None, 5)
    """
    shapes = [model.output_shape for model in members]
    if not members or any(shape != shapes[0] for shape in shapes):
        raise ValueError(
            "`members` must be at least one model, all with the same head and classes. "
            f"Received: outputs of shapes {shapes}"
        )
    first = members[0]
    inputs = keras.tree.map_structure(
        lambda x: keras.Input(x.shape[1:], dtype=x.dtype, name=x.name), first.input
    )
    # Not the members themselves: each would be saved with its optimizer.
    alone = [keras.Model(model.input, model.output, name=model.name) for model in members]
    outputs = [model(inputs) for model in alone]
    if isinstance(first.output, dict):
        potentials = _mean([output["potentials"] for output in outputs], name="potentials")
        outputs = ViterbiDecoder(name="decoder")(potentials)
    else:
        outputs = _mean(outputs, name="logits")

    model = keras.Model(inputs, outputs, name=name)
    compiled = keras.saving.deserialize_keras_object(first.get_compile_config())
    model.compile(**{**compiled, "optimizer": optimizer})
    return model


def _mean(tensors, name):
    return layers.Average(name=name, dtype="float32")(tensors) if len(tensors) > 1 else tensors[0]
