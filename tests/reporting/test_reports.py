"""The contract of every table and figure, numbers of tables from made-up records, and what is refused."""

import csv
import html.parser
import io
import json
import re
from pathlib import Path

import pytest
from support.project import PUBLISHED
from support.titles import TITLES

from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.core.source_code import code_digest, modules
from latentmotion.reporting.render_table import render_table
from latentmotion.reporting.report_files import report
from latentmotion.reporting.tabulation.aggregate import LONG
from latentmotion.reporting.tabulation.published import audit, read_published

LABELS = {
    "sprites-drawn": {"action": 9, "body": 6, "bottomwear": 6, "topwear": 6, "hair": 6},
    "faces-drawn": {"action": 6, "identity": 52},
}
MODELS = {"halo": (0, 1, 2), "halo-unconditional": (0,), "dsvae": (0, 1, 2), "mocogan": (0,), "s3vae": (0,)}
TABLES = [name for name in modules("reporting/tables") if name.startswith(("table", "comparison"))]
DECLARED = [
    f"{model}/{dataset}/seed{seed}"
    for dataset in LABELS
    for model in MODELS
    for seed in MODELS[model]
    if (model, dataset) != ("halo-unconditional", "sprites-drawn")
]
SETTINGS = {
    "scale": "quick",
    "titles": TITLES,
    "shown": DECLARED,
    "report": "table2",
    "models": list(MODELS),
    "datasets": ["faces", "sprites"],
    "options": {},
}


def record(model: str, dataset: str, seed: int, **changes) -> dict:
    protocols = {"real": ["real"], "mocogan": ["generate"]}.get(model, ["motion-prior", "motion-swap", "content-prior"])
    values = {"action_h_y_given_x": 0.123, "action_h_y": 1.7, "action_is": 4.84}
    values |= {f"{label}_accuracy": 0.9 + 0.01 * seed for label in LABELS[dataset]}
    metrics = [{"protocol": p, "metric": m, "value": v, "n": 120} for p in protocols for m, v in sorted(values.items())]
    judges = {label: {"test_accuracy": 0.996, "floor": 0.95, "weak": False} for label in LABELS[dataset]}
    common = {"verb": "evaluate", "model": model, "dataset": dataset, "source": "drawn", "scale": "quick", "seed": seed}
    common |= {
        "split": "test",
        "data": dataset,
        "judges": judges,
        "status": "ok",
        "learnt": True,
        "metrics": metrics,
        "notes": [],
    }
    return common | ({"classes": LABELS[dataset]} if model == "real" else {}) | changes


@pytest.fixture
def results(tmp_path) -> dict[str, Path]:
    """Declared name -> file of a made-up record."""
    paths = {}
    for name in [*DECLARED, *(f"real/{dataset}/seed0" for dataset in LABELS)]:
        model, dataset, seed = name.split("/")
        paths[name] = tmp_path / "results" / f"{name}.json"
        paths[name].parent.mkdir(parents=True, exist_ok=True)
        write(paths[name], record(model, dataset, int(seed.removeprefix("seed"))))
    return paths


def write(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content))


def change(path: Path, **changes) -> None:
    write(path, json.loads(path.read_text()) | changes)


def fail(path: Path) -> None:
    change(path, status="failed (NaN at step 120)", metrics=[])


def rendered(results: dict[str, Path], out: Path, name: str = "table2") -> dict[str, str]:
    render_table(name, list(results.values()), PUBLISHED, out / f"{name}.csv", SETTINGS | {"report": name})
    return {path.suffix: path.read_text() for path in sorted(out.iterdir())}


def long_form(text: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text)))


def cell(lines: list[dict], row: str, dataset: str, protocol: str, metric: str) -> dict:
    wanted = (row, dataset, protocol, metric)
    found = [x for x in lines if (x["row"], x["dataset"], x["protocol"], x["metric"]) == wanted]
    assert len(found) == 1, wanted
    return found[0]


@pytest.mark.parametrize("name", modules("reporting/tables"))
def test_every_table_has_a_paper_a_number_and_a_caption(name):
    module = report("tables", name)
    assert bool(module.PAPER) == bool(module.NUMBER) == (name != "comparison")  # which belongs to no paper
    assert module.CAPTION and module.__doc__
    assert module.rows and module.view and module.notes


