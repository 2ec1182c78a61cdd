"""The rows of tables: under which name the papers print a model, and rows that no model has."""

from latentmotion.reporting.titles import REAL_DATA

ABLATIONS = {  # the rows of HALO's supplementary table 1, in both of its parts
    "halo": "HALO",
    "halo-linear": "Linear",
    "halo-rnn": "RNN",
    "halo-unconditional": "HALO (unconditional)",
    "halo-linear-unconditional": "Linear (unconditional)",
    "halo-rnn-unconditional": "RNN (unconditional)",
    "halo-fourier": "Positional Encoding",
}
PRINTED_ROWS = {  # (paper, table) -> model in params.yaml -> the row of data/published.csv that it reproduces
    ("HALO", "1"): {"halo": "H", "halo-skew": "skew-H"},
    ("HALO", "2"): {
        "halo": "HALO (conditional)",
        "halo-unconditional": "HALO (unconditional)",
        "dsvae": "DSVAE",
        "mocogan": "MoCoGAN",
        "s3vae": "S3VAE",
    },
    ("HALO", "3"): {
        "halo": "HALO",
        "halo-linear": "Linear",
        "halo-rnn": "RNN",
        "halo-fourier": "Positional Encoding",
    },
    ("HALO", "S1a"): ABLATIONS,
    ("HALO", "S1b"): ABLATIONS,
    ("HALO", "S2"): {
        "gppvae-dis": "GPPVAE-dis",
        "gppvae-joint": "GPPVAE-joint",
        "ode2vae": "ODE2VAE",
        "ode2vae-kl": "ODE2VAE-KL",
        "halo": "HALO",
        "halo-unconditional": "HALO",
    },
    ("HGAN", "1"): {"hgn": "HGN", "hgan": "HGAN (Ours)", "mocogan-unconditional": "MoCoGAN"},
    ("R-WAE", "1"): {"fhvae": "FHVAE", "dsvae": "DS-VAE", "rwae": "R-WAE"},
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
REFERENCE_ROWS = (REAL_DATA, CHANCE, COPY, BAR)  # rows of no system, with which the systems are compared


def printed_row(model: str, paper: str, table: str) -> str:
    """The row of a published table that a model reproduces; empty where the table prints none of it."""
    return PRINTED_ROWS.get((paper, table), {}).get(model, "")
