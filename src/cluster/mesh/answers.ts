/** What this server answers to the others of its mesh. */
import type { Member } from "../../core/circuit/member.js";
import type { IncomingCall } from "../../circuit/conversation.js";
import type { ReadParams } from "../../wire/circuit/contract.js";
import { readParams } from "../../wire/circuit/params.js";
import type { Peer } from "./peer.js";
import type { Peers } from "./peers.js";

export interface AnswersParts {
  readonly peers: Peers;
  readonly self: () => Member;
  /** This server and all that it sees. */
  readonly view: () => readonly Member[];
  /** The view, in letters. */
  readonly digest: () => string;
  readonly announce: (members: readonly Member[], to: readonly Peer[]) => void;
}

type MeshMethod = "mesh.join" | "mesh.announce" | "mesh.leave" | "mesh.sync";

/** @returns what answers a call if it is one of the mesh, and says whether it was */
export function makeAnswers(parts: AnswersParts): (call: IncomingCall) => boolean {
  const { peers } = parts;
  const answers: Readonly<Record<MeshMethod, (call: IncomingCall) => void>> = {
    "mesh.join": reading("mesh.join", (call, { member }) => void answerJoin(call, member, parts)),
    "mesh.announce": reading("mesh.announce", (call, { members }) => {
      for (const member of members) void peers.heard(member);
      call.reply({});
    }),
    "mesh.leave": reading("mesh.leave", (call, { worker }) => {
      call.reply({});
      peers.bury(worker);
    }),
    "mesh.sync": reading("mesh.sync", (call, { digest }) => call.reply({ members: digest === parts.digest() ? null : parts.view() })),
  };
  return (call) => {
    const { method } = call;
    if (!isMeshMethod(method)) return false;
    answers[method](call);
    return true;
  };
}

function reading<M extends MeshMethod>(method: M, answer: (call: IncomingCall, params: ReadParams<M>) => void) {
  return (call: IncomingCall): void => {
    const params = readParams(method, call.params);
    if (params.ok) answer(call, params.value);
    else call.fail("invalid", params.failure);
  };
}

function isMeshMethod(method: string): method is MeshMethod {
  return method === "mesh.join" || method === "mesh.announce" || method === "mesh.leave" || method === "mesh.sync";
}

/** A server that cannot be reached in return would be a member by half: whoever joins is told so instead. */
async function answerJoin(call: IncomingCall, member: Member, { peers, self, view, announce }: AnswersParts): Promise<void> {
  if (member.worker === self().worker) return call.fail("invalid", "A server cannot join itself");
  const before = peers.standing();
  const peer = await peers.met(member);
  if (peer.conversation === null) {
    const why = `Server "${self().name}" cannot reach "${member.address}" in return: ${peer.trouble}`;
    return call.fail("unavailable", `${why}; set advertise in [cluster] of the one that joins to an address that others reach`);
  }
  if (!before.includes(peer)) announce([peer.member], before);
  call.reply({ members: view() });
}
