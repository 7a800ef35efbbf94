"""LiteRT: models as graphs of fixed sizes, for phones and other small machines.

TensorFlow's converter takes loops whose length is known, and no others (tensorflow#62849).
"""

import keras
import tensorflow as tf

LENGTH = 64  # Tokens of a text.
TASKS = ("tagging", "classification", "forecasting", "reconstruction")


def convert(pretrained):
    """Converts a pretrained model.

    Args:
        pretrained: A `zoo.pretrained.Pretrained` of a task that answers at once (`TASKS`).

    Returns:
        The bytes of a `.tflite` file. It takes one row of what the model does, texts of up to
        `LENGTH` tokens; numbers in original units.

    Raises:
        NotImplementedError: If the model decodes step by step.
    """
    if pretrained.task not in TASKS:
        raise NotImplementedError(
            f"LiteRT is written for models that answer at once ({', '.join(TASKS)}). Received: "
            f"{pretrained.name}, whose task is {pretrained.task}. ONNX runs it"
        )
    makers = {"forecasting": _forecaster, "reconstruction": _autoencoder}
    function, specs = makers.get(pretrained.task, _reader)(pretrained)
    module = tf.Module()
    module.serving_default = tf.function(function, input_signature=specs)
    graph = module.serving_default.get_concrete_function()
    return tf.lite.TFLiteConverter.from_concrete_functions([graph], module).convert()


def _frozen(model):
    """Makes of a model a function whose weights are constants: the converter loses variables."""
    kinds = model.trainable_variables, model.non_trainable_variables
    values = [[variable.numpy() for variable in variables] for variables in kinds]
    return lambda x: model.stateless_call(*values, x, training=False)[0]


def _reader(pretrained):
    """What a model of texts does with one."""
    model, call = pretrained.model, _frozen(pretrained.model)
    wide = {"characters": (LENGTH, getattr(pretrained.encoder, "max_characters", None))}
    specs = [
        tf.TensorSpec((1, *wide.get(each.name, (LENGTH,))), each.dtype, name=each.name)
        for each in model.inputs
    ]

    def answer(*given):
        named = {spec.name: each for spec, each in zip(specs, given, strict=True)}
        found = call(named if len(given) > 1 else given[0])
        if isinstance(found, dict):
            return {"potentials": found["potentials"]}  # Its operators do not find the best path.
        return {"output": found}

    return answer, specs


def _forecaster(pretrained):
    saved, call = pretrained.saved_model, _frozen(pretrained.model)
    distribution = {layer.name: layer for layer in pretrained.model.layers}.get("distribution")
    scalers = {name: _Scaler(each) for name, each in saved.scalers.items()}
    original = scalers["history"].original
    specs = _specs(saved)

    def answer(*given):
        given = {
            spec.name: scalers[spec.name].standardized(each)
            for spec, each in zip(specs, given, strict=True)
        }
        found = call(given if len(given) > 1 else given["history"])
        if distribution is None:
            return {"forecast": original(found)}
        levels = distribution.levels
        quantiles = tf.unstack(distribution.quantiles(found), axis=-1)
        quantiles = tf.stack([original(each) for each in quantiles], axis=-1)
        forecast = quantiles[..., levels.index(0.5)]
        return {"forecast": forecast, "quantiles": quantiles, "levels": tf.constant(levels)}

    return answer, specs


def _autoencoder(pretrained):
    model, saved = pretrained.model, pretrained.saved_model
    scaler, usual = _Scaler(saved.scaler), saved.usual.numpy()
    both = _frozen(keras.Model(model.input, [model.output, model.get_layer("latent").output]))

    def answer(window):
        given = scaler.standardized(window)
        said, latent = both(given)
        off = tf.sqrt(tf.reduce_mean(tf.square(said - given), axis=-1)) / usual
        return {"reconstruction": scaler.original(said), "score": off, "latent": latent}

    return answer, _specs(saved)


def _specs(saved):
    """The inputs of a SavedModel of numbers, one row of each."""
    given = saved.signatures["serving_default"].structured_input_signature[1]
    return [tf.TensorSpec((1, *spec.shape[1:]), tf.float32, name) for name, spec in given.items()]


class _Scaler:
    """Mean and scale of training data, in single precision: LiteRT computes in no other."""

    def __init__(self, variables):
        self._mean, self._scale = (each.numpy().astype("float32") for each in variables)

    def standardized(self, x):
        return (x - self._mean) / self._scale

    def original(self, x):
        return x * self._scale + self._mean
