"""Pictures of a training."""

from matplotlib import pyplot as plt
from matplotlib.ticker import MaxNLocator


def curves(histories, monitor="val_accuracy", ax=None):
    """Draws a measure over the epochs of one or several trainings, and marks each one's best.

    Args:
        histories: Dictionary of histories by label; a history is a list of one dictionary an
            epoch, as `zoo.training.Run.history` has it.
        monitor: Which measure to draw; with `val_`, the one on train is drawn dashed beside it.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> history = [{"epoch": 1, "val_accuracy": 0.8}, {"epoch": 2, "val_accuracy": 0.9}]
    >>> ax = curves({"LSTM": history})
    >>> ax.get_xlabel()
    'epoch'
    """
    ax = ax or plt.subplots(figsize=(6, 4), layout="constrained")[1]
    beside = monitor.removeprefix("val_")
    better = min if beside.endswith(("loss", "perplexity")) else max
    for label, history in histories.items():
        epochs = [row["epoch"] for row in history]
        scores = [row[monitor] for row in history]
        (line,) = ax.plot(epochs, scores, marker="o", markersize=3, label=f"{label}, dev")
        best = better(range(len(scores)), key=scores.__getitem__)
        ax.plot(epochs[best], scores[best], marker="*", markersize=12, color=line.get_color())
        if beside != monitor and beside in history[0]:
            values = [row[beside] for row in history]
            ax.plot(epochs, values, "--.", color=line.get_color(), label=f"{label}, train")
    ax.set(xlabel="epoch", ylabel=beside)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.grid(alpha=0.3)
    ax.legend()
    return ax
