"""Toy Physics (Botev et al., 2021), the data of Hamiltonian GAN: simulated systems, rendered as discs.

Each system is one file in data/datasets/: its Hamiltonian, its constants and its initial states. They share what is
here: the contract of a system (system.py), the list of systems (registry.py), the integrator (dormand_prince.py), the
random draws of trajectories (trajectories.py), the rendering of pictures (rendering.py) and the data set
(toy_physics.py).
"""
