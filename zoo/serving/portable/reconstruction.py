"""Autoencoders of series on ONNX Runtime: windows in, the same out, and how far off."""

from zoo.serving.onnx.sessions import Served


def load(directory, description, graph):
    """Loads an autoencoder; see `zoo.serving.onnx.load`."""
    session = graph("model")
    return Served({"serving_default": session, "latent": session})
