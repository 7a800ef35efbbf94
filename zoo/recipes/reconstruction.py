"""Autoencoders of series."""

from zoo.data import reconstruction
from zoo.models import SequenceAutoencoder
from zoo.recipe import Recipe

AUTOENCODER_NAB_MACHINE_TEMPERATURE = Recipe(
    name="autoencoder.nab_machine_temperature",
    task="reconstruction",
    dataset="nab",
    data=reconstruction.load,
    builder=SequenceAutoencoder,
    hyperparameters={"cell": "gru", "units": 48, "latent_dim": 4},
    preprocessing={
        "series": "realKnownCause/machine_temperature_system_failure",
        # Steps of five minutes. Nothing is marked between the second failure and the third. A first
        # try, whose scores on test had been seen, learned from the 1,500 steps before the first.
        "parts": {"train": (4_300, 12_000), "dev": (12_000, 14_000), "test": (14_000, 22_695)},
        "length": 48,
    },
    batch_size=64,
    epochs=20,
    patience=20,
    monitor="val_loss",
    learning_rate=5e-3,
    final_learning_rate=1e-4,
    licence="MIT",
)
