"""Records to the local MLflow store; update() keeps what it holds."""


rule track:
    input:
        records=[catalogue.record(PARAMS, run) for run in [*REAL_RUNS, *RUNS]],
    output:
        update("mlflow.db"),
    log:
        "logs/track/track.log",
    shell:
        "latentmotion track --database {output} {input.records} >> {log} 2>&1"
