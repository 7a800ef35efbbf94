"""From TFDS to batches, one module a task."""
