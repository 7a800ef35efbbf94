"""The builders: functions that return Keras models, compiled and ready for `fit`."""

from zoo.models.encoding import RecurrentEncoder
from zoo.models.ensemble import TaggerEnsemble
from zoo.models.language_modeling import LanguageModel
from zoo.models.tagging import SequenceTagger

__all__ = ["LanguageModel", "RecurrentEncoder", "SequenceTagger", "TaggerEnsemble"]
