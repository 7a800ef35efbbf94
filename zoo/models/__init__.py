"""The builders: functions that return Keras models, compiled and ready for `fit`."""

from zoo.models.captioning import CaptionDecoder, ConvolutionalBackbone, ImageCaptioner
from zoo.models.classification import AdversarialClassifier, SequenceClassifier
from zoo.models.encoding import RecurrentEncoder, backbone
from zoo.models.ensemble import Ensemble
from zoo.models.forecasting import Forecaster, SegRNN, Seq2SeqForecaster
from zoo.models.language_modeling import BidirectionalLanguageModel, LanguageModel, stepwise
from zoo.models.reconstruction import SequenceAutoencoder
from zoo.models.tagging import SequenceTagger
from zoo.models.transfer import transfer
from zoo.models.translation import Seq2Seq

__all__ = [
    "AdversarialClassifier",
    "BidirectionalLanguageModel",
    "CaptionDecoder",
    "ConvolutionalBackbone",
    "Ensemble",
    "Forecaster",
    "ImageCaptioner",
    "LanguageModel",
    "RecurrentEncoder",
    "SegRNN",
    "Seq2Seq",
    "Seq2SeqForecaster",
    "SequenceAutoencoder",
    "SequenceClassifier",
    "SequenceTagger",
    "backbone",
    "stepwise",
    "transfer",
]
