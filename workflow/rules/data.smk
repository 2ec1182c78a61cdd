"""Raw files, and the sequences with labels and splits that are prepared from them."""

for dataset in IDS.values():
    for name, files in raw_files(dataset).items():

        rule:
            name:
                f"fetch_{name}"
            localrule: True
            input:
                "data/sources.csv",
            output:
                files,
            params:
                name=name,
                folder=f"data/raw/{catalogue.dataset_name(dataset)}",
            log:
                f"logs/fetch/{name}.log",
            retries: 2
            shell:
                "latentmotion fetch --dataset {params.name:q} --out {params.folder:q} >> {log:q} 2>&1"

        workflow.get_rule(f"fetch_{name}").docstring = f"Fetches the raw files of {name}."

    rule:
        name:
            f"prepare_{catalogue.dataset_name(dataset)}"
        localrule: True
        input:
            paths.processed_files(PARAMS, dataset),

    workflow.get_rule(f"prepare_{catalogue.dataset_name(dataset)}").docstring = f"Prepares the data set {dataset}."


rule prepare_all:
    """Every data set, prepared."""
    localrule: True
    input:
        [file for dataset in IDS.values() for file in paths.processed_files(PARAMS, dataset)],


rule prepare:
    """Prepares one data set."""
    input:
        raw=lambda w: [file for files in raw_files(w.dataset).values() for file in files] or paths.own_files(PARAMS, w.dataset),
        fingerprint=lambda w: fingerprint("prepare", w.dataset),
    output:
        paths.processed_files(PARAMS, "{dataset}"),
    params:
        name=lambda w: catalogue.dataset_name(w.dataset),
        out=subpath(output[0], parent=True),
        settings=lambda w: as_json(settings.prepare_settings(PARAMS, w.dataset)),
    log:
        f"logs/prepare/{PARAMS.scale}/{{dataset}}.log",
    benchmark:
        f"benchmarks/prepare/{PARAMS.scale}/{{dataset}}.tsv"
    shell:
        "latentmotion prepare --dataset {params.name:q} --raw data/raw/{params.name:q} --out {params.out:q}"
        " --settings {params.settings:q} >> {log:q} 2>&1"
