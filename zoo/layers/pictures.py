"""What lies between pixels and a decoder: preprocessing, and where in a picture a place is."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class ApplicationPreprocessing(layers.Layer):
    """Turns pixels into what a network of `keras.applications` was trained to read.

    Args:
        application: Name of the network, for instance `"ResNet50"`.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        images: Float `(batch, height, width, 3)`, RGB from 0 to 255.

    Returns:
        The same shape.

    Raises:
        ValueError: If `keras.applications` has no such network.

    Example:

    >>> ApplicationPreprocessing("MobileNetV2")(np.full((1, 1, 1, 3), 255.0)).numpy().tolist()
    [[[[1.0, 1.0, 1.0]]]]
    """

    def __init__(self, application, **kwargs):
        super().__init__(**kwargs)
        rooms = [room for room in vars(keras.applications).values() if hasattr(room, application)]
        if not rooms or not hasattr(keras.applications, application):
            known = [name for name in dir(keras.applications) if name[0].isupper()]
            raise ValueError(
                f"`application` must be a network of keras.applications: {', '.join(known)}. "
                f"Received: {application!r}"
            )
        self.application = application
        self.preprocess = rooms[0].preprocess_input

    def call(self, images):
        return self.preprocess(images)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "application": self.application}


@keras.saving.register_keras_serializable(package="zoo")
class PlaceEmbedding(layers.Layer):
    """Adds to every place of a picture a vector of its own, which is learned.

    Without it a decoder that looks at a place cannot tell where it is.

    Call arguments:
        memory: Float `(batch, places, width)`, always of as many places.

    Returns:
        The same shape.

    Reference:
        Gehring et al. 2017, "Convolutional Sequence to Sequence Learning", for the places of words.

    Example:

    >>> layer = PlaceEmbedding()
    >>> memory = layer(np.zeros((1, 4, 3)))
    >>> memory.shape, bool(keras.ops.all(memory[0] == layer.vectors))
    (TensorShape([1, 4, 3]), True)
    """

    def build(self, input_shape):
        self.vectors = self.add_weight(
            shape=input_shape[1:], initializer="random_normal", name="vectors"
        )

    def call(self, memory):
        return memory + self.vectors

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="zoo")
class EveryCaption(layers.Layer):
    """Repeats what was seen of a picture for every caption of it, so that it is seen but once.

    Call arguments:
        seen: `(pictures, ...)`.
        previous: `(captions, time)`: as many captions of each picture, one after another.

    Returns:
        `(captions, ...)`.

    Example:

    >>> EveryCaption()(np.array([[1.0], [2.0]]), np.zeros((4, 3))).numpy().ravel().tolist()
    [1.0, 1.0, 2.0, 2.0]
    """

    def call(self, seen, previous):
        pictures, *rest = ops.shape(seen)
        captions = ops.shape(previous)[0]
        each = (pictures, captions // pictures, *rest)
        return ops.reshape(ops.broadcast_to(seen[:, None], each), (captions, *rest))

    def compute_output_spec(self, seen, previous):
        return keras.KerasTensor((previous.shape[0], *seen.shape[1:]), seen.dtype)
