/** Reads `redis_url` in the forms that Circus took: redis, rediss and unix. */

/** Where a Redis is and how to log in, as ioredis takes it. */
export type RedisAddress = ({ readonly path: string } | { readonly host: string; readonly port: number }) & {
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { readonly servername: string };
};

/** @returns null where it is no URL of a Redis */
export function redisAddress(text: string): RedisAddress | null {
  const url = parseUrl(text);
  if (url === null) return null;
  const login = {
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
  };
  const given = url.searchParams.get("db") ?? (url.protocol === "unix:" ? "" : url.pathname.slice(1));
  if (!/^\d*$/.test(given)) return null;
  const db = Number(given);
  switch (url.protocol) {
    case "unix:":
      return url.pathname === "" ? null : { path: decodeURIComponent(url.pathname), db, ...login };
    case "redis:":
    case "rediss:": {
      const host = decodeURIComponent(url.hostname).replace(/^\[|\]$/g, "");
      const tls = url.protocol === "rediss:" ? { tls: { servername: host } } : {};
      return host === "" ? null : { host, port: url.port === "" ? 6379 : Number(url.port), db, ...tls, ...login };
    }
    default:
      return null;
  }
}

/** The URL as it may be shown: without its password. */
export function shownUrl(text: string): string {
  return text.replace(/^(\w+:\/\/[^/@]*:)[^/]*@/, "$1***@");
}

/** A path has no host to log in at, so that a URL with both needs one made up. */
function parseUrl(text: string): URL | null {
  const whole = text.replace(/^unix:\/\/([^/]*@)\//, "unix://$1host/");
  return URL.canParse(whole) ? new URL(whole) : null;
}
