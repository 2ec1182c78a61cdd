"""How datasets and systems are called in tables and pictures."""

from latentmotion.config.catalogue import dataset_name

PUBLISHED_NAMES = {
    "faces": "MUG",
    "sprites": "Sprites",
    "balls": "rotating balls",
    "rotating_mnist": "rotating MNIST",
    "moving_mnist": "SM-MNIST",
    "timit": "TIMIT",
}
STAND_INS = {  # those that this project does not draw itself
    "rotating_mnist": "rotating digits of scikit-learn",
    "moving_mnist": "moving digits of scikit-learn",
}
MADE_HERE = {
    **dict.fromkeys(
        ["balls", "moving_shapes", "mass_spring", "pendulum", "double_pendulum", "two_body", "three_body"],
        "simulated by this project",
    ),
    **dict.fromkeys(["ring", "ring_finite", "modes"], "drawn by this project from a formula"),
    "moving_mnist": "digits of MNIST, moved by this project",
    "spoken_digits": "the Free Spoken Digit Dataset, which the paper does not have",
}
SYSTEMS = {
    "real": "real data",
    "halo": "HALO (conditional)",
    "halo-unconditional": "HALO (unconditional)",
    "halo-skew": "skew-HALO",
    "halo-linear": "Linear",
    "halo-linear-unconditional": "Linear (unconditional)",
    "halo-rnn": "RNN",
    "halo-rnn-unconditional": "RNN (unconditional)",
    "halo-fourier": "Positional Encoding",
    "halo-fourier-unconditional": "Positional Encoding (unconditional)",
    "dsvae": "DSVAE",
    "mocogan": "MoCoGAN",
    "s3vae": "S3VAE",
    "gppvae-dis": "GPPVAE-dis",
    "gppvae-joint": "GPPVAE-joint",
    "ode2vae": "ODE2VAE",
    "ode2vae-kl": "ODE2VAE-KL",
    "hgn": "HGN",
    "mocogan-unconditional": "MoCoGAN (unconditional)",
    "hnn-gan": "HNN-GAN",
    "hgan": "HGAN",
    "rwae": "R-WAE(MMD)",
    "rwae-complex": "R-WAE(MMD), complex",
    "rwae-tfgan": "R-WAE(MMD), TFGAN",
    "rwae-weak": "R-WAE(MMD), complex, weak",
    "rwae-gan": "R-WAE(GAN)",
    "rwae-gan-complex": "R-WAE(GAN), complex",
    "rwae-gan-weak": "R-WAE(GAN), complex, weak",
    "dsvae-complex": "DSVAE, complex",
    "dsvae-tfgan": "DSVAE, TFGAN",
    "dsvae-weak": "DSVAE, complex, weak",
    "fhvae": "FHVAE",
    "flow": "Hamiltonian flow",
    "flow-kappa-1e-1": "Hamiltonian flow, kappa 0.1",
    "flow-kappa-1e-2": "Hamiltonian flow, kappa 0.01",
    "flow-kappa-1e-3": "Hamiltonian flow, kappa 0.001",
    "flow-finite": "Hamiltonian flow, 32 points",
    "flow-finite-kappa-1e-1": "Hamiltonian flow, 32 points, kappa 0.1",
    "flow-finite-kappa-1e-2": "Hamiltonian flow, 32 points, kappa 0.01",
    "flow-finite-kappa-1e-3": "Hamiltonian flow, 32 points, kappa 0.001",
}
ROWS = {  # paper and table -> model -> its printed row, where the table prints another name than SYSTEMS has
    ("HALO", "1"): {"halo": "H", "halo-skew": "skew-H"},
    ("HALO", "3"): {"halo": "HALO"},
    ("HALO", "S1a"): {"halo": "HALO"},
    ("HALO", "S1b"): {"halo": "HALO"},
    ("HALO", "S2"): {"halo": "HALO", "halo-unconditional": "HALO"},
    ("HGAN", "1"): {"hgan": "HGAN (Ours)", "mocogan-unconditional": "MoCoGAN"},
    ("R-WAE", "1"): {"dsvae": "DS-VAE", "rwae": "R-WAE"},
    ("R-WAE", "2"): {
        "dsvae": "DS-VAE(S)",
        "rwae": "R-WAE(S)",
        "dsvae-complex": "DS-VAE(C)",
        "rwae-complex": "R-WAE(C)",
    },
    ("R-WAE", "3"): {
        "mocogan": "MocoGAN",
        "dsvae-complex": "DS-VAE(NA)",
        "dsvae-weak": "DS-VAE(W)",
        "rwae-weak": "R-WAE(MMD)",
        "rwae-gan-weak": "R-WAE(GAN)",
    },
    ("R-WAE", "4"): {
        "rwae-gan": "R-WAE(GAN) (S)",
        "rwae": "R-WAE(MMD) (S)",
        "rwae-gan-complex": "R-WAE(GAN) (C)",
        "rwae-complex": "R-WAE(MMD) (C)",
    },
    ("R-WAE", "9"): {
        "dsvae-tfgan": "DS-VAE (TFGAN)",
        "dsvae-complex": "DS-VAE (BigGAN)",
        "rwae-tfgan": "R-WAE (TFGAN)",
        "rwae-complex": "R-WAE (BigGAN)",
    },
}
CHANCE, COPY, BAR = "chance", "first frame copied", "bar for a tick"
FRAME = (SYSTEMS["real"], CHANCE, COPY, BAR)  # rows that are no systems: what the others are read against


def dataset_label(identifier: str) -> str:
    """`faces` -> "MUG faces"; `faces-drawn` -> "faces (drawn)": a drawn set never bears the real one's name."""
    name = dataset_name(identifier)
    shown = name.replace("_", " ")
    if name != identifier:
        return STAND_INS.get(name, f"{shown} ({identifier.removeprefix(name + '-')})")
    return {
        "faces": "MUG faces",
        "rotating_mnist": "rotating MNIST",
        "moving_mnist": "stochastic moving MNIST",
        "timit": "TIMIT",
    }.get(name, shown)


def published_label(name: str) -> str:
    """What the papers call a dataset."""
    return PUBLISHED_NAMES.get(name, name)


def system_label(model: str) -> str:
    """How a model of params.yaml is shown; one that is not known here is called by its own name."""
    return SYSTEMS.get(model, model)


def printed_row(model: str, paper: str, table: str) -> str:
    """The row of a published table that a model belongs to."""
    return ROWS.get((paper, table), {}).get(model, system_label(model))
