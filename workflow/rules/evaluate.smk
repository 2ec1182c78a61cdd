"""One record for each run, and one for each dataset with the judges' scores on its real test sequences.

Records are small and in git, and tables read nothing else. The network of fid-inception is fetched where it is needed.
"""

for model in MODELS:

    rule:
        name:
            f"evaluate_{model}"
        localrule: True
        input:
            records_of(model),
            [] if model == catalogue.REAL else paths.main_scores(PARAMS, model),

    scored = "the real test sequences" if model == catalogue.REAL else PARAMS.models[model].title
    workflow.get_rule(f"evaluate_{model}").docstring = f"Makes all records of {scored}."


rule scores:
    """The main scores of one system and its learning curves, for `dvc metrics show` and `dvc plots show`."""
    input:
        lambda w: records_of(w.model),
    output:
        scores=paths.main_scores(PARAMS, "{model}")[0],
        curves=paths.main_scores(PARAMS, "{model}")[1],
    params:
        out=subpath(output.scores, strip_suffix=".json"),
    log:
        f"logs/scores/{PARAMS.scale}/{{model}}.log",
    shell:
        "latentmotion scores {input:q} --out {params.out:q} >> {log:q} 2>&1"


rule fetch_inception:
    """Fetches the network of fid-inception."""
    input:
        "data/sources.csv",
    output:
        paths.inception_file(),
    log:
        "logs/fetch/inception.log",
    retries: 2
    shell:
        "latentmotion fetch --dataset inception --out data/raw/inception >> {log:q} 2>&1"


rule evaluate:
    """Scores one trained model, or real test sequences, under every protocol."""
    input:
        lambda w: evaluation_inputs(run_of(w)),
    output:
        paths.record(PARAMS, ANY_RUN),
    params:
        data=paths.processed(PARAMS, "{dataset}"),
        judges=JUDGES,
        run=lambda w: run_option(run_of(w)),
        video=lambda w: video_options(w.dataset),
        frames=lambda w: [word for file in inception(w.dataset) for word in ("--inception", file)],
        settings=lambda w: as_json(evaluation_settings(w.dataset) | {"seed": int(w.seed)}),
    log:
        f"logs/evaluate/{PARAMS.scale}/{{model}}/{{dataset}}/seed{{seed}}.log",
    benchmark:
        f"benchmarks/evaluate/{PARAMS.scale}/{{model}}/{{dataset}}/seed{{seed}}.tsv"
    threads: PARAMS.compute.threads
    resources:
        gpu=GPU,
    shell:
        "python -m latentmotion.pipeline.gpu_lock {resources.gpu:q}"
        " latentmotion evaluate --model {wildcards.model:q} --data {params.data:q} --judges {params.judges:q}"
        " {params.run:q} {params.video:q} {params.frames:q}"
        " --out {output:q} --settings {params.settings:q} >> {log:q} 2>&1"
