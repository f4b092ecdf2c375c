/** Where the browser begins. */
import { render } from "preact";
import { App } from "./app.js";
import { Console, ConsoleContext } from "./console.js";
import { applyTheme } from "./theme.js";

applyTheme();
const place = document.getElementById("app");
if (place === null) throw new Error("internal: index.html has no place for the page");
const console = new Console();
render(
  <ConsoleContext.Provider value={console}>
    <App />
  </ConsoleContext.Provider>,
  place,
);
void console.begin();
