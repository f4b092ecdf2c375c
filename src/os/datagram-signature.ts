/** Who may have said what came by multicast: whoever has the key of the circuit, or, where there is none, this host itself. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { isLocalAddress, signable, type Datagram, type Signed } from "../core/circuit/datagram.js";

/** With the first key; without any it is unsigned. */
export function signed(datagram: Datagram, keys: readonly Uint8Array[]): Signed {
  const [key] = keys;
  return { datagram, mac: key === undefined ? null : macOf(datagram, key).toString("hex") };
}

/** @param isOwnHost whether it came from this host */
export function isBelieved({ datagram, mac }: Signed, keys: readonly Uint8Array[], isOwnHost: boolean): boolean {
  if (keys.length > 0) return mac !== null && keys.some((key) => isSame(macOf(datagram, key), mac));
  if (mac !== null || !isOwnHost) return false;
  return datagram.kind === "question" || isLocalAddress(datagram.announcement.address);
}

/** The key itself is for the links; what is signed in the open has one of its own, made of it. */
function macOf(datagram: Datagram, key: Uint8Array): Buffer {
  const own = createHmac("sha256", key).update("circuit announcements").digest();
  return createHmac("sha256", own).update(signable(datagram)).digest();
}

function isSame(mac: Buffer, text: string): boolean {
  const other = Buffer.from(text, "hex");
  return other.length === mac.length && timingSafeEqual(mac, other);
}
