"""Norms, classes, probabilities and scores that are true to the face and fair: fit and evaluation, offline.

    python -m calibration.scores fit MEASURES.npz OUT_FOLDER
    python -m calibration.scores evaluate MEASURES.npz [--info info.csv] [--groups GROUPS.npz] [--json OUT]
                                        [--rules RULES.json ...]
    python -m calibration.scores tune MEASURES.npz RULES.json [--without-fold 0]

`--rules` takes one file, or one for each of the five folds: then nothing was tuned on the people who are judged.
`fit` writes files of gwansang/reading/knowledge; docs/decisions/0002-scores-fair-by-construction.md has the figures.
`sample` documents the formats of MEASURES.npz and GROUPS.npz.
"""
