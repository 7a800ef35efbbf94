"""Arrays on disk: which data can be written, and what is there when it was not written whole.

That they give the batches which a task's data gives is in the tests of each task.
"""

import types

import numpy as np
import pytest

from zoo.data.arrays import Arrays
from zoo.data.forecasting import Series, cut
from zoo.data.lanes import Lanes


def arrays():
    x = {"tokens": [np.ones(2, "int32"), np.ones(3, "int32")]}
    return Arrays({"vocabulary_size": 3}, {"train": (x, np.array([0, 1]))})


def test_what_is_cut_out_of_one_series_or_text_is_refused():
    forecasting = cut(Series(np.ones((60, 1)), None, ("x",)), [30, 40, 60], 4, 2)
    lanes = types.SimpleNamespace(batches=lambda split, size: Lanes(np.arange(9), 2, 3))
    for data, name in ((forecasting, "WindowBatches"), (lanes, "Lanes")):
        with pytest.raises(ValueError, match=f"whose batches are `Batches`. Received: {name}"):
            Arrays.of(data)


def test_what_was_not_written_whole_is_not_read(tmp_path, monkeypatch):
    arrays().write(tmp_path)
    assert Arrays.read(tmp_path).sizes == {"vocabulary_size": 3}

    def full(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="no space left"):
        arrays().write(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"does not hold sizes\.json"):
        Arrays.read(tmp_path)
