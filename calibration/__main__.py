"""Recomputes every constant that was learned from photos, and reports the stability of readings.

    python -m calibration PHOTOS [--averages FOLDER] [--noise 0.1]

PHOTOS holds `neutral/NAME_*.jpg` and `smiling/NAME_*.jpg`, two portraits a person, taken from afar; the folder of
--averages may hold `composite/*.jpg`, averaged faces. Writes the package's data files and prints tables for the docs.
"""

import argparse
import pickle
from pathlib import Path

import numpy as np

from calibration import tables
from calibration.face_model import NOISE, Person, measure_averages, measure_people, save, train
from calibration.folds import measure_held_out
from calibration.report import table
from gwansang.reading.calibration import calibrate_scales
from gwansang.reading.norms import default_norms
from gwansang.reading.stability import measure_stability, sample_photo
from gwansang.vision.face import Points
from gwansang.vision.models.runtime import Networks

_PACKAGE = Path(__file__).parent.parent / "src/gwansang"
_MEASURES = _PACKAGE / "reading/knowledge/measures.json"


def _measured(options: argparse.Namespace) -> tuple[list[Person], Points]:
    """Return the measured people and averages, cached in a file: measuring takes a second a person."""
    if options.seen is not None and options.seen.exists():
        people, averages = pickle.loads(options.seen.read_bytes())  # noqa: S301 - written by this program just before
        return people, averages
    networks = Networks.load(options.models)
    people = measure_people(options.photos, networks)
    averages = measure_averages(options.averages, networks) if options.averages else np.empty((0, 468, 3))
    if options.seen is not None:
        options.seen.write_bytes(pickle.dumps((people, averages)))
    return people, averages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--averages", type=Path)
    parser.add_argument("--models", type=Path, default=Path(".models"))
    parser.add_argument("--noise", type=float, default=NOISE)
    parser.add_argument("--step", choices=("tables", "scales", "report"), help="one step of three; each is its own run")
    parser.add_argument(
        "--seen", type=Path, help="cache file of the measured faces, so that later steps need no photos"
    )
    options = parser.parse_args()
    people, averages = _measured(options)
    pairs = measure_held_out(people, averages, options.noise)
    if options.step in (None, "tables"):
        model = train(people, averages, options.noise)
        save(model, _PACKAGE / "vision/face_model.npz")
        tables.write(tables.errors(people, pairs, model), _MEASURES, "errors")
        published = Path(__file__).parent / "published_norms.csv"
        tables.write(tables.norms(people, pairs, published), _MEASURES, "norms")
        tables.write(tables.population(people, pairs), _MEASURES, "population")
    if options.step in (None, "scales"):
        tables.write(calibrate_scales(default_norms(), 8000, 2026), _MEASURES, "scales")
    if options.step in (None, "report"):
        sightings = [[sample_photo(measures, default_norms()) for measures in pair] for pair in pairs]
        print(table("Neutral against smiling, every person held out", measure_stability(sightings)))


if __name__ == "__main__":
    main()
