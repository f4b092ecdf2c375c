import assert from "node:assert/strict";
import test from "node:test";
import { circusctl } from "../../helpers/circusctl.js";

const NETWORK = (): readonly (readonly [string, string])[] => [
  ['{"endpoint": "tcp://0.0.0.0:5555"}', "192.0.2.7"],
  ['{"endpoint": "tcp://127.0.0.1:15555"}', "127.0.0.1"],
  ['{"endpoint": "tcp://127.0.0.1:15555"}', "192.0.2.1"],
  ["noise", "192.0.2.66"],
];

test("--discover prints each daemon once, with an endpoint that works from here", async () => {
  const { code, stdout, stderr, requests } = await circusctl(["--discover"], { network: NETWORK });
  assert.deepEqual([code, stderr, requests], [0, "", []]);
  assert.equal(stdout, "tcp://127.0.0.1:15555  127.0.0.1\ntcp://192.0.2.7:5555   192.0.2.7\n");
});

test("--discover --json prints the same for programs, also where nobody answers", async () => {
  const { stdout } = await circusctl(["--discover", "--json"], { network: NETWORK });
  assert.deepEqual(JSON.parse(stdout), {
    daemons: [
      { endpoint: "tcp://127.0.0.1:15555", host: "127.0.0.1" },
      { endpoint: "tcp://192.0.2.7:5555", host: "192.0.2.7" },
    ],
  });
  const nobody = await circusctl(["--discover", "--json"], { network: () => [] });
  assert.deepEqual([nobody.code, nobody.stdout, nobody.stderr], [1, '{"daemons": []}\n', ""]);
});

test("--discover says where nobody has answered, and why nothing could be asked", async () => {
  const asked: string[] = [];
  const network = (group: string) => {
    asked.push(group);
    return [];
  };
  const nobody = await circusctl(["--discover", "--multicast", "udp://239.1.2.3:4567"], { network });
  assert.deepEqual([nobody.code, nobody.stdout, asked], [1, "", ["239.1.2.3:4567"]]);
  assert.match(nobody.stderr, /^No daemon has answered at udp:\/\/239\.1\.2\.3:4567; multicast_endpoint/);
  const alone = await circusctl(["--discover"]);
  assert.deepEqual([alone.code, alone.stderr], [1, 'Cannot ask at "udp://237.219.251.97:12027": no network device sends multicast\n']);
});

test("an address that is none, and --discover with a command, are wrong usage", async () => {
  const { code, stderr } = await circusctl(["--discover", "--multicast", "udp://10.0.0.1:1"]);
  assert.equal(code, 2);
  assert.match(stderr, /argument --multicast: "udp:\/\/10\.0\.0\.1:1" is no multicast address/);
  const both = await circusctl(["--discover", "list"]);
  assert.equal(both.code, 2);
  assert.match(both.stderr, /argument --discover: not allowed with a command/);
});
