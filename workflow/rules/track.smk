"""Records to the MLflow store: mlflow.db, what it holds kept, or the one that MLFLOW_TRACKING_URI names, which is no file of
this workflow's and is asked anew each time."""

from latentmotion import store


rule track:
    input:
        records=[catalogue.record(PARAMS, run) for run in [*REAL_RUNS, *RUNS]],
    output:
        [] if store.named() else update("mlflow.db"),
    log:
        "logs/track/track.log",
    shell:
        "latentmotion track {input.records} >> {log} 2>&1"
