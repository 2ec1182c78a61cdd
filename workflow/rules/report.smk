"""Records to tables, runs to figures, and the page that shows them all."""

# Plans are written before the DAG is built: Snakemake lists a folder once, and would miss what appears in it later.
for kind in ("tables", "figures"):
    for name in getattr(PARAMS, kind):
        report_inputs(kind, name)


rule table:
    input:
        records=lambda w: paths.report_records(PARAMS, PARAMS.tables[w.table]),
        published="data/published.csv",
        made_with=lambda w: report_inputs("tables", w.table),
    output:
        csv="reports/{table}.csv",
        md="reports/{table}.md",
        tex="reports/{table}.tex",
        html=report("reports/{table}.html", "../report/report.rst", category="Tables", labels={"table": "{table}"}),
    params:
        caption=lambda w: catalogue.caption(PARAMS.tables[w.table]),
        out=subpath(output.csv, strip_suffix=".csv"),
        settings=lambda w: report_json("tables", w.table),
    log:
        "logs/table/{table}.log",
    benchmark:
        "benchmarks/table/{table}.tsv"
    shell:
        "latentmotion table --name {wildcards.table} --out {params.out} --published {input.published}"
        " --settings {params.settings:q} {input.records} >> {log} 2>&1"


rule figure:
    input:
        weights=lambda w: [f"{folder}/weights.safetensors" for folder in figure_runs(w.figure)],
        data=lambda w: figure_data(w.figure),
        made_with=lambda w: report_inputs("figures", w.figure),
    output:
        png=report("reports/{figure}.png", "../report/report.rst", category="Figures", labels={"figure": "{figure}"}),
        gif="reports/{figure}.gif",
    wildcard_constraints:
        figure=figures(page=False),
    params:
        caption=lambda w: catalogue.caption(PARAMS.figures[w.figure]),
        out=subpath(output.png, strip_suffix=".png"),
        runs=lambda w: figure_runs(w.figure),
        settings=lambda w: report_json("figures", w.figure),
    log:
        "logs/figure/{figure}.log",
    benchmark:
        "benchmarks/figure/{figure}.tsv"
    threads: PARAMS.compute.threads
    resources:
        gpu=GPU,
    shell:
        "python -m latentmotion.pipeline.gpu_lock {resources.gpu}"
        " latentmotion figure --name {wildcards.figure} --out {params.out} --settings {params.settings:q}"
        " {params.runs} >> {log} 2>&1"


use rule figure as figure_with_page with:
    output:
        png=report("reports/{figure}.png", "../report/report.rst", category="Figures", labels={"figure": "{figure}"}),
        gif="reports/{figure}.gif",
        html="reports/{figure}.html",
    wildcard_constraints:
        figure=figures(page=True),


rule site:
    input:
        reports=REPORTS,
        code=source_code.sources("site"),
    output:
        "reports/index.html",
        "reports/README.md",
    log:
        "logs/site/site.log",
    shell:
        "latentmotion site --out reports >> {log} 2>&1"
