import { DenseNetwork } from "./dense-network.ts";
import type { Handler } from "./handler.ts";
import { pytorchProcessor } from "./pytorch-processor.ts";
import { tensorflowProcessor } from "./tensorflow-processor.ts";

/**
 * A TensorFlow processor with a network that TensorFlow trained.
 *
 * @param text A file of the format `dense-network/1`.
 * @throws {Error} when it can't be loaded, or another framework trained it.
 */
export function tensorflowNetwork(text: string): Handler {
  const network = trainedBy("tensorflow", text);
  const { signature } = network;
  return tensorflowProcessor({
    signature,
    run(inputs) {
      const results = network.run(Object.values(inputs));
      return Object.fromEntries(signature.outputs.map(({ name }, i) => [name, results[i]!])); // one for each
    },
  });
}

/**
 * A PyTorch processor with a network that PyTorch trained.
 *
 * @param text A file of the format `dense-network/1`.
 * @throws {Error} when it can't be loaded, or another framework trained it.
 */
export function pytorchNetwork(text: string): Handler {
  const network = trainedBy("pytorch", text);
  return pytorchProcessor((inputs, named) => {
    if (Object.keys(named).length === 0) return network.run(inputs);
    throw new TypeError("Cannot run the network: it takes its input by position, not by name");
  });
}

/** A processor loads what its own framework has saved, and nothing else. */
function trainedBy(framework: string, text: string): DenseNetwork {
  const network = DenseNetwork.parse(text);
  if (network.framework.split(" ")[0] === framework) return network;
  throw new Error(
    `Cannot load dense network: it is one of ${JSON.stringify(network.framework)}, not ${framework}`,
  );
}
