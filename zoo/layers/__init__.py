"""Layers that the builders are made of, in keras and keras.ops alone."""

from zoo.layers.accuracy import StepAccuracy
from zoo.layers.backend import jit_compile
from zoo.layers.characters import CharacterCNN, CharacterRNN
from zoo.layers.crf import CRF, CRFLoss, ViterbiDecoder
from zoo.layers.dropout import WordDropout
from zoo.layers.perplexity import Perplexity
from zoo.layers.recurrent import recurrent_layer, stacked
from zoo.layers.span_f1 import SpanF1

__all__ = [
    "CRF",
    "CRFLoss",
    "CharacterCNN",
    "CharacterRNN",
    "Perplexity",
    "SpanF1",
    "StepAccuracy",
    "ViterbiDecoder",
    "WordDropout",
    "jit_compile",
    "recurrent_layer",
    "stacked",
]
