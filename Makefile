# `make table2` and `make test` set everything up on first use. Anything else: activate .venv and call the tools.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: table2 paper test pull unlock ui

table2: .venv/.ok
	snakemake reports/table2.csv

paper: .venv/.ok
	snakemake --config scale=paper -- reports/table2.csv

test: .venv/.ok
	pytest -n 2 --no-loadscope-reorder

# After a clone: the outputs from the DVC remote, and both tools told that they are what they would make.
pull: .venv/.ok
	dvc pull
	dvc status --quiet
	snakemake --touch --forceall --quiet all -- all
	latentmotion lock

# After a power loss Snakemake's lock is still there: who held it, and if that is gone, away with it and its SLURM jobs.
unlock: .venv/.ok
	latentmotion unlock

ui: .venv/.ok
	snakemake track
	mlflow ui

.venv/.ok: pyproject.toml constraints.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "make: python3 is older than 3.11; install 3.11 or newer")'
	python3 -m venv .venv
	.venv/bin/pip install -q -c constraints.txt -e '.[dev]'
	touch $@
