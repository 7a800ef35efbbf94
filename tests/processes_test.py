"""Several processes that train one model: the same steps as one process takes."""

import os
import pathlib
import socket
import subprocess
import sys
import types

import h5py
import keras
import numpy as np
import pytest

import zoo
from zoo import processes
from zoo.data.arrays import Arrays
from zoo.progress import BEST, CHECKPOINT

NAME = "bilstm_tagger.grammar_text"


def cut(batch, count, replicas=None):
    """The shares of so many processes, with one replica of the model or several each."""
    found = []
    for number in range(count):
        distribution = types.SimpleNamespace(
            num_model_replicas=replicas or count, num_processes=count, data_shard_id=number
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keras.distribution, "distribution", lambda found=distribution: found)
            found.append(processes.share(batch))
    return found


def batch_of(size):
    x = {"tokens": np.arange(1, size + 1)[:, None], "lengths": np.arange(size)}
    return x, np.arange(size), np.ones((size, 1), "float32")


def test_an_even_batch_is_parted():
    (x, y, weight), (other_x, other_y, _) = cut(batch_of(4), 2)
    assert x["tokens"].tolist() == [[1], [2]] and other_x["tokens"].tolist() == [[3], [4]]
    assert y.tolist() == [0, 1] and other_y.tolist() == [2, 3]
    assert weight.tolist() == [[1], [1]]


@pytest.mark.parametrize(
    ("size", "count", "replicas"), [(5, 2, 2), (1, 3, 3), (7, 2, 4), (2, 4, 8)]
)
def test_a_batch_is_filled_up_with_what_weighs_nothing(size, count, replicas):
    parts = cut(batch_of(size), count, replicas)
    assert len({part[2].shape for part in parts}) == 1
    assert sum(len(part[1]) for part in parts) % replicas == 0
    weight = np.concatenate([part[2] for part in parts])
    y = np.concatenate([part[1] for part in parts])
    assert weight.sum() == size
    assert y[weight[:, 0] > 0].tolist() == list(range(size))
    assert set(y) == set(range(size))  # What was added are examples of the batch.


def test_captions_stay_with_their_picture():
    pictures, words = np.array([[10.0], [20.0], [30.0]]), np.repeat([10, 20, 30], 2)
    parts = cut(({"pictures": pictures, "words": words}, words, np.ones(6)), 2)
    for x, y, _ in parts:
        assert np.repeat(x["pictures"][:, 0], 2).tolist() == x["words"].tolist() == y.tolist()
    assert [part[2].tolist() for part in parts] == [[1, 1, 1, 1], [1, 1, 0, 0]]


def test_another_backend_is_refused(monkeypatch):
    with pytest.raises(ValueError, match=r"Expected: KERAS_BACKEND=jax.*Received: tensorflow"):
        processes.join()


def test_what_is_missing_is_told(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "2")
    with pytest.raises(ValueError, match=r"Missing.*: KERAS_DISTRIBUTION_JOB_ADDRESSES, .*_ID$"):
        processes.join()


QUICKLY_COMPILED = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


def train(directory, output, *distributed, **environment):
    zoo = pathlib.Path(sys.executable).with_name("zoo")
    command = [zoo, "train", NAME, "--arrays", "arrays"]
    return subprocess.Popen(
        [*command, "--epochs", "2", "--output", output, *distributed],
        env={**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": QUICKLY_COMPILED, **environment},
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process):
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


def together(directory, output, count=2):
    """Trains in several processes on this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listening.getsockname()[1]}"
    started = [
        train(
            directory,
            output,
            "--distributed",
            KERAS_DISTRIBUTION_JOB_ADDRESSES=address,
            KERAS_DISTRIBUTION_NUM_PROCESSES=str(count),
            KERAS_DISTRIBUTION_PROCESS_ID=str(number),
        )
        for number in range(count)
    ]
    return [finish(process) for process in started]


def weights(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: found.update({name: item[()]} if hasattr(item, "shape") else {})
        )
    return found


@pytest.mark.slow
def test_two_processes_end_where_one_does(tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed")
    data = zoo.recipes.get(NAME).load_data(limit=45)  # The last batch is of 13: not even.
    Arrays.of(data).write(tmp_path / "arrays")
    alone = finish(train(tmp_path, "alone"))
    both = together(tmp_path, "together")
    assert alone.splitlines()[-1].startswith("Best on dev: accuracy")
    one, several = (weights(tmp_path / name / BEST) for name in ("alone", "together"))
    assert list(one) == list(several)
    for name in one:
        np.testing.assert_allclose(several[name], one[name], atol=1e-5, err_msg=name)
    assert "Epoch 2/2" in both[0] and "Epoch" not in both[1]
    assert sorted(path.name for path in (tmp_path / "together").iterdir()) == sorted(
        path.name for path in (tmp_path / "alone").iterdir()
    )
    assert (tmp_path / "together" / CHECKPOINT).stat().st_size > 0
