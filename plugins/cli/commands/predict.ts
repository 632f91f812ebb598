import { stringify } from "../../../core/json.ts";
import { command } from "../command.ts";
import { connect } from "../connect.ts";
import { type ConnectionFlags, connectionFlags, serviceArgument, text } from "../flags.ts";
import { inputValue, predictInput } from "../predict-input.ts";

interface Flags extends ConnectionFlags {
  /** Sends the input as it is, under this media type. */
  readonly contentType?: string;
  /** Path below the service's address. */
  readonly path?: string;
}

/** `pai predict`: one request to a service. */
export const predictCommand = command<Flags, [name: string, input?: string]>({
  brief: "Send a service a request",
  description:
    "Sends a service one request, in the format that its processor speaks, and prints its answer as JSON.\n" +
    "The input is JSON or an array of numpy (.npy, .npz); with --content-type any file is sent as it is.",
  examples: [
    ["iris '[[5.1, 3.5, 1.4, 0.2]]'", "Input on the command line"],
    ["iris @rows.json", "Input from a file"],
    ["digits @image.npy", "An array of numpy"],
    ["iris - < rows.json", "Standard input"],
    ["ocr @page.png --content-type image/png --path /read", "A file as it is"],
  ],
  flags: {
    ...connectionFlags,
    contentType: text("Send the input as it is, and print the answer so", "type"),
    path: text("Path below the service's address", "path"),
  },
  args: [serviceArgument, {
    brief: "JSON, @file, or - for standard input",
    parse: String,
    placeholder: "input",
    optional: true,
  }],
  async run(tools, flags, name, argument) {
    const { io, print } = tools;
    const { contentType, path, timeout } = flags;
    const { signal } = io;
    const input = await predictInput(io, argument);
    const value = contentType ? undefined : await inputValue(input); // what is wrong with it is said before a request
    const { client } = await connect(tools, flags);
    const predictor = await client.predictor(name, { signal });
    const options = { signal, ...(path && { path }), ...(timeout && { timeout }) };
    if (contentType) {
      const headers = { "content-type": contentType };
      const answer = await predictor.rawPredict(input.bytes, { ...options, headers });
      return print.bytes(new Uint8Array(await answer.arrayBuffer()));
    }
    const output = await predictor.predict(value, options);
    // As JSON whether or not it was asked for: it is the one form that every answer has.
    print.bytes(stringify(output ?? null, { nonFinite: "null", unsafeIntegers: "string" }));
    print.bytes(new TextEncoder().encode("\n"));
  },
});
