import type { Context } from "../context.ts";
import { keepCredential, readCredential } from "../credential-file.ts";

/** `gadus auth logout`: forgets what was kept for this API; a token becomes worthless, a key stays what it is. */
export async function authLogout(context: Context): Promise<undefined> {
  const { url } = await context.api();
  const { createClient } = await import("@gadus/client");
  const { env, signal, terminal } = context;
  const kept = await readCredential(url, env);
  if (kept === undefined) {
    terminal.err(`Nothing is kept for ${url}.`);
    return undefined;
  }
  await keepCredential(url, undefined, env);
  if (kept.kind === "client") {
    const { auth } = createClient({ url, token: kept.token });
    await auth
      .logOut({ signal })
      .catch((error: Error) =>
        terminal.err(`The token is forgotten here, and stays good until it expires: ${error.message}`),
      );
  }
  terminal.err(`Logged out of ${url}.`);
  return undefined;
}
