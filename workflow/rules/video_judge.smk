"""The networks of fvd-judge, trained on several datasets together, and of fvd-i3d, fetched where it is asked for."""


rule video_judge:
    """Trains the network behind the Frechet video distance fvd-judge."""
    input:
        data=[file for dataset in catalogue.video_judged(PARAMS) for file in paths.learning_files(PARAMS, dataset)],
        fingerprint=fingerprint("judge", "video-judge"),
    output:
        weights=paths.video_judge_files(PARAMS)[0],
        record=paths.video_judge_files(PARAMS)[1],
    params:
        data=[paths.processed(PARAMS, dataset) for dataset in catalogue.video_judged(PARAMS)],
        out=subpath(output.weights, parent=True),
        settings=as_json(settings.video_judge_settings(PARAMS)),
    log:
        f"logs/judge/{PARAMS.scale}/video-judge.log",
    benchmark:
        f"benchmarks/judge/{PARAMS.scale}/video-judge.tsv"
    threads: PARAMS.compute.threads
    resources:
        gpu=GPU,
    shell:
        "python -m latentmotion.pipeline.gpu_lock {resources.gpu:q}"
        " latentmotion video-judge {params.data:q} --out {params.out:q}"
        " --settings {params.settings:q} >> {log:q} 2>&1"


rule fetch_i3d:
    """Fetches the network of fvd-i3d."""
    input:
        "data/sources.csv",
    output:
        paths.i3d_file(),
    log:
        "logs/fetch/i3d.log",
    retries: 2
    shell:
        "latentmotion fetch --dataset i3d --out data/raw/i3d >> {log:q} 2>&1"
