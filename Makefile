# `make table2` and `make test` set everything up on first use. Anything else: activate .venv and call the tools.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: table2 paper test gpu-check pull unlock ui experiments

table2: .venv/.ok
	snakemake reports/table2.csv

paper: .venv/.ok
	snakemake --config scale=paper -- reports/table2.csv

test: .venv/.compiled
	pytest -n 2 -m "not slow" --no-loadscope-reorder

# Needs a GPU, and of the packages only those of `pip install -e .`: it does not install anything. docs/cluster.md explains it.
gpu-check:
	PYTHONPATH=src python3 -m latentmotion.cli gpu-check

# After a clone: fetches from the DVC remote what dvc.lock lists as finished, and tells Snakemake that it is up to date.
# Stages are named only where some are not finished, because DVC takes seconds for each that is named.
pull: .venv/.ok
	@test -f dvc.lock || { echo "dvc.lock: not there, so nothing is finished that could be pulled; run snakemake" >&2; exit 1; }
	@dvc remote default > /dev/null || { echo "no DVC remote is named; docs/storage.md says how" >&2; exit 1; }
	latentmotion fingerprints
	@finished=$$(sed -n 's/^  \([^ ]*\):$$/\1/p' dvc.lock | sort); \
	if [ "$$finished" = "$$(dvc stage list --name-only | sort)" ]; then finished=; fi; \
	dvc pull $$finished && dvc status --quiet $$finished
	snakemake --touch --forceall --quiet all -- $$(sed -n 's/^    cmd: snakemake //p' dvc.lock)

# After a power loss Snakemake's lock is still there: who held it, and if that is gone, away with it and its SLURM jobs.
unlock: .venv/.ok
	latentmotion unlock-workdir

# MLflow's page of every run that is here; one that is being trained appears too. Needs no training and no lock of Snakemake.
ui: .venv/.ok
	latentmotion ui

# The experiments of DVC with the settings and scores in which they differ, and no other column.
experiments: .venv/.ok
	dvc exp show --only-changed --drop '^(config|data/|fingerprints/|params[.]yaml|runs/|judges/|results/|reports/|src/)'

# Every file is compared with its sha256 in requirements/*.lock, which .ci/lock writes. Where there is no GPU, torch for
# CPUs alone is taken, if a package index that pip knows has it; it is a tenth of the size. Python compiles a module when
# it is first imported, which takes less time than to compile all of them here.
PIP := .venv/bin/pip install -q --no-deps --no-compile
.venv/.ok: pyproject.toml $(wildcard requirements/*.lock)
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "make: python3 is older than 3.11; install 3.11 or newer")'
	python3 -m venv .venv
	$(PIP) --require-hashes -r requirements/build.lock
	+$(MAKE) --no-print-directory -j 2 install-library install-workflow
	@if command -v nvidia-smi > /dev/null || ! $(PIP) --require-hashes -r requirements/cpu.lock 2> /dev/null; then \
	echo "$(PIP) --require-hashes -r requirements/cuda.lock"; $(PIP) --require-hashes -r requirements/cuda.lock; fi
	$(PIP) --no-build-isolation -e .
	touch $@

install-%:
	$(PIP) --require-hashes --no-build-isolation -r requirements/$*.lock

# The tests start hundreds of processes, two at a time: without this each would compile what it imports first. Some
# packages have templates that are no Python, which is no error here.
.venv/.compiled: .venv/.ok
	python -m compileall -qq -j 0 -x '/tests?/' .venv/lib || true
	touch $@
