import assert from "node:assert/strict";
import test from "node:test";
import { planIdentity } from "../../../src/os/identity.js";
import { loadNative } from "../../../src/os/native.js";

test("planIdentity() hands numbers to setpriv, which looks nothing up", () => {
  const planned = planIdentity("/usr/bin/setpriv", { name: 'user "web"', uid: 33, gid: 34, groups: [34, 4] });
  assert.ok(planned.ok);
  assert.deepEqual(planned.value.slice(0, 4), ["/usr/bin/setpriv", "--reuid=33", "--regid=34", "--groups=34,4"]);
  assert.equal(planned.value.at(-1), "--");
});

test("planIdentity() keeps supplementary groups where a group alone is asked for", () => {
  const planned = planIdentity("/usr/bin/setpriv", { name: 'group "34"', uid: null, gid: 34, groups: null });
  assert.ok(planned.ok);
  assert.deepEqual(planned.value.slice(0, 3), ["/usr/bin/setpriv", "--regid=34", "--keep-groups"]);
});

test("planIdentity() names the package that setpriv comes with where it is missing", () => {
  const refused = planIdentity(null, { name: 'user "web"', uid: 33, gid: 34, groups: [34] });
  assert.ok(!refused.ok);
  assert.match(refused.failure.message, /util-linux \(Alpine: setpriv\)/);
});

test("nothing is bound by which circusd itself could become another user", () => {
  assert.deepEqual(
    Object.keys(loadNative()).filter((name) => /^set.*([ug]id|group|thread)|syscall/i.test(name)),
    [],
  );
});
