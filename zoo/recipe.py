"""What a recipe is: every choice behind a trained model, as one frozen value."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import keras


@dataclasses.dataclass(frozen=True)
class Recipe:
    """All that it takes to train a model again. To change one, `dataclasses.replace` it.

    Attributes:
        name: `<architecture>.<dataset>`, the name of the published model.
        task: The stem that the task bears on each floor, for instance `"tagging"`.
        dataset: Name of the TFDS data set.
        data: Function of the data set's name, `data_dir`, `limit` and `preprocessing` that returns
            the task's data: its `sizes` for the builder and its `batches(split, size, seed=)`.
        builder: Function of those sizes, `hyperparameters` and `optimizer` that returns a compiled
            `keras.Model`.
        hyperparameters: Arguments of the builder.
        preprocessing: Arguments of `data`.
        batch_size: Examples a batch.
        epochs: Most epochs to train.
        patience: Epochs without a better `monitor` after which training stops.
        monitor: What is best where it is highest, or, if its name ends in `loss` or `perplexity`,
            where it is lowest; measured on dev after every epoch.
        learning_rate: Adam's learning rate at the first step.
        final_learning_rate: The same at the last step of the last epoch; linear in between.
        clipnorm: Largest norm of a variable's gradient.
        weight_averaging: Momentum of the exponential moving average of the weights that is
            evaluated and kept, or 0 to keep the weights themselves.
        seed: Seed of the initial weights, the order of examples and dropout.
        licence: Licence of the data.
        language: ISO code of the language of the data, for what depends on it when serving.
        rival: What to stand beside: `system`, `score`, `source`.

    Example:

    >>> recipe = Recipe("lstm.toy", "tagging", "toy", data=dict, builder=dict, epochs=3)
    >>> dataclasses.replace(recipe, epochs=1).epochs
    1
    """

    name: str
    task: str
    dataset: str
    data: Callable
    builder: Callable
    hyperparameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    preprocessing: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    batch_size: int = 32
    epochs: int = 10
    patience: int = 3
    monitor: str = "val_accuracy"
    learning_rate: float = 1e-3
    final_learning_rate: float = 1e-4
    clipnorm: float = 1.0
    weight_averaging: float = 0.0
    seed: int = 0
    licence: str = ""
    language: str = ""
    rival: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def load_data(self, *, data_dir=None, limit=None):
        """Loads the data, prepared as the recipe says."""
        return self.data(self.dataset, data_dir=data_dir, limit=limit, **self.preprocessing)

    def build(self, sizes, *, steps_per_epoch=1):
        """Builds the compiled model for data of the given sizes, with the recipe's optimizer."""
        optimizer = keras.optimizers.Adam(
            keras.optimizers.schedules.PolynomialDecay(
                self.learning_rate, self.epochs * steps_per_epoch, self.final_learning_rate
            ),
            clipnorm=self.clipnorm,
            use_ema=self.weight_averaging > 0,
            ema_momentum=self.weight_averaging or 0.99,
        )
        return self.builder(**sizes, **self.hyperparameters, optimizer=optimizer)

    def to_dict(self):
        """Gives the recipe as values that JSON can hold, functions by their names."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            **values,
            "data": f"{self.data.__module__}.{self.data.__qualname__}",
            "builder": f"{self.builder.__module__}.{self.builder.__qualname__}",
            "hyperparameters": dict(self.hyperparameters),
            "preprocessing": dict(self.preprocessing),
            "rival": dict(self.rival),
        }
