/** What is asked and answered over UDP multicast so that daemons can be found: any datagram is a question, as in Circus. */

/** Of the largest question or answer that is looked at; Circus reads as many. */
export const MAX_DATAGRAM = 1024;

/** What circusctl asks with; what it says does not matter. */
export const QUESTION = '{"command": "discover"}';

/** The answer of a daemon, spaced as Circus's. @example `{"endpoint": "tcp://127.0.0.1:5555"}` */
export function encodeAnswer(endpoint: string): string {
  return `{"endpoint": ${JSON.stringify(endpoint)}}`;
}

/** The endpoint that an answer names; null where the text is no answer. */
export function decodeAnswer(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("endpoint" in value)) return null;
    const { endpoint } = value;
    // It is shown on terminals, and anybody may answer.
    return typeof endpoint === "string" && /^[a-z]+:\/\/[\x21-\x7e]+$/.test(endpoint) ? endpoint : null;
  } catch {
    return null;
  }
}
