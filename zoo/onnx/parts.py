"""The graphs of a model: one where it answers at once, several where it decodes step by step.

Numbers come and go in original units: the scaler of the training data is in the graph.
"""

import keras
import numpy as np
from keras import ops

from zoo.layers.characters import CharacterEncoder
from zoo.onnx.conversion import add_function, add_model, convert, finish
from zoo.onnx.graph import Graph, Value
from zoo.onnx.operations import cast, slices


def parts(model, task, saved_model=None):
    """Converts a pretrained model.

    Args:
        model: Its `keras.Model`.
        task: The stem of its task.
        saved_model: What `tf.saved_model.load` gave, where there is a scaler in it.

    Returns:
        By name an `onnx.ModelProto`. `model` takes what the model does. A tagger that reads
        characters takes `vectors` in their place, which `words` gives for the `characters` of one
        word a row: what a word looks like is to be found out but once. A translator or captioner
        has an `encoder`, which gives the states `state_0`, `state_1` and so on; a `step`, which
        takes them and `tokens` and gives `logits` and, for those states that change, `next_0` and
        so on; and, with attention, `look`, which gives `attention` in place of `logits`. A language
        model has such a `step`, which takes any number of tokens.
    """
    if task == "forecasting":
        return {"model": _forecaster(model, saved_model)}
    if task == "reconstruction":
        return {"model": _autoencoder(model, saved_model)}
    if task == "language_modeling":
        return {"step": _language_model(model)}
    if task == "tagging":
        return _tagger(model)
    if task in ("translation", "captioning"):
        return _decoder(model, masked=task == "translation")
    return {"model": convert(model)}


def _tagger(model):
    readers = [each for each in model._flatten_layers() if isinstance(each, CharacterEncoder)]
    if not readers:
        return {"model": convert(model)}
    words = Graph()
    characters = words.input("characters", (None, None), "int32")
    found = [
        add_function(words, lambda ids, r=reader: r.encode(r.embedding(ids), ids != 0), characters)
        for reader in readers
    ]
    width = sum(reader.output_dim for reader in readers)
    vectors = words.add("Concat", *found, axis=-1)
    words.output("vectors", Value(vectors, (None, width), "float32"))

    graph = Graph()
    inputs = [
        Value("not there", each.shape, each.dtype)
        if each.name == "characters"
        else graph.input(each.name, each.shape, each.dtype)
        for each in model.inputs
    ]
    vectors = graph.input("vectors", (None, None, width), "float32")
    first = 0
    for reader in readers:
        last = first + reader.output_dim
        own = slices(graph, vectors, [first], [last], [2])
        graph.given[id(reader)] = Value(own, (None, None, reader.output_dim), "float32")
        first = last
    found = add_model(graph, model, inputs)
    return {"words": words.model(), "model": finish(graph, found)}


def _shapes(saved_model):
    specs = saved_model.signatures["serving_default"].structured_input_signature[1]
    return {name: tuple(spec.shape) for name, spec in specs.items()}


def _standardized(graph, x, scaler):
    """As the model was trained: in double precision, then cut to single."""
    mean, scale = (each.numpy() for each in scaler)
    x = graph.add("Div", graph.add("Sub", cast(graph, x, "float64"), mean), scale)
    return cast(graph, x, "float32")


def _original(graph, x, scaler):
    mean, scale = (each.numpy() for each in scaler)
    x = graph.add("Add", graph.add("Mul", cast(graph, x, "float64"), scale), mean)
    return cast(graph, x, "float32")


def _forecaster(model, saved_model):
    graph = Graph()
    scalers = saved_model.scalers
    given = {
        name: graph.input(name, shape, "float32") for name, shape in _shapes(saved_model).items()
    }
    standardized = {
        name: Value(_standardized(graph, x, scalers[name]), x.shape, "float32")
        for name, x in given.items()
    }
    # A model with covariates has inputs of these names; another has but one, whatever its name.
    inputs = [standardized.get(each.name, standardized["history"]) for each in model.inputs]
    found = add_model(graph, model, inputs)
    distribution = {layer.name: layer for layer in model.layers}.get("distribution")
    shape = (None, *found.shape[1:3])
    if distribution is None:
        forecast = _original(graph, found, scalers["history"])
        graph.output("forecast", Value(forecast, shape, "float32"))
        return graph.model()
    levels = distribution.levels
    # Channels last, as the scaler has them.
    quantiles = add_function(
        graph, lambda x: ops.transpose(distribution.quantiles(x), (0, 3, 1, 2)), found
    )
    quantiles = _original(graph, quantiles, scalers["history"])
    middle = np.array(levels.index(0.5), "int64")
    forecast = graph.add("Gather", quantiles, middle, axis=1)
    quantiles = graph.add("Transpose", quantiles, perm=[0, 2, 3, 1])
    graph.output("forecast", Value(forecast, shape, "float32"))
    graph.output("quantiles", Value(quantiles, (*shape, len(levels)), "float32"))
    graph.output(
        "levels", Value(graph.name(np.array(levels, "float32")), (len(levels),), "float32")
    )
    return graph.model()


def _autoencoder(model, saved_model):
    graph = Graph()
    scaler, usual = saved_model.scaler, saved_model.usual.numpy()
    window = graph.input("window", _shapes(saved_model)["window"], "float32")
    given = Value(_standardized(graph, window, scaler), window.shape, "float32")
    both = keras.Model(model.input, [model.output, model.get_layer("latent").output])
    said, latent = add_model(graph, both, [given])

    def score(said, given):
        return ops.sqrt(ops.mean(ops.square(said - given), axis=-1)) / usual

    off = add_function(graph, score, said, given)
    graph.output("reconstruction", Value(_original(graph, said, scaler), window.shape, "float32"))
    graph.output("score", off)
    graph.output("latent", latent)
    return graph.model()


def _language_model(model):
    graph = Graph()
    tokens = graph.input("tokens", (None, None), "int32")
    sizes = model.get_layer("carried_state").sizes
    graph.carried = [
        graph.input(f"state_{place}", (None, size), "float32") for place, size in enumerate(sizes)
    ]
    # With the state in hand nothing asks whether a text begins.
    begins = Value("begins", (None,), "bool")
    inputs = [begins if each.name == "begins" else tokens for each in model.inputs]
    graph.output("logits", add_model(graph, model, inputs))
    for place, state in enumerate(graph.carried):
        graph.output(f"next_{place}", state)
    return graph.model()


def _decoder(model, masked):
    encoder, decoder = model.get_layer("encoder"), model.get_layer("decoder")

    def start(given):
        memory, summary = encoder(given, training=False)
        mask = ops.not_equal(given, 0) if masked else None
        return decoder.start(memory, summary, mask)

    graph = Graph()
    (given,) = encoder.inputs
    states = add_function(graph, start, graph.input("given", given.shape, given.dtype))
    for place, state in enumerate(states):
        graph.output(f"state_{place}", state)
    found = {"encoder": graph.model(), "step": _step(decoder.step, "logits", states)}
    if decoder.attention is not None:
        found["look"] = _step(decoder.look, "attention", states)
    return found


def _step(function, name, states):
    graph = Graph()
    tokens = graph.input("tokens", (None,), "int32")
    given = [
        graph.input(f"state_{place}", each.shape, each.dtype) for place, each in enumerate(states)
    ]
    found, following = add_function(graph, lambda t, *s: function(t, list(s)), tokens, *given)
    graph.output(name, found)
    for place, (old, new) in enumerate(zip(given, following, strict=True)):
        if new.name != old.name:
            graph.output(f"next_{place}", new)
    return graph.model()
