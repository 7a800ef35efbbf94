"""Forecasters on ONNX Runtime: histories in original units in, forecasts likewise out."""

from zoo.serving.onnx.sessions import Served, Session


def load(directory, description):
    """Loads a forecaster; see `zoo.serving.onnx.load`."""
    return Served({"serving_default": Session(directory / "model.onnx")})
