// The share link: the state of the page, compressed, in the part of the address that is never sent.

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

/** The state in a hash; null if there is none that can be read. */
export async function unpack(hash: string): Promise<Shared | null> {
  if (!hash.startsWith("#r=")) return null;
  try {
    const text = atob(hash.slice(3).replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
    const state: unknown = JSON.parse(new TextDecoder().decode(await through(bytes, new DecompressionStream("deflate-raw"))));
    return typeof (state as Shared).text === "string" ? (state as Shared) : null;
  } catch {
    return null;
  }
}
