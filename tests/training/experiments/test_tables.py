"""Results: means and deviations over seeds, Markdown, the page, the command."""

import json

import pytest

from statue_models.errors import StatueError
from training.__main__ import main
from training.experiments import running
from training.experiments.definition import read_experiment
from training.experiments.page import mark, with_lines
from training.experiments.results import RESULTS, figure, gather
from training.experiments.run_record import RunRecord
from training.experiments.run_result import read_results, result_of
from training.experiments.tables import lines
from training.experiments.trial import trials


def filled(toy, tmp_path, values):
    """Results with these errors: (group, cell) -> values by seed."""
    results = gather(toy, tmp_path, tmp_path)
    for keys, errors in values.items():
        for seed, error in enumerate(errors):
            log = [{"images": 10 * n, "share": n / 10, "loss": {"fit": n * (1 + seed)}} for n in range(1, 11)]
            record = RunRecord(tmp_path, {}, "done", 1234 + 2 * seed, metrics={"error": error}, progress=log)
            results.runs[*keys, seed] = result_of(record, toy.curves, "")
    return results


def test_a_figure_is_the_mean_and_the_samples_deviation():
    assert vars(figure([1.0, 3.0])) == {"mean": 2.0, "deviation": pytest.approx(2**0.5), "count": 2}
    assert figure([1.0]).deviation is None and figure([]) is None


def test_cells_show_mean_and_deviation_the_best_in_bold_and_how_many_seeds_are_missing(toy, tmp_path):
    found = {("plain", "narrow"): [0.5, 0.7], ("plain", "wide-8"): [0.25, 0.35], ("dropout", "narrow"): [1.5]}
    said = lines(filled(toy, tmp_path, found))
    text = "\n".join(said)
    assert "| narrow | .600 ± .141 | 1,235 |" in said and "| Wide, 8 | **.300 ± .071** | 1,235 |" in said
    assert "| narrow | 1.500 (n 1) | 1,234 |" in said and "| Wide, 8 | – | – |" in said
    assert "Mean ± standard deviation over 2 seeds; 3 core-minutes a run (5 of 8 runs are done)." in text
    assert text.index("**Plain**") < text.index("**Dropout**") and max(map(len, said)) <= 120


def test_curves_are_read_off_by_share_of_the_schedule_and_averaged(toy, tmp_path):
    said = lines(filled(toy, tmp_path, {("plain", "narrow"): [0.5, 0.7]}))
    start = said.index("`fit`, plain, by share of the schedule:")
    assert said[start + 2] == "| line | 5 % | 10 % | 25 % | 50 % | 75 % | 100 % |"
    assert said[start + 4] == "| narrow | 1.5 | 1.5 | 3.75 | 7.5 | 11.2 | 15 |"
    assert said[start + 5].startswith("| Wide, 8 | – |")
    assert not [line for line in said if "fit.squared" in line]  # nothing is known of it


def test_baselines_stand_below_in_the_columns_that_they_are_baselines_of(toy_file, tmp_path):
    metrics = ("psnr/own", "l1/own")
    columns = ", ".join(f'{{ metric = "{metric}" }}' for metric in metrics)
    text = toy_file.read_text()
    old = 'columns = [{ metric = "error", name = "error", better = "low", digits = 3 }]'
    assert old in text
    toy_file.write_text(text.replace(old, f'columns = [{columns}]\nbaselines = {{ marching = "psnr_telea" }}'))
    toy = read_experiment(str(toy_file))
    results = gather(toy, tmp_path, tmp_path)
    for cell, psnr in (("narrow", 20.0), ("wide-8", 21.0)):
        for seed in (0, 1):
            metrics = {"psnr/own": psnr, "l1/own": 0.1, "psnr_telea/own": 19.0 + seed}
            results.runs["plain", cell, seed] = result_of(RunRecord(tmp_path, images=8, metrics=metrics), (), "")
    said = lines(results)
    assert "| marching | 19.50 ± .71 | – | – |" in said  # of two seeds, though four runs have it
    assert "| Wide, 8 | **21.00 ± .00** | .10 ± .00 | 8 |" in said


def test_text_between_marks_is_replaced_and_nothing_else():
    page = f"a\n{mark('x')}\nold\n<!-- end -->\nb\n{mark('y')}\nkept\n<!-- end -->\n"
    new = with_lines(page, mark("x"), ["new", "| t |", ""])
    assert new == page.replace("old", "new\n| t |") and with_lines(new, mark("x"), ["old"]) == page
    for wrong in ("z", "y"):
        with pytest.raises(StatueError, match=wrong):
            with_lines(page.removesuffix("<!-- end -->\n"), mark(wrong), ["new"])


