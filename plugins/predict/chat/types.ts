/** A part of a message: text, an image by its address (`data:` too), or what else the model takes. */
export type ContentPart =
  | { type: "text"; text: string }
  | { type: "image_url"; image_url: { url: string; detail?: string } }
  | { type: string; [name: string]: unknown };

/** A function that the model wants called. */
export interface ToolCall {
  /** Names the call in the answer to it: a message of the role `tool` with this `tool_call_id`. */
  id: string;
  /** Always `function` so far. */
  type: string;
  /** Its name, and its arguments in JSON, which nobody has checked. */
  function: { name: string; arguments: string };
}

/** A message of a conversation. */
export interface ChatMessage {
  /** Who says it: `system`, `user`, `assistant` or `tool`. */
  role: string;
  /** What is said. */
  content?: string | readonly ContentPart[] | null;
  /** What the model thought before, from models and servers that tell. */
  reasoning_content?: string | null;
  /** Name of the one who says it. */
  name?: string;
  /** What the assistant wants called. */
  tool_calls?: readonly ToolCall[];
  /** The call that a `tool` answers. */
  tool_call_id?: string;
}

/** What a model is asked. Names are those of the wire; whatever else the server takes goes in as it is. */
export interface ChatRequest {
  /** The conversation so far. */
  messages: readonly ChatMessage[];
  /** Name of the model, which vLLM demands; {@linkcode chatModels} has it. BladeLLM takes that of a LoRA. */
  model?: string;
  /** Most tokens of the answer. BladeLLM stops after 16 unless told. */
  max_tokens?: number;
  /** How freely the model chooses: 0 for always the likeliest. */
  temperature?: number;
  /** Share of likely tokens to choose from. */
  top_p?: number;
  /** Texts that end the answer. */
  stop?: string | readonly string[];
  /** Makes the same choices again, where the server can. */
  seed?: number;
  /** Functions that the model may want called. */
  tools?: readonly unknown[];
  /** Other options of the server, such as `top_k`, `response_format` or `stream_options`. */
  [name: string]: unknown;
}

/** Tokens of a request. */
export interface ChatUsage {
  /** Those of the messages. */
  prompt_tokens: number;
  /** Those of the answer. */
  completion_tokens?: number;
  /** All. */
  total_tokens: number;
}

/** An answer. */
export interface ChatCompletion {
  /** The server's name for it. */
  id: string;
  /** The model that gave it. */
  model: string;
  /** When, in seconds since the Unix epoch. */
  created: number;
  /** As many as were asked for with `n`, one unless told. */
  choices: {
    /** Number of the choice. */
    index: number;
    /** What the model says. */
    message: ChatMessage;
    /** Why it ended: `stop`, `length`, `tool_calls`; `null` when it was cut. */
    finish_reason: string | null;
  }[];
  /** Tokens of the request. */
  usage?: ChatUsage | null;
}

/** A part of a tool call: `index` tells of which, `arguments` is to be appended. */
export interface ToolCallDelta {
  /** Number of the call in its message. */
  index: number;
  /** See {@linkcode ToolCall.id}; in the first part. */
  id?: string;
  /** See {@linkcode ToolCall.type}; in the first part. */
  type?: string;
  /** Its name in the first part, and the next piece of its arguments. */
  function?: { name?: string; arguments?: string };
}

/** A part of an answer that is being given. */
export interface ChatChunk {
  /** The server's name for the answer; the same in all parts. */
  id: string;
  /** The model that gives it. */
  model: string;
  /** When it began, in seconds since the Unix epoch. */
  created: number;
  /** What comes to the choices; none in a last part that has only `usage`. */
  choices: {
    /** Number of the choice. */
    index: number;
    /** What comes to the message. */
    delta: {
      /** In the first part. */
      role?: string;
      /** The next piece of text. */
      content?: string | null;
      /** The next piece of thought. */
      reasoning_content?: string | null;
      /** The next pieces of calls. */
      tool_calls?: readonly ToolCallDelta[];
    };
    /** Why the choice ends, in its last part. */
    finish_reason?: string | null;
  }[];
  /** Tokens of the request, in the last part, when `stream_options: { include_usage: true }` asks for it. */
  usage?: ChatUsage | null;
}
