"""Builds the notebooks: runs every percent-format source and keeps what it showed.

    python notebooks/build.py [NAME ...] [--short] [--output DIRECTORY]

A source that fails leaves the notebook that is there as it was. The picture of a cell that begins
with `# %% picture="NAME"` is written to `pictures/NAME.png`, too, for README.
"""

import base64
import os
import pathlib
import re
import resource
import sys
import tempfile
import time
from typing import Annotated

import jupytext
import nbformat
import typer
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient

HERE = pathlib.Path(__file__).resolve().parent
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python", "file_extension": ".py"},
}
# Keras's two lines an epoch, and the seconds, which are others every time.
FITTED = re.compile(r"^(Epoch \d+/\d+)\n\d+/\d+ - \d+s(?: - \d+m?s/step)? - ", re.MULTILINE)
DOWNLOADED = re.compile(r"^Downloading data from .*\n", re.MULTILINE)
WIDGETS = "application/vnd.jupyter.widget-"


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="Which notebooks, without ending. [default: all]")
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="Little data and one epoch.")] = False,
    output: Annotated[
        pathlib.Path | None, typer.Option(help="Where to write. [default: beside the sources]")
    ] = None,
):
    """Run the notebooks from top to bottom and write them with their outputs."""
    for name in names or sources():
        started, computed = time.perf_counter(), of_kernels()
        path = build(name, output or HERE, short=short)
        seconds, size = time.perf_counter() - started, path.stat().st_size
        minutes = (of_kernels() - computed) / 60
        print(f"{path}: {seconds:.0f} s, {minutes:.1f} minutes of CPU, {size / 1e3:.0f} kB")


def of_kernels():
    """Seconds of CPU that the kernels have taken which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def sources():
    """Lists the names of the notebooks: the Python files here that begin as percent-format."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.read_text().startswith("# %%"))


def build(name, directory, *, short=False):
    """Runs one notebook and writes it, whole or not at all.

    Args:
        name: Name of the source, without its ending.
        directory: Where to write.
        short: Whether `ZOO_SHORT` tells the notebook to take little data and one epoch.

    Returns:
        The path of the notebook.

    Raises:
        ValueError: If there is no such source.
        nbclient.exceptions.CellExecutionError: If a cell fails.
    """
    if name not in sources():
        raise ValueError(f"There is no notebook {name!r}. There are: {', '.join(sources())}")
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    notebook = tidy(run(read(HERE / f"{name}.py"), short=short))
    path = directory / f"{name}.ipynb"
    with tempfile.TemporaryDirectory(dir=directory) as partial:
        partial = pathlib.Path(partial) / path.name
        nbformat.write(notebook, partial)
        os.replace(partial, path)
    for picture, content in pictures(notebook).items():
        kept = directory / "pictures" / f"{picture}.png"
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(content)
    return path


def pictures(notebook):
    """The pictures of a notebook that have a name: PNG files by name."""
    return {
        cell.metadata["picture"]: base64.b64decode(output.data["image/png"])
        for cell in notebook.cells
        if "picture" in cell.metadata
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    }


def read(path):
    """Reads a percent-format source as a notebook without outputs, the same every time."""
    notebook = jupytext.read(path, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(METADATA)
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index:02d}"
        cell.metadata = kept_metadata(cell)
    return notebook


def kept_metadata(cell):
    """What of the metadata of a cell is kept: the name of its picture."""
    kept = {key: value for key, value in cell.metadata.items() if key == "picture"}
    return nbformat.from_dict(kept)


class _ThisInterpreter(AsyncKernelManager):
    """Starts the kernel of the running Python, whatever others are installed."""

    @property
    def kernel_spec(self):
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


def run(notebook, *, short=False):
    """Executes a notebook in its folder, from top to bottom."""
    client = NotebookClient(
        notebook,
        kernel_manager_class=_ThisInterpreter,
        resources={"metadata": {"path": str(HERE)}},
        record_timing=False,
        coalesce_streams=True,
        timeout=None,
    )
    environment = {**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    environment.pop("ZOO_SHORT", None)
    return client.execute(env={**environment, "ZOO_SHORT": "1"} if short else environment)


def tidy(notebook):
    """Strips an executed notebook of all that differs without meaning from run to run.

    What the cells wrote to the standard error, banners mostly, goes to ours instead.
    """
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = kept_metadata(cell)
        if cell.cell_type == "code":
            cell.outputs = [kept for output in cell.outputs if (kept := _tidy_output(output))]
    return notebook


def _tidy_output(output):
    if output.output_type == "stream":
        if output.name == "stderr":
            sys.stderr.write(output.text)
            return None
        # Keras writes two lines an epoch where it cannot draw a progress bar.
        output.text = FITTED.sub(r"\1 - ", DOWNLOADED.sub("", output.text))
        return output if output.text else None
    output.data = nbformat.from_dict(
        {kind: data for kind, data in output.data.items() if not kind.startswith(WIDGETS)}
    )
    return output if output.data else None


if __name__ == "__main__":
    typer.run(main)
