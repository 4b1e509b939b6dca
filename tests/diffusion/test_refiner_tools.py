"""How the refiner is trained: tools/refiner, with pairs of a few pixels."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from toys import REFINER  # noqa: E402

from auhead_models.au.space import UNIT_INDEX  # noqa: E402
from auhead_models.diffusion.refiner import UNKNOWN, Refiner  # noqa: E402
from auhead_models.face.topology import EYES  # noqa: E402

TOOLS = Path(__file__).resolve().parents[2] / "tools" / "refiner"
SIDE = 32


@pytest.fixture
def tools(monkeypatch):
    """The modules of tools/refiner by name, forgotten afterwards."""
    monkeypatch.syspath_prepend(str(TOOLS))
    names = [file.stem for file in TOOLS.glob("*.py")]
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def batch(tools):
    """A bright square in a grey picture that the warp lacks."""
    warp = torch.full((2, 3, SIDE, SIDE), 0.5) + 0.05 * torch.rand(2, 1, SIDE, SIDE)
    target = warp.clone()
    target[:, :, 8:24, 8:24] += 0.3
    whole = torch.ones(2, 1, SIDE, SIDE)
    units = torch.rand(2, 24)
    return tools("dataset").Batch(warp, warp.clone(), warp.clone(), target, whole, units, units)


@pytest.fixture
def shard(tmp_path):
    """A folder with one shard of random pairs of ten people, and of one who is held out."""
    rng = np.random.default_rng(0)
    people = 11
    rows = {"identity": np.arange(10, 10 + people), "kind": np.zeros(people, np.int64)}
    rows |= {name: rng.random((people, 24), np.float32) for name in ("values", "own")}
    for region in ("mouth", "eyes"):
        for name in ("warp", "portrait", "facemap", "target"):
            rows[f"{region}_{name}"] = rng.integers(0, 256, (people, SIDE, SIDE, 3), np.uint8)
        rows[f"{region}_mask"] = np.full((people, SIDE, SIDE), 255, np.uint8)
    folder = tmp_path / "pairs"
    folder.mkdir()
    np.savez(folder / "heads_000000.npz", **rows)
    return folder


def test_a_mirrored_pair_is_the_other_side_with_units_exchanged(tools, batch, monkeypatch):
    dataset = tools("dataset")
    monkeypatch.setattr(dataset, "MIRRORED", 1.0)
    batch.warp[:, :, :, :4] = 0
    batch.values[:, UNIT_INDEX["brow_raise_left"]] = 0.9
    found = dataset.mirrored(replace(batch, **{name: part.clone() for name, part in vars(batch).items()}),
                             np.random.default_rng(0))  # fmt: skip
    assert torch.equal(found.warp, batch.warp.flip(-1)) and torch.equal(found.target, batch.target.flip(-1))
    assert (found.values[:, UNIT_INDEX["brow_raise_right"]] == 0.9).all()
    assert not found.facemap.any()  # its colours would tell the wrong side


def test_nothing_beats_what_is_missing(tools, batch):
    losses = tools("losses")
    residual, _ = losses.wanted(batch, "mouth")
    amounts = [float(losses.regression_loss(part * residual, batch, "mouth")) for part in (0, 0.5, 1, 1.5)]
    assert amounts[2] == min(amounts) and amounts[0] > amounts[1]


def test_grain_is_not_asked_for(tools, batch):
    grain = 0.02 * torch.randn(batch.warp.shape, generator=torch.Generator().manual_seed(0))
    residual, weight = tools("losses").wanted(replace(batch, target=batch.warp + grain), "mouth")
    assert float(residual.abs().max()) < 1e-3 and float(weight.max()) < 0.2


def test_taking_detail_away_costs(tools, batch):
    """A warp with as much detail as the target is better left alone than smoothed."""
    losses = tools("losses")
    detail = 0.05 * (torch.rand(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) - 0.5)
    sharp = replace(batch, target=batch.warp + detail)
    smoothed = -0.5 * (batch.warp - batch.warp.mean((2, 3), keepdim=True))
    kept = torch.zeros_like(smoothed)
    assert losses.regression_loss(kept, sharp, "mouth") < losses.regression_loss(smoothed, sharp, "mouth")


def test_some_pairs_lack_an_input(tools, batch):
    train = tools("train")
    big = replace(batch, **{name: getattr(batch, name).repeat(200, *[1] * (getattr(batch, name).dim() - 1))
                            for name in vars(batch)})  # fmt: skip
    before = {name: getattr(big, name).clone() for name in vars(big)}
    seen = train.forgetful(big, np.random.default_rng(0))
    for name, share in train.MISSING.items():
        missing = (getattr(seen, name) == UNKNOWN[name]).flatten(1).all(1)
        assert float(missing.float().mean()) == pytest.approx(share, abs=0.05)
    assert torch.equal(seen.target, before["target"]) and torch.equal(seen.warp, before["warp"])


def test_the_learning_rate_rises_stays_and_falls(tools):
    train = tools("train")
    rates = [train.learning_rate(step, 1000, 1.0) for step in range(1000)]
    assert rates[0] < 0.02 and rates[train.WARMUP] == rates[600] == 1.0 and rates[-1] < 0.01
    assert all(later <= earlier for earlier, later in zip(rates[600:], rates[601:], strict=False))


def test_a_run_that_was_stopped_ends_as_one_that_was_not(tools, monkeypatch, shard, tmp_path):
    train = tools("train")
    monkeypatch.setattr(train, "CHECK", 2)
    monkeypatch.setattr(train, "REPORT", 2)

    def run(name, steps):
        monkeypatch.setattr(sys, "argv", ["train.py", str(shard), "-o", str(tmp_path / name), "--steps", str(steps)])
        train.main()
        return load_file(tmp_path / name / "refiner.safetensors")

    monkeypatch.setattr(train, "learning_rate", lambda *_: 1e-3)
    monkeypatch.setattr(train, "Refiner", lambda: Refiner(REFINER))
    run("stopped", 2)
    stopped, whole = run("stopped", 4), run("whole", 4)
    assert all(torch.equal(stopped[name], weight) for name, weight in whole.items())
    assert float(whole["unet.conv_out.weight"].abs().max()) > 0
    assert "held_out_mouth" in (tmp_path / "whole" / "log.jsonl").read_text()


def _eyes(opening):
    """Points [478, 3] of eyes that are open by so many pixels."""
    points = torch.zeros(478, 3)
    for eye in EYES:
        points[list(eye.upper), 1] = -opening
    return points


@pytest.mark.parametrize(
    ("true", "found", "left"),
    [(8, 4, 0), (8, 12, 0), (8, 16, 4), (0.5, 0.5, 0.25)],  # the last two are beyond what it promises
)
def test_closed_lids_are_closed_as_they_are_found(tools, true, found, left):
    make_pairs = tools("make_pairs")
    there, landmarks, closed = _eyes(true), _eyes(found), _eyes(0)
    closed[:, 0] += 3.0  # both lids move along
    moved = closed - there
    make_pairs.close_found_lids(moved, there, landmarks)
    lids = landmarks + moved
    for eye in EYES:
        gap = lids[list(eye.lower)] - lids[list(eye.upper)]
        assert torch.allclose(gap, torch.tensor([0.0, left, 0.0]).expand_as(gap))
        assert (lids[list(eye.lower), 0] == 3.0).all()


def test_a_third_of_an_opening_is_a_third_of_what_is_found(tools):
    there, landmarks = _eyes(9), _eyes(6)
    moved = _eyes(3) - there
    tools("make_pairs").close_found_lids(moved, there, landmarks)
    assert torch.allclose(landmarks + moved, _eyes(2))


def test_the_middle_of_an_eyeball_is_found_from_a_part_of_it(tools):
    pytest.importorskip("numba")
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(50, 3))
    directions[:, 2] = np.abs(directions[:, 2])  # its front
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    centre = np.array([3.1, 2.4, 5.0])
    assert np.allclose(tools("heads").sphere_centre(centre + 1.2 * directions), centre)
