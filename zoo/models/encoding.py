"""The encoder under every text model: words, characters, recurrent layers."""

import keras
from keras import layers

from zoo.layers import (
    AttentionPooling,
    CarriedState,
    CharacterCNN,
    CharacterRNN,
    EmbeddingDropout,
    Perturbation,
    SequencePooling,
    WordDropout,
    stacked,
)


def RecurrentEncoder(
    vocabulary_size,
    *,
    cell="lstm",
    units=128,
    bidirectional=True,
    embedding_dim=100,
    character_encoder=None,
    character_vocabulary_size=None,
    character_embedding_dim=30,
    character_units=50,
    character_widths=(3,),
    character_dropout=0.0,
    shape_vocabulary_size=None,
    shape_embedding_dim=20,
    word_dropout=0.0,
    embedding_dropout=0.0,
    dropout=0.3,
    variational_dropout=False,
    residual=False,
    normalization=None,
    perturbable=False,
    name="recurrent_encoder",
):
    """Builds the part of a text model below its head: a vector for every token in its context.

    Like the models of `keras.applications` without their top, it is not compiled: put a head of
    your own on `encoder.output`, with `encoder.input` as the input of the new model. To start it
    from a language model (`zoo.models.transfer`), build both with the same `cell=`, `units=` and
    `embedding_dim=`: their defaults differ.

    Args:
        vocabulary_size: Number of token ids, counting padding (id 0) and unknown (id 1).
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        units: Units of the recurrent layer, of each direction; a tuple stacks layers.
        bidirectional: Whether the layers read in both directions.
        embedding_dim: Size of a word's vector.
        character_encoder: `None`, `"cnn"` or `"rnn"`: how a word's characters are read.
        character_vocabulary_size: Number of character ids; needed with a character encoder.
        character_embedding_dim: Size of a character's vector.
        character_units: Filters of each width (`"cnn"`), or units of each direction (`"rnn"`).
        character_widths: Widths of the convolutions, in characters (`"cnn"` only).
        character_dropout: Probability that a character is replaced by the unknown one in training.
        shape_vocabulary_size: Number of ids of word shapes (capitals, digits), or `None` to read
            none.
        shape_embedding_dim: Size of a shape's vector.
        word_dropout: Probability that a word is replaced by the unknown word in training.
        embedding_dropout: Probability that a word of the vocabulary is missing from a whole batch.
        dropout: Rate of the dropout before the first recurrent layer and after each.
        variational_dropout: Whether a sentence keeps one dropout mask for all its tokens.
        residual: Whether a recurrent layer's input is added to its output (`zoo.layers.stacked`).
        normalization: `None`, `"layer"` or `"batch"`, between recurrent layers.
        perturbable: Whether the words' vectors can be moved from outside, by the layer
            `"perturbation"` (`zoo.layers.Perturbation`).
        name: Name of the model.

    Returns:
        A `keras.Model` from `tokens`, int32 `(batch, time)`, padded on the right with 0, to states
        `(batch, time, width)`. With a character encoder or shapes its input is a dictionary
        of `tokens` and `characters`, int32 `(batch, time, characters)`, and `shapes`, int32
        `(batch, time)`. `width` is the last entry of `units`,
        twice that if bidirectional.

    Raises:
        ValueError: If an argument is not one of those above.

    Reference:
        Plank et al. 2016, "Multilingual Part-of-Speech Tagging with Bidirectional Long Short-Term
        Memory Models and Auxiliary Loss".

    Example:

    >>> encoder = RecurrentEncoder(vocabulary_size=50, units=(8, 8))
    >>> question = keras.layers.GlobalAveragePooling1D()(encoder.output, mask=encoder.input != 0)
    >>> model = keras.Model(encoder.input, keras.layers.Dense(2)(question))
    >>> model.output_shape
    (None, 2)
    """
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    inputs = {"tokens": tokens}
    words = WordDropout(word_dropout, name="word_dropout")(tokens) if word_dropout else tokens
    word = [layers.Embedding(vocabulary_size, embedding_dim, name="word_embedding")(words)]
    if perturbable:
        word[0] = Perturbation(name="perturbation")(word[0])
    if embedding_dropout:
        drop = EmbeddingDropout(embedding_dropout, vocabulary_size, name="embedding_dropout")
        word[0] = drop(word[0], words)

    if character_encoder is not None:
        if character_vocabulary_size is None:
            raise ValueError(
                "`character_vocabulary_size` must be given with "
                f"character_encoder={character_encoder!r}. Received: None"
            )
        characters = keras.Input((None, None), dtype="int32", name="characters")
        inputs["characters"] = characters
        if character_dropout:
            characters = WordDropout(character_dropout, name="character_dropout")(characters)
        sizes = (character_vocabulary_size, character_embedding_dim, character_units)
        if character_encoder == "cnn":
            read = CharacterCNN(*sizes, widths=character_widths, name="character_cnn")
        elif character_encoder == "rnn":
            read = CharacterRNN(*sizes, cell=cell, name="character_rnn")
        else:
            raise ValueError(
                f"`character_encoder` must be None, 'cnn' or 'rnn'. Received: {character_encoder!r}"
            )
        word.append(read(characters))

    if shape_vocabulary_size is not None:
        shapes = keras.Input((None,), dtype="int32", name="shapes")
        inputs["shapes"] = shapes
        word.append(
            layers.Embedding(shape_vocabulary_size, shape_embedding_dim, name="shape_embedding")(
                shapes
            )
        )

    x = layers.Concatenate(name="word")(word) if len(word) > 1 else word[0]
    if dropout:
        drop = layers.SpatialDropout1D if variational_dropout else layers.Dropout
        x = drop(dropout)(x)
    states = stacked(
        cell,
        units,
        bidirectional=bidirectional,
        dropout=dropout,
        variational_dropout=variational_dropout,
        residual=residual,
        normalization=normalization,
    )(x, mask=tokens != 0)
    return keras.Model(inputs if len(inputs) > 1 else tokens, states, name=name)


def backbone(model):
    """Takes the head off a tagger or a classifier: a `RecurrentEncoder` that has learned is left.

    It shares its layers with the model. To train it under a head of your own and keep the model as
    it is, take the backbone of a copy: load or build another one.

    Args:
        model: A `keras.Model` made by `zoo.models.SequenceTagger` or `SequenceClassifier`.

    Returns:
        A `keras.Model` from what the model takes to states `(batch, time, width)`.

    Raises:
        ValueError: If it is another model.

    Example:

    >>> from zoo.models import SequenceTagger
    >>> encoder = backbone(SequenceTagger(vocabulary_size=50, num_tags=5, units=8))
    >>> model = keras.Model(encoder.input, keras.layers.Dense(3)(encoder.output))
    >>> encoder.output_shape, model.output_shape
    ((None, None, 16), (None, None, 3))
    """
    for layer in model.layers:
        if isinstance(layer, AttentionPooling | SequencePooling):
            return keras.Model(model.input, layer.input[0], name="backbone")
    head = {layer.name: layer for layer in model.layers}.get("logits")
    writes = any(isinstance(layer, CarriedState) for layer in model.layers)  # A language model.
    if writes or not isinstance(head, layers.Dense):
        members = [layer.name for layer in model.layers if isinstance(layer, keras.Model)]
        raise ValueError(
            f"`model` must be a tagger or a classifier. Received: {model.name!r}"
            + (f". Take one of its parts: `model.get_layer({members[0]!r})`" if members else "")
        )
    return keras.Model(model.input, head.input, name="backbone")
