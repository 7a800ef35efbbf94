"""How cards write figures, tables, code and the names of recurrent layers."""

CELLS = {"lstm": "LSTM", "gru": "GRU", "simple_rnn": "simple RNN"}


def percent(share):
    """Writes a share in per cent; `None`, where there is none, as a dash.

    Example:

    >>> percent(0.98765), percent(None)
    ('98.77', '-')
    """
    return "-" if share is None else f"{100 * share:.2f}"


def table(columns, rows):
    """Writes a table.

    Example:

    >>> print(table(["split", "loss"], [["dev", "1.2"]]))
    | split | loss |
    |---|---|
    | dev | 1.2 |
    """
    lines = ["| " + " | ".join(row) + " |" for row in [columns, *rows]]
    lines.insert(1, "|---" * len(columns) + "|")
    return "\n".join(lines)


def code(language, text):
    """Writes a block of code."""
    return f"```{language}\n{text}\n```"


def stack(options, *, cell="lstm"):
    """Names a stack of recurrent layers.

    Args:
        options: Hyperparameters: `cell` and `units`.
        cell: What the builder takes where they do not say.

    Example:

    >>> stack({"units": (8, 8)}, cell="gru")
    'GRU of 2 layers'
    """
    units = options.get("units", 1)
    layers = 1 if isinstance(units, int) else len(units)
    return f"{CELLS[options.get('cell', cell)]} of {layers} layer{'s' * (layers > 1)}"


def directed_stack(options):
    """Names a stack of recurrent layers that is bidirectional unless the options say otherwise.

    Example:

    >>> directed_stack({"units": 8, "bidirectional": False})
    'unidirectional LSTM of 1 layer'
    """
    directions = "bidirectional" if options.get("bidirectional", True) else "unidirectional"
    return f"{directions} {stack(options)}"
