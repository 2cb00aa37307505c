import type { Client } from "@gadus/client";
import { type AccessOptions, openAccess } from "../api-access.ts";
import { CliError } from "../cli-error.ts";
import { loadClientKey } from "../client-key.ts";
import type { Context } from "../context.ts";
import { type Credential, keepCredential } from "../credential-file.ts";

/** `gadus auth login`: keeps an API key for this API, or a token for this user's client key. */
export async function authLogin(
  context: Context,
  _args: readonly string[],
  options: AccessOptions,
): Promise<undefined> {
  const { url } = await context.api();
  const { createClient } = await import("@gadus/client");
  const { signal, env, terminal } = context;
  // With `-` the key was read when the API was opened: it is read once, here.
  const given = options.apiKey === undefined ? undefined : (await openAccess(url, options, env)).token;
  const credential: Credential =
    given === undefined
      ? { kind: "client", token: await logIn(createClient({ url }), context) }
      : { kind: "key", token: given };
  const self = await createClient({ url, token: credential.token }).auth.self({ signal });
  await keepCredential(url, credential, env);
  if (context.output === "json") terminal.out(JSON.stringify({ API: url, ...self }));
  else terminal.out(`Logged in to ${url} as ${self.Name ?? self.Kind}, with the right "${self.Right}".`);
  return undefined;
}

const METHOD = "ClientKey";

async function logIn({ auth, url }: Client, { env, signal }: Context): Promise<string> {
  const key = await loadClientKey(env);
  const phrase = (await auth.methods({ signal }))[METHOD]?.params.InputPhrase;
  if (typeof phrase !== "string")
    throw new CliError("cli/refused", `Cannot log in to ${url}: it takes no client keys`, {
      hint: "Log in with an API key: gadus auth login --api-key -",
    });
  const found = await auth.logIn(METHOD, key.answer(phrase), { signal });
  if (found.success) return found.token;
  throw new CliError("cli/refused", `Cannot log in to ${url}: ${found.reason}`, {
    hint: `Have its operator add ${key.fingerprint} to api.auth.clients, or log in with an API key: --api-key -`,
  });
}
