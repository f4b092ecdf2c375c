/** Reads what `use` of a [plugin:NAME] section names: a built-in plugin, a file, or a package; and where its options are handed over. */
import { builtinPlugin, BUILTIN_NAMES, type BuiltinPlugin } from "./builtin-plugins.js";
import { nearest } from "./options.js";
import { fail, succeed, type Result } from "./result.js";

export type PluginUse =
  | { readonly kind: "builtin"; readonly plugin: BuiltinPlugin }
  /** `name` is the export that is the plugin's class; null stands for the default export, or the only class. */
  | { readonly kind: "file"; readonly path: string; readonly name: string | null }
  | { readonly kind: "package"; readonly specifier: string; readonly name: string | null };

/** The variable in which circusd hands a plugin its options, as a JSON object. */
export const PLUGIN_CONFIG = "CIRCUS_PLUGIN_CONFIG";

/** A Python name: words joined by dots, the last of them mostly a class. */
const PYTHON = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/;

/**
 * The failure is the reason, with what to do.
 * @example `parsePluginUse("./plugins/mine.js:Logger")` is a file, `parsePluginUse("circus.plugins.flapping.Flapping")` a built-in
 */
export function parsePluginUse(text: string): Result<PluginUse, string> {
  const use = text.trim();
  const plugin = builtinPlugin(use);
  if (plugin !== null) return succeed({ kind: "builtin", plugin });
  const [, module = use, name = null] = /^(.+):([A-Za-z_$][\w$]*)$/s.exec(use) ?? [];
  if (/^(\.{0,2}\/|file:)/.test(module)) return succeed({ kind: "file", path: module, name });
  if (name !== null) return succeed({ kind: "package", specifier: module, name });
  if (PYTHON.test(use) && !/\.[cm]?js$/.test(use)) {
    const near = use.startsWith("circus.plugins.") ? nearest(use.split(".").at(-1)?.toLowerCase() ?? "", BUILTIN_NAMES) : null;
    return fail(
      near === null
        ? "it is a Python name, and plugins are JavaScript classes here; run a plugin of Python as a watcher, or port it and write ./plugin.js:Name"
        : `there is no such built-in plugin; did you mean "${near}"?`,
    );
  }
  if (/\.[cm]?[jt]s$/.test(use))
    return fail(`it looks like a file; write "./${use}", relative to the file that says so, or an absolute path`);
  const near = nearest(use, BUILTIN_NAMES);
  if (near !== null) return fail(`there is no such built-in plugin; did you mean "${near}"?`);
  return succeed({ kind: "package", specifier: use, name: null });
}
