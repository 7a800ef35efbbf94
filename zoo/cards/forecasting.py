"""What the cards of forecasters tell."""

from zoo.cards.markdown import CELLS, stack, table

NOUN = "forecaster"


def purpose(description):
    """What the model is for."""
    return "forecasting"


def architecture(recipe):
    """What the model is."""
    options = recipe["hyperparameters"]
    builder = recipe["builder"].rpartition(".")[2]
    usual = "lstm" if builder == "Forecaster" else "gru"
    if builder == "SegRNN":
        cell = CELLS[options.get("cell", usual)]
        article = "an" if cell == "LSTM" else "a"
        built = f"SegRNN, {article} {cell} that steps over segments of {options['segment']} steps"
    else:
        built = f"{builder}, {stack(options, cell=usual)}"
    distributions = {"quantiles": "quantiles", "gaussian": "normal distributions"}
    distribution = options.get("distribution")
    if distribution:
        built += f", with {distributions.get(distribution, 'Student t distributions')}"
    return built


def example(description):
    """What `predict` is given."""
    return "history"


def details(description):
    """What there is to know of inputs and outputs."""
    sizes, channels = description["sizes"], description["channels"]
    shape = f"{sizes['lookback']}, {len(channels)}"
    found = "`values`"
    if description["recipe"]["hyperparameters"].get("distribution"):
        found += ", the median, and `quantiles`, the same by level,"
    return (
        f"`history` is a float array `({shape})` of the last {sizes['lookback']} steps, or of many "
        f"such windows, `(batch, {shape})`, in the units of the data; the columns are "
        f"{', '.join(channels)}. The answer's {found} for the next {sizes['horizon']} steps are in "
        "the same units: the scaler travels inside."
    )


def signatures(description):
    """Signatures of the SavedModel, what each is given, and what it gives."""
    gives = "`forecast` `(batch, horizon, channels)`"
    if description["recipe"]["hyperparameters"].get("distribution"):
        gives += ", the median; `quantiles` `(batch, horizon, channels, levels)`; their `levels`"
    yield "serving_default", "history=tf.constant(history, tf.float32)", gives


def protocol(description):
    """How the scores were measured."""
    return (
        "each channel standardized with the mean and deviation of the training part, errors of "
        "standardized values, the borders of the literature (ETT: 12, 4 and 4 months of 30 days), "
        "every window of a split counted, all channels in and out. Everything fitted on train "
        "alone, every choice made on dev."
    )


def limits(description):
    """What the model cannot do."""
    return (
        "It knows the machine, the years and the steps of its training data, and forecasts these "
        "channels in this order and these units; to any other series it gives an answer, too, and "
        "a poor one. It knows nothing of the calendar, of weather or of plans. A window with a "
        "missing or infinite value is refused; of a constant one the answer is finite and means "
        "little."
    )


def headline(found):
    """The one figure that tells most of a split's."""
    return f"MSE {found['mse']:.3f}"


def figure(rival, description):
    """The score of a rival."""
    return f"MSE {rival['mse']:.3f}"


def scores(description):
    """The table of scores."""
    metrics = description["metrics"]
    found = next(iter(metrics.values()))
    intervals = [each["share"] for each in found.get("intervals", [])]
    columns = ["split", "windows", "MSE", "MAE"]
    if intervals:
        columns += ["CRPS", *(f"{100 * share:g} % cover" for share in intervals)]
    columns += [f"{each['name']} MSE" for each in found["baselines"]]
    rows = []
    for split, found in metrics.items():
        cells = [split, f"{found['windows']:,}", f"**{found['mse']:.4f}**", f"{found['mae']:.4f}"]
        if intervals:
            cells.append(f"{found['crps']:.4f}")
            cells += [f"{100 * each['coverage']:.1f}" for each in found["intervals"]]
        rows.append([*cells, *(f"{each['mse']:.4f}" for each in found["baselines"])])
    return table(columns, rows) + (
        f"\n\nThe last {len(found['baselines'])} columns are simple baselines, fitted in the same "
        "run; NLinear is one linear map for all channels."
    )
