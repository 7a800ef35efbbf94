"""Which training texts of IMDb and SST-2 are dev, and what a careless choice would flatter.

    python benchmarks/held_out.py imdb_reviews ARCHIVE
    python benchmarks/held_out.py sst2

Neither has a dev split of its own to choose models by. Each command writes the texts of dev, each
as the first 16 digits of its SHA-256, to `zoo/data/held_out/`, where `zoo.data.classification`
reads them, and prints the accuracy of the linear baselines on that dev split and on a random one
of the same size.

IMDb: all reviews of one film in ten. Reviews of one film share its names and often its verdict, and
the films of train and test are different ones. TFDS does not say which film a review is about; the
archive that it downloads (`aclImdb_v1.tar.gz`, in the folder `downloads` of its data_dir) does.

SST-2: one whole sentence in ten. Train also holds the phrases that sentences are made of, each with
a label; those of a sentence of dev belong in neither split.
"""

import hashlib
import pathlib
import tarfile

import numpy as np
import typer

FOLDER = pathlib.Path(__file__).parents[1] / "zoo" / "data" / "held_out"
ONE_IN = 10
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def digest(text):
    """What stands for a text in the list."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def chosen(key):
    """Whether one in ten is chosen: by its hash, so the same everywhere."""
    return int(digest(key), 16) % ONE_IN == 0


def write(name, texts):
    """Writes the list."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.txt").write_text("\n".join(sorted({digest(text) for text in texts})) + "\n")


@app.command()
def imdb_reviews(archive: pathlib.Path):
    """Dev of IMDb: the reviews of one film in ten."""
    texts, labels, films, urls = [], [], [], {}
    with tarfile.open(archive) as stored:
        for member in stored:
            folder, _, name = member.name.rpartition("/")
            if name in ("urls_pos.txt", "urls_neg.txt") and folder.endswith("train"):
                urls[name[5:8]] = stored.extractfile(member).read().decode().split()
            elif folder.endswith(("train/pos", "train/neg")) and name.endswith(".txt"):
                texts.append(stored.extractfile(member).read().decode())
                labels.append(folder.endswith("pos"))
                films.append((folder[-3:], int(name.partition("_")[0])))
    films = [urls[label][number].split("/")[4] for label, number in films]
    held_out = np.array([chosen(film) for film in films])
    write("imdb_reviews", [text for text, dev in zip(texts, held_out, strict=True) if dev])
    print(f"{held_out.sum():,} of {len(texts):,} reviews, of {len(set(films)):,} films")
    report(texts, np.array(labels, "int32"), held_out, np.ones(len(texts), bool))


@app.command()
def sst2():
    """Dev of SST-2: one whole sentence in ten."""
    from zoo.data import classification, sources

    examples = list(sources.load("glue/sst2", "train").as_numpy_iterator())
    texts = [example["sentence"].decode() for example in examples]
    labels = np.array([example["label"] for example in examples], "int32")
    inside, sentences = set(), set()
    for text in sorted(set(texts), key=lambda text: -len(text.split())):
        if text.strip() not in inside:
            sentences.add(text)
            inside |= classification.phrases(text)
    held_out = np.array([text in sentences and chosen(text) for text in texts])
    dev = [text for text, is_dev in zip(texts, held_out, strict=True) if is_dev]
    write("sst2", dev)
    parts = set().union(*map(classification.phrases, dev))
    kept = np.array([text.strip() not in parts for text in texts])
    print(f"{held_out.sum():,} of {len(sentences):,} sentences; {kept.sum():,} phrases for train")
    report(texts, labels, held_out, kept)


def report(texts, labels, held_out, kept):
    """Prints how the baselines fare on dev, and on as many texts drawn at random."""
    from zoo.data.classification import Texts
    from zoo.metrics import classification

    every = Texts(texts, labels, ("neg", "pos"))
    at_random = np.random.default_rng(0).permutation(held_out)
    for name, dev, train in (
        ("as chosen", held_out, kept & ~held_out),
        ("at random", at_random, ~at_random),
    ):
        gold = every.where(dev)
        for baseline in classification.baselines(every.where(train)):
            accuracy = np.mean(baseline.predict(gold.texts).argmax(axis=1) == gold.labels)
            print(f"dev {name}: {baseline.name} {100 * accuracy:.2f}")


if __name__ == "__main__":
    app()
