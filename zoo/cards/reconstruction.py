"""What the cards of autoencoders tell."""

from zoo.cards.markdown import stack, table

NOUN = "autoencoder"
DECODERS = {"repeat": "reads it at every step", "autoregressive": "reads its own last step"}


def purpose(description):
    """What the model is for."""
    return "reconstructing windows of a series, so that what it reconstructs badly stands out"


def architecture(recipe):
    """What the model is."""
    options = recipe["hyperparameters"]
    kind = "variational autoencoder" if options.get("variational") else "autoencoder"
    decoder = options.get("decoder", "repeat")
    return (
        f"sequence {kind}, {stack(options)}, with a code of {options.get('latent_dim', 16)} "
        f"numbers and a decoder that {DECODERS[decoder]},"
    )


def example(description):
    """What `predict` is given."""
    return "series"


def details(description):
    """What there is to know of inputs and outputs."""
    channels, length = description["channels"], description["length"]
    return (
        f"`series` is a float array `(steps, {len(channels)})` of at least {length} steps, or of "
        f"many such, `(batch, steps, {len(channels)})`, in the units of the data; the columns are "
        f"{', '.join(channels)}. The answer's `values` are the series as the model "
        "reconstructs it, and its `score`, one a step, is the error in units of what is usual: its "
        "root mean square on dev, where nothing is marked. A step has the mean of all windows that "
        "hold it. "
        f"The signatures read windows of {length} steps."
    )


def signatures(description):
    """Signatures of the SavedModel, what each is given, and what it gives."""
    window = "window=tf.constant(window, tf.float32)"
    gives = "`reconstruction` `(batch, steps, channels)`; `score` `(batch, steps)`"
    yield "serving_default", window, gives
    yield "latent", window, "`latent` `(batch, latent)`, the code of each window"


def protocol(description):
    """How the scores were measured."""
    return (
        "standardized with the mean and deviation of the training part; a step has the mean "
        "squared error of all windows that hold it. MSE is that of steps where nothing is marked, "
        "beside it that of steps where something is. ROC AUC is the chance that a marked step has "
        "a greater error than another; found are the marked stretches with a step whose error is "
        "greater than those of 99 per cent of the others. Everything fitted on train alone, the "
        "weights chosen by the MSE of dev. The parts were laid so that nothing is marked in train "
        "and dev."
    )


def limits(description):
    """What the model cannot do."""
    return (
        "It knows one machine and what was usual for it in the weeks of training: a level that it "
        "has not seen is reconstructed badly, whether anything is wrong or not, and a fault that "
        "looks like what is usual is reconstructed well. Its score is no probability. A marked "
        "stretch begins before and ends after what was wrong, so that no detector marks all of its "
        "steps. For a stream that has to be watched from its first step there is "
        "`zoo.detection.StreamDetector`."
    )


def headline(found):
    """The one figure that tells most of a split's."""
    return f"ROC AUC {found['roc_auc']:.3f}" if "roc_auc" in found else f"MSE {found['mse']:.4f}"


def figure(rival, description):
    """The score of a rival."""
    return f"ROC AUC {rival['roc_auc']:.3f}"


def scores(description):
    """The table of scores."""
    rows = []
    for split, found in description["metrics"].items():
        for each in [{**found, "name": "**autoencoder**"}, *found["baselines"]]:
            row = [split, f"{found['windows']:,}", each["name"], f"{each['mse']:.4f}"]
            if "roc_auc" in each:
                row += [f"{each['mse_marked']:.4f}", f"{each['roc_auc']:.3f}"]
                row.append(f"{each['found']} of {each['marked']}")
            else:
                row += ["", "", ""]
            rows.append(row)
    columns = ["split", "windows", "model", "MSE", "MSE where marked", "ROC AUC", "found"]
    return table(columns, rows) + (
        "\n\nThe simple baselines were fitted in the same run. Principal components are the best "
        "linear autoencoder of so many numbers a window; the training mean does not "
        "even look: where it has the greatest ROC AUC, what is marked lies far from the usual "
        "level."
    )
