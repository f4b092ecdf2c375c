/** The configuration of a plugin on a command line: Circus's `key:value:::key:value`, or a JSON object, which any value survives. */
import { fail, succeed, type Result } from "../core/result.js";
import type { PluginConfig } from "./options.js";

/**
 * Reads either form. As in Circus, an item without a colon is left out.
 * @example `parsePluginConfig("filename:events.log:::level:info")`
 */
export function parsePluginConfig(text: string): Result<PluginConfig, string> {
  return text.trimStart().startsWith("{") ? parseJson(text) : succeed(parseItems(text));
}

function parseItems(text: string): PluginConfig {
  const pairs = text.split(":::").flatMap((item): [string, string][] => {
    const colon = item.indexOf(":");
    return colon < 0 ? [] : [[item.slice(0, colon).trim(), item.slice(colon + 1).trim()]];
  });
  return Object.fromEntries(pairs);
}

function parseJson(text: string): Result<PluginConfig, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(`it begins like JSON and is none: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fail("expected a JSON object");
  const config: [string, string][] = [];
  for (const [key, given] of Object.entries(value)) {
    if (typeof given !== "string" && typeof given !== "number" && typeof given !== "boolean") {
      return fail(`the value of "${key}" is neither text nor number nor true or false`);
    }
    config.push([key, String(given)]);
  }
  return succeed(Object.fromEntries(config));
}
