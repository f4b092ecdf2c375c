/** Who is asking. */
import type { Role } from "../api.js";

export interface Identity {
  /** The name that was logged in with; null for a token, and where nobody needs to log in. */
  readonly user: string | null;
  readonly role: Role;
  /** How the audit names them: `user alice`, `token 9f86d081`, `anybody`. */
  readonly known: string;
}

/** Everybody, where neither users nor tokens are configured: then only this host is served. */
export const ANYBODY: Identity = { user: null, role: "admin", known: "anybody" };
