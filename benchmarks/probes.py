"""Negation and contrast: minimal pairs that a bag of words should not be able to tell apart.

    python benchmarks/probes.py

Asks the published classifiers and the linear baselines of their training data, fitted in the same
run, about `datasets/sentiment_probes`: pairs of sentences of opposite sentiment that differ in a
word or two or only in the order of their words, written for this project. A pair is ranked right if
the positive sentence gets the higher probability of being positive: chance is 50.
"""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
MODELS = {"bilstm_classifier.imdb": "imdb_reviews", "gru_classifier.sst2": "glue/sst2"}


def margins(logits):
    """How much each text is positive rather than negative."""
    return logits[:, 1] - logits[:, 0]


def main():
    """Ask, print and write the table."""
    import zoo
    from zoo.data import classification as data
    from zoo.data import sources
    from zoo.metrics import classification as metrics

    features = sources.builder("sentiment_probes").info.features
    probes = list(sources.load("sentiment_probes", "test").as_numpy_iterator())
    texts = [probe["text"].decode() for probe in probes]
    labels = np.array([probe["label"] for probe in probes])
    pairs = np.array([probe["pair"] for probe in probes])
    same = np.array([probe["same_words"] for probe in probes])
    kinds = features["phenomenon"].names
    kind = np.array([probe["phenomenon"] for probe in probes])
    found, seconds = {}, {}
    for name, dataset in MODELS.items():
        train = data.read(dataset, "train")
        for baseline in metrics.baselines(train)[1:]:
            found[f"{baseline.name}, {dataset}"] = margins(baseline.predict(texts))
            seconds[f"{baseline.name}, {dataset}"] = baseline.seconds
        model = zoo.load(name)
        adapted = data.ClassificationData(model.encoder, train.names, {})
        found[f"`{name}`"] = margins(adapted.predict(model.model, texts))
        seconds[f"`{name}`"] = model.description["seconds"]

    def ranked(margin, chosen):
        first, second = margin[chosen & (labels == 1)], margin[chosen & (labels == 0)]
        order = np.argsort(pairs[chosen & (labels == 1)]), np.argsort(pairs[chosen & (labels == 0)])
        return 100 * np.mean(first[order[0]] > second[order[1]])

    every = np.ones(len(texts), bool)
    lines = [
        "| model, trained on | sentences right | pairs ranked right | of the same words "
        "| of other words | both of a pair right | s of training |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, margin in found.items():
        right = (margin > 0) == (labels == 1)
        both = np.bincount(pairs, weights=right) == 2
        lines.append(
            f"| {name} | {100 * right.mean():.1f} | **{ranked(margin, every):.1f}** "
            f"| {ranked(margin, same):.1f} | {ranked(margin, ~same):.1f} "
            f"| {100 * both.mean():.1f} | {seconds[name]:,.0f} |"
        )
    lines += [
        "",
        "| pairs ranked right | pairs | " + " | ".join(found) + " |",
        "|---|---|" + "---|" * len(found),
    ]
    for index, name in enumerate(kinds):
        cells = " | ".join(f"{ranked(margin, kind == index):.0f}" for margin in found.values())
        lines.append(f"| {name} | {np.sum(kind == index) // 2} | {cells} |")
    text = "\n".join(
        [
            f"# Negation and contrast: {len(texts) // 2} minimal pairs, {same.sum() // 2} of them "
            "of the same words in another order",
            "",
            *lines,
            "",
            "Seed 0 of each model; the pairs were written before any model was asked, and nothing "
            "was chosen by them.",
            "",
            "Command: `python benchmarks/probes.py`",
            "",
        ]
    )
    (HERE / "probes.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
