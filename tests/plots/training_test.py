"""Curves of trainings."""

import pytest

from zoo.plots import training


@pytest.mark.parametrize(
    ("measure", "best"), [("accuracy", 2), ("loss", 1), ("perplexity", 1), ("f1", 2)]
)
def test_the_best_epoch_is_starred(measure, best):
    history = [{"epoch": n, measure: n / 10, f"val_{measure}": n / 5} for n in (1, 2)]
    ax = training.curves({"LSTM": history}, monitor=f"val_{measure}")
    (star,) = (line for line in ax.get_lines() if line.get_marker() == "*")
    assert star.get_xdata().tolist() == [best]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["LSTM, dev", "LSTM, train"]
