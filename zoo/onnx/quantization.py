"""Weights of eight bits."""

import logging
import pathlib
import tempfile

import onnx

# What has a form for whole numbers. A GRU has none in ONNX Runtime, and keeps its weights.
OPERATORS = ("Gather", "LSTM", "MatMul")


def quantized(model):
    """Turns the weights of a graph into whole numbers of eight bits, each with a scale.

    What goes into a product is made whole numbers as it comes (dynamic-range quantization), so no
    data is needed.

    Args:
        model: An `onnx.ModelProto`.

    Returns:
        Another one, for ONNX Runtime.
    """
    import onnxruntime
    from onnxruntime import quantization

    with tempfile.TemporaryDirectory() as folder:
        given, folded, found = (str(pathlib.Path(folder, name)) for name in "abc")
        onnx.save(model, given)
        # What is made of weights alone is made now: only a weight can be quantized.
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath, options.log_severity_level = folded, 3
        onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
        advice = logging.getLogger()  # To prepare the graph, which was just done.
        level = advice.level
        advice.setLevel(logging.ERROR)
        try:
            quantization.quantize_dynamic(
                folded,
                found,
                op_types_to_quantize=list(OPERATORS),
                weight_type=quantization.QuantType.QInt8,
            )
        finally:
            advice.setLevel(level)
        return onnx.load(found)
