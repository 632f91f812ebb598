/**
 * Has the peers' own generators write their code of our `.proto` files. Those that are plugins of the protobuf compiler
 * get what it would send them, from a descriptor that protobufjs makes, so that no compiler is needed.
 *
 * @module
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { transform } from "esbuild";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import protobufjs from "protobufjs";
import descriptor from "protobufjs/ext/descriptor.js";
import { folder, protoFile, protoFiles } from "./generated.ts";

type Family = keyof typeof protoFiles;

const families = Object.keys(protoFiles) as Family[]; // what keys it has is known
const packages = new URL("../node_modules/", import.meta.url);

/** Plugins of the compiler, with the options that their documentation advises and our names kept. */
const plugins: Record<string, { program: string; options: string }> = {
  "protobuf-es": { program: "@bufbuild/protoc-gen-es/bin/protoc-gen-es", options: "target=ts" },
  "protobuf-ts": {
    program: "@protobuf-ts/plugin/bin/protoc-gen-ts",
    options: "optimize_speed,long_type_bigint,use_proto_field_name",
  },
  "ts-proto": {
    program: "ts-proto/protoc-gen-ts_proto",
    options: "esModuleInterop=true,forceLong=bigint,snakeToCamel=false,outputJsonMethods=false",
  },
};

/** Makes what is missing or was made of other files. Takes a few seconds. */
export async function generate(): Promise<void> {
  const stamp = new URL("stamp", folder), digest = digestOf(madeOf());
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  for (const family of families) {
    for (const [peer, { program, options }] of Object.entries(plugins)) {
      const { code } = await transform(runPlugin(program, options, family), { loader: "ts" });
      write(peer, family, code);
    }
    write("pbf", family, new TextDecoder().decode(run("pbf/bin/pbf", [fileURLToPath(protoFile(family))])));
  }
  writeFileSync(stamp, digest);
}

/** Everything that the code depends on: versions, this program, messages. */
function madeOf(): URL[] {
  const here = ["../deno.json", import.meta.url].map((file) => new URL(file, import.meta.url));
  return [...here, ...families.map(protoFile)];
}

function digestOf(files: URL[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file, "utf8"));
  return hash.digest("hex");
}

function write(peer: string, family: Family, code: string): void {
  mkdirSync(new URL(peer, folder), { recursive: true });
  writeFileSync(new URL(`${peer}/${family}.mjs`, folder), code);
}

/** Runs the program of a package and returns what it prints. */
function run(program: string, args: string[], input = new Uint8Array()): Uint8Array {
  const file = fileURLToPath(new URL(program, packages));
  const { status, error, stdout, stderr } = spawnSync(
    Deno.execPath(),
    ["run", "-A", "--quiet", file, ...args],
    { input },
  );
  if (status === 0) return new Uint8Array(stdout);
  throw new Error(`Cannot make a peer's code: ${program}: ${error?.message ?? stderr}`);
}

function runPlugin(program: string, options: string, family: Family): string {
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: [protoFiles[family]],
    parameter: options,
    protoFile: [describe(family)],
  });
  const answer = run(program, [], toBinary(CodeGeneratorRequestSchema, request));
  const { error, file } = fromBinary(CodeGeneratorResponseSchema, answer);
  const content = file[0]?.content;
  if (error || content === undefined) throw new Error(`Cannot make a peer's code: ${program}: ${error}`);
  return content;
}

/** A `.proto` file as the compiler would tell it. */
function describe(family: Family): FileDescriptorProto {
  const root = new protobufjs.Root();
  protobufjs.parse(readFileSync(protoFile(family), "utf8"), root, { keepCase: true });
  // The extension adds the method to the class without telling its type.
  const { toDescriptor } = root.resolveAll() as unknown as {
    toDescriptor(syntax: string): protobufjs.Message;
  };
  const set = descriptor.FileDescriptorSet.encode(toDescriptor.call(root, "proto3")).finish();
  const file = fromBinary(FileDescriptorSetSchema, set).file.find(({ messageType }) => messageType.length)!;
  file.name = protoFiles[family];
  for (const message of file.messageType) qualify(message, file.package && `.${file.package}`);
  return file;
}

/** Writes names as the compiler does: types from the root on, entries of maps, and those of JSON. */
function qualify(message: DescriptorProto, scope: string): void {
  const entries = new Set(message.nestedType.map(({ name }) => name));
  const full = (name: string): string =>
    entries.has(name) ? `${scope}.${message.name}.${entryOf(name)}` : `${scope}.${name}`;
  for (const { nestedType, field } of [message, ...message.nestedType]) {
    for (const nested of nestedType) nested.name = entryOf(nested.name);
    for (const one of field) {
      one.jsonName = camel(one.name);
      if (one.typeName) one.typeName = full(one.typeName.slice(one.typeName.lastIndexOf(".") + 1));
    }
  }
}

const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
const entryOf = (name: string): string => `${camel(name)}Entry`;

if (import.meta.main) await generate();
