"""Forecasters on ONNX Runtime: histories in original units in, forecasts likewise out."""

from zoo.serving.onnx.sessions import Served


def load(directory, description, graph):
    """Loads a forecaster; see `zoo.serving.onnx.load`."""
    return Served({"serving_default": graph("model")})
