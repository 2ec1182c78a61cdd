"""The papers that this project reproduces, under the abbreviations that the reports' PAPER has."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """A reference, and how the front page presents the paper.

    Arguments:
        claims: what the paper claims above all, in one or two sentences without our results.
        film: the figure of params.yaml whose film stands beside it.
    """

    authors: str
    title: str
    venue: str
    url: str
    claims: str
    film: str


HERO = "figure_motion_swap"  # the figure whose film stands on top of the front page
PAPERS = {  # in the order in which pages show them
    "HALO": Paper(
        "Khan and Storkey",
        "Hamiltonian latent operators for content and motion disentanglement in image sequences",
        "NeurIPS 2022",
        "https://arxiv.org/abs/2112.01641",
        "Where motion follows a Hamiltonian in the latent space, what a sequence shows and how it moves fall apart "
        "into two codes: a character can be given another motion, one frame can be continued far beyond the length of "
        "training, and other dynamics do worse.",
        "figure_prediction",
    ),
    "R-WAE": Paper(
        "Han, Min, Han, Li and Zhang",
        "Disentangled recurrent Wasserstein autoencoder",
        "ICLR 2021",
        "https://arxiv.org/abs/2101.07496",
        "A recurrent autoencoder that is trained with a Wasserstein distance separates content and motion better than "
        "variational autoencoders such as DSVAE, on videos and on speech.",
        "figure_sound_swap",
    ),
    "HGAN": Paper(
        "Allen-Blanchette",
        "Hamiltonian GAN",
        "L4DC 2024",
        "https://arxiv.org/abs/2308.11216",
        "A video GAN whose motion follows a learnt Hamiltonian generates videos of physical systems that are nearer to "
        "real ones than those of a GAN with a recurrent network, and it finds how few coordinates the motion needs.",
        "figure_pendulum",
    ),
    "EHF": Paper(
        "Rezende, Racanière, Higgins and Toth",
        "Equivariant Hamiltonian flows",
        "2019",
        "https://arxiv.org/abs/1909.13739",
        "A Hamiltonian flow learns densities although it keeps volume. If its energy is held to the symmetry of the "
        "data, it generalises better from few points.",
        "figure_density",
    ),
}