@pytest.mark.parametrize("name", modules("reporting/figures"))
def test_every_figure_has_a_paper_a_number_and_a_caption(name):
    module = report("figures", name)
    assert module.PAPER and module.NUMBER and module.CAPTION and module.SEE and module.__doc__ and module.render


@pytest.mark.parametrize("name", TABLES)
def test_every_table_renders_the_same_bytes_in_any_order(name, results, tmp_path):
    first = rendered(results, tmp_path / "a", name)
    assert set(first) == {".csv", ".md", ".tex", ".html", ".json"}
    again = rendered(dict(reversed(results.items())), tmp_path / "b", name)
    assert json.loads(first.pop(".json")) == json.loads(again.pop(".json"))
    assert first == again
    assert first[".csv"].splitlines()[0] == ",".join(LONG)


def test_a_record_states_what_a_table_was_made_from(results, tmp_path):
    first = json.loads(rendered(results, tmp_path / "a")[".json"])
    assert {key: first[key] for key in ("verb", "name", "settings")} == {
        "verb": "table",
        "name": "table2",
        "settings": SETTINGS,
    }
    assert first["code"] == code_digest("reporting/tables/table2", "reporting/render_table")
    assert first["made_from"] == {str(path): file_digest(path) for path in results.values()}
    change(results["halo/faces-drawn/seed0"], notes=["changed"])
    second = json.loads(rendered(results, tmp_path / "a")[".json"])
    different = {path for path, digest in first["made_from"].items() if second["made_from"][path] != digest}
    assert different == {str(results["halo/faces-drawn/seed0"])}


