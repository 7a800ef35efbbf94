"""Moving weights from a model that was trained before."""

import numpy as np


def transfer(model, source, *, words=None, source_words=None):
    """Copies the weights of all layers that two models share by name.

    Layers that only one of them has stay what they are, so a language model starts the embedding
    and the recurrent layers of a classifier or a tagger and leaves its head alone, also where
    both heads are called `logits` and differ in shape. Layers without weights do not matter.

    Args:
        model: The `keras.Model` to start.
        source: The `keras.Model` that was trained before.
        words: The words of `model` from id 2 on, where the two vocabularies differ. The rows of
            `word_embedding` are then moved by word; those of words that `source` does not know
            stay.
        source_words: The words of `source` likewise.

    Returns:
        The names of the layers that were moved.

    Raises:
        ValueError: If they share no such layer, or if the shapes of one differ; nothing has been
            moved then.

    Reference:
        Dai and Le 2015, "Semi-supervised Sequence Learning".

    Example:

    >>> from zoo.models import BidirectionalLanguageModel, LanguageModel, SequenceClassifier
    >>> source = BidirectionalLanguageModel(50, units=8, embedding_dim=4)
    >>> transfer(SequenceClassifier(50, 2, units=8, embedding_dim=4), source)
    ['word_embedding', 'lstm_1']

    A language model that writes reads in one direction, and so do the models that it can start:

    >>> options = {"units": 8, "embedding_dim": 4}
    >>> source = LanguageModel(50, tied=True, weight_dropout=0.5, **options)
    >>> transfer(SequenceClassifier(50, 2, bidirectional=False, **options), source)
    ['word_embedding', 'lstm_1']
    """
    if (words is None) != (source_words is None):
        raise ValueError("`words` and `source_words` must be given together. Received one of them")
    ours = {layer.name: layer for layer in model.layers if layer.weights}
    moved = {layer.name: layer.get_weights() for layer in source.layers if layer.name in ours}
    if "logits" in moved and _shapes(moved["logits"]) != _shapes(ours["logits"].get_weights()):
        del moved["logits"]  # The head of another task.
    if not moved:
        raise ValueError(
            f"The models must share layers by name. {model.name} has {', '.join(ours)}; "
            f"{source.name} has {', '.join(layer.name for layer in source.layers if layer.weights)}"
        )
    if words is not None and "word_embedding" in moved:
        (rows,), (theirs,) = ours["word_embedding"].get_weights(), moved["word_embedding"]
        if rows.shape[1:] == theirs.shape[1:]:
            place = {word: index for index, word in enumerate(source_words, start=2)}
            known = [place.get(word, -1) for word in words]
            places = np.array([0, 1, *known])
            if len(places) != len(rows):
                raise ValueError(
                    f"`words` must be the {len(rows) - 2} words of {model.name} from id 2 on. "
                    f"Received: {len(words)} words"
                )
            moved["word_embedding"] = [np.where(places[:, None] < 0, rows, theirs[places])]
    for name, weights in moved.items():
        expected, found = _shapes(ours[name].get_weights()), _shapes(weights)
        if expected != found:
            raise ValueError(
                f"Layer {name!r} must have the same shapes in both models. {model.name} has "
                f"{expected}, {source.name} has {found}. Build {model.name} with the sizes of "
                f"{source.name}, or rename the layer to leave it out."
            )
    for name, weights in moved.items():
        ours[name].set_weights(weights)
    return list(moved)


def _shapes(weights):
    return [tuple(weight.shape) for weight in weights]
