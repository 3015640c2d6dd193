// The share link: the state of the page, compressed, in the part of the address that is never sent.

import type { Known } from "./ask";

export interface Shared {
  text: string;
  read?: string;
  target?: string;
  models?: Record<string, string>;
  approximate?: boolean;
}

async function through(bytes: Uint8Array<ArrayBuffer>, stream: GenericTransformStream): Promise<Uint8Array> {
  const response = new Response(new Blob([bytes]).stream().pipeThrough(stream as ReadableWritablePair<Uint8Array, BufferSource>));
  return new Uint8Array(await response.arrayBuffer());
}

/** The hash for a state. */
export async function pack(state: Shared): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  const packed = await through(bytes, new CompressionStream("deflate-raw"));
  let text = "";
  for (const byte of packed) text += String.fromCharCode(byte);
  return "#r=" + btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The state in a hash, as it came: null if there is none, "damaged" if it cannot be read. What follows it is left out. */
export async function unpack(hash: string): Promise<unknown> {
  if (!hash.startsWith("#r=")) return null;
  try {
    const packed = /^[\w-]*/.exec(decodeURIComponent(hash.slice(3)).replace(/\+/g, "-").replace(/\//g, "_"))![0];
    const text = atob(packed.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(await through(bytes, new DecompressionStream("deflate-raw"))));
  } catch {
    return "damaged";
  }
}

/** What of a given state the page knows, and the rest in words; null for what is no state. */
export function valid(given: unknown, known: Known): { state: Shared; dropped: string[] } | null {
  if (typeof given !== "object" || given === null) return null;
  const { text, read, target, models, approximate } = given as Record<string, unknown>;
  if (typeof text !== "string") return null;
  const dropped: string[] = [];
  const state: Shared = { text, approximate: approximate === true };
  const language = (name: unknown) => known.languages.find((one) => one.name === name);
  if (read === "auto" || language(read)?.read) state.read = read as string;
  else if (read !== undefined && read !== null) dropped.push(`language ${JSON.stringify(read)}`);
  if (language(target)) state.target = target as string;
  else if (target !== undefined && target !== null) dropped.push(`language ${JSON.stringify(target)}`);
  state.models = {};
  for (const [name, model] of Object.entries(typeof models === "object" && models !== null ? models : {})) {
    if (model === "none" || language(name)?.models.includes(model as string)) state.models[name] = model as string;
    else dropped.push(`data model ${JSON.stringify(model)}`);
  }
  return { state, dropped };
}
