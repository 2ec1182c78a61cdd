"""The contracts of models and data sets as tests, for packages that add their own.

`pytest --pyargs latentmotion.contracts` checks every model and data set that an installed package declares as an entry
point (core/plugins.py). The project's own tests make the same checks of its own files.
"""
