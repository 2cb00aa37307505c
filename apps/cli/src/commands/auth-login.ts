import { type AccessOptions, openAccess } from "../api-access.ts";
import { askAuth, type AuthPlace } from "../auth-api.ts";
import { CliError } from "../cli-error.ts";
import { loadClientKey } from "../client-key.ts";
import type { Context } from "../context.ts";
import { type Credential, keepCredential } from "../credential-file.ts";

interface Self {
  readonly Kind: string;
  readonly Right: string;
  readonly Name?: string;
}

/** `gadus auth login`: keeps an API key for this API, or a token for this user's client key. */
export async function authLogin(
  context: Context,
  _args: readonly string[],
  options: AccessOptions,
): Promise<undefined> {
  const { url } = await context.api();
  const { signal, env, terminal } = context;
  // With `-` the key was read when the API was opened: it is read once, here.
  const given = options.apiKey === undefined ? undefined : (await openAccess(url, options, env)).token;
  const credential: Credential =
    given === undefined
      ? { kind: "client", token: await logIn({ url, signal }, context) }
      : { kind: "key", token: given };
  const self = await askAuth<Self>({ url, signal, token: credential.token }, "/self");
  await keepCredential(url, credential, env);
  if (context.output === "json") terminal.out(JSON.stringify({ API: url, ...self }));
  else terminal.out(`Logged in to ${url} as ${self.Name ?? self.Kind}, with the right "${self.Right}".`);
  return undefined;
}

interface Challenge {
  readonly Methods?: { readonly ClientKey?: { readonly params: { readonly InputPhrase: string } } };
}
interface Answer {
  readonly Authentication: { readonly success: boolean; readonly token?: string; readonly reason?: string };
}

async function logIn(place: AuthPlace, { env }: Context): Promise<string> {
  const key = await loadClientKey(env);
  const phrase = (await askAuth<Challenge>(place, "")).Methods?.ClientKey?.params.InputPhrase;
  if (phrase === undefined)
    throw new CliError("cli/refused", `Cannot log in to ${place.url}: it takes no client keys`, {
      hint: "Log in with an API key: gadus auth login --api-key -",
    });
  const json = key.answer(phrase);
  const { Authentication } = await askAuth<Answer>(place, "/ClientKey", { method: "POST", json });
  if (Authentication.success && Authentication.token !== undefined) return Authentication.token;
  const state = Authentication.reason ?? "it gave no reason";
  throw new CliError("cli/refused", `Cannot log in to ${place.url}: ${state}`, {
    hint: `Have its operator add ${key.fingerprint} to api.auth.clients, or log in with an API key: --api-key -`,
  });
}
