/** What the processes of a watcher write, as it comes. */
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { OutputStream } from "../../wire/contract.js";
import type { WatcherState } from "../api.js";
import { TAIL_LINES } from "../../core/spec.js";
import { useConsole, useHindrance } from "./console.js";
import { plural } from "./model/format.js";
import { KEPT_LINES } from "./model/lines.js";
import { Scroll, type Shown } from "./scroll.js";
import { Button, Filter } from "./ui.js";

/** Lines that are asked for at first. */
const FIRST_LINES = 500;

type Stream = OutputStream | "both";

export function Output({ watcher }: { readonly watcher: WatcherState }): JSX.Element {
  const console = useConsole();
  const { name } = watcher;
  const [pid, setPid] = useState<number | null>(null);
  const [stream, setStream] = useState<Stream>("both");
  const [shown, setShown] = useState<Shown>({ filter: "", times: true, wrap: true, paused: false });
  const [told, setTold] = useState({ count: 0, missed: 0, waiting: 0, atEnd: true });
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const hindrance = useHindrance();
  const place = useRef<HTMLDivElement>(null);
  const scroll = useMemo(() => new Scroll(setTold), []);

  useEffect(() => {
    if (place.current !== null) scroll.attach(place.current);
    return () => scroll.detach();
  }, [scroll]);
  useEffect(() => scroll.show(shown), [scroll, shown]);
  useEffect(() => {
    scroll.clear();
    setProblem(null);
    const which = { ...(pid === null ? {} : { pid }), ...(stream === "both" ? {} : { stream }) };
    return console.feed.follow(
      { name, ...which, lines: FIRST_LINES },
      {
        lines: (lines, missed) => {
          setProblem(null);
          scroll.add(lines, missed);
        },
        problem: setProblem,
        again: () => scroll.again(),
      },
    );
  }, [console, name, pid, stream, scroll, attempt]);

  const keep = async (): Promise<void> => {
    const reply = await console.command("set", { name, options: { tail_lines: TAIL_LINES }, waiting: true });
    if (reply !== null) setAttempt(attempt + 1);
  };

  const { filter, times, wrap, paused } = shown;
  return (
    <section class="output" aria-label={`Output of ${name}`}>
      <div class="bar">
        <label class="choice">
          <span class="unseen">Process</span>
          <select value={pid ?? ""} onChange={({ currentTarget: { value } }) => setPid(value === "" ? null : Number(value))}>
            <option value="">all processes</option>
            {[...new Set([...watcher.pids, ...(pid === null ? [] : [pid])])].map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <label class="choice">
          <span class="unseen">Stream</span>
          <select
            value={stream}
            onChange={({ currentTarget: { value } }) => setStream(value === "stdout" || value === "stderr" ? value : "both")}
          >
            <option value="both">both streams</option>
            <option>stdout</option>
            <option>stderr</option>
          </select>
        </label>
        <Filter value={filter} label="Show lines with…" onChange={(text) => setShown({ ...shown, filter: text })} />
        <div class="choices">
          <Button
            label={paused ? "Go on" : "Pause"}
            icon={paused ? "start" : "pause"}
            pressed={paused}
            onPress={() => setShown({ ...shown, paused: !paused })}
          />
          <Button label="Wrap" pressed={wrap} onPress={() => setShown({ ...shown, wrap: !wrap })} />
          <Button label="Times" pressed={times} onPress={() => setShown({ ...shown, times: !times })} />
          <Button label="Clear" onPress={() => scroll.clear()} />
        </div>
      </div>
      {problem === null ? null : (
        <div class="notice" role="alert">
          {problem}
          {problem.includes("tail_lines") ? (
            <Button label={`Keep its last ${TAIL_LINES} lines from now on`} hindrance={hindrance} onPress={keep} />
          ) : null}
        </div>
      )}
      <div class="lines-frame" hidden={problem !== null && told.count === 0}>
        <div
          class={`lines${wrap ? " wrap" : ""}${times ? "" : " timeless"}`}
          ref={place}
          tabIndex={0}
          role="log"
          aria-label={`Lines of ${name}`}
          aria-live="off"
        />
        {told.count === 0 && problem === null ? (
          <p class="nothing">{filter === "" ? "Nothing was written yet. What comes appears here." : `No line has "${filter}" in it`}</p>
        ) : null}
        {told.atEnd && told.waiting === 0 ? null : (
          <div class="jump">
            <Button
              icon="down"
              label={told.waiting > 0 ? plural(told.waiting, "new line") : "To the end"}
              onPress={() => {
                setShown({ ...shown, paused: false });
                scroll.toEnd();
              }}
            />
          </div>
        )}
      </div>
      <p class="help">
        {plural(told.count, "line")}, {KEPT_LINES.toLocaleString("en")} at most
        {told.missed > 0 ? `; ${told.missed.toLocaleString("en")} bytes came faster than they could be read, and are not here` : ""}
      </p>
    </section>
  );
}
