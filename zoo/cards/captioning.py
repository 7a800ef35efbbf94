"""What the cards of captioners tell."""

from zoo.cards.markdown import percent, stack, table

NOUN = "captioner"

SCENES = ("exact_match", "numbers", "sizes", "colours", "shapes", "relations")
PHOTOGRAPHS = ("bleu_1", "bleu_2", "bleu_3", "bleu_4", "cider")
HEADINGS = {
    "exact_match": "whole caption",
    "numbers": "number of objects",
    "cider": "CIDEr × 100",
    **{f"bleu_{order}": f"BLEU-{order}" for order in (1, 2, 3, 4)},
}
LIMITS = {
    "shape_captions": (
        "It knows drawn scenes of one to three coloured shapes as `datasets/shape_captions` has "
        "them, and describes everything else in the same words: of a photograph it says nothing "
        "true. Of what the scenes can hold it knows best what it has seen: the scores of "
        "`test_unseen` are those of scenes with a combination of colour and shape that training "
        "never has."
    )
}
PHOTOGRAPH_LIMITS = (
    "It says what is usual of pictures such as those of its training data, with confidence, also "
    "where it is wrong; and it repeats what their captions take for granted of people. Nothing may "
    "rest on what it says."
)


def purpose(description):
    """What the model is for."""
    return "describing pictures"


def architecture(recipe):
    """What the model is."""
    options = recipe["hyperparameters"]
    backbone = options["backbone"]
    seen = "a small residual network" if backbone == "convolutional" else backbone
    kind = options.get("attention", "additive")
    looks = f"{kind} attention to" if kind else "one look at"
    return f"captioner, {stack(options)} with {looks} what {seen} sees,"


def example(description):
    """What `predict` is given."""
    return '["picture.png"]'


def details(description):
    """What there is to know of inputs and outputs."""
    side = description["sizes"]["image_shape"][0]
    said = (
        "A picture is a path, or a uint8 array `(height, width, 3)`, RGB, of any size: its middle "
        f"square is scaled to {side} by {side} pixels. To the signatures `images` are such arrays "
        "of one size, `(batch, height, width, 3)`. The answer has `text` and `log_probability` in "
        "nats"
    )
    if description["grid"] is None:
        return f"{said}."
    rows, columns = description["grid"]
    return (
        f"{said}; with `attention=True` also where each word looked, `(words, {rows}, {columns})`, "
        "over the middle square."
    )


def signatures(description):
    """Signatures of the SavedModel, what each is given, and what it gives."""
    image = "image=tf.constant(images)"
    gives = "`caption`, `log_probability` in nats, both `(pictures,)`"
    yield "serving_default", image, gives
    if description["grid"] is not None:
        yield (
            "attention",
            image,
            f'{gives}; `words` `(pictures, words)`, padded with `""`; `attention` '
            "`(pictures, words, rows, columns)`",
        )


def protocol(description):
    """How the scores were measured."""
    if _of_scenes(description):
        counted = (
            "A whole caption is right if it is word for word a true one of the scene; the other "
            "columns are the shares of objects and relations that captions have right."
        )
    else:
        counted = (
            "BLEU is sacrebleu's, not smoothed, against all captions of a picture, lower-case and "
            "without punctuation; CIDEr is CIDEr-D, with the rarity of words from the split itself."
        )
    return (
        f"captions found by beam search, at most {description['steps'] - 1} words. {counted} "
        "Everything fitted on train alone, every choice made on dev."
    )


def limits(description):
    """What the model cannot do."""
    return LIMITS.get(description["dataset"].partition("/")[0], PHOTOGRAPH_LIMITS)


def headline(found):
    """The one figure that tells most of a split's."""
    return percent(found["exact_match"]) if "numbers" in found else f"BLEU-4 {found['bleu_4']:.1f}"


def figure(rival, description):
    """The score of a rival."""
    return f"BLEU-4 {rival['bleu_4']:.1f}"


def scores(description):
    """The table of scores."""
    metrics = description["metrics"]
    names = SCENES if _of_scenes(description) else PHOTOGRAPHS
    shown = [HEADINGS.get(name, name) for name in names]
    rows = []
    for split, found in metrics.items():
        cells = [_written(found, name) for name in names]
        rows.append([split, f"{found['pictures']:,}", f"**{cells[0]}**", *cells[1:]])
        for each in found["baselines"]:
            rows.append(["", each["name"], *(_written(each, name) for name in names)])
    return table(["split", "pictures", *shown], rows) + (
        "\n\nBeneath each split are simple baselines on the same pictures: always one caption, and "
        "that of the training picture that looks most alike."
    )


def _of_scenes(description):
    """Whether what is in the pictures is known, so that a caption is right or wrong."""
    return "numbers" in next(iter(description["metrics"].values()))


def _written(found, name):
    if name in SCENES:
        return percent(found[name])
    return f"{found[name] * (100 if name == 'cider' else 1):.1f}"
