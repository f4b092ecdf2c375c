/** `circusctl import FILE`: the configuration of another program, printed as a circus.ini. */
import type { World } from "./world.js";

/** @returns the exit code: 0 printed, 1 the file cannot be read or understood, 2 no file or more than one is named */
export async function importFile(words: readonly string[], world: World): Promise<number> {
  const [file, ...others] = words;
  if (file === undefined || others.length > 0) {
    world.stderr.write(
      `usage: circusctl import <file>\ncircusctl: error: import takes one file, such as supervisord.conf or ecosystem.config.js\n`,
    );
    return 2;
  }
  const read = await world.importConfiguration(file);
  if (!read.ok) {
    world.stderr.write(`circusctl: ${read.failure}\n`);
    return 1;
  }
  const { ini, notes } = read.value;
  world.stdout.write(ini);
  // Where the text goes to a file, nobody would look for what stands in it.
  if (notes > 0 && !world.stdout.isTTY)
    world.stderr.write(
      `${notes} ${notes === 1 ? "note is" : "notes are"} in lines that begin with "#": read them, then try "circusd --check"\n`,
    );
  return 0;
}
