"""Trains the two networks of this folder and writes what each framework itself predicts for images it never saw.

    pip install -r requirements.txt
    python train.py [--export FOLDER]

Writes tensorflow.json, pytorch.json and held-out.json beside itself; the same versions write the same bytes again.
With --export it also saves a SavedModel, FOLDER/tensorflow, and a TorchScript file, FOLDER/pytorch.pt: the formats
that the processors of a real service load.
"""

import argparse
import json
import os
import warnings
from pathlib import Path

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="")

import numpy as np
import tensorflow as tf
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 20
HELD_OUT = 80
FOLDER = Path(__file__).parent


def trained_tensorflow(images, labels):
    """Flatten -> 32 relu -> 10 softmax; Keras names its input flatten_input and its output dense_1."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Flatten(input_shape=(8, 8)),
            tf.keras.layers.Dense(32, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(images, labels, epochs=40, batch_size=32, verbose=0)
    return model


class TwoOutputs(torch.nn.Module):
    """Flatten -> 16 tanh -> 10; returns the logits, and the 16 features that they are made from."""

    def __init__(self):
        super().__init__()
        self.features = torch.nn.Linear(64, 16)
        self.logits = torch.nn.Linear(16, 10)

    def forward(self, images):
        hidden = torch.tanh(self.features(torch.flatten(images, 1)))
        return self.logits(hidden), hidden


def trained_pytorch(images, labels):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    model = TwoOutputs()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=3e-3)
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)
    for _ in range(300):
        optimizer.zero_grad()
        logits, _ = model(images)
        torch.nn.functional.cross_entropy(logits, labels).backward()
        optimizer.step()
    return model.eval()


def numbers(array):
    """float32 values with as few digits as tell each from its neighbours."""
    if array.ndim > 1:
        return [numbers(row) for row in array]
    return [float(str(value)) for value in array.astype(np.float32)]


def dense(weights, bias, activation):
    """A layer as the file has it: a row of weights for each input."""
    return {"units": len(bias), "activation": activation, "weights": numbers(weights), "bias": numbers(bias)}


def tensorflow_file(model):
    layers = [dense(*layer.get_weights(), layer.activation.__name__) for layer in model.layers[1:]]
    return {
        "format": "dense-network/1",
        "framework": f"tensorflow {tf.__version__}",
        "signature_name": "serving_default",
        "inputs": [{"name": model.input_names[0], "shape": [-1, 8, 8], "type": "DT_FLOAT"}],
        "outputs": [{"name": model.output_names[0], "shape": [-1, 10], "type": "DT_FLOAT", "layer": 1}],
        "layers": layers,
    }


def pytorch_file(model):
    parts = [(model.features, "tanh"), (model.logits, "linear")]
    arrays = [(part.weight.detach().numpy().T, part.bias.detach().numpy(), name) for part, name in parts]
    return {
        "format": "dense-network/1",
        "framework": f"pytorch {torch.__version__.split('+')[0]}",
        "inputs": [{"name": "0", "shape": [-1, 8, 8], "type": "DT_FLOAT"}],
        "outputs": [
            {"name": "0", "shape": [-1, 10], "type": "DT_FLOAT", "layer": 1},
            {"name": "1", "shape": [-1, 16], "type": "DT_FLOAT", "layer": 0},
        ],
        "layers": [dense(*array) for array in arrays],
    }


def text_of(value, depth=0):
    """JSON with each list of numbers on its own line, so that a change shows as the rows that it touches."""
    indent = "  " * (depth + 1)
    if isinstance(value, dict):
        rows = [f"{json.dumps(key)}: {text_of(item, depth + 1)}" for key, item in value.items()]
        opening, closing = "{}"
    elif isinstance(value, list) and value and isinstance(value[0], (dict, list)):
        rows = [text_of(item, depth + 1) for item in value]
        opening, closing = "[]"
    else:
        return json.dumps(value)
    return f"{opening}\n" + ",\n".join(indent + row for row in rows) + f"\n{indent[2:]}{closing}"


def write(name, value):
    (FOLDER / name).write_text(text_of(value) + "\n", newline="\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--export", type=Path, help="folder for the SavedModel and the TorchScript file")
    export = parser.parse_args().export

    data = load_digits()  # Comes with scikit-learn: nothing is downloaded.
    train_x, test_x, train_y, test_y = train_test_split(
        (data.images / 16).astype(np.float32), data.target, test_size=HELD_OUT, random_state=SEED, stratify=data.target
    )
    keras_model = trained_tensorflow(train_x, train_y)
    torch_model = trained_pytorch(train_x, train_y)
    write("tensorflow.json", tensorflow_file(keras_model))
    write("pytorch.json", pytorch_file(torch_model))

    probabilities = keras_model(test_x).numpy()
    with torch.no_grad():
        logits, features = [output.numpy() for output in torch_model(torch.from_numpy(test_x))]
    for framework, scores in [("TensorFlow", probabilities), ("PyTorch", logits)]:
        right = int(np.sum(scores.argmax(1) == test_y))
        print(f"{framework}: {right} of {len(test_y)} held-out images are right")
    write(
        "held-out.json",
        {
            "images": (test_x * 16).astype(int).reshape(-1, 64).tolist(),
            "labels": test_y.tolist(),
            "tensorflow": {keras_model.output_names[0]: numbers(probabilities)},
            "pytorch": {"0": numbers(logits), "1": numbers(features)},
        },
    )
    if export:
        export.mkdir(parents=True, exist_ok=True)
        keras_model.save(export / "tensorflow", save_format="tf")
        # PyTorch advises to leave TorchScript, but it is what the processor loads.
        warnings.simplefilter("ignore", FutureWarning)
        torch.jit.trace(torch_model, torch.from_numpy(test_x)).save(export / "pytorch.pt")


if __name__ == "__main__":
    main()
