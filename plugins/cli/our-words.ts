/** What the library calls an option is a flag here. */
const words: readonly (readonly [library: string | RegExp, commandLine: string])[] = [
  ["pass cleanupOnFailure: false", "give --keep"],
  [
    /give it emulator\(\{ handlers: \{ "([^"]+)": .*? \} \}\)/g,
    "start it with --forward $1=http://127.0.0.1:8000",
  ],
  [
    "(logs of this error, or logs(service, { previous: true }))",
    "(deploy with --keep, then pai logs --previous)",
  ],
  [/; go back with switchVersion\(service, (\d+)\)/g, "; version $1 ran before"],
];

/** A message of the library in the words of the command line. */
export function inOurWords(message: string): string {
  return words.reduce((text, [library, commandLine]) => text.replaceAll(library, commandLine), message);
}
