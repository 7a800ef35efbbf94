"""Tests for the grammar_text dataset."""

from tensorflow_datasets import testing

from . import grammar_text_dataset_builder


class GrammarTextTest(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS. The builder downloads nothing, so it needs no dummy files."""

    DATASET_CLASS = grammar_text_dataset_builder.Builder
    EXAMPLE_DIR = str(grammar_text_dataset_builder.Builder.code_path.parent)
    SPLITS = {"train": 4000, "validation": 500, "test": 500}
