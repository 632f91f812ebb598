"""Writes TorchScript models into the folder that is named, one folder each: what a PyTorch processor loads."""

import json
import sys
import warnings
from pathlib import Path
from typing import Dict, List, Tuple

import torch

from torch_server import DIGITS

warnings.simplefilter("ignore")  # TorchScript is deprecated, and what PAI takes.


class Digits(torch.nn.Module):
    """The network of examples/digits: logits and features."""

    def __init__(self, description):
        super().__init__()
        self.layers = torch.nn.ModuleList()
        for layer in description["layers"]:
            linear = torch.nn.Linear(len(layer["weights"]), layer["units"])
            with torch.no_grad():
                linear.weight.copy_(torch.tensor(layer["weights"]).T)
                linear.bias.copy_(torch.tensor(layer["bias"]))
            activation = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "linear": torch.nn.Identity}
            self.layers.append(torch.nn.Sequential(linear, activation[layer["activation"]]()))
        self.outputs = [output["layer"] for output in description["outputs"]]

    def forward(self, images):
        values, activations = torch.flatten(images, 1), []
        for layer in self.layers:
            values = layer(values)
            activations.append(values)
        return tuple([activations[index] for index in self.outputs])


class Sum(torch.nn.Module):
    def forward(self, a: torch.Tensor, b: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        return a + b, a * b


class Echo(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


class Named(torch.nn.Module):
    def forward(self, inputs: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        return inputs


class Types(torch.nn.Module):
    """One number as types that the messages have no field of their own for, and one that they can't have."""

    def forward(self, x: torch.Tensor) -> List[torch.Tensor]:
        return [x.half(), x.to(torch.bfloat16), x > 0]


folder = Path(sys.argv[1])
digits = Digits(json.loads((DIGITS / "pytorch.json").read_text())).eval()
models = {
    "digits": torch.jit.trace(digits, torch.zeros(2, 8, 8), check_trace=False),
    "sum": torch.jit.script(Sum()),
    "echo": torch.jit.script(Echo()),
    "named": torch.jit.script(Named()),
    "types": torch.jit.script(Types()),
}
for name, model in models.items():
    (folder / name).mkdir()
    model.save(str(folder / name / f"{name}.pt"))
