"""Where data comes from: our own builders under `datasets/`, and TFDS."""

import contextlib
import difflib
import importlib
import logging
import os
import pathlib
import random
import re
import sys
import urllib.error

from zoo.data.batches import without_autotune

_PACKAGE = pathlib.Path(__file__).resolve().parents[1]
_FOLDERS = (_PACKAGE / "datasets", _PACKAGE.parent / "datasets")
_SECONDS_TO_CONNECT, _SECONDS_TO_ANSWER = 4, 60


class UnknownDatasetError(ValueError):
    """There is no data set, or no configuration of it, by that name."""


class DataUnavailableError(RuntimeError):
    """A data set is not prepared here, and could not be downloaded whole."""


def builder(name, data_dir=None):
    """Finds the TFDS builder of a data set, among our own first.

    Args:
        name: Name of the data set, with its configuration after a slash where it has several:
            `"grammar_text"`, `"universal_dependencies/en_ewt"`.
        data_dir: Folder of prepared data. By default `TFDS_DATA_DIR`, then TFDS's own default.

    Returns:
        A `tfds.core.DatasetBuilder`.

    Raises:
        UnknownDatasetError: If there is no such data set or configuration.

    Example:

    >>> builder("grammar_text").info.features["entities"].feature.names[:3]
    ['O', 'B-PER', 'I-PER']
    """
    import tensorflow_datasets as tfds

    data_dir = data_dir or os.environ.get("TFDS_DATA_DIR")
    base, *config = re.split("[/:]", name)
    try:
        own = _own_builder(base)
        if own is None:
            return tfds.builder(name, data_dir=data_dir)
        return own(config="/".join(config) or None, data_dir=data_dir)
    except ValueError as error:
        _raise_if_unknown(base, config, error)
        raise


def load(name, split, data_dir=None):
    """Reads a split of a data set, which is downloaded and prepared where that is still to do.

    Args:
        name: Name of the data set, as in `builder`.
        split: Name of the split, or a slice of it such as `"train[:10%]"`.
        data_dir: Folder of prepared data, as in `builder`.

    Returns:
        A `tf.data.Dataset` of feature dictionaries, in the same order every time.

    Raises:
        UnknownDatasetError: If there is no such data set or configuration.
        DataUnavailableError: If a file cannot be downloaded, or arrives broken.

    Example:

    >>> import tempfile
    >>> examples = load("grammar_text", "train[:2]", data_dir=tempfile.mkdtemp())
    >>> len(examples)
    2
    """
    import tensorflow_datasets as tfds

    in_order = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
    prepared = _prepared(name, data_dir)
    dataset = prepared.as_dataset(split=split, shuffle_files=False, read_config=in_order)
    return without_autotune(dataset)


def _own_builder(name):
    import tensorflow_datasets as tfds

    for folder in _FOLDERS:
        if (folder / name / f"{name}_dataset_builder.py").is_file():
            with tfds.core.utils.add_sys_path(folder):
                return importlib.import_module(f"{name}.{name}_dataset_builder").Builder
    return None


def _raise_if_unknown(base, config, error):
    import tensorflow_datasets as tfds

    own = {path.parent.name for folder in _FOLDERS for path in folder.glob("*/*_builder.py")}
    known = sorted(own.union(tfds.list_builders(with_community_datasets=False)))
    wanted = base
    if base in known and config:
        known = list((_own_builder(base) or tfds.builder_cls(base)).builder_configs)
        wanted = config[0]
    if wanted in known:
        return
    matches = ", ".join(difflib.get_close_matches(wanted, known, n=5)) or "none"
    kind = "data set" if wanted == base else f"configuration of {base!r}"
    raise UnknownDatasetError(f"No {kind} is named {wanted!r}. Similar names: {matches}") from error


def _prepared(name, data_dir):
    import tensorflow_datasets as tfds

    source = builder(name, data_dir)
    config = tfds.download.DownloadConfig(try_download_gcs=False)
    try:
        with _impatient_downloads(name), _random_names():
            source.download_and_prepare(download_config=config)
    except FileExistsError:  # Another process has prepared it meanwhile.
        return builder(name, data_dir)
    except tfds.core.download.download_manager.NonMatchingChecksumError as error:
        url, path = re.search(r"Artifact (\S+), downloaded to (.+), has", str(error)).groups()
        raise DataUnavailableError(
            f"The download of data set {name!r} is broken: {path} from {url} has not the "
            "checksum that is registered for it. Delete that file, then run again."
        ) from error
    return source


@contextlib.contextmanager
def _random_names():
    """Has TFDS name its temporary folders unlike those of another process of the same seed."""
    state = random.getstate()
    random.seed()
    try:
        yield
    finally:
        random.setstate(state)


@contextlib.contextmanager
def _impatient_downloads(name):
    """Has TFDS give up on a dead network in seconds, where ten retries would take minutes."""
    import requests
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.download import downloader

    failures = (requests.RequestException, urllib.error.URLError, tfds.download.DownloadError)
    stock = downloader._open_url

    @contextlib.contextmanager
    def opened(url, **kwargs):
        try:
            with stock(url, timeout=(_SECONDS_TO_CONNECT, _SECONDS_TO_ANSWER), **kwargs) as stream:
                yield stream
        except failures as error:
            raise DataUnavailableError(
                f"Data set {name!r} is not prepared, and {url} could not be downloaded. Either "
                "name a folder that holds the data set prepared (TFDS_DATA_DIR, data_dir= or "
                "--data-dir), or use the data set 'grammar_text', which needs no download."
            ) from error

    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    assign = tfds.core.utils.temporary_assignment
    with (
        contextlib.redirect_stdout(sys.stderr),
        assign(downloader, "MAX_RETRIES", 1),
        assign(downloader, "_open_url", opened),
        assign(logging.getLogger("urllib3.connectionpool"), "disabled", True),
    ):
        yield
