"""Models that say what a picture shows."""

import keras
from keras import layers, ops

from zoo.layers import Perplexity, StepAccuracy, TokenDecoder, jit_compile
from zoo.layers.pictures import ApplicationPreprocessing, EveryCaption, PlaceEmbedding

SUMMARIES = ("mean", "all")


def CaptionDecoder(
    vocabulary_size,
    features_shape,
    *,
    cell="lstm",
    units=256,
    embedding_dim=128,
    attention="additive",
    attention_penalty=0.0,
    input_feeding=False,
    sampling=None,
    sampling_steps=1000,
    projection_dim=None,
    places=True,
    summary="mean",
    dropout=0.2,
    optimizer="adam",
    name="caption_decoder",
):
    """Builds a compiled decoder of captions, for features that were computed beforehand.

    Args:
        vocabulary_size: Number of token ids, counting padding (id 0), unknown (id 1) and the end
            (id 2), which is also read before the first word.
        features_shape: Shape of a picture's features: `(rows, columns, width)` or `(places, width)`
            of a grid, `(width,)` of a vector.
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        units: Units of the recurrent layer; a tuple stacks layers.
        embedding_dim: Size of a word's vector.
        attention: `"additive"`, `"multiplicative"`, or `None`: then the picture is seen once,
            before the first word.
        attention_penalty: Weight of the loss that has every place of the picture looked at once in
            all (doubly stochastic attention).
        input_feeding: Whether a step also reads what the one before saw.
        sampling: Share of the training steps that read the decoder's own word (scheduled sampling),
            or `None`.
        sampling_steps: Batches after which that share is reached.
        projection_dim: Size of a layer between each place's features and the decoder, or `None` to
            have none.
        places: Whether each place of a grid gets a vector of its own, so that the decoder knows
            where it looks.
        summary: What the recurrent layer begins with: the `"mean"` of all places, or `"all"` of
            them, one after another.
        dropout: Rate of the dropout on words' vectors, on outputs and, without `input_feeding` and
            `sampling`, between layers.
        optimizer: Anything that `keras.Model.compile` takes.
        name: Name of the model.

    Returns:
        A compiled `keras.Model` from `image`, float features, and `previous`, int32
        `(batch, time)`, the token before each one to predict, padded on the right with 0, to
        float32 logits `(batch, time, vocabulary_size)`. Fit it with a sample weight of 0 at
        padding. A batch may have several captions of each picture, as many of one as of another
        and one after another, and the picture but once.

    Raises:
        ValueError: If an argument is not one of those above, or attention is to look at a vector.

    Reference:
        Vinyals et al. 2015, "Show and Tell: A Neural Image Caption Generator" (`attention=None`);
        Xu et al. 2015, "Show, Attend and Tell: Neural Image Caption Generation with Visual
        Attention" (`input_feeding=True, attention_penalty=1.0`).

    Example:

    >>> model = CaptionDecoder(50, (7, 7, 16), units=8, embedding_dim=6)
    >>> model.output_shape
    (None, None, 50)
    """
    features = keras.Input(features_shape, name="image")
    encoder = _encoder(features, features, projection_dim, places, summary, attention)
    return _captioner(
        encoder,
        vocabulary_size,
        optimizer,
        name,
        cell=cell,
        units=units,
        embedding_dim=embedding_dim,
        attention=attention,
        attention_penalty=attention_penalty,
        input_feeding=input_feeding,
        sampling=sampling,
        sampling_steps=sampling_steps,
        dropout=dropout,
    )


