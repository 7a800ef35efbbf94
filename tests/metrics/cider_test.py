"""CIDEr against what pycocoevalcap 1.2, the COCO evaluation, computes."""

import numpy as np
import pytest

from zoo.metrics.cider import cider

GOLD = [
    [
        "a man in a red shirt climbs a rock",
        "a man climbing",
        "the climber is on a rock",
    ],
    ["two dogs play in the snow", "dogs run through snow", "two brown dogs run"],
    ["a girl in a red dress", "the girl wears a dress", "a small girl stands"],
]
PREDICTED = ["a man climbs a red rock", "two dogs run through the snow", "a boy"]


def test_is_that_of_the_coco_evaluation():
    expected = [1.7591751247579546, 3.0155544985024556, 0.21410178066399083]
    np.testing.assert_allclose(cider(GOLD, PREDICTED), expected, rtol=1e-12)


def test_one_by_one_beside_pycocoevalcap():
    """Needs pycocoevalcap, which the zoo does not."""
    oracle = pytest.importorskip("pycocoevalcap.cider.cider")
    rng = np.random.default_rng(0)
    words = ["a", "the", "dog", "cat", "runs", "sits", "on", "grass", "red", "ball", "man"]

    def caption(least, most):
        return " ".join(rng.choice(words, rng.integers(least, most)))

    gold = [[caption(3, 10) for _ in range(rng.choice([1, 3, 5]))] for _ in range(40)]
    predicted = [several[0] if rng.random() < 0.4 else caption(1, 11) for several in gold]
    predicted[3] = ""
    by_place = dict(enumerate(gold)), {i: [text] for i, text in enumerate(predicted)}
    _, expected = oracle.Cider().compute_score(*by_place)
    np.testing.assert_allclose(cider(gold, predicted), expected, atol=1e-12)


def test_the_true_caption_of_one_has_ten():
    gold = [["a b c d e"], ["f g h i j"]]
    np.testing.assert_allclose(cider(gold, ["a b c d e", "a b c d e"]), [10, 0])


@pytest.mark.parametrize(("gold", "predicted"), [([["a"]], []), ([["a"], []], ["a", "b"])])
def test_lengths_must_agree(gold, predicted):
    with pytest.raises(ValueError, match="a predicted caption for each picture"):
        cider(gold, predicted)
