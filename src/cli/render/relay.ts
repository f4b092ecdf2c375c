/** `relay`: hands a command to the circusd of another server. People write `circusctl @NAME …`. */
import { fail, succeed } from "../../core/result.js";
import { WRONG_COUNT, type Command } from "../command.js";
import { isObject } from "../../wire/codec.js";

export const command: Command<"relay"> = {
  name: "relay",
  options: [],
  words: "strict",
  manual: {
    operands: "<server> <command> [<properties as JSON>]",
    about: [
      "Sends a command to the circusd of another server of the circuit and prints the reply as JSON. `circusctl @NAME COMMAND …` does the same with words and reads better; this is for programs.",
    ],
    requests: [{ command: "relay", properties: { server: "db1", command: "incr", properties: { name: "web" } } }],
    reply: 'The reply carries "server", its id, and "reply", which may be an error reply.',
    examples: ["circusctl @db1 incr web", `circusctl relay db1 status '{"name": "web"}'`],
  },
  request({ words: [server, name, text = "{}", ...others] }) {
    if (server === undefined || name === undefined || others.length > 0) return fail(WRONG_COUNT);
    const properties = parse(text);
    return isObject(properties)
      ? succeed({ server, command: name, properties })
      : fail(`Cannot read the properties "${text}": write a JSON object`);
  },
  render: (reply) => JSON.stringify(reply["reply"], null, 2),
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
