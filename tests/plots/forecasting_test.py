"""Pictures of forecasts: what stands where, and that nothing is drawn twice or left out."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from zoo.plots import forecasting


def found(intervals=False):
    def row(mse, by_step, **more):
        return {"mse": mse, "mse_by_step": by_step, **more}

    def whole(mse, by_step):
        channels = {"load": {"mse": mse / 2}, "oil": {"mse": 3 * mse / 2}}
        more = {"per_channel": channels}
        if intervals:
            spread = [{"share": 0.9, "coverage": 0.8}, {"share": 0.5, "coverage": 0.25}]
            more["intervals"] = spread
        return row(mse, by_step, **more)

    baseline = {"name": "NLinear", **whole(0.5, [0.25, 0.75])}
    others = [
        {"name": "repeat last", **row(1.0, [0.5, 1.5])},
        {"name": "NLinear", **row(0.5, [0.25, 0.75])},
    ]
    return {**whole(0.4, [0.2, 0.6]), "baseline": baseline, "baselines": others}


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_report_draws_model_and_baselines_by_step():
    ax = forecasting.report(found())
    assert legend(ax) == ["model: 0.400", "NLinear: 0.500", "repeat last: 1.000"]
    steps = [line.get_ydata().tolist() for line in ax.get_lines()]
    assert steps == [[0.2, 0.6], [0.25, 0.75], [0.5, 1.5]]
    assert ax.get_lines()[0].get_xdata().tolist() == [1, 2]
    assert ax.get_ylim()[0] == 0 and ax.get_ylim()[1] >= 1.5
    assert len(ax.figure.axes) == 2
    ax.figure.canvas.draw()


def test_report_draws_channels():
    _, ax = forecasting.report(found()).figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["load", "oil"]
    places = {each.get_label(): each.get_offsets().tolist() for each in ax.collections}
    assert list(places) == ["model", "NLinear"]
    np.testing.assert_allclose(places["model"], [[0.2, 0], [0.6, 1]])
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # The first channel is at the top.


def test_report_draws_coverage_where_there_are_intervals():
    *_, ax = forecasting.report(found(intervals=True)).figure.axes
    diagonal, model, baseline = ax.get_lines()
    assert diagonal.get_xydata().tolist() == [[0, 0], [100, 100]]
    assert model.get_xydata().tolist() == [[90, 80], [50, 25]]
    assert (model.get_label(), baseline.get_label()) == ("model", "NLinear")


def test_report_without_baselines_and_where_it_is_told():
    alone = {name: each for name, each in found().items() if not name.startswith("baseline")}
    axes = plt.subplots(1, 2)[1]
    assert forecasting.report(alone, axes) is axes[0]
    assert legend(axes[0]) == ["model: 0.400"]
    single = {**alone, "mse_by_step": [0.4]}
    assert forecasting.report(single).get_lines()[0].get_marker() == "."


def test_fan_puts_lines_and_bands_where_they_belong():
    history, forecast, truth = np.arange(5.0), np.array([5.0, 6, 7]), np.array([5.5, 5, 4])
    levels = (0.025, 0.1, 0.5, 0.9, 0.975)
    quantiles = forecast[:, np.newaxis] + np.array([-2, -1, 0, 1, 2]) * 1.5
    ax = forecasting.fan(history, forecast, quantiles, levels, truth, name="SegRNN")
    assert legend(ax) == ["what came", "SegRNN", "95 % interval", "80 % interval"]
    known, ahead, now = ax.get_lines()
    assert known.get_xdata().tolist() == [-4, -3, -2, -1, 0, 1, 2, 3]
    assert known.get_ydata().tolist() == [0, 1, 2, 3, 4, 5.5, 5, 4]
    assert ahead.get_xydata().tolist() == [[1, 5], [2, 6], [3, 7]]
    assert set(now.get_xdata()) == {0}
    for band, width in zip(ax.collections, (3, 1.5), strict=True):
        corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
        assert corners >= {(1.0, 5 - width), (3.0, 7 - width), (1.0, 5 + width), (3.0, 7 + width)}
    wide, narrow = (band.get_alpha() for band in ax.collections)
    assert wide < narrow
    ax.figure.canvas.draw()


def test_fan_of_a_forecast_alone():
    ax = plt.subplots()[1]
    assert forecasting.fan([1.0, 2.0], [3.0], ax=ax) is ax
    assert legend(ax) == ["history", "forecast"]
    assert ax.get_lines()[0].get_ydata().tolist() == [1, 2]
    assert ax.get_lines()[1].get_marker() == "."  # A line of one point is none.
    assert not ax.collections


def test_fan_takes_dates():
    times = np.datetime64("2018-02-20T00") + np.arange(4) * np.timedelta64(1, "h")
    ax = forecasting.fan([1.0, 2.0], [3.0, 4.0], times=times)
    assert ax.get_lines()[1].get_xdata().tolist() == times[2:].tolist()
    assert ax.get_xlabel() == ""
    ax.figure.canvas.draw()


def test_fan_says_what_does_not_fit():
    with pytest.raises(ValueError, match=r"`quantiles` must be of shape \(2, 3\).*\(2, 2\)"):
        forecasting.fan([1.0], [1.0, 2.0], np.ones((2, 2)), (0.1, 0.5, 0.9))
    with pytest.raises(ValueError, match=r"`truth` must be of shape \(2,\).*\(3,\)"):
        forecasting.fan([1.0], [1.0, 2.0], truth=np.ones(3))
    with pytest.raises(ValueError, match=r"`times` must be of shape \(3,\).*\(2,\)"):
        forecasting.fan([1.0], [1.0, 2.0], times=np.arange(2))
    with pytest.raises(ValueError, match="of one channel"):
        forecasting.fan([1.0], np.ones((2, 7)))


def test_horizons_join_means_and_show_the_spread():
    scores = {"SegRNN": {720: [0.5, 0.7], 96: [0.3, 0.3]}, "NLinear": {96: 0.4, 192: 0.45}}
    ax = forecasting.horizons(scores, ylabel="MAE")
    assert (ax.get_xscale(), ax.get_ylabel(), legend(ax)) == ("log", "MAE", ["SegRNN", "NLinear"])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["96", "192", "720"]
    first, second = ax.get_lines()
    np.testing.assert_allclose(first.get_xydata(), [[96, 0.3], [720, 0.6]])
    np.testing.assert_allclose(second.get_xydata(), [[96, 0.4], [192, 0.45]])
    (band,) = ax.collections  # The other has one seed.
    assert {0.3, 0.5, 0.7} <= set(band.get_paths()[0].vertices[:, 1].tolist())
    ax.figure.canvas.draw()
