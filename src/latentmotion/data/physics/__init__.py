"""Toy Physics (Botev et al., 2021), the data of Hamiltonian GAN: simulated systems, drawn as discs.

A system is one file in data/: its Hamiltonian, its constants and how it starts. What they share is here: the contract
of a system (system.py) and how one is found (find.py), time (integrate.py), draws and the rule of the canvas
(trajectories.py), pictures (discs.py) and the dataset that comes of it (toy.py).
"""
