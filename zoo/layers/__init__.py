"""Layers that the builders are made of, in keras and keras.ops alone."""

from zoo.layers.accuracy import StepAccuracy
from zoo.layers.attention import (
    AttentionCell,
    AutoregressiveDecoder,
    FeedbackCell,
    MemoryAttention,
)
from zoo.layers.backend import gradient, jit_compile
from zoo.layers.bottleneck import VariationalBottleneck
from zoo.layers.characters import CharacterCNN, CharacterRNN
from zoo.layers.crf import CRF, CRFLoss, ViterbiDecoder
from zoo.layers.decoding import Decoded, beam_search, greedy, sample
from zoo.layers.distributions import LEVELS, DensityLoss, DistributionHead, PinballLoss, parameters
from zoo.layers.dropout import EmbeddingDropout, WordDropout
from zoo.layers.instance_normalization import InstanceDenormalization, InstanceNormalization
from zoo.layers.perplexity import Perplexity
from zoo.layers.perturbation import Perturbation
from zoo.layers.pooling import AttentionPooling, SequencePooling
from zoo.layers.reconstruction_decoder import ReconstructionCell, ReconstructionDecoder
from zoo.layers.recurrent import recurrent_layer, stacked
from zoo.layers.sampled_softmax import LogLikelihoodLoss, SampledSoftmax
from zoo.layers.segments import SegmentRecurrence, uniform_initializers
from zoo.layers.span_f1 import SpanF1
from zoo.layers.token_decoder import TokenDecoder

__all__ = [
    "CRF",
    "LEVELS",
    "AttentionCell",
    "AttentionPooling",
    "AutoregressiveDecoder",
    "CRFLoss",
    "CharacterCNN",
    "CharacterRNN",
    "Decoded",
    "DensityLoss",
    "DistributionHead",
    "EmbeddingDropout",
    "FeedbackCell",
    "InstanceDenormalization",
    "InstanceNormalization",
    "LogLikelihoodLoss",
    "MemoryAttention",
    "Perplexity",
    "Perturbation",
    "PinballLoss",
    "ReconstructionCell",
    "ReconstructionDecoder",
    "SampledSoftmax",
    "SegmentRecurrence",
    "SequencePooling",
    "SpanF1",
    "StepAccuracy",
    "TokenDecoder",
    "VariationalBottleneck",
    "ViterbiDecoder",
    "WordDropout",
    "beam_search",
    "gradient",
    "greedy",
    "jit_compile",
    "parameters",
    "recurrent_layer",
    "sample",
    "stacked",
    "uniform_initializers",
]
