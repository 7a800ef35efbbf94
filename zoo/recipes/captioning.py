"""Models that say what a picture shows."""

import dataclasses

from zoo.data import captioning
from zoo.models import ImageCaptioner
from zoo.recipe import Recipe

CAPTIONER_SHAPE_CAPTIONS = Recipe(
    name="captioner.shape_captions",
    task="captioning",
    dataset="shape_captions",
    data=captioning.load,
    builder=ImageCaptioner,
    hyperparameters={
        "backbone": "convolutional",
        "filters": (24, 48, 96),
        "blocks": 1,
        "projection_dim": 64,
        "summary": "all",
        "cell": "lstm",
        "units": 256,
        "embedding_dim": 64,
        "attention": "additive",
        "input_feeding": True,
        "dropout": 0.1,
    },
    batch_size=64,
    epochs=12,
    patience=12,
    monitor="val_perplexity",
    learning_rate=1e-3,
    final_learning_rate=1e-5,
    warmup=0.05,
    language="en",
    licence="Apache 2.0",
)

# Trained from scratch on six thousand photographs, 32 at a time with their five captions.
CAPTIONER_FLICKR8K = dataclasses.replace(
    CAPTIONER_SHAPE_CAPTIONS,
    name="captioner.flickr8k",
    dataset="flickr8k",
    hyperparameters={
        **CAPTIONER_SHAPE_CAPTIONS.hyperparameters,
        "filters": (32, 64, 128, 192),
        "projection_dim": None,
        "summary": "mean",
        "flip": True,
        "embedding_dim": 128,
        "input_feeding": False,
        "dropout": 0.4,
    },
    preprocessing={"side": 96, "min_count": 5, "length": 24},
    batch_size=160,
    epochs=15,
    patience=4,
    licence="non-commercial research and education only; cite Hodosh et al. 2013",
    rival={
        "system": "Show, Attend and Tell with soft attention and a CNN pretrained on ImageNet",
        "bleu_4": 19.5,
        "source": "Xu et al. 2015, table 1",
    },
)

# Needs the weights that keras.applications downloads.
CAPTIONER_IMAGENET_FLICKR8K = dataclasses.replace(
    CAPTIONER_FLICKR8K,
    name="captioner_imagenet.flickr8k",
    hyperparameters={
        "backbone": "EfficientNetB0",
        "weights": "imagenet",
        "flip": True,
        "projection_dim": 512,
        "cell": "lstm",
        "units": 512,
        "embedding_dim": 256,
        "attention": "additive",
        "attention_penalty": 1.0,
        "input_feeding": True,
        "dropout": 0.4,
    },
    preprocessing={"side": 224, "min_count": 5, "length": 24},
    epochs=15,
    learning_rate=5e-4,
)

# TFDS downloads 38 GB, and the pictures take 18 GB of memory at this size.
CAPTIONER_IMAGENET_COCO_CAPTIONS = dataclasses.replace(
    CAPTIONER_IMAGENET_FLICKR8K,
    name="captioner_imagenet.coco_captions",
    dataset="coco_captions",
    epochs=5,
    licence="CC BY 4.0 (captions); the photographs have licences of their own",
    rival={
        "system": "Show, Attend and Tell with soft attention and a CNN pretrained on ImageNet",
        "bleu_4": 24.3,
        "source": "Xu et al. 2015, table 1",
    },
)
