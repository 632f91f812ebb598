/** What the tag of an official image says; all of it is as the tag spells it. */
export interface ImageTag {
  /** Version of the framework. */
  version?: string;
  /** `cpu` or `gpu`. */
  accelerator?: "cpu" | "gpu";
  /** `py39` for Python 3.9. */
  python?: string;
  /** `cu113` for CUDA 11.3. */
  cuda?: string;
  /** Operating system. */
  os?: string;
}

const chip = String.raw`(?:mkl-)?(?<accelerator>gpu|cpu)`;
const end = String.raw`(?:-(?<cuda>cu\d+))?-(?<os>[^\s-]+)(?:-\S+)?$`; // newer tags end in the build's hash and time
// The version is as short as can be, so that "mkl" counts to the chip: 1.15.5-mkl-cpu-py36-ubuntu18.04.
const version = String.raw`^(?<version>[\w.-]+?)`;

/** Images for training have the chip before Python, those for inference behind it, if at all. */
const grammars = [
  new RegExp(String.raw`${version}-${chip}-(?<python>py\d+)${end}`),
  new RegExp(String.raw`${version}-(?<python>py\d+)(?:-${chip})?${end}`),
];

/** Reads a tag such as `1.12-gpu-py39-cu113-ubuntu20.04`; one of another form says nothing. */
export function parseImageTag(tag: string): ImageTag {
  for (const grammar of grammars) {
    const groups = grammar.exec(tag)?.groups;
    if (groups) return { ...groups };
  }
  return {};
}
