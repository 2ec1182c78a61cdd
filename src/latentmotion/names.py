"""How datasets and systems are called in tables and pictures."""

from latentmotion.catalogue import dataset_name

PUBLISHED_NAMES = {"faces": "MUG", "sprites": "Sprites", "rotating-mnist": "rotating MNIST"}
SYSTEMS = {
    "real": "real data",
    "halo": "HALO (conditional)",
    "halo-unconditional": "HALO (unconditional)",
    "dsvae": "DSVAE",
    "mocogan": "MoCoGAN",
    "s3vae": "S3VAE",
}


def dataset_label(identifier: str) -> str:
    """`faces` -> "MUG faces"; `faces-drawn` -> "faces (drawn)": a drawn set never bears the real one's name."""
    name = dataset_name(identifier)
    if name != identifier:
        return f"{name} ({identifier.removeprefix(name + '-')})"
    return {"faces": "MUG faces"}.get(name, name)


def published_label(name: str) -> str:
    """What the papers call a dataset."""
    return PUBLISHED_NAMES.get(name, name)


def system_label(model: str) -> str:
    """The row of the published tables that a model of params.yaml belongs to; any other is called by its own name."""
    return SYSTEMS.get(model, model)
