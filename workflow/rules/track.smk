"""Records to the MLflow store: mlflow.db, whose content is kept, or the one that MLFLOW_TRACKING_URI names.

A named store is no file of this workflow, so that the rule runs each time it is asked for.
"""

from latentmotion.pipeline import mlflow_store


rule track:
    """Makes every record and copies all records to the MLflow store."""
    input:
        records=[paths.record(PARAMS, run) for run in [*REAL_RUNS, *RUNS]],
    output:
        [] if mlflow_store.named() else update("mlflow.db"),
    log:
        "logs/track/track.log",
    shell:
        "latentmotion track {input.records:q} >> {log:q} 2>&1"
