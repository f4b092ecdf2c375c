import assert from "node:assert/strict";
import test from "node:test";
import * as v from "valibot";
import { settingsOf } from "../../../../src/cluster/container/settings.js";
import { containerSchema } from "../../../../src/wire/circuit/contract.js";
import { CircuitError } from "../../../../src/wire/circuit/errors.js";

type Asked = v.InferInput<typeof containerSchema>;

function settings(asked: Asked): object {
  return settingsOf(v.parse(containerSchema, asked));
}

function refuses(asked: Asked, message: RegExp): void {
  assert.throws(
    () => settings(asked),
    (error) => error instanceof CircuitError && error.code === "invalid" && message.test(error.message),
  );
}

const INPUT = { OpenStdin: true, StdinOnce: true };

test("every field of a container has its place in what the engine is asked for", () => {
  const asked = {
    Image: "ubuntu",
    Memory: 1_000_000_000,
    CpuShares: 3,
    Lxc: [],
    Volume: ["/webapp", "/src/webapp:/opt/webapp:ro", "named:/data"],
    Dir: "/",
    Entry: "/bin/env",
    Env: ["PATH=/usr/bin", "EMPTY="],
    Path: "/bin/ls",
    Args: ["/", ""],
    Scrub: true,
  };
  assert.deepEqual(settings(asked), {
    Image: "ubuntu",
    Cmd: ["/bin/ls", "/", ""],
    Entrypoint: ["/bin/env"],
    Env: ["PATH=/usr/bin", "EMPTY="],
    WorkingDir: "/",
    Volumes: { "/webapp": {} },
    ...INPUT,
    HostConfig: { Memory: 1_000_000_000, CpuShares: 3, Binds: ["/src/webapp:/opt/webapp:ro", "named:/data"] },
  });
});

test("fields that are empty, as Circuit's clients write them, leave what the image says", () => {
  const empty = { Memory: 0, CpuShares: 0, Lxc: null, Volume: null, Dir: "", Entry: "", Env: [], Path: "", Args: null, Scrub: false };
  assert.deepEqual(settings({ Image: "ubuntu", ...empty }), { Image: "ubuntu", ...INPUT, HostConfig: {} });
  assert.deepEqual(settings({ Image: "ubuntu" }), { Image: "ubuntu", ...INPUT, HostConfig: {} });
});

test("arguments without a program are those of the image's entry", () => {
  assert.deepEqual(settings({ Image: "redis", Args: ["--port", "0"] }), { Image: "redis", Cmd: ["--port", "0"], ...INPUT, HostConfig: {} });
});

test("LXC settings and variables without a value are refused", () => {
  refuses({ Image: "ubuntu", Lxc: ["lxc.cgroup.cpuset.cpus = 0,1"] }, /"ubuntu": Lxc has settings/);
  refuses({ Image: "ubuntu", Env: ["HOME"] }, /"HOME" in Env is no NAME=VALUE/);
});
