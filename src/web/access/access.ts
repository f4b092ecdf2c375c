/** Who gets in: by a session that a password began, or by a token; everybody where neither is configured. */
import type { Clock, Log } from "../../core/ports.js";
import { AccountFile } from "./account-file.js";
import { hashToken, parseTokens, parseUsers, type Token, type User } from "./accounts.js";
import { ANYBODY, type Identity } from "./identity.js";
import { LoginGate } from "./login-gate.js";
import { isPassword } from "./password.js";
import { Sessions } from "./sessions.js";

export interface AccessParts {
  readonly passwordFile: string | null;
  readonly tokenFile: string | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a request brings. */
export interface Credentials {
  readonly session: string | undefined;
  readonly authorization: string | undefined;
}

export type LoginResult = { readonly kind: "in"; readonly session: string; readonly user: User } | { readonly kind: "wrong" } | Later;

interface Later {
  readonly kind: "later";
  /** Seconds. */
  readonly retryAfter: number;
}

/** Tried where there is no such user, so that it takes as long. */
const NOBODY = "$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

export class Access {
  readonly #users: AccountFile<User> | null;
  readonly #tokens: AccountFile<Token> | null;
  readonly #sessions: Sessions;
  readonly #gate: LoginGate;

  private constructor(users: AccountFile<User> | null, tokens: AccountFile<Token> | null, clock: Clock) {
    this.#users = users;
    this.#tokens = tokens;
    this.#sessions = new Sessions(() => clock.now());
    this.#gate = new LoginGate(clock);
  }

  /** @throws Error where a file cannot be read */
  static async open({ passwordFile, tokenFile, clock, log }: AccessParts): Promise<Access> {
    const users =
      passwordFile === null ? null : await AccountFile.open({ what: "password file", path: passwordFile, parse: parseUsers, clock, log });
    const tokens =
      tokenFile === null ? null : await AccountFile.open({ what: "token file", path: tokenFile, parse: parseTokens, clock, log });
    return new Access(users, tokens, clock);
  }

  /** Whether everybody gets in. */
  get open(): boolean {
    return this.#users === null && this.#tokens === null;
  }

  /** Null where nobody is known by what was brought. */
  async identify({ session, authorization }: Credentials): Promise<Identity | null> {
    if (this.open) return ANYBODY;
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (token !== undefined) return this.#byToken(token);
    return session === undefined ? null : this.#bySession(session);
  }

  async logIn(address: string, name: string, password: string): Promise<LoginResult> {
    const user = (await this.#users?.find(name)) ?? null;
    const verdict = await this.#gate.try(address, async () => {
      const right = await isPassword(password, user?.password ?? NOBODY);
      return right && user !== null;
    });
    if (typeof verdict === "object") return { kind: "later", retryAfter: verdict.retryAfter };
    return verdict === "right" && user !== null ? { kind: "in", session: this.#sessions.begin(user), user } : { kind: "wrong" };
  }

  logOut(session: string): void {
    this.#sessions.end(session);
  }

  async #byToken(text: string): Promise<Identity | null> {
    const hash = hashToken(text);
    const token = (await this.#tokens?.find(hash)) ?? null;
    return token === null ? null : { user: null, role: token.role, known: `token ${hash.slice(0, 8)}` };
  }

  /** A session ends with the password that began it, and has the role that the file says now. */
  async #bySession(id: string): Promise<Identity | null> {
    const began = this.#sessions.find(id);
    const user = began === null ? null : ((await this.#users?.find(began.name)) ?? null);
    if (began === null || user?.password !== began.password) return null;
    return { user: user.name, role: user.role, known: `user ${user.name}` };
  }
}
