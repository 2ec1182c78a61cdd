"""One job for each model, dataset and seed. Checkpoints lie under state/, which neither Snakemake nor DVC deletes."""

for model in PARAMS.models:

    rule:
        name:
            f"train_{model}"
        localrule: True
        input:
            [
                f"{paths.run_folder(PARAMS, run)}/{file}"
                for run in RUNS
                if run.model == model
                for file in ("weights.safetensors", "record.json")
            ],

    workflow.get_rule(f"train_{model}").docstring = f"Trains {PARAMS.models[model].title} on its data sets, from all its seeds."


rule train:
    """Trains one model on one data set from one seed."""
    input:
        data=lambda w: paths.learning_files(PARAMS, w.dataset),
        fingerprint=lambda w: fingerprint("train", f"{w.model}/{w.dataset}"),
    output:
        weights=f"{RUN}/weights.safetensors",
        history=f"{RUN}/history.jsonl",
        samples=f"{RUN}/samples.png",
        record=f"{RUN}/record.json",
    params:
        data=paths.processed(PARAMS, "{dataset}"),
        out=subpath(output.weights, parent=True),
        settings=lambda w: as_json(training_settings(w.model, w.dataset)),
        launch=lambda w, resources: launcher(resources.processes),
    log:
        f"logs/train/{PARAMS.scale}/{{model}}/{{dataset}}/seed{{seed}}.log",
    benchmark:
        f"benchmarks/train/{PARAMS.scale}/{{model}}/{{dataset}}/seed{{seed}}.tsv"
    # Each attempt continues from the last checkpoint. A job on a cluster is one attempt; its submitter makes the others.
    retries: 3 if workflow.is_main_process else 0
    threads: lambda w: PARAMS.compute.threads * shares(w)
    resources:
        gpu=GPU,
        processes=shares,
    shell:
        "python -m latentmotion.pipeline.gpu_lock {resources.gpu:q}"
        " {params.launch:q} train --model {wildcards.model:q} --data {params.data:q} --out {params.out:q}"
        " --state state/{params.out:q}"
        " --seed {wildcards.seed:q} --settings {params.settings:q} >> {log:q} 2>&1"


workflow.get_rule("train").resources["gpu"] = of_each_process(workflow.get_rule("train").resources["gpu"])
