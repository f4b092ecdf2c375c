/** The hook of `own-names.ts` for Node's thread of hooks. */
import type { ResolveHook } from "node:module";
import { isNotFound, otherParent, ownAddress } from "./own-names.js";

export const resolve: ResolveHook = async (specifier, context, next) => {
  const url = ownAddress(specifier);
  if (url !== null) return { url, shortCircuit: true };
  const parentURL = otherParent(context.parentURL);
  if (parentURL === null) return next(specifier, context);
  try {
    return await next(specifier, { ...context, parentURL });
  } catch (error) {
    if (isNotFound(error)) return next(specifier, context);
    throw error;
  }
};
