/**
 * The files that say who gets in, as text. Users stand one a line as `NAME:ROLE:PASSWORD`, tokens as `ROLE:SHA256`;
 * lines that are empty or begin with # are left alone.
 */
import { createHash, randomBytes } from "node:crypto";
import { fail, succeed, type Result } from "../../core/result.js";
import type { Role } from "../api.js";
import { isPasswordHash } from "./password.js";

export interface User {
  readonly name: string;
  readonly role: Role;
  /** As `hashPassword` writes it. */
  readonly password: string;
}

export interface Token {
  readonly role: Role;
  /** SHA-256 in hexadecimal. */
  readonly hash: string;
}

/** By name. The failure names the line. */
export function parseUsers(text: string): Result<ReadonlyMap<string, User>, string> {
  const users = new Map<string, User>();
  for (const [number, line] of linesOf(text)) {
    const [name = "", role = "", password = "", ...more] = line.split(":");
    if (name === "" || !isRole(role) || !isPasswordHash(password) || more.length > 0) {
      return fail(`line ${number} is not NAME:ROLE:PASSWORD as circushttpd --add-user writes it`);
    }
    users.set(name, { name, role, password });
  }
  return succeed(users);
}

/** By hash. The failure names the line. */
export function parseTokens(text: string): Result<ReadonlyMap<string, Token>, string> {
  const tokens = new Map<string, Token>();
  for (const [number, line] of linesOf(text)) {
    const [, role = "", hash = ""] = /^([a-z]+):([0-9a-f]{64})$/.exec(line) ?? [];
    if (!isRole(role)) return fail(`line ${number} is not ROLE:SHA256 as circushttpd --add-token writes it`);
    tokens.set(hash, { role, hash });
  }
  return succeed(tokens);
}

/** The text with the user in place of one of the same name, or at its end. */
export function withUser(text: string, { name, role, password }: User): string {
  const line = `${name}:${role}:${password}`;
  const lines = text.split("\n");
  const place = lines.findIndex((one) => one.startsWith(`${name}:`));
  return place === -1 ? withLine(text, line) : lines.map((one, index) => (index === place ? line : one)).join("\n");
}

export function withToken(text: string, { role, hash }: Token): string {
  return withLine(text, `${role}:${hash}`);
}

/** 256 random bits; what begins it tells a person, and a scanner of leaked secrets, what it is. */
export function makeToken(): string {
  return `circus_${randomBytes(32).toString("base64url")}`;
}

/** Tokens are random, so a plain hash is all that is needed to keep them. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function* linesOf(text: string): Generator<readonly [number: number, line: string]> {
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed !== "" && !trimmed.startsWith("#")) yield [index + 1, trimmed];
  }
}

function withLine(text: string, line: string): string {
  return `${text === "" || text.endsWith("\n") ? text : `${text}\n`}${line}\n`;
}

function isRole(text: string): text is Role {
  return text === "read" || text === "admin";
}
