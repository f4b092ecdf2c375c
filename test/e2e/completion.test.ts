/** The Tab key in real shells: commands, options, and the names of watchers that run now. */
import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import { Daemon } from "../helpers/daemon.js";
import { without } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { Terminal } from "../helpers/terminal.js";

interface Shell {
  readonly name: string;
  /** Starts it without anybody's settings. */
  readonly start: string;
  /** Loads the completion. */
  readonly load: (file: string) => string;
  readonly file: string;
}

const SHELLS: readonly Shell[] = [
  { name: "bash", start: "PS1='ready> ' bash --norc --noprofile", load: (file) => `source ${file}`, file: "circusctl.bash" },
  {
    name: "zsh",
    start: "PS1='ready> ' zsh -f",
    load: (file) => `fpath=(${path.dirname(file)} $fpath); autoload -Uz compinit; compinit -D -u`,
    file: "_circusctl",
  },
  {
    name: "fish",
    start: "fish --no-config -C 'function fish_prompt; echo -n \"ready> \"; end'",
    load: (file) => `source ${file}`,
    file: "circusctl.fish",
  },
];

for (const { name, start, load, file } of SHELLS) {
  const missing = without(name, "--version") || without("tmux", "-V");
  test(`the Tab key in ${name} completes commands, options and watchers of the daemon that is named`, { skip: missing }, async (t) => {
    const daemon = await Daemon.start(t, {
      ini: "[watcher:webapp]\ncmd = sleep 3600\n[watcher:plugin:it]\ncmd = sleep 3600\n[watcher:odd $(id)]\ncmd = sleep 3600",
    });
    const terminal = await Terminal.open(t, { width: 150, env: { HOME: daemon.dir.path } });
    await daemon.dir.write("bin/circusctl", `#!/bin/sh\nexec ${process.execPath} ${repositoryPath("bin", "circusctl.js")} "$@"\n`, 0o755);
    await terminal.enter(`PATH=${daemon.dir.join("bin")}:$PATH; export PATH`);
    await terminal.enter(start);
    const script = repositoryPath("completions", file);
    await terminal.enter(load(script));
    await terminal.enter("echo loa''ded");
    await terminal.shows(/^loaded$/m);
    const ctl = `circusctl --endpoint ${daemon.endpoint} `;
    const completes = async (typed: string, expected: RegExp): Promise<void> => {
      await terminal.press("C-u");
      await terminal.type(ctl + typed);
      await terminal.press("Tab");
      await terminal.shows(expected);
    };
    await completes("reloadc", /control\.sock reloadconfig\s*$/);
    await completes("incr web", /control\.sock incr webapp\s*$/);
    await completes("incr plugin:", /control\.sock incr plugin:it\s*$/);
    // What a far daemon calls its watchers is not to be run here.
    await completes("incr od", /control\.sock incr odd\\ \\\$\\\(id\\\)\s*$/);
    await completes("stop webapp --wai", /control\.sock stop webapp --waiting\s*$/);
    await terminal.press("C-u");
    assert.equal(await daemon.status("webapp"), "active");
  });
}
