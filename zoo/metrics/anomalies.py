"""How well anomalies in streams are found: the score of the Numenta Anomaly Benchmark."""

import typing

import numpy as np

PROBATION_SHARE, LONGEST_PROBATION = 0.15, 750


class Profile(typing.NamedTuple):
    """What hits, false alarms and misses weigh in an application."""

    hit: float
    false_alarm: float
    miss: float


PROFILES = {
    "standard": Profile(1.0, 0.11, 1.0),
    "reward_low_FP_rate": Profile(1.0, 0.22, 1.0),
    "reward_low_FN_rate": Profile(1.0, 0.11, 2.0),
}


def probation(steps):
    """Gives the number of steps at the start of a stream in which nothing is scored.

    Args:
        steps: Length of the stream.

    Returns:
        15 % of them, at most 750.

    Example:

    >>> probation(1_000), probation(22_695)
    (150, 750)
    """
    return min(int(PROBATION_SHARE * steps), LONGEST_PROBATION)


def sigmoid(position):
    """Weighs a step by where it lies: early in a window 1, at its end 0, far behind it -1.

    Args:
        position: Steps after the end of a window, in lengths of that window: -1 at its first step.

    Returns:
        A number of the same shape, between -1 and 1.

    Reference:
        Lavin and Ahmad 2015, "Evaluating Real-Time Anomaly Detection Algorithms: The Numenta
        Anomaly Benchmark"; 3 and more is -1 in the benchmark's code.

    Example:

    >>> sigmoid(np.array([-1.0, 0.0, 1.0, 3.0])).round(5).tolist()
    [0.98661, 0.0, -0.98661, -1.0]
    """
    position = np.asarray(position, "float64")
    return np.where(position >= 3, -1.0, 2 / (1 + np.exp(5 * np.minimum(position, 3))) - 1)


def worth(series, profile):
    """Says what an alarm at each step is worth.

    Args:
        series: `windows`, first and last steps `(windows, 2)`, in order; its length is `len`.
        profile: A `Profile`.

    Returns:
        Float64 `(time,)`: within a window what an alarm there wins, if it is the window's first;
        elsewhere what it costs, less shortly after a window.

    Example:

    >>> import types
    >>> class Series(list): windows = np.array([[2, 5]])
    >>> worth(Series(range(9)), PROFILES["standard"]).round(2).tolist()
    [-0.11, -0.11, 1.0, 0.97, 0.86, 0.56, -0.08, -0.1, -0.11]
    """
    steps = np.arange(len(series))
    found = np.full(len(steps), -profile.false_alarm)
    for first, last in series.windows:
        width = last - first + 1
        inside, after = slice(first, last + 1), slice(last + 1, None)
        early = sigmoid((steps[inside] - last - 1) / width) / sigmoid(-1)
        found[inside] = profile.hit * early
        found[after] = profile.false_alarm * sigmoid((steps[after] - last) / max(width - 1, 1))
    return found


def sweep(corpus, scores, profile):
    """Scores every threshold that makes a difference, for all streams together.

    Args:
        corpus: Series with `windows`, as in `worth`.
        scores: Of each series how anomalous each step is, `(time,)`. An alarm is a step whose score
            is at or above the threshold.
        profile: A `Profile`.

    Returns:
        Thresholds, falling, the first of them above all scores; and the score of each, not
        normalized.

    Raises:
        ValueError: If there are not as many scores as steps, or a score is no number.

    Example:

    >>> class Series(list): windows = np.array([[2, 5]])
    >>> thresholds, totals = sweep([Series(range(9))], [np.arange(9) / 10], PROFILES["standard"])
    >>> thresholds[[0, 1, 4]].tolist(), totals[[0, 1, 4]].round(2).tolist()
    ([inf, 0.8, 0.5], [-1.0, -1.11, 0.28])
    """
    values, changes, missed = [], [], 0.0
    for series, of in zip(corpus, scores, strict=True):
        of = np.asarray(of, "float64")
        if of.shape != (len(series),) or np.isnan(of).any():
            raise ValueError(
                f"Each of the {len(series)} steps must have a score that is a number. Received: "
                f"shape {of.shape}, {np.isnan(of).sum()} of them no number"
            )
        change = worth(series, profile)
        start = probation(len(series))
        for first, last in series.windows:
            first = max(first, start)
            if first > last:
                continue
            missed += profile.miss
            # As the threshold falls a window is worth its best alarm so far.
            order = first + np.argsort(-of[first : last + 1], kind="stable")
            best = np.maximum.accumulate(np.concatenate([[-profile.miss], change[order]]))
            change[order] = np.diff(best)
        values.append(of[start:])
        changes.append(change[start:])
    values, changes = np.concatenate(values), np.concatenate(changes)
    order = np.argsort(-values, kind="stable")
    values = values[order]
    last_of_its_value = np.append(values[1:] != values[:-1], True)
    totals = (np.cumsum(changes[order]) - missed)[last_of_its_value]
    return np.append(np.inf, values[last_of_its_value]), np.append(-missed, totals)


def evaluate(corpus, scores, profiles=PROFILES):
    """Gives the benchmark's score of a detector, with one threshold for all streams.

    The threshold is the one with the best score in a profile, as the benchmark has it: it is the
    one thing that the labels decide.

    Args:
        corpus: As in `sweep`.
        scores: Likewise.
        profiles: `Profile` by name.

    Returns:
        By name of the profile a dictionary: `score`, normalized so that no alarm at all is 0 and
        one at the first step of every window is 100; the `threshold`; `windows`, how many there
        are, and `detected` of them; `alarms`, the steps at or above the threshold after probation,
        and `false_alarms` of them.

    Raises:
        ValueError: If there are not as many scores as steps, or there is no window.

    Example:

    >>> class Series(list): windows = np.array([[2, 5]])
    >>> perfect = evaluate([Series(range(9))], [np.arange(9) == 2])
    >>> {name: found["score"] for name, found in perfect.items()}
    {'standard': 100.0, 'reward_low_FP_rate': 100.0, 'reward_low_FN_rate': 100.0}
    """
    windows = sum(len(series.windows) for series in corpus)
    if not windows:
        raise ValueError("There must be at least one window to find. Received: none")
    found = {}
    for name, profile in profiles.items():
        thresholds, totals = sweep(corpus, scores, profile)
        best = int(np.argmax(totals))
        null, perfect = totals[0], windows * profile.hit
        found[name] = {
            "score": float(100 * (totals[best] - null) / (perfect - null)),
            "threshold": float(thresholds[best]),
            "windows": windows,
            **count(corpus, scores, thresholds[best]),
        }
    return found


def count(corpus, scores, threshold):
    """Counts what a threshold finds.

    Args:
        corpus: As in `sweep`.
        scores: Likewise.
        threshold: An alarm is a step whose score is at or above it.

    Returns:
        A dictionary: `detected` windows, `alarms` after probation, and `false_alarms` of them.
    """
    detected = alarms = false_alarms = 0
    for series, of in zip(corpus, scores, strict=True):
        alarm = np.asarray(of) >= threshold
        alarm[: probation(len(series))] = False
        alarms += int(alarm.sum())
        for first, last in series.windows:
            detected += bool(alarm[first : last + 1].any())
            alarm[first : last + 1] = False
        false_alarms += int(alarm.sum())
    return {"detected": detected, "alarms": alarms, "false_alarms": false_alarms}
