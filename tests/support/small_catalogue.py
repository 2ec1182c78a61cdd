"""A catalogue of about thirty jobs in which every rule has work, for tests of Snakemake and DVC together."""

import yaml

from support.project import Project

MODEL = "s3vae"  # trained on one dataset from one seed
RERUN = {"train": 1, "evaluate": 1, "scores": 1, "table": 1, "claims": 1, "site": 1, "all": 1}
RECORD = f"results/tiny/{MODEL}/faces-drawn/seed0.json"
RUNS = {"faces": ["halo", "s3vae", "dsvae"], "balls": ["halo"], "mass_spring": ["hgan"]}
TABLES = {"table2": ["faces"], "hgan_table1": ["mass_spring"]}
FIGURES = {"figure_motion_swap": ["faces"], "figure_phase_space": ["balls"]}


def cut(project: Project, runs: dict = RUNS, tables: dict = TABLES, figures: dict = FIGURES) -> None:
    """Rewrites params.yaml and the overlays of two scales so that these runs, tables and figures are left.

    Arguments:
        runs: dataset -> the models trained on it.
        tables, figures: name -> the datasets that it shows.
    """
    models = {model for names in runs.values() for model in names}
    for file in ("params.yaml", "config/tiny.yaml", "config/quick.yaml"):
        path = project.path / file
        content = yaml.safe_load(path.read_text())
        kept = {"datasets": runs, "models": models, "tables": tables, "figures": figures}
        for section, names in kept.items():
            if section in content:
                content[section] = {name: value for name, value in content[section].items() if name in names}
        for model in content["models"].values():
            if "per_dataset" in model:
                model["per_dataset"] = {name: value for name, value in model["per_dataset"].items() if name in runs}
        judge = content["judge"]
        judge["per_dataset"] = {name: value for name, value in judge.get("per_dataset", {}).items() if name in runs}
        for section, shown in (("tables", tables), ("figures", figures)):
            for name, report in content.get(section, {}).items():
                if "models" in report:
                    report["models"] = [model for model in report["models"] if model in models]
                if "datasets" in report:
                    report["datasets"] = shown[name]
        if file == "params.yaml":
            content["runs"] = runs
            for key in ("labels", "floor"):
                judge[key] = {name: value for name, value in judge[key].items() if name in runs}
            watched = content["video_judge"]["datasets"]
            content["video_judge"]["datasets"] = [name for name in watched if name in runs]
        path.write_text(yaml.safe_dump(content, sort_keys=False))
    project.commit()
