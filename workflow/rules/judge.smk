"""The classifiers that score what models generate: one job for each label."""


rule judge_all:
    """Every network that scores generated sequences."""
    localrule: True
    input:
        [file for dataset in IDS.values() for file in paths.judge_files(PARAMS, dataset)],
        paths.video_judge_files(PARAMS) if PARAMS.video_judge.datasets else [],


rule judge:
    """Trains the judge of one label."""
    input:
        data=lambda w: paths.learning_files(PARAMS, w.dataset),
        fingerprint=lambda w: fingerprint("judge", w.dataset),
    output:
        weights=f"{JUDGES}/{{label}}.safetensors",
        record=f"{JUDGES}/{{label}}.json",
    params:
        data=lambda w: paths.processed(PARAMS, w.dataset),
        out=subpath(output.weights, parent=True),
        settings=lambda w: as_json(settings.judge_settings(PARAMS, w.dataset)),
    log:
        f"logs/judge/{PARAMS.scale}/{{dataset}}/{{label}}.log",
    benchmark:
        f"benchmarks/judge/{PARAMS.scale}/{{dataset}}/{{label}}.tsv"
    threads: PARAMS.compute.threads
    resources:
        gpu=GPU,
    shell:
        "python -m latentmotion.pipeline.gpu_lock {resources.gpu:q}"
        " latentmotion judge --data {params.data:q} --label {wildcards.label:q} --out {params.out:q}"
        " --settings {params.settings:q} >> {log:q} 2>&1"
