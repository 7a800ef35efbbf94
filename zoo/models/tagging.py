"""Models that give every token of a sentence a tag."""

import keras
from keras import layers

from zoo import schemes
from zoo.layers import CRF, CRFLoss, SpanF1, StepAccuracy, jit_compile
from zoo.models.encoding import RecurrentEncoder


def SequenceTagger(
    vocabulary_size,
    num_tags,
    *,
    head="softmax",
    tags=None,
    optimizer="adam",
    name="sequence_tagger",
    **encoder,
):
    """Builds a compiled recurrent tagger.

    Args:
        vocabulary_size: Number of token ids, counting padding (id 0) and unknown (id 1).
        num_tags: Number of tags to choose from at each token.
        head: `"softmax"` chooses each tag by itself, `"crf"` the best sequence of tags.
        tags: Names of the tags by id, where they are of the BIO or IOBES scheme. The model is then
            measured by the F1 of the spans in place of accuracy, and a CRF never leaves the scheme.
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.
        **encoder: The arguments of `zoo.models.RecurrentEncoder`: `cell`, `units`,
            `bidirectional`, `embedding_dim`, `character_encoder`, `dropout` and the others.

    Returns:
        A compiled `keras.Model` from what `RecurrentEncoder` takes to float32 logits
        `(batch, time, num_tags)`, or, with a CRF, to a dictionary of `tags`, int32
        `(batch, time)`, and `potentials`, as `zoo.layers.CRF` gives them. Fit either on plain tag
        ids `(batch, time)`, with a sample weight of 0 at padding, which a CRF can do without: loss
        and metric are means over the weights.

    Raises:
        ValueError: If `head` or an argument of the encoder is not one that it knows, or if `tags`
            are not `num_tags` tags of a scheme, `O` among them.

    Reference:
        Huang et al. 2015, "Bidirectional LSTM-CRF Models for Sequence Tagging".

    Example:

    >>> model = SequenceTagger(vocabulary_size=50, num_tags=5, cell="gru", units=(8, 8))
    >>> model.output_shape
    (None, None, 5)
    >>> model = SequenceTagger(50, 3, head="crf", tags=["O", "B-PER", "I-PER"], units=8)
    >>> model.output["tags"].shape
    (None, None)
    """
    if head not in ("softmax", "crf"):
        raise ValueError(f"`head` must be 'softmax' or 'crf'. Received: {head!r}")
    if tags is not None and len(tags) != num_tags:
        raise ValueError(f"`tags` must have num_tags={num_tags} names. Received: {tags!r:.200}")
    metric = StepAccuracy(name="accuracy") if tags is None else SpanF1(tags, name="f1")

    states = RecurrentEncoder(vocabulary_size, **encoder)
    logits = layers.Dense(num_tags, dtype="float32", name="logits")(states.output)
    if head == "softmax":
        outputs = logits
        loss = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )
        metrics = [metric]
    else:
        tokens = states.input["tokens"] if isinstance(states.input, dict) else states.input
        allowed = None if tags is None else schemes.allowed(tags)
        outputs = CRF(num_tags, allowed, name="crf")(logits, mask=tokens != 0)
        loss = {"potentials": CRFLoss()}
        metrics = {"potentials": [metric]}

    model = keras.Model(states.input, outputs, name=name)
    model.compile(optimizer, loss=loss, weighted_metrics=metrics, jit_compile=jit_compile())
    return model
