"""A recipe's data as NumPy arrays on disk, for machines without TensorFlow."""

import json
import pathlib

import numpy as np

from zoo.data.batches import Batches, Shared

SIZES = "sizes.json"


class Arrays:
    """Encoded splits: enough to train on, and to go on training on another machine.

    Attributes:
        sizes: What the builder must know of the data.
        splits: By name of the split a pair `x`, `y`, as `zoo.data.batches.Batches` takes them.
        unknown_rates: As in `Batches`, or `None`.
        pool: As in `Batches`.

    Example:

    >>> import tempfile, zoo
    >>> data = zoo.recipes.get("bilstm_tagger.grammar_text").load_data(limit=20)
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     Arrays.of(data).write(directory)
    ...     batches = Arrays.read(directory).batches("dev", batch_size=5)
    >>> len(batches)
    4
    """

    def __init__(self, sizes, splits, unknown_rates=None, pool=100):
        self.sizes = sizes
        self.splits = splits
        self.unknown_rates = unknown_rates
        self.pool = pool

    @classmethod
    def of(cls, data):
        """Encodes the training and dev splits of a task's data; test stays where it is.

        Args:
            data: The data, whose `batches` are `zoo.data.batches.Batches`. What is cut out of one
                long series or text, for forecasting or in lanes, is not written.

        Raises:
            ValueError: If its batches are others.
        """
        every = {}
        for split in ("train", "dev"):
            every[split] = data.batches(split, 1)
            if not isinstance(every[split], Batches):
                raise ValueError(
                    "Only data of single examples can be written as arrays, whose batches are "
                    f"`Batches`. Received: {type(every[split]).__name__}, cut out of one series or "
                    "text. Train its recipe on a machine with TensorFlow."
                )
        splits = {split: (batches.x, batches.y) for split, batches in every.items()}
        return cls(data.sizes, splits, data.unknown_rates, every["train"].pool)

    def batches(self, split, batch_size, *, seed=None):
        """Makes the `Batches` of a split, the same that the task's data makes."""
        rates = self.unknown_rates if seed is not None else None
        x, y = self.splits[split]
        return Batches(x, y, batch_size, seed=seed, unknown_rates=rates, pool=self.pool)

    def write(self, directory):
        """Writes an `.npz` a split and, when all are there, `sizes.json` into a directory."""
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / SIZES).unlink(missing_ok=True)
        for split, (x, y) in self.splits.items():
            arrays = {"pool": self.pool}
            for name, rows in x.items():
                if isinstance(rows, Shared):
                    arrays |= {f"shared.{name}": rows.values, f"rows.{name}": rows.rows}
                else:
                    arrays[f"x.{name}"] = np.concatenate(rows)
                    arrays[f"lengths.{name}"] = np.array([len(row) for row in rows])
            if isinstance(y, np.ndarray):
                arrays["labels"] = y  # One an example, not one a step.
            else:
                arrays["y"] = np.concatenate(y)
                arrays["lengths"] = np.array([len(row) for row in y])
            if self.unknown_rates is not None:
                arrays["unknown_rates"] = self.unknown_rates
            np.savez_compressed(directory / f"{split}.npz", **arrays)
        (directory / SIZES).write_text(json.dumps(self.sizes) + "\n")

    @classmethod
    def read(cls, directory):
        """Reads what `write` wrote.

        Raises:
            FileNotFoundError: If the directory does not hold it.
        """
        directory = pathlib.Path(directory)
        if not (directory / SIZES).exists():
            raise FileNotFoundError(
                f"{directory} does not hold {SIZES}. Write it with `zoo data export RECIPE "
                f"{directory}` on a machine with TensorFlow."
            )
        splits, rates, pool = {}, None, 100
        for path in sorted(directory.glob("*.npz")):
            with np.load(path) as stored:
                arrays = dict(stored)
            rates, pool = arrays.get("unknown_rates"), int(arrays["pool"])
            x = {
                name.removeprefix("x."): _split(rows, arrays[f"lengths.{name.removeprefix('x.')}"])
                for name, rows in arrays.items()
                if name.startswith("x.")
            }
            x |= {
                name.removeprefix("shared."): Shared(
                    values, arrays[f"rows.{name.removeprefix('shared.')}"]
                )
                for name, values in arrays.items()
                if name.startswith("shared.")
            }
            y = arrays["labels"] if "labels" in arrays else _split(arrays["y"], arrays["lengths"])
            splits[path.stem] = x, y
        return cls(json.loads((directory / SIZES).read_text()), splits, rates, pool)


def _split(rows, lengths):
    """Parts again what was put together."""
    return np.split(rows, np.cumsum(lengths)[:-1])
