import type { SendJson } from "./api-request.ts";
import type { AnswerOf, ApiAuthentication, ApiAuthMethod, ApiCaller, ApiKey, BodyOf } from "./api-types.ts";
import type { CallOptions } from "./call-options.ts";

/** What a new API key is to be. */
export interface KeyWish {
  /** Who it is for. */
  readonly name: string;
  readonly right: ApiKey["Right"];
  /** How long it is good for. @default for ever */
  readonly lifetimeSeconds?: number | undefined;
}

/** Who asks an API, and who may. */
export interface AuthCalls {
  /** The ways to log in, by name, each with what is to be answered. */
  methods(options?: CallOptions): Promise<Readonly<Record<string, ApiAuthMethod>>>;
  /** Logs in by `method`, with the body that it takes. */
  logIn(method: string, answer: unknown, options?: CallOptions): Promise<ApiAuthentication>;
  /** Who asks, as the API sees it. */
  self(options?: CallOptions): Promise<ApiCaller>;
  /** Makes the token that this client sends worthless. */
  logOut(options?: CallOptions): Promise<void>;
  readonly keys: {
    list(options?: CallOptions): Promise<readonly ApiKey[]>;
    /** `Key` is its text, which is told this once. */
    create(wish: KeyWish, options?: CallOptions): Promise<AnswerOf<"createKey">>;
    revoke(keyId: string, options?: CallOptions): Promise<ApiKey>;
  };
}

/** The calls of authentication, sent by `json`. */
export function authCalls(json: SendJson): AuthCalls {
  return {
    async methods(options) {
      return (await json<AnswerOf<"listMethods">>("/auth", options)).Methods;
    },
    async logIn(method, answer, options) {
      const path = `/auth/${encodeURIComponent(method)}`;
      const request = { ...options, method: "POST", json: answer } as const;
      return (await json<AnswerOf<"logIn">>(path, request)).Authentication;
    },
    self: (options) => json("/auth/self", options),
    async logOut(options) {
      await json("/auth/self", { ...options, method: "DELETE" });
    },
    keys: {
      async list(options) {
        return (await json<AnswerOf<"listKeys">>("/auth/keys", options)).Items;
      },
      create({ name: Name, right: Right, lifetimeSeconds: Lifetime }, options) {
        const wish = { Name, Right, Lifetime } satisfies BodyOf<"createKey">;
        return json("/auth/keys", { ...options, method: "PUT", json: wish });
      },
      revoke: (id, options) => json(`/auth/keys/${encodeURIComponent(id)}`, { ...options, method: "DELETE" }),
    },
  };
}
