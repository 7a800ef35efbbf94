"""Layers that the builders are made of, in keras and keras.ops alone."""

from zoo.layers.accuracy import StepAccuracy
from zoo.layers.backend import jit_compile
from zoo.layers.characters import CharacterCNN, CharacterRNN
from zoo.layers.dropout import WordDropout
from zoo.layers.recurrent import recurrent_layer, stacked

__all__ = [
    "CharacterCNN",
    "CharacterRNN",
    "StepAccuracy",
    "WordDropout",
    "jit_compile",
    "recurrent_layer",
    "stacked",
]
