import { type Command, Option } from "commander";
import { remote, seconds, withExamples } from "./declare-command.ts";
import { lazily } from "./run-action.ts";

/** Declares the verbs of `auth`: who uses an API. */
export function declareAuth(program: Command): void {
  const auth = program
    .command("auth")
    .summary("log in to an API, and say who may use it")
    .description("Logs in to an API, and says who may use it.");
  remote(
    auth
      .command("login")
      .summary("log in to an API")
      .description(
        "Logs in to an API: with --api-key, whose key is kept; otherwise with this user's client key, which is made the first time.",
      ),
    ["gadus auth login --api https://gadus.example.org", "gadus auth login --api-key - < key.txt"],
  ).action(lazily(async () => (await import("./commands/auth-login.ts")).authLogin));
  remote(
    auth.command("logout").summary("forget a login").description("Forgets what logging in to an API kept."),
    ["gadus auth logout"],
  ).action(lazily(async () => (await import("./commands/auth-logout.ts")).authLogout));
  declareKeys(auth);
}

function declareKeys(auth: Command): void {
  const keys = withExamples(
    auth
      .command("keys")
      .summary("create, list and revoke API keys")
      .description("Creates, lists and revokes API keys."),
    ["gadus auth keys create --right submit --name ci --expires 30d", "gadus auth keys list"],
  );
  const folder = "data folder of a node of this machine, instead of asking its API";
  remote(
    keys
      .command("create")
      .summary("create an API key")
      .description("Creates an API key, and prints it this once.")
      .requiredOption("--name <name>", "who it is for")
      .addOption(
        new Option("--right <right>", "what it may be used for")
          .choices(["read", "submit", "full"])
          .makeOptionMandatory(),
      )
      .option("--expires <span>", "how long it is good for, such as 30d (for ever)", seconds)
      .option("--data-dir <dir>", folder),
    [
      "gadus auth keys create --right full --name me --data-dir ~/.gadus",
      "gadus auth keys create --right submit --name ci --expires 30d",
    ],
  ).action(lazily(async () => (await import("./commands/auth-keys.ts")).authKeysCreate));
  remote(
    keys
      .command("list")
      .summary("list API keys")
      .description("Lists API keys, without their text.")
      .option("--data-dir <dir>", folder),
    ["gadus auth keys list"],
  ).action(lazily(async () => (await import("./commands/auth-keys.ts")).authKeysList));
  remote(
    keys
      .command("revoke")
      .summary("revoke an API key")
      .description("Makes an API key worthless, at once and for good.")
      .argument("<key>", "its id, k-…")
      .option("--data-dir <dir>", folder),
    ["gadus auth keys revoke k-1b4e28ba-2fa1-4d3b-9a4f-5a0d5f3c2e11"],
  ).action(lazily(async () => (await import("./commands/auth-keys.ts")).authKeysRevoke));
}
