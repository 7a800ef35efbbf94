"""Looking inside recurrent layers: gates and states, gradients, what each part costs.

>>> import zoo
>>> model = zoo.models.SequenceTagger(vocabulary_size=50, num_tags=5, cell="gru", units=8)
>>> traces = zoo.inspection.trace(model, np.array([[3, 7, 4, 0]]))
>>> traces["gru_1/forward"]["update"].shape
(1, 4, 8)
"""

from zoo.inspection.gradients import gradient_norms
from zoo.inspection.histograms import Saturation, saturation
from zoo.inspection.recording import recurrent_layers
from zoo.inspection.silencing import silenced
from zoo.inspection.sizes import flops, parameters
from zoo.inspection.tracing import Trace, trace

__all__ = [
    "Saturation",
    "Trace",
    "flops",
    "gradient_norms",
    "parameters",
    "recurrent_layers",
    "saturation",
    "silenced",
    "trace",
]
