/**
 * What the bytes of a key file become: a pair of keys for CURVE, by which a listener knows that a dialer has the key, and a
 * proof, by which a dialer knows it of a listener.
 *
 * libzmq gives a listening socket one secret for life, and ends what it has accepted when it is bound anew; so the secret of
 * a listener cannot depend on the keys, which change. It is the same for everybody and no secret at all: CURVE's encryption
 * rests on the keys that both ends make for each connection. That the listener is no stranger it proves in its first message,
 * within that encryption, before it is sent anything but a number. Only somebody who has the key is let in and shown a proof, so that
 * nobody in between can fetch one.
 */
import { createHmac, createPrivateKey, createPublicKey, hkdfSync, timingSafeEqual } from "node:crypto";
import type { ClusterKey } from "../circuit/link.js";

/** In Z85, as libzmq takes them. */
export interface CurvePair {
  readonly publicKey: string;
  readonly secretKey: string;
}

const Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** What stands before the 32 bytes of an X25519 key in PKCS #8. */
const PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");

/** The pair of everybody who listens. */
export function listeningPair(): CurvePair {
  return pairOf(Buffer.from("circuit"), "circuit listen");
}

/** The pair of everybody who dials with a key. */
export function dialingPair(key: ClusterKey): CurvePair {
  return pairOf(key, "circuit dial");
}

/** Shows that whoever made it has the key. @param id the number that the dialer chose for the link */
export function proofOf(key: ClusterKey, id: Uint8Array): Uint8Array {
  return createHmac("sha256", derived(key, "circuit proof")).update(id).digest();
}

/** Whether one of the proofs is that of the key. */
export function isProven(proofs: readonly Uint8Array[], expected: Uint8Array): boolean {
  return proofs.some((proof) => proof.length === expected.length && timingSafeEqual(proof, expected));
}

function pairOf(key: Uint8Array, purpose: string): CurvePair {
  const secret = derived(key, purpose);
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return { publicKey: z85(spki.subarray(-32)), secretKey: z85(secret) };
}

function derived(key: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key, "", purpose, 32));
}

/** Writes bytes, a multiple of four of them, as text (ZeroMQ RFC 32). */
export function z85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    const number = view.getUint32(at);
    for (const unit of [85 ** 4, 85 ** 3, 85 ** 2, 85, 1]) text += Z85[Math.floor(number / unit) % 85] ?? "";
  }
  return text;
}
