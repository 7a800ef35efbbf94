"""Autoencoders of series without TensorFlow: windows in, the same out, and how far off."""

from zoo.serving.portable.sessions import Served


def load(directory, description, graph):
    """Loads an autoencoder; see `zoo.serving.portable.load`."""
    session = graph("model")
    return Served({"serving_default": session, "latent": session})
