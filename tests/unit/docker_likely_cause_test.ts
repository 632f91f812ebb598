import assert from "node:assert/strict";
import { test } from "node:test";
import { likelyCause, type Signs } from "../../plugins/local-docker/failure/likely-cause.ts";

const ended = (exitCode: number, ...logs: string[]): Signs => ({ port: 8000, exitCode, logs });
const running = (...logs: string[]): Signs => ({ port: 8000, logs });

// What programs and engines print, and what is told of it.
const rows: [title: string, signs: Signs, message: RegExp, mend: RegExp][] = [
  [
    "a Python module",
    ended(1, "Traceback (most recent call last):", "ModuleNotFoundError: No module named 'sklearn.svm'"),
    /module "sklearn\.svm" is missing/,
    /pythonRequirements/,
  ],
  [
    "a module of Node",
    ended(1, "Error: Cannot find module '/app/main.js'"),
    /"\/app\/main\.js" is missing/,
    /image/,
  ],
  [
    "a requirement",
    ended(1, "ERROR: No matching distribution found for numpyy==9", "python: more"),
    /requirement "numpyy==9" can't be installed/,
    /prepare/,
  ],
  ["no pip", ended(1, "/usr/bin/python: No module named pip"), /no pip/, /image/],
  [
    "another processor",
    ended(1, "exec /bin/serve: exec format error"),
    /another kind of processor/,
    /platform/,
  ],
  [
    "another processor, by the engine",
    { ...ended(127), engineError: "exec: exec format error: unknown" },
    /another kind of processor/,
    /platform/,
  ],
  [
    "no command",
    ended(127, "/bin/sh: 1: gunicorn: not found"),
    /command is not in the image|"gunicorn"/,
    /script/,
  ],
  [
    "no command, in busybox",
    ended(127, "sh: gunicorn: not found"),
    /"gunicorn" is not in the image/,
    /script/,
  ],
  ["no command, silently", ended(127), /not in the image/, /script/],
  [
    "a model's file",
    ended(1, "FileNotFoundError: [Errno 2] No such file or directory: '/eas/workspace/model/m.pt'"),
    /model file "\/eas\/workspace\/model\/m\.pt" is missing/,
    /model's files/,
  ],
  [
    "a model's file, named first",
    ended(1, "/eas/workspace/model/m.json: not found"),
    /"\/eas\/workspace\/model\/m\.json" is missing/,
    /model's files/,
  ],
  [
    "a library",
    ended(1, "python: error while loading shared libraries: libz.so.1: cannot open"),
    /"libz\.so\.1"/,
    /image/,
  ],
  [
    "a driver",
    ended(1, "ImportError: libcuda.so.1: cannot open shared object file"),
    /"libcuda\.so\.1"/,
    /gpus/,
  ],
  [
    "a port twice",
    ended(98, "OSError: [Errno 98] Address already in use"),
    /used by another/,
    /LISTENING_PORT/,
  ],
  [
    "rights",
    ended(1, "PermissionError: [Errno 13] Permission denied: '/data/x'"),
    /may not use "\/data\/x"/,
    /rights/,
  ],
  [
    "memory, by its own words",
    ended(1, "terminate called after throwing 'std::bad_alloc'"),
    /more memory/,
    /memory/,
  ],
  [
    "memory of the GPU",
    ended(1, "torch.OutOfMemoryError: CUDA out of memory."),
    /GPU has too little/,
    /smaller/,
  ],
  [
    "memory, by the system",
    { ...ended(137), oomKilled: true, memory: 64 },
    /than its 64 MB/,
    /metadata\.memory/,
  ],
  ["memory, without a limit", { ...ended(137), oomKilled: true }, /than there is/, /metadata\.memory/],
  ["an end", ended(0), /has ended/, /foreground/],
  ["a kill", ended(137), /was killed/, /memory/],
  ["a stop", ended(143), /was stopped/, /start\(\)/],
  ["a crash", ended(139), /segmentation fault/, /printed/],
  [
    "another port",
    running("Listening on http://0.0.0.0:9000/ (http://localhost:9000/)"),
    /port 9000/,
    /to 9000/,
  ],
  ["loopback", running(" * Running on http://127.0.0.1:8000"), /loopback/, /0\.0\.0\.0:8000/],
];

for (const [title, signs, message, mend] of rows) {
  test(`likelyCause() knows ${title}`, () => {
    const cause = likelyCause(signs);
    assert.match(cause?.message ?? "nothing", message);
    assert.match(cause?.mend ?? "nothing", mend);
  });
}

test("likelyCause() tells nothing of what it doesn't know, or of a server that listens where it is asked", () => {
  assert.equal(likelyCause(ended(3, "goodbye")), undefined);
  assert.equal(likelyCause(running()), undefined);
  assert.equal(likelyCause(running("Listening on port 8000")), undefined);
  assert.equal(
    likelyCause(running("Uvicorn running on http://0.0.0.0:8000", "Running on http://0.0.0.0:9090")),
    undefined,
  );
  const flask = [
    " * Running on all addresses (0.0.0.0)",
    "Running on http://127.0.0.1:8000",
    "Running on http://172.17.0.2:8000",
  ];
  assert.equal(likelyCause(running(...flask)), undefined);
});

test("likelyCause() prefers what was printed last, whatever comes between", () => {
  const cause = likelyCause(ended(1, "No module named 'a'", "ModuleNotFoundError: No module named 'b'"));
  assert.match(cause?.message ?? "", /"b"/);
});
