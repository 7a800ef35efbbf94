"""What a recipe is: every choice behind a trained model, as one frozen value."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="zoo")
class SlantedTriangular(keras.optimizers.schedules.PolynomialDecay):
    """A learning rate that rises linearly for a while and then falls linearly.

    Args:
        initial_learning_rate: The highest rate.
        decay_steps: Number of all steps.
        end_learning_rate: The rate at the last step.
        warmup: Share of the steps in which it rises, from nothing.

    Raises:
        ValueError: If `warmup` is no share below 1.

    Reference:
        Howard and Ruder 2018, "Universal Language Model Fine-tuning for Text Classification".

    Example:

    >>> rate = SlantedTriangular(1.0, 20, 0.0, warmup=0.2)
    >>> [round(float(rate(step)), 2) for step in (0, 2, 4, 12, 20)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """

    def __init__(
        self, initial_learning_rate, decay_steps, end_learning_rate, *, warmup=0.0, **kwargs
    ):
        if not 0 <= warmup < 1:
            raise ValueError(f"`warmup` must be in [0, 1). Received: {warmup}")
        rise = warmup * decay_steps
        super().__init__(initial_learning_rate, decay_steps - rise, end_learning_rate, **kwargs)
        self.rise, self.steps, self.warmup = rise, decay_steps, warmup

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        falling = super().__call__(keras.ops.maximum(step - self.rise, 0))
        return falling * keras.ops.minimum(step / max(self.rise, 1e-9), 1) if self.rise else falling

    def get_config(self):
        return {**super().get_config(), "decay_steps": self.steps, "warmup": self.warmup}


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
        learning_rate: Adam's learning rate at the first step, or at the end of `warmup`.
        final_learning_rate: The same at the last step of the last epoch; linear in between.
        warmup: Share of all steps in which the learning rate rises to `learning_rate` first, from
            nothing and linearly: with it the schedule is a slanted triangle.
        pretraining: The recipe of a model that was trained before, whose layers start those of the
            same names, or `None`. Trained on the same data set, its words are the known ones, too;
            of another's words, those that are known here bring their vectors.
        unfreezing: Names of layers that came pretrained, the lowest first. In the first epoch none
            of them learns; each epoch adds the highest that does not yet.
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
    warmup: float = 0.0
    pretraining: "Recipe | None" = None
    unfreezing: tuple = ()
    clipnorm: float = 1.0
    weight_averaging: float = 0.0
    seed: int = 0
    licence: str = ""
    language: str = ""
    rival: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def inherits_words(self):
        """Whether the known words are those of `pretraining`."""
        return self.pretraining is not None and self.pretraining.dataset == self.dataset

    def load_data(self, *, data_dir=None, limit=None, words=None):
        """Loads the data, prepared as the recipe says, with the known words if they are given."""
        options = dict(self.preprocessing) | ({} if words is None else {"words": words})
        return self.data(self.dataset, data_dir=data_dir, limit=limit, **options)

    def build(self, sizes, *, steps_per_epoch=1):
        """Builds the compiled model for data of the given sizes, with the recipe's optimizer."""
        optimizer = keras.optimizers.Adam(
            SlantedTriangular(
                self.learning_rate,
                self.epochs * steps_per_epoch,
                self.final_learning_rate,
                warmup=self.warmup,
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
            "pretraining": self.pretraining and self.pretraining.name,
            "unfreezing": list(self.unfreezing),
            "rival": dict(self.rival),
        }
