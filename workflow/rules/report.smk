"""Records to tables and verdicts, runs to figures, and the page that shows them all. Each has a short name: `snakemake table2`."""

for kind in ("tables", "figures"):
    for name in getattr(PARAMS, kind):

        rule:
            name:
                name
            localrule: True
            input:
                paths.report_files(PARAMS, kind, name)[0],

        workflow.get_rule(name).docstring = catalogue.caption(PARAMS, kind, name)


rule table:
    """Renders one table from records."""
    input:
        lambda w: table_inputs(w.table),
    output:
        csv="reports/{table}.csv",
        md="reports/{table}.md",
        tex="reports/{table}.tex",
        html=report("reports/{table}.html", "../report/report.rst", category="Tables", labels={"table": "{table}"}),
        record="reports/{table}.json",
    params:
        caption=lambda w: catalogue.caption(PARAMS, "tables", w.table),
        out=subpath(output.csv, strip_suffix=".csv"),
        records=lambda w: paths.report_records(PARAMS, PARAMS.tables[w.table]),
        settings=lambda w: report_json("tables", w.table),
    log:
        "logs/table/{table}.log",
    benchmark:
        "benchmarks/table/{table}.tsv"
    shell:
        "latentmotion table {wildcards.table:q} --out {params.out:q} --published data/published.csv"
        " --settings {params.settings:q} {params.records:q} >> {log:q} 2>&1"


rule figure:
    """Draws one figure from trained models."""
    input:
        lambda w: figure_inputs(w.figure),
    output:
        png=report("reports/{figure}.png", "../report/report.rst", category="Figures", labels={"figure": "{figure}"}),
        gif="reports/{figure}.gif",
        record="reports/{figure}.json",
    wildcard_constraints:
        figure=figures(page=False),
    params:
        caption=lambda w: catalogue.caption(PARAMS, "figures", w.figure),
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
        "python -m latentmotion.pipeline.gpu_lock {resources.gpu:q}"
        " latentmotion figure --name {wildcards.figure:q} --out {params.out:q} --settings {params.settings:q}"
        " {params.runs:q} >> {log:q} 2>&1"


use rule figure as figure_with_page with:
    output:
        png=report("reports/{figure}.png", "../report/report.rst", category="Figures", labels={"figure": "{figure}"}),
        gif="reports/{figure}.gif",
        html="reports/{figure}.html",
        record="reports/{figure}.json",
    wildcard_constraints:
        figure=figures(page=True),


rule claims:
    """Judges the claims of the papers by the records that exist."""
    input:
        lambda w: claims_inputs(),
    output:
        csv=paths.claims_files()[0],
        md=paths.claims_files()[1],
        html=report(paths.claims_files()[2], "../report/report.rst", category="Claims"),
        record=paths.claims_files()[3],
    params:
        caption="Verdicts on the claims of the papers",
        out=subpath(output.csv, strip_suffix=".csv"),
        folders=CLAIMS_RECORDS,
        seen=lambda w: claims_seen(),
        settings=lambda w: as_json(settings.claims_settings(PARAMS)),
    log:
        "logs/claims/claims.log",
    shell:
        "latentmotion claims {params.folders:q} --out {params.out:q} --settings {params.settings:q} >> {log:q} 2>&1"


rule site:
    """The page that shows every table and figure."""
    input:
        reports=REPORTS,
        claims=paths.claims_files(),
        fingerprint=fingerprint("site", "index"),
    output:
        "reports/index.html",
        "reports/README.md",
    log:
        "logs/site/site.log",
    shell:
        "latentmotion site --out reports >> {log:q} 2>&1"
