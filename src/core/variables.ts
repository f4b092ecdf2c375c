/**
 * Circus's variables in text: `$(circus.env.HOME)` and `((circus.sockets.web))`, in any case.
 * What a name means is the caller's knowledge; here is only where names stand.
 */

// Python's \w takes letters and digits of every script.
const VARIABLE = /\$\(circus\.([\p{L}\p{N}_.-]+)\)|\(\(circus\.([\p{L}\p{N}_.-]+)\)\)/giu;

const SOCKET_PREFIX = "sockets.";

/**
 * Replaces every variable that `lookup` knows; the others stay as they were written. Values are not looked into again.
 * `lookup` gets the name in lower case and without its prefix: `env.home`, `sockets.web`, `wid`.
 * @example `replaceVariables("run $(circus.wid)", (name) => (name === "wid" ? "3" : undefined)) === "run 3"`
 */
export function replaceVariables(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(VARIABLE, (written: string, dollar: string | undefined, double: string | undefined) => {
    return lookup((dollar ?? double ?? "").toLowerCase()) ?? written;
  });
}

/**
 * Names of the sockets that a text mentions, in lower case, each once, in the order of their first mention.
 * @example `referencedSockets("serve --fd $(circus.sockets.Web)")` is `["web"]`
 */
export function referencedSockets(text: string): string[] {
  const names = new Set<string>();
  for (const match of text.matchAll(VARIABLE)) {
    const name = (match[1] ?? match[2] ?? "").toLowerCase();
    if (name.startsWith(SOCKET_PREFIX)) names.add(name.slice(SOCKET_PREFIX.length));
  }
  return [...names];
}
