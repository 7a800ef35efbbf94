"""Strings in, labels out: what a person gives to a pretrained model, and gets from it.

`zoo.serving.<task>` asks the signatures of a served model, which keep one contract whatever runs
them: TensorFlow (`zoo.serving.saved_model`) or, without it, ONNX Runtime (`zoo.serving.portable`).
"""
