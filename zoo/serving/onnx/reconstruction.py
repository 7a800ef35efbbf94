"""Autoencoders of series on ONNX Runtime: windows in, the same out, and how far off."""

from zoo.serving.onnx.sessions import Served, Session


def load(directory, description):
    """Loads an autoencoder; see `zoo.serving.onnx.load`."""
    session = Session(directory / "model.onnx")
    return Served({"serving_default": session, "latent": session})
