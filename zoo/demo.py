"""What `zoo demo` shows: the pretrained models on texts of our own, then small trainings."""

import tempfile

import numpy as np

import zoo
from zoo import printing

SENTENCES = {
    "en": [
        "The dogs that the man saw were barking at their own shadows .",
        "She didn't like the film, but her friends loved every minute of it!",
        "Time flies like an arrow; fruit flies like a banana.",
    ],
    "af": ["Die ou man lees elke dag die koerant in die tuin."],
    "fr": ["L'enfant n'a pas vu le chat qui dort sur la vieille chaise."],
    "ko": ["나는 어제 오랜 친구를 만났다 ."],
    "vi": ["Tôi đọc một quyển sách mới mỗi ngày ."],
}
NAMES = [
    "Ada Lovelace never met Alan Turing, who was born in London in 1912.",
    "Siemens and Toyota opened a laboratory near Kyoto, said Maria Rossi of the United Nations.",
]
REVIEWS = [
    "I expected little, and I was moved to tears. A small, wonderful film.",
    "Two fine actors, a clever idea, and not one scene that I would want to see again.",
]
CAPTIONS = ["Two dogs are running through the snow."]
PROMPTS = ["The king and the engineer"]
OPTIONS = {
    "classification": {"contributions": True},
    "language_modeling": {"length": 160, "temperature": 0.8, "seed": 1},
}
QUESTIONS = ["Who wrote the first novel in Korean?", "How far is the moon from the earth?"]


def show(output):
    """Shows the pretrained models, then trains small ones and compares them with baselines.

    Args:
        output: Folder for pictures, and for the table of a forecast.
    """
    console = printing.console()
    output.mkdir(parents=True, exist_ok=True)
    for model in zoo.list_models():
        texts = _examples(model)
        if not texts:
            continue
        console.rule(f"zoo.load({model['name']!r}).predict(...)")
        predicted = zoo.load(model["name"]).predict(texts, **OPTIONS.get(model["task"], {}))
        console.print(printing.plots(model["task"]).in_colour(predicted, texts), soft_wrap=True)
        if model["task"] == "tagging" and model["language"] == "en":  # Letters that any font has.
            picture = output / f"{model['name']}.png"
            drawn = printing.plots("tagging").predictions(predicted, texts=texts)
            drawn.figure.savefig(picture, dpi=150)
            console.print(f"Picture: {picture}")
    name = "bilstm_tagger.grammar_text"
    console.rule(f"zoo train {name}")
    with tempfile.TemporaryDirectory() as run_directory:
        run = zoo.train(name, output=run_directory)
    printing.report("tagging", zoo.evaluation.evaluate(run.recipe, run.model, run.data))
    console.rule("zoo.forecast(table, horizon=24)")
    printing.forecast(zoo.forecast(_made_up(), 24, epochs=10), output)


def _picture():
    """A blue square above a smaller green one."""
    picture = np.full((64, 64, 3), 225, "uint8")
    picture[8:30, 10:32] = (38, 84, 200)
    picture[44:56, 36:48] = (40, 150, 62)
    return picture


def _made_up():
    """A table of the last weeks of a series that is generated."""
    import pandas as pd

    from zoo.data import forecasting

    series = forecasting.read("seasonal_series/hourly")
    times = pd.DatetimeIndex(series.seconds.astype("datetime64[s]"), name="time")
    return pd.DataFrame(series.values, times, columns=["made up"])[-2_000:]


def _examples(model):
    """Texts or pictures of our own for a pretrained model, if there are any."""
    if model["task"] == "language_modeling":
        return PROMPTS
    if model["task"] == "translation":
        return CAPTIONS
    if model["name"] == "captioner.shape_captions":
        return [_picture()]
    if model["task"] == "classification":
        return QUESTIONS if model["name"].endswith(".trec") else REVIEWS
    if model["task"] == "tagging":
        return NAMES if "tags" in model["sizes"] else SENTENCES.get(model["language"])
    return None
