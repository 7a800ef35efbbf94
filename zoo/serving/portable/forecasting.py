"""Forecasters without TensorFlow: histories in original units in, forecasts likewise out."""

from zoo.serving.portable.sessions import Served


def load(directory, description, graph):
    """Loads a forecaster; see `zoo.serving.portable.load`."""
    return Served({"serving_default": graph("model")})
