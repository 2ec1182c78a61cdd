"""The network of fvd-judge, trained here on several datasets together, and that of fvd-i3d, fetched where it is asked for."""


rule video_judge:
    input:
        data=[file for dataset in catalogue.video_judged(PARAMS) for file in catalogue.learning_files(PARAMS, dataset)],
        code=closure.sources("video_judge"),
    output:
        weights=catalogue.video_judge_files(PARAMS)[0],
        record=catalogue.video_judge_files(PARAMS)[1],
    params:
        data=[catalogue.processed(PARAMS, dataset) for dataset in catalogue.video_judged(PARAMS)],
        out=subpath(output.weights, parent=True),
        settings=as_json(catalogue.video_judge_settings(PARAMS)),
    log:
        f"logs/judge/{PARAMS.scale}/video-judge.log",
    benchmark:
        f"benchmarks/judge/{PARAMS.scale}/video-judge.tsv"
    threads: PARAMS.compute.threads
    resources:
        gpu=GPU,
    shell:
        "python -m latentmotion.gpus {resources.gpu}"
        " latentmotion video-judge {params.data} --out {params.out}"
        " --settings {params.settings:q} >> {log} 2>&1"


rule fetch_i3d:
    input:
        "data/sources.csv",
    output:
        catalogue.i3d_file(),
    log:
        "logs/fetch/i3d.log",
    retries: 2
    shell:
        "latentmotion fetch --dataset i3d --out data/raw/i3d >> {log} 2>&1"
