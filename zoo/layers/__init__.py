"""Layers that the builders are made of, in keras and keras.ops alone."""

from zoo.layers.accuracy import StepAccuracy
from zoo.layers.activation_regularization import ActivationRegularization
from zoo.layers.attention import (
    AttentionCell,
    AutoregressiveDecoder,
    FeedbackCell,
    MemoryAttention,
)
from zoo.layers.backend import gradient, jit_compile
from zoo.layers.bottleneck import VariationalBottleneck
from zoo.layers.carried_state import CarriedState
from zoo.layers.characters import CharacterCNN, CharacterRNN
from zoo.layers.crf import CRF, CRFLoss, ViterbiDecoder
from zoo.layers.decoding import Decoded, beam_search, greedy, sample
from zoo.layers.distributions import (
    LEVELS,
    DensityLoss,
    DistributionHead,
    PinballLoss,
    distribution_size,
)
from zoo.layers.dropout import EmbeddingDropout, WordDropout
from zoo.layers.instance_normalization import InstanceDenormalization, InstanceNormalization
from zoo.layers.lstm_and_gru import GRU, LSTM
from zoo.layers.perplexity import Perplexity
from zoo.layers.perturbation import Perturbation
from zoo.layers.pictures import ApplicationPreprocessing, PlaceEmbedding
from zoo.layers.pooling import AttentionPooling, SequencePooling
from zoo.layers.reconstruction_decoder import ReconstructionCell, ReconstructionDecoder
from zoo.layers.recurrent import recurrent_layer, stacked
from zoo.layers.sampled_softmax import LogLikelihoodLoss, SampledSoftmax
from zoo.layers.segments import SegmentRecurrence, uniform_initializers
from zoo.layers.smoothed_crossentropy import SmoothedCrossentropy
from zoo.layers.span_f1 import SpanF1
from zoo.layers.tied import Bias, TiedEmbedding
from zoo.layers.token_decoder import TokenDecoder
from zoo.layers.weight_dropout import WeightDropout

__all__ = [
    "CRF",
    "GRU",
    "LEVELS",
    "LSTM",
    "ActivationRegularization",
    "ApplicationPreprocessing",
    "AttentionCell",
    "AttentionPooling",
    "AutoregressiveDecoder",
    "Bias",
    "CRFLoss",
    "CarriedState",
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
    "PlaceEmbedding",
    "ReconstructionCell",
    "ReconstructionDecoder",
    "SampledSoftmax",
    "SegmentRecurrence",
    "SequencePooling",
    "SmoothedCrossentropy",
    "SpanF1",
    "StepAccuracy",
    "TiedEmbedding",
    "TokenDecoder",
    "VariationalBottleneck",
    "ViterbiDecoder",
    "WeightDropout",
    "WordDropout",
    "beam_search",
    "distribution_size",
    "gradient",
    "greedy",
    "jit_compile",
    "recurrent_layer",
    "sample",
    "stacked",
    "uniform_initializers",
]
