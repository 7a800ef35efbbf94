"""Forecasters of time series."""

import dataclasses

from zoo.data import forecasting
from zoo.models import SegRNN
from zoo.recipe import Recipe

SEGRNN_ETTH1 = Recipe(
    name="segrnn.etth1",
    task="forecasting",
    dataset="ett/h1",
    data=forecasting.load,
    builder=SegRNN,
    hyperparameters={"segment": 24, "units": 256, "dropout": 0.5, "loss": "mae"},
    preprocessing={"lookback": 96, "horizon": 96},
    batch_size=256,
    epochs=25,
    patience=10,
    monitor="val_loss",
    learning_rate=1e-3,
    final_learning_rate=1e-5,
    licence="CC BY-ND 4.0",
    rival={
        "system": "SegRNN in PyTorch, 512 units (Lin et al. 2023)",
        "mse": 0.368,
        "source": "their repository, lookback 96, horizon 96",
    },
)

SEGRNN_QUANTILES_ETTH1 = dataclasses.replace(
    SEGRNN_ETTH1,
    name="segrnn_quantiles.etth1",
    hyperparameters={"segment": 24, "units": 256, "dropout": 0.5, "distribution": "quantiles"},
    rival={},
)

# For a table of one's own; `zoo.forecast` fits lookback, horizon and segment to it.
SEGRNN_TABLE = dataclasses.replace(
    SEGRNN_QUANTILES_ETTH1,
    name="segrnn.table",
    dataset="a table of one's own",
    hyperparameters={"segment": 1, "units": 64, "dropout": 0.2, "distribution": "quantiles"},
    preprocessing={},
    batch_size=64,
    epochs=40,
    patience=8,
    learning_rate=2e-3,
    licence="",
)
