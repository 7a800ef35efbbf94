"""The builders: functions that return Keras models, compiled and ready for `fit`."""

from zoo.models.encoding import RecurrentEncoder
from zoo.models.tagging import SequenceTagger

__all__ = ["RecurrentEncoder", "SequenceTagger"]
