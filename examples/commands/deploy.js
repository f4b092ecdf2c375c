/** `circusctl deploy <name> <version>`: gives the processes another VERSION, one after the other. */
export default {
  name: "deploy",
  summary: "Replace the processes of a watcher by those of another version",
  operands: "<name> <version>",
  help: "Sets VERSION in the environment of a watcher and waits until all of its processes were replaced.",

  // For consoles: words to properties.
  read([name, version, ...others]) {
    if (version === undefined || others.length > 0) throw new Error("deploy takes the name of a watcher and a version");
    return { name, version };
  },

  // In circusd: does it. `circus` reaches every command of the daemon.
  async execute({ name, version }, circus) {
    const watcher = circus.watcher(name);
    const { env } = await watcher.options();
    await watcher.set({ env: { ...env, VERSION: version } });
    return { name, version, pids: await watcher.pids() };
  },

  // For consoles: what to print of the reply.
  render({ name, version, pids }) {
    return `${name} runs version ${version} in ${pids.length} processes`;
  },
};