def test_an_incomplete_report_has_no_record(results, tmp_path, monkeypatch):
    rendered(results, tmp_path / "a")

    def fails(path, content):
        raise UserError(f"{path}: cannot be written")

    monkeypatch.setattr("latentmotion.reporting.report_files.write_atomic", fails)
    with pytest.raises(UserError, match="cannot be written"):
        rendered(results, tmp_path / "a")
    assert (tmp_path / "a/table2.csv").is_file() and not (tmp_path / "a/table2.json").exists()


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_well_formed(name, results, tmp_path):
    texts = rendered(results, tmp_path / "a", name)
    for block in re.findall(r"(?:^\|.*\n)+", texts[".md"], re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1
    tex = texts[".tex"]
    assert sorted(re.findall(r"\\begin\{(\w+)", tex)) == sorted(re.findall(r"\\end\{(\w+)", tex))
    assert tex.isascii() and tex.count(r"\toprule") == tex.count(r"\bottomrule")
    stack: list[str] = []

    class Balance(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in ("meta", "img"):
                stack.append(tag)
            assert not any(name in ("src", "href") for name, _ in attrs), "a table's page must be self-contained"

        def handle_endtag(self, tag):
            assert stack.pop() == tag

    Balance().feed(texts[".html"])
    assert not stack


def test_mean_and_deviation_are_over_training_seeds(results, tmp_path):
    texts = rendered(results, tmp_path / "a")
    lines = long_form(texts[".csv"])
    three = cell(lines, "HALO (conditional)", "faces (drawn)", "motion-prior", "action_accuracy")
    assert (three["mean"], three["std"], three["seeds"]) == ("0.91", "0.01", "3")
    one = cell(lines, "S3VAE", "faces (drawn)", "motion-swap", "identity_accuracy")
    assert (one["mean"], one["std"], one["seeds"]) == ("0.9", "", "1")
    assert "0.910 ± 0.010 (3)" in texts[".md"] and "| 0.900 (1) |" in texts[".md"]


def test_published_numbers_stand_apart_and_name_their_data(results, tmp_path):
    texts = rendered(results, tmp_path / "a")
    lines = long_form(texts[".csv"])
    halo = cell(lines, "HALO (conditional)", "faces (drawn)", "motion-prior", "action_accuracy")
    assert (halo["published"], halo["mean"]) == ("0.929", "0.91") and "published numbers on MUG" in halo["note"]
    assert cell(lines, "MoCoGAN", "sprites (drawn)", "generate", "action_is")["published"] == "8.182"
    kept = cell(lines, "HALO (conditional)", "faces (drawn)", "motion-swap", "identity_accuracy")
    assert kept["published"] == "0.998"
    lost = [line for line in lines if line["metric"].startswith("unknown-")]
    assert [line["published"] for line in lost] == ["0.925", "0.948", "0.968", "0.992"]
    assert not any(line["mean"] for line in lost) and "*0.925, 0.948, 0.968, 0.992*" in texts[".md"]
    assert not {line["dataset"] for line in lines} & {"sprites", "MUG faces"}
    assert not any(line["published"] for line in lines if line["protocol"] in ("real", "chance", "content-prior"))


def test_real_and_chance_rows(results, tmp_path):
    lines = long_form(rendered(results, tmp_path / "a")[".csv"])
    assert cell(lines, "real data", "faces (drawn)", "real", "identity_accuracy")["mean"] == "0.9"
    values = {x["metric"]: x["mean"] for x in lines if x["row"] == "chance" and x["dataset"] == "sprites (drawn)"}
    assert values["action_accuracy"] == "0.111111" and values["action_h_y"] == "2.19722" and values["action_is"] == "1"
    assert values["hair_accuracy"] == "0.166667"


def test_failed_seeds_are_shown_as_failed(results, tmp_path):
    fail(results["dsvae/faces-drawn/seed1"])
    fail(results["s3vae/sprites-drawn/seed0"])
    texts = rendered(results, tmp_path / "a")
    lines = long_form(texts[".csv"])
    partly = cell(lines, "DSVAE", "faces (drawn)", "motion-prior", "action_accuracy")
    assert partly["status"] == "2 of 3" and "seed 1: failed (NaN at step 120)" in partly["note"]
    wholly = cell(lines, "S3VAE", "sprites (drawn)", "motion-swap", "hair_accuracy")
    assert (wholly["status"], wholly["mean"], wholly["seeds"]) == ("failed", "", "0")
    assert cell(lines, "S3VAE", "sprites (drawn)", "motion-prior", "action_is")["published"] == "8.636"
    assert "(2 of 3)" in texts[".md"] and "| failed |" in texts[".md"] and 'class="failed' in texts[".html"]
    assert "S3VAE on sprites (drawn) has no numbers for seed 0: failed (NaN at step 120)." in texts[".md"]


def test_weak_judges_are_marked(results, tmp_path):
    for name, path in results.items():
        if "/faces-drawn/" in name:
            judges = record("halo", "faces-drawn", 0)["judges"]
            change(path, judges=judges | {"identity": {"test_accuracy": 0.8, "floor": 0.95, "weak": True}})
    texts = rendered(results, tmp_path / "a")
    marked = cell(long_form(texts[".csv"]), "DSVAE", "faces (drawn)", "motion-swap", "identity_accuracy")
    assert marked["note"] == "weak judge: identity 0.800 on real test data, floor 0.95"
    assert "0.910 ± 0.010 (3) †" in texts[".md"] and "identity 0.800 (weak †, floor 0.95)" in texts[".md"]


@pytest.mark.parametrize("missing", ["dsvae/sprites-drawn/seed2", "real/faces-drawn/seed0"])
def test_a_declared_run_may_not_be_left_out(missing, results, tmp_path):
    del results[missing]
    with pytest.raises(UserError, match=f"results/quick/{missing}.json: declared"):
        rendered(results, tmp_path / "a")
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"scale": "paper"}, "scales do not mix"),
        ({"data": "other"}, "other data"),
        ({"seed": 7}, "not declared"),
        ({"seed": 1}, "same run"),
        ({"verb": "train"}, "not an evaluation record"),
        ({"split": "validation"}, "scored on the validation split"),
    ],
)
def test_records_that_do_not_belong_together_are_refused(changes, message, results, tmp_path):
    change(results["halo/faces-drawn/seed0"], **changes)
    extra = results | {"again": tmp_path / "again.json"}
    write(extra["again"], record("halo", "faces-drawn", 0))
    with pytest.raises(UserError, match=message):
        rendered(results if changes.get("seed") != 7 else extra, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_systems_that_were_not_run_are_published_only(results, tmp_path):
    shown = ["halo/sprites-drawn/seed0", "halo/faces-drawn/seed0"]
    settings = SETTINGS | {"shown": shown, "models": ["halo"]}
    given = [path for name, path in results.items() if name in shown or name.startswith("real/")]
    render_table("table2", given, PUBLISHED, tmp_path / "a.csv", settings)
    lines = long_form((tmp_path / "a.csv").read_text())
    alone = cell(lines, "DSVAE", "MUG faces", "motion-prior", "action_accuracy")
    assert (alone["published"], alone["mean"], alone["status"]) == ("0.543", "", "published only")
    assert alone["source"] == "published" and not alone["scale"]


def test_another_table_of_the_same_form_is_not_called_the_papers(results, tmp_path):
    render_table("mine", list(results.values()), PUBLISHED, tmp_path / "mine", SETTINGS)
    text = (tmp_path / "mine.md").read_text()
    assert "(mine, made like HALO, table 2; scale quick)" in text
    assert "(HALO, table 2; scale quick)" in rendered(results, tmp_path / "a")[".md"]


def test_unknown_report_offers_the_nearest(results, tmp_path):
    with pytest.raises(UserError, match="did you mean 'table2'"):
        rendered(results, tmp_path / "a", "tabel2")


def test_published_numbers_that_are_cut_off_are_refused(tmp_path):
    lines = PUBLISHED.read_text().splitlines(keepends=True)
    (tmp_path / "published.csv").write_text("".join(lines[: len(lines) // 10]))
    with pytest.raises(UserError, match="published.csv: HALO, table .* lacks row .*; restore it") as caught:
        read_published(tmp_path / "published.csv")
    assert "\n" not in str(caught.value)


def test_published_numbers_are_whole():
    published = read_published(PUBLISHED)
    counts = {"1": 24, "2": 41, "3": 12, "S1a": 28, "S1b": 7, "S2": 5}
    halo, hgan = (published[published.paper == paper] for paper in ("HALO", "HGAN"))
    assert halo.groupby("table", sort=False).size().to_dict() == counts
    assert set(halo.dataset) == {"sprites", "faces", "rotating_mnist", "any"}
    assert hgan.groupby("row", sort=False).size().to_dict() == {"HGN": 5, "MoCoGAN": 5, "HGAN (Ours)": 5}


def test_every_printed_inception_score_follows_from_its_entropies():
    """A finding: all 16 rows of HALO and all 5 of R-WAE satisfy IS = exp(H(y) - H(y|x)) within rounding."""
    checked = audit(read_published(PUBLISHED))
    assert checked.paper.value_counts().to_dict() == {"HALO": 16, "R-WAE": 5}
    assert checked[~checked.holds].empty


def test_the_audit_notices_a_wrong_score():
    published = read_published(PUBLISHED)
    published.loc[published.metric == "action_is", "value"] = "5.400"
    assert not audit(published).holds.any()


@pytest.mark.parametrize(
    "text, message",
    [
        ("paper,table\n", "columns must be"),
        ("paper,table,row,dataset,metric,value,note\nA,1,r,d,m,o.9,\n", "line 2: 'o.9' is not a number"),
        ("paper,table,row,dataset,metric,value,note\n" + "A,1,r,d,m,0.9,\n" * 2, "line 3 repeats A, 1, r, d, m"),
    ],
)
def test_damaged_published_numbers_are_one_line(text, message, tmp_path):
    (tmp_path / "published.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        read_published(tmp_path / "published.csv")


def test_a_comparison_belongs_to_no_paper_and_shows_what_is_asked_for(results, tmp_path):
    found = rendered(results, tmp_path / "a", "comparison")
    lines = long_form(found[".csv"])
    assert {line["metric"].rpartition("_")[2] for line in lines} == {"accuracy"} and lines[0]["published"] == ""
    assert cell(lines, "HALO (conditional)", "faces (drawn)", "motion-swap", "identity_accuracy")["mean"] == "0.91"
    assert found[".md"].startswith("**Comparison of systems (comparison; scale quick)")
    assert all(paper not in found[".md"] for paper in ("italics", "HALO, table", "R-WAE"))
    settings = SETTINGS | {"report": "comparison", "options": {"metrics": ["motion-swap/action_is"]}}
    render_table("mine", list(results.values()), PUBLISHED, tmp_path / "mine.csv", settings)
    assert {line["metric"] for line in long_form((tmp_path / "mine.csv").read_text())} == {"action_is"}
    settings["options"] = {"metrics": ["motion-swap/fvd"]}
    with pytest.raises(UserError, match="no record has 'motion-swap/fvd'; there are: content-prior/action_accuracy"):
        render_table("mine", list(results.values()), PUBLISHED, tmp_path / "mine.csv", settings)
