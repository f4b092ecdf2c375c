/** What a caller asks of a container, in the words of `docker run`, to what an engine is asked for. */
import type { ContainerSettings } from "../../core/circuit/container-port.js";
import type { ContainerRun } from "../../wire/circuit/contract.js";
import { CircuitError } from "../../wire/circuit/errors.js";

/** @throws CircuitError `invalid` where it asks for what no engine can do */
export function settingsOf(run: ContainerRun): ContainerSettings {
  const { Image, Memory = 0, CpuShares = 0, Lxc, Volume, Dir, Entry, Env } = run;
  const invalid = (why: string): CircuitError => new CircuitError("invalid", `Cannot run a container of "${Image}": ${why}`);
  if (!isEmpty(Lxc)) {
    throw invalid("Lxc has settings, and no container engine takes those any more; leave it out, and see Memory, CpuShares and Volume");
  }
  const environment = Env ?? [];
  const odd = environment.find((assignment) => assignment.indexOf("=") < 1);
  if (odd !== undefined) throw invalid(`"${odd}" in Env is no NAME=VALUE`);
  const volumes = Volume ?? [];
  // A volume with a source is mounted from there; one without is made for the container.
  const binds = volumes.filter((volume) => volume.includes(":"));
  const anonymous = volumes.filter((volume) => !volume.includes(":"));
  const command = [...(isEmpty(run.Path) ? [] : [run.Path]), ...(run.Args ?? [])];
  return {
    Image,
    ...(command.length === 0 ? {} : { Cmd: command }),
    ...(isEmpty(Entry) ? {} : { Entrypoint: [Entry] }),
    ...(environment.length === 0 ? {} : { Env: environment }),
    ...(isEmpty(Dir) ? {} : { WorkingDir: Dir }),
    ...(anonymous.length === 0 ? {} : { Volumes: Object.fromEntries(anonymous.map((path) => [path, {}])) }),
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      ...(Memory === 0 ? {} : { Memory }),
      ...(CpuShares === 0 ? {} : { CpuShares }),
      ...(binds.length === 0 ? {} : { Binds: binds }),
    },
  };
}

/** Circuit's clients write every field, and mean nothing by an empty one. */
function isEmpty(value: string | readonly string[] | null | undefined): value is "" | readonly [] | null | undefined {
  return value === null || value === undefined || value.length === 0;
}
