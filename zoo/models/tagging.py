"""Models that give every token of a sentence a tag."""

import keras
from keras import layers

from zoo.layers import StepAccuracy, jit_compile
from zoo.models.encoding import RecurrentEncoder


def SequenceTagger(
    vocabulary_size, num_tags, *, optimizer="adam", name="sequence_tagger", **encoder
):
    """Builds a compiled recurrent tagger.

    Args:
        vocabulary_size: Number of token ids, counting padding (id 0) and unknown (id 1).
        num_tags: Number of tags to choose from at each token.
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.
        **encoder: The arguments of `zoo.models.RecurrentEncoder`: `cell`, `units`,
            `bidirectional`, `embedding_dim`, `character_encoder`, `dropout` and the others.

    Returns:
        A compiled `keras.Model` from what `RecurrentEncoder` takes to float32 logits
        `(batch, time, num_tags)`. Fit it on tag ids `(batch, time)`, with a sample weight of 0 at
        padding: loss and accuracy are means over the weights.

    Raises:
        ValueError: If an argument of the encoder is not one that it knows.

    Reference:
        Huang et al. 2015, "Bidirectional LSTM-CRF Models for Sequence Tagging", its BI-LSTM.

    Example:

    >>> model = SequenceTagger(vocabulary_size=50, num_tags=5, cell="gru", units=(8, 8))
    >>> model.output_shape
    (None, None, 5)
    """
    states = RecurrentEncoder(vocabulary_size, **encoder)
    logits = layers.Dense(num_tags, dtype="float32", name="logits")(states.output)

    model = keras.Model(states.input, logits, name=name)
    model.compile(
        optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        weighted_metrics=[StepAccuracy(name="accuracy")],
        jit_compile=jit_compile(),
    )
    return model
