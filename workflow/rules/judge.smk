"""The classifiers that score what models generate: one job a label."""


rule judges:
    localrule: True
    input:
        [file for dataset in IDS.values() for file in catalogue.judge_files(PARAMS, dataset)],


rule judge:
    input:
        data=lambda w: catalogue.learning_files(PARAMS, w.dataset),
        code=closure.sources("judge"),
    output:
        weights=f"{JUDGES}/{{label}}.safetensors",
        record=f"{JUDGES}/{{label}}.json",
    params:
        data=lambda w: catalogue.processed(PARAMS, w.dataset),
        out=subpath(output.weights, parent=True),
        settings=lambda w: as_json(catalogue.judge_settings(PARAMS, w.dataset)),
    log:
        f"logs/judge/{PARAMS.scale}/{{dataset}}/{{label}}.log",
    benchmark:
        f"benchmarks/judge/{PARAMS.scale}/{{dataset}}/{{label}}.tsv"
    threads: PARAMS.compute.threads
    resources:
        gpu=GPU,
    shell:
        "python -m latentmotion.gpus {resources.gpu}"
        " latentmotion judge --data {params.data} --label {wildcards.label} --out {params.out}"
        " --settings {params.settings:q} >> {log} 2>&1"