def ImageCaptioner(
    backbone,
    vocabulary_size,
    image_shape=(224, 224, 3),
    *,
    weights="imagenet",
    trainable_backbone=False,
    filters=(32, 64, 128),
    blocks=1,
    flip=False,
    cell="lstm",
    units=256,
    embedding_dim=128,
    attention="additive",
    attention_penalty=0.0,
    input_feeding=False,
    sampling=None,
    sampling_steps=1000,
    projection_dim=None,
    places=True,
    summary="mean",
    dropout=0.2,
    optimizer="adam",
    name="image_captioner",
):
    """Builds a compiled captioner: a network that sees, and a decoder that tells.

    Args:
        backbone: The name of a network of `keras.applications`, for instance `"EfficientNetB0"`;
            `"convolutional"` for a `ConvolutionalBackbone` to be trained from scratch; or any
            `keras.Model` from float images, RGB from 0 to 255, to a grid
            `(batch, rows, columns, width)` or a vector `(batch, width)`.
        vocabulary_size: As in `CaptionDecoder`.
        image_shape: `(height, width, 3)`.
        weights: Of a network of `keras.applications`: `"imagenet"`, which downloads them, the path
            of a file, or `None` for random ones.
        trainable_backbone: Whether a backbone that was given learns, too; the convolutional one
            always does.
        filters: Of the convolutional backbone.
        blocks: Likewise.
        flip: Whether half of the pictures are turned left to right in training. Not for captions
            that tell left from right.
        cell: As in `CaptionDecoder`, like all that follows.
        units: Likewise.
        embedding_dim: Likewise.
        attention: Likewise.
        attention_penalty: Likewise.
        input_feeding: Likewise.
        sampling: Likewise.
        sampling_steps: Likewise.
        projection_dim: Likewise.
        places: Likewise.
        summary: Likewise.
        dropout: Likewise.
        optimizer: Likewise.
        name: Name of the model.

    Returns:
        A compiled `keras.Model` from `image`, uint8 `(batch, height, width, 3)`, and `previous` to
        logits, as that of `CaptionDecoder`. `zoo.data.captioning.describe` decodes with it.

    Raises:
        ValueError: If `keras.applications` has no such network, or an argument is not one of those
            of `CaptionDecoder`.

    Reference:
        Those of `CaptionDecoder`.

    Example:

    >>> model = ImageCaptioner("convolutional", 50, (32, 32, 3), filters=(4, 8), units=8)
    >>> logits = model({"image": np.zeros((2, 32, 32, 3), "uint8"), "previous": np.ones((2, 5))})
    >>> logits.shape
    TensorShape([2, 5, 50])
    """
    if len(image_shape) != 3 or None in tuple(image_shape):
        raise ValueError(
            f"`image_shape` must be (height, width, 3), no None. Received: {image_shape}"
        )
    image = keras.Input(tuple(image_shape), dtype="uint8", name="image")
    x = ops.cast(image, keras.config.floatx())
    if flip:
        x = layers.RandomFlip("horizontal", name="flip")(x)
    if backbone == "convolutional":
        backbone = ConvolutionalBackbone(tuple(image_shape), filters=filters, blocks=blocks)
    else:
        if isinstance(backbone, str):
            x = ApplicationPreprocessing(backbone, name="preprocessing")(x)
            network = getattr(keras.applications, backbone)
            backbone = network(
                include_top=False, weights=weights, input_shape=tuple(image_shape), name="backbone"
            )
        backbone.trainable = trainable_backbone
    encoder = _encoder(image, backbone(x), projection_dim, places, summary, attention)
    return _captioner(
        encoder,
        vocabulary_size,
        optimizer,
        name,
        cell=cell,
        units=units,
        embedding_dim=embedding_dim,
        attention=attention,
        attention_penalty=attention_penalty,
        input_feeding=input_feeding,
        sampling=sampling,
        sampling_steps=sampling_steps,
        dropout=dropout,
    )


def ConvolutionalBackbone(image_shape, *, filters=(32, 64, 128), blocks=1, name="backbone"):
    """Builds a small residual network that sees, to be trained from scratch.

    Args:
        image_shape: `(height, width, 3)`.
        filters: Width of each stage; each halves the sides of the grid.
        blocks: Residual blocks of two convolutions in each stage.
        name: Name of the model.

    Returns:
        A `keras.Model`, not compiled, from float images, RGB from 0 to 255, to a grid
        `(batch, rows, columns, filters[-1])`.

    Reference:
        He et al. 2016, "Deep Residual Learning for Image Recognition".

    Example:

    >>> ConvolutionalBackbone((64, 64, 3), filters=(8, 16, 32)).output_shape
    (None, 8, 8, 32)
    """
    image = keras.Input(image_shape)
    x = image / 127.5 - 1
    for stage, width in enumerate(filters):
        x = _convolution(width, 3 if stage else 5, strides=2)(x)
        x = layers.ReLU()(x)
        for _ in range(blocks):
            inside = layers.ReLU()(_convolution(width)(x))
            x = layers.ReLU()(layers.Add()([x, _convolution(width)(inside)]))
    return keras.Model(image, x, name=name)


def _convolution(width, size=3, strides=1):
    """A convolution, normalized."""

    def apply(x):
        x = layers.Conv2D(width, size, strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization(momentum=0.9)(x)

    return apply


def _encoder(given, features, projection_dim, places, summary, attention):
    """Builds what gives a decoder its memory `(batch, places, width)` and its summary."""
    if summary not in SUMMARIES:
        known = ", ".join(map(repr, SUMMARIES))
        raise ValueError(f"`summary` must be one of {known}. Received: {summary!r}")
    *grid, width = features.shape[1:]
    if not grid and attention is not None:
        raise ValueError(
            "Attention needs a grid of features; for a vector choose attention=None. "
            f"Received: features of shape {features.shape[1:]}, attention={attention!r}"
        )
    memory = layers.Reshape((-1, width), name="places")(features)
    if projection_dim is not None:
        memory = layers.Dense(projection_dim, activation="relu", name="projection")(memory)
    if places and grid:
        memory = PlaceEmbedding(name="place_embedding")(memory)
    pooled = layers.GlobalAveragePooling1D() if summary == "mean" else layers.Flatten()
    return keras.Model(given, [memory, pooled(memory)], name="encoder")


def _captioner(encoder, vocabulary_size, optimizer, name, **decoder):
    """Puts a decoder under what sees."""
    image = keras.Input(encoder.input_shape[1:], dtype=encoder.input.dtype, name="image")
    previous = keras.Input((None,), dtype="int32", name="previous")
    every = EveryCaption(name="every_caption")
    memory, summary = (every(seen, previous) for seen in encoder(image))
    logits = TokenDecoder(vocabulary_size, **decoder, name="decoder")(previous, memory, summary)

    model = keras.Model({"image": image, "previous": previous}, logits, name=name)
    model.compile(
        optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        weighted_metrics=[Perplexity(), StepAccuracy(name="accuracy")],
        jit_compile=jit_compile(),
    )
    return model
