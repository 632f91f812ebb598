"""Trains the model of this folder and writes XGBoost's own predictions for rows that it never saw.

    pip install -r requirements.txt
    python train.py

Writes model.json and held-out.json beside itself; the same versions write the same bytes again.
"""

import json
from pathlib import Path

import numpy as np
import xgboost as xgb
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

SEED = 20
BLANKED = 0.03  # Share of the values that are taken away, so that missing values matter.
FOLDER = Path(__file__).parent

data = load_breast_cancer()  # Comes with scikit-learn: nothing is downloaded.
values = data.data.copy()
values[np.random.default_rng(SEED).random(values.shape) < BLANKED] = np.nan
train_x, test_x, train_y, test_y = train_test_split(
    values, data.target, test_size=0.25, random_state=SEED, stratify=data.target
)
names = [str(name) for name in data.feature_names]

booster = xgb.train(
    {"objective": "binary:logistic", "max_depth": 3, "eta": 0.2, "seed": SEED, "nthread": 1},
    xgb.DMatrix(train_x, train_y, feature_names=names, nthread=1),
    num_boost_round=30,
)
booster.save_model(FOLDER / "model.json")

# A service knows nothing but the file, so the file predicts.
saved = xgb.Booster({"nthread": 1}, model_file=FOLDER / "model.json")
predictions = saved.predict(xgb.DMatrix(test_x, feature_names=names, nthread=1))
print(f"accuracy {np.mean((predictions > 0.5) == test_y):.4f} on {len(test_y)} rows, XGBoost {xgb.__version__}")


def one_per_line(items):
    """A JSON list with each item on its own line, so that a change shows as the rows that it touches."""
    return "[\n" + ",\n".join("  " + json.dumps(item) for item in items) + "\n]"


rows = [[None if np.isnan(value) else float(value) for value in row] for row in test_x]
fields = {
    "features": json.dumps(names),
    "rows": one_per_line(rows),
    "labels": json.dumps([int(label) for label in test_y]),
    "predictions": one_per_line([float(figure) for figure in predictions]),  # float32, every digit.
}
text = ",\n".join(f'"{name}": {value}' for name, value in fields.items())
(FOLDER / "held-out.json").write_text("{\n" + text + "\n}\n", newline="\n")
