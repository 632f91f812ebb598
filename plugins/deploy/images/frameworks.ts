/** Frameworks that have official images, as their makers spell them. */
const frameworks = [
  "DeepRec",
  "DeepSpeed",
  "Megatron-LM",
  "ModelScope",
  "Nemo",
  "OneFlow",
  "PyTorch",
  "TensorFlow",
  "Transformers",
  "XGBoost",
];

const spelling = new Map(frameworks.map((name) => [name.toLowerCase(), name]));

/** The framework that a repository is named after: `pytorch-training` holds `PyTorch`. */
export function frameworkOf(repository: string): string {
  const name = repository.replace(/-(?:inference|training)$/, "");
  return spelling.get(name.toLowerCase()) ?? name;
}

/** A framework that has official images, spelled right; `undefined` for any other. */
export function knownFramework(name: string): string | undefined {
  return spelling.get(name.toLowerCase());
}

/** The frameworks that have official images, for people to read. */
export const frameworkNames: string = frameworks.join(", ");
