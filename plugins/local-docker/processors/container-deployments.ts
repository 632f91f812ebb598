import type { FileSource } from "../../../core/files.ts";
import type { Container, ServiceConfig } from "../../../core/service-config.ts";
import type { Deployment } from "../../../core/target.ts";
import { torchServer } from "./torch-server.ts";

/** Name of the model inside TensorFlow Serving. */
export const servedName = "model";

/** Where a model's files are in its container. */
const modelFolder = "/eas/workspace/model";

/** Unpacks archives into a folder of the container's own, as the model's may not be written to. */
const unpack = [
  `model=${modelFolder}; work=$(mktemp -d) || exit 1`,
  `for archive in "$model"/*.tar.gz "$model"/*.tgz "$model"/*.tar; do`,
  `  [ -e "$archive" ] || continue`,
  `  case "$archive" in *gz) how=-xzf;; *) how=-xf;; esac`, // not every tar sees by itself what is compressed
  `  mkdir -p "$work/files" && tar $how "$archive" -C "$work/files" && model=$work/files || exit 1`,
  `done`,
];

/**
 * The deployment of a container with TensorFlow Serving that a TensorFlow processor's deployment becomes. Where in the
 * files a SavedModel is, is looked for: PAI takes a folder, one in a folder, and archives of both.
 */
export function tensorflowContainer(deployment: Deployment, source: FileSource, image: string): Deployment {
  const port = 8501;
  const script = [
    ...unpack,
    `found=$(find -L "$model" -name 'saved_model.pb*' | head -n 1)`,
    `[ -n "$found" ] || { echo "there is no saved_model.pb in $model" >&2; exit 1; }`,
    `mkdir "$work/served" && ln -s "$(dirname "$found")" "$work/served/1" || exit 1`,
    `exec tensorflow_model_server --rest_api_port=\${LISTENING_PORT:-${port}} ` +
    `--model_name=${servedName} --model_base_path="$work/served"`,
  ];
  const container: Container = {
    image,
    port,
    script: script.join("\n"),
    health_check: { http_get: { path: `/v1/models/${servedName}` } },
  };
  return inContainer(deployment, source, container);
}

/** The deployment of a container with PyTorch that a PyTorch processor's deployment becomes. */
export function pytorchContainer(deployment: Deployment, source: FileSource, image: string): Deployment {
  const end = "END_OF_SERVER";
  const script = [
    ...unpack,
    `cat > "$work/server.py" <<'${end}'`,
    torchServer.trimEnd(),
    end,
    `exec "$(command -v python3 || command -v python)" -u "$work/server.py" "$model"`,
  ];
  return inContainer(deployment, source, { image, port: 8000, script: script.join("\n") });
}

function inContainer({ config, mounts }: Deployment, source: FileSource, container: Container): Deployment {
  const { processor: _, ...rest } = config;
  const kept: ServiceConfig = { ...rest, containers: [container] };
  return { config: kept, mounts: [...mounts, { mountPath: modelFolder, source }] };
}
