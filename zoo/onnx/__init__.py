"""Models as ONNX graphs: what runs without TensorFlow, and without Keras.

A model is converted from its architecture. A recurrent layer becomes ONNX's own operator, whatever
its cell and in both directions at once; what a layer of the zoo computes in `keras.ops` becomes the
operators of the same meaning.

>>> import zoo
>>> model = zoo.models.SequenceTagger(vocabulary_size=50, num_tags=5, units=8)
>>> [node.op_type for node in convert(model).graph.node].count("LSTM")
1
"""

from zoo.onnx import layers, operations  # They register what converts.
from zoo.onnx.conversion import convert
from zoo.onnx.parts import parts
from zoo.onnx.quantization import quantized
from zoo.onnx.sharing import share

__all__ = ["convert", "layers", "operations", "parts", "quantized", "share"]
