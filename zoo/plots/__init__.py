"""Pictures: of a training, and of each task's predictions and reports."""
