"""The nab dataset."""

import json

import numpy as np
import tensorflow_datasets.public_api as tfds

_URL = "https://raw.githubusercontent.com/numenta/NAB/master/"
_WINDOWS = "labels/combined_windows.json"
_SERIES = {
    "artificialNoAnomaly": (
        "art_daily_no_noise", "art_daily_perfect_square_wave", "art_daily_small_noise",
        "art_flatline", "art_noisy",
    ),
    "artificialWithAnomaly": (
        "art_daily_flatmiddle", "art_daily_jumpsdown", "art_daily_jumpsup", "art_daily_nojump",
        "art_increase_spike_density", "art_load_balancer_spikes",
    ),
    "realAWSCloudwatch": (
        "ec2_cpu_utilization_24ae8d", "ec2_cpu_utilization_53ea38", "ec2_cpu_utilization_5f5533",
        "ec2_cpu_utilization_77c1ca", "ec2_cpu_utilization_825cc2", "ec2_cpu_utilization_ac20cd",
        "ec2_cpu_utilization_c6585a", "ec2_cpu_utilization_fe7f93", "ec2_disk_write_bytes_1ef3de",
        "ec2_disk_write_bytes_c0d644", "ec2_network_in_257a54", "ec2_network_in_5abac7",
        "elb_request_count_8c0756", "grok_asg_anomaly", "iio_us-east-1_i-a2eb1cd9_NetworkIn",
        "rds_cpu_utilization_cc0c53", "rds_cpu_utilization_e47b3b",
    ),
    "realAdExchange": (
        "exchange-2_cpc_results", "exchange-2_cpm_results", "exchange-3_cpc_results",
        "exchange-3_cpm_results", "exchange-4_cpc_results", "exchange-4_cpm_results",
    ),
    "realKnownCause": (
        "ambient_temperature_system_failure", "cpu_utilization_asg_misconfiguration",
        "ec2_request_latency_system_failure", "machine_temperature_system_failure", "nyc_taxi",
        "rogue_agent_key_hold", "rogue_agent_key_updown",
    ),
    "realTraffic": (
        "TravelTime_387", "TravelTime_451", "occupancy_6005", "occupancy_t4013", "speed_6005",
        "speed_7578", "speed_t4013",
    ),
    "realTweets": (
        "Twitter_volume_AAPL", "Twitter_volume_AMZN", "Twitter_volume_CRM", "Twitter_volume_CVS",
        "Twitter_volume_FB", "Twitter_volume_GOOG", "Twitter_volume_IBM", "Twitter_volume_KO",
        "Twitter_volume_PFE", "Twitter_volume_UPS",
    ),
}  # fmt: skip
_NAMES = tuple(f"{folder}/{name}" for folder, names in _SERIES.items() for name in names)


class Builder(tfds.core.GeneratorBasedBuilder):
    """58 series of numbers in which people marked the anomalies: the Numenta Anomaly Benchmark."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}

    def _info(self):
        features = {
            "series": tfds.features.Text(),
            "timestamp": tfds.features.Tensor(shape=(None,), dtype=np.int64),
            "value": tfds.features.Tensor(shape=(None,), dtype=np.float64),
            "windows": tfds.features.Tensor(shape=(None, 2), dtype=np.int64),
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage="https://github.com/numenta/NAB",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        files = {name: f"{_URL}data/{name}.csv" for name in _NAMES}
        paths = dl_manager.download({"windows": _URL + _WINDOWS, "series": files})
        return {"full": self._generate_examples(paths["windows"], paths["series"])}

    def _generate_examples(self, windows, paths):
        marked = json.loads(windows.read_text(encoding="utf-8"))
        for place, (name, path) in enumerate(paths.items()):
            with path.open(encoding="utf-8") as lines:
                table = np.loadtxt(lines, dtype=str, delimiter=",", comments=None, ndmin=2)
            header, rows = table[0], table[1:]
            if tuple(header) != ("timestamp", "value"):
                raise ValueError(
                    f"Expected the columns timestamp and value, but those of {name} are "
                    f"{', '.join(header)}. Is this a file of NAB? Delete the download, then run "
                    "again."
                )
            yield (
                place,
                {
                    "series": name,
                    "timestamp": _seconds(rows[:, 0]),
                    "value": rows[:, 1].astype(np.float64),
                    "windows": _seconds(np.reshape(marked[f"{name}.csv"], (-1, 2))),
                },
            )


def _seconds(texts):
    """Seconds since 1970; the file of windows writes six zeros after the point."""
    return np.asarray(texts, str).astype("datetime64[us]").astype("datetime64[s]").astype(np.int64)
