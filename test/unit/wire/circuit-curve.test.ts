import assert from "node:assert/strict";
import test from "node:test";
import { dialingPair, isProven, listeningPair, proofOf, z85 } from "../../../src/wire/zmq/curve.js";

const KEY = Buffer.from("a key of the cluster");
const ID = Buffer.from("0123456789abcdef");

test("z85() writes as ZeroMQ does", () => {
  assert.equal(z85(Buffer.from("864fd26fb559f75b", "hex")), "HelloWorld");
  assert.equal(z85(Buffer.alloc(4, 0xff)), "%nSc0");
  assert.equal(z85(Buffer.alloc(0)), "");
});

test("what is made of a key never changes, because programs of different versions meet", () => {
  assert.deepEqual(
    [listeningPair().publicKey, dialingPair(KEY).publicKey, Buffer.from(proofOf(KEY, ID)).toString("hex")],
    [
      "c!FiwHR^hS!!-7GOAY20Oj8(?uoAgF[4Xlfx73-@",
      "Ie()vNbOg:xa-[Z3/e!A&gEz7yAh&MVNP4ng%W^v",
      "a22800b4af97bc2676f4738795c30e2364a5ccf825177c90871699aa355e0235",
    ],
  );
});

test("pairs differ by key, and every listener has the same one", () => {
  const pairs = [listeningPair(), dialingPair(KEY), dialingPair(Buffer.from("another"))];
  assert.equal(new Set(pairs.flatMap(({ publicKey, secretKey }) => [publicKey, secretKey])).size, 6);
  assert.deepEqual(listeningPair(), listeningPair());
  for (const { publicKey, secretKey } of pairs) assert.deepEqual([publicKey.length, secretKey.length], [40, 40]);
});

test("a proof holds for one key and one link alone", () => {
  const expected = proofOf(KEY, ID);
  const others = [
    proofOf(Buffer.from("another"), ID),
    proofOf(KEY, Buffer.from("fedcba9876543210")),
    new Uint8Array(0),
    new Uint8Array(33),
  ];
  assert(isProven([...others, expected], expected));
  assert(!isProven(others, expected));
  assert(!isProven([], expected));
});
