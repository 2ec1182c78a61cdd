"""Records to the MLflow store: mlflow.db, what it holds kept, or the one that MLFLOW_TRACKING_URI names, which is no file of
this workflow's and is asked anew each time."""

from latentmotion.pipeline import mlflow_store


rule track:
    input:
        records=[paths.record(PARAMS, run) for run in [*REAL_RUNS, *RUNS]],
    output:
        [] if mlflow_store.named() else update("mlflow.db"),
    log:
        "logs/track/track.log",
    shell:
        "latentmotion track {input.records} >> {log} 2>&1"
