"""Several processes, often on several machines, that train one model together.

It is `keras.distribution.DataParallel` on the JAX backend: each process computes the gradients of
its share of every batch, and all of them take the same step. Where machines share no accelerator's
network, JAX's collectives run on gloo.
"""

import os

import keras
import numpy as np

from zoo.layers.backend import is_first_process, wait_for_every_process

ADDRESS, COUNT, NUMBER = (
    f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)


def join():
    """Makes this process one of several; call it before anything is computed.

    Each process is told by Keras's own environment variables where the first one listens, how many
    there are and which one it is: `KERAS_DISTRIBUTION_JOB_ADDRESSES=10.0.0.1:5000`,
    `KERAS_DISTRIBUTION_NUM_PROCESSES=2`, `KERAS_DISTRIBUTION_PROCESS_ID=0`. The call returns when
    all of them have come.

    Raises:
        ValueError: If the backend is not JAX or a variable is missing.
    """
    if keras.backend.backend() != "jax":
        raise ValueError(
            "Several processes train together on the JAX backend only. Expected: KERAS_BACKEND=jax "
            f"in the environment. Received: {keras.backend.backend()}"
        )
    missing = [name for name in (ADDRESS, COUNT, NUMBER) if name not in os.environ]
    if missing:
        raise ValueError(
            f"Each process must be told where the first one listens, for instance "
            f"{ADDRESS}=10.0.0.1:5000, how many there are, {COUNT}=2, and which one it is, "
            f"{NUMBER}=0. Missing in the environment: {', '.join(missing)}"
        )
    keras.distribution.initialize()
    keras.distribution.set_distribution(
        keras.distribution.DataParallel(auto_shard_dataset=False)  # `share` does it.
    )


def is_first():
    """Says whether this process is the first of all, or the only one: the one that writes."""
    return is_first_process()


def wait():
    """Waits until every process has come to this call, if there are several."""
    distribution = keras.distribution.distribution()
    if distribution is not None and distribution.num_processes > 1:
        wait_for_every_process()


def share(batch):
    """Takes this process's part of a batch, which all processes must have made alike.

    A batch that the replicas of the model cannot share evenly is filled up with examples of its own
    that weigh nothing, so the step taken is that of the whole batch on one device.

    Args:
        batch: `(x, y, sample_weight)` of NumPy arrays, batch first. Where several examples share a
            row of an array (`zoo.data.batches.Shared`) the part keeps them together.

    Returns:
        The same of fewer rows: as many in every process.

    Example:

    >>> share((np.ones((3, 2)), np.ones(3), np.ones(3)))[2]
    array([1., 1., 1.])
    """
    distribution = keras.distribution.distribution()
    if distribution is None:
        return batch
    x, y, weight = batch
    groups = min(len(array) for array in keras.tree.flatten(batch))
    replicas = distribution.num_model_replicas
    padded = -(-groups // replicas) * replicas
    own = padded // min(replicas, distribution.num_processes)
    first = distribution.data_shard_id * own

    def rows(array):
        each = len(array) // groups
        return np.arange(first * each, (first + own) * each)

    def part(array):
        return array[rows(array) % len(array)]

    added = (rows(weight) >= len(weight)).reshape(-1, *[1] * (weight.ndim - 1))
    x, y = keras.tree.map_structure(part, (x, y))
    return x, y, np.where(added, np.zeros_like(part(weight)), part(weight))