def test_the_command_trains_says_what_it_takes_and_writes_results_table_and_page(
    toy_file, tmp_path, in_process, monkeypatch, capsys
):
    monkeypatch.setattr(running, "start_training", in_process)
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{mark('wide')}\n<!-- end -->\n\n**Findings.** ours\n")
    words = ["experiment", str(toy_file), "--out", str(tmp_path), "--assets", str(tmp_path), "--page", str(page)]
    assert main([*words, "--table"]) == 0
    assert "Not trained yet" in page.read_text() and not (tmp_path / "wide" / RESULTS).exists()
    assert main([*words, "--jobs", "4", "--device", "cpu"]) == 0
    said = capsys.readouterr()
    assert "wide: 0 of 8 runs are done; the others take 0.40 core-hours, about 0:06 h with 4 at once" in said.out
    found = json.loads((tmp_path / "wide" / RESULTS).read_text())
    assert len(found["runs"]) == 8 and found["runs"][0]["metrics"]["error"] > 0
    assert len(found["runs"][0]["curves"]["fit.squared"]) == len(found["shares"])
    text = page.read_text()
    assert text.endswith("**Findings.** ours\n") and "| line | error | pictures |" in text
    assert main(words) == 0  # all is done
    assert "core-hours" not in capsys.readouterr().out and page.read_text() == text


def test_what_is_kept_beside_the_file_counts_as_done_and_says_the_same(
    toy_file, tmp_path, in_process, monkeypatch, capsys
):
    monkeypatch.setattr(running, "start_training", in_process)
    words = ["experiment", str(toy_file), "--assets", str(tmp_path), "--device", "cpu", "--out"]
    assert main([*words, str(tmp_path / "there"), "--kept", "--seeds", "1"]) == 0
    kept = tmp_path / "wide.json"
    assert len(read_results(kept)) == 4 and not (tmp_path / "there" / "wide" / RESULTS).exists()
    assert "0 of 4 runs are done" in capsys.readouterr().out
    assert main([*words, str(tmp_path / "here"), "--kept"]) == 0  # on another machine, with data at another place
    said = capsys.readouterr().out
    assert "4 of 8 runs are done" in said and len(read_results(kept)) == 8
    assert main([*words, str(tmp_path / "nowhere"), "--kept", "--table"]) == 0
    assert capsys.readouterr().out == said[said.index("## Wide") :]
    assert main([*words, str(tmp_path / "nowhere"), "--table"]) == 0
    assert "Not trained yet" in capsys.readouterr().out
    # a run of other settings does not count, and stays until it is trained anew
    toy_file.write_text(toy_file.read_text().replace("system.width = 8", "system.width = 9"))
    assert main([*words, str(tmp_path / "nowhere"), "--kept", "--table"]) == 0
    assert "(4 of 8 runs are done)" in capsys.readouterr().out and len(read_results(kept)) == 8
    kept.write_text('{"runs": [{}]}')
    assert main([*words, str(tmp_path / "nowhere"), "--kept", "--table"]) != 0
    assert "does not hold an experiment's results" in capsys.readouterr().err


def test_where_the_data_lie_is_no_setting(toy_file, tmp_path):
    toy_file.write_text(toy_file.read_text().replace("system.dropout = 0.2", "system.data = 'a:{assets}/b'"))
    toy = read_experiment(str(toy_file))
    here, there = (trials(toy, tmp_path, tmp_path / name) for name in ("here", "there"))
    assert here[-1].settings == there[-1].settings != here[0].settings
    assert here[-1].recipe != there[-1].recipe


def test_the_command_ends_as_its_runs_do(toy_file, tmp_path, in_process, monkeypatch, capsys):
    words = ["experiment", str(toy_file), "--out", str(tmp_path), "--assets", str(tmp_path), "--device", "cpu"]
    monkeypatch.setattr(running, "start_training", lambda words, output: in_process([*words, "--set", "a.b=1"], output))
    assert main(words) == 1
    assert "plain / narrow / seed 0: said this" in capsys.readouterr().err
    assert main([*words, "--jobs", "0"]) == 2 and main(words[:1] + words[2:]) == 2


def test_the_list_names_every_experiment(tmp_path, capsys):
    assert main(["experiment", "--list", "--assets", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "`one-mask`" in said and "core-hours" in said


def test_a_run_of_every_cell_comes_before_the_second_seed(toy, tmp_path):
    assert [trial.seed for trial in trials(toy, tmp_path, tmp_path)] == [0] * 4 + [1] * 4
