"""The papers that this project reproduces, under the abbreviations that the reports' PAPER has."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """A reference."""

    authors: str
    title: str
    venue: str
    url: str


PAPERS = {  # in the order in which pages show them
    "HALO": Paper(
        "Khan and Storkey",
        "Hamiltonian latent operators for content and motion disentanglement in image sequences",
        "NeurIPS 2022",
        "https://arxiv.org/abs/2112.01641",
    ),
    "R-WAE": Paper(
        "Han, Min, Han, Li and Zhang",
        "Disentangled recurrent Wasserstein autoencoder",
        "ICLR 2021",
        "https://arxiv.org/abs/2101.07496",
    ),
    "HGAN": Paper("Allen-Blanchette", "Hamiltonian GAN", "L4DC 2024", "https://arxiv.org/abs/2308.11216"),
    "EHF": Paper(
        "Rezende, Racanière, Higgins and Toth",
        "Equivariant Hamiltonian flows",
        "2019",
        "https://arxiv.org/abs/1909.13739",
    ),
}
