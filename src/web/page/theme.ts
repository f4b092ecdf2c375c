/** Light, dark, or what the system has; remembered by the browser. */
import { useEffect, useState } from "preact/hooks";

export type Theme = "auto" | "light" | "dark";

const KEY = "circus-theme";
const THEMES: readonly Theme[] = ["auto", "light", "dark"];
const CHANGED = "circus-theme-changed";

/** What the reader chose. */
export function readTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === stored) ?? "auto";
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme();
  window.dispatchEvent(new Event(CHANGED));
}

export function applyTheme(): void {
  document.documentElement.dataset["theme"] = shadeOf(readTheme());
}

export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
}

/** What was chosen, and what it comes to now. */
export function useTheme(): { readonly theme: Theme; readonly shade: "light" | "dark" } {
  const [theme, set] = useState(readTheme);
  const [shade, setShade] = useState(() => shadeOf(readTheme()));
  useEffect(() => {
    const look = (): void => {
      applyTheme();
      set(readTheme());
      setShade(shadeOf(readTheme()));
    };
    const system = matchMedia("(prefers-color-scheme: dark)");
    window.addEventListener(CHANGED, look);
    system.addEventListener("change", look);
    return () => {
      window.removeEventListener(CHANGED, look);
      system.removeEventListener("change", look);
    };
  }, []);
  return { theme, shade };
}

function shadeOf(theme: Theme): "light" | "dark" {
  if (theme !== "auto") return theme;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
