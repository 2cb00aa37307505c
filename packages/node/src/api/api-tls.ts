import { webcrypto, X509Certificate } from "node:crypto";
import { chmod, readFile, rename, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { createSecureContext } from "node:tls";
import { messageOf } from "@gadus/protocol";
import { NodeError } from "../node-error.ts";

const DAY_MS = 86_400_000;
const LIFETIME_MS = 825 * DAY_MS;
/** A certificate of the node's own is made anew where it would end so soon. */
const RENEW_BEFORE_MS = 30 * DAY_MS;
const OWNER_ONLY_FILE = 0o600;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A certificate and its private key, in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** What `api.tls` says. */
export interface TlsSettings {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly selfSigned: boolean;
}

/** Where the node keeps a certificate of its own, and what it is for. */
export interface TlsPlace {
  readonly certFile: string;
  readonly keyFile: string;
  /** The address that the API listens on. */
  readonly host: string;
  readonly nowMs: number;
}

/**
 * The certificate that `settings` name, or one of the node's own, which is the same until it has nearly expired or is
 * of other addresses; undefined where none is wanted.
 *
 * @throws {NodeError} `node/invalid-config` where the files can't be read or don't fit together
 */
export async function loadTls(settings: TlsSettings, place: TlsPlace): Promise<TlsFiles | undefined> {
  const { cert, key, selfSigned } = settings;
  if (cert !== undefined && key !== undefined)
    return checked({ cert: await read(cert, "api.tls.cert"), key: await read(key, "api.tls.key") });
  return selfSigned ? ((await kept(place)) ?? (await made(place))) : undefined;
}

async function read(file: string, field: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw unusable(`Cannot read ${field} "${file}": ${messageOf(cause)}`, field, cause);
  }
}

function checked(files: TlsFiles): TlsFiles {
  try {
    createSecureContext(files);
    return files;
  } catch (cause) {
    const message = `Cannot use api.tls: ${messageOf(cause)}`;
    throw unusable(message, "api.tls", cause);
  }
}

function unusable(message: string, field: string, cause: unknown): NodeError {
  const hint = "Name a certificate and its private key, both in PEM, that this user may read.";
  return new NodeError("node/invalid-config", message, { field, cause, hint });
}

async function kept({ certFile, keyFile, host, nowMs }: TlsPlace): Promise<TlsFiles | undefined> {
  try {
    const files = { cert: await readFile(certFile, "utf8"), key: await readFile(keyFile, "utf8") };
    createSecureContext(files);
    const certificate = new X509Certificate(files.cert);
    if (Date.parse(certificate.validTo) < nowMs + RENEW_BEFORE_MS) return undefined;
    const names = namesOf(host);
    const isOf = (name: string): boolean =>
      (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
    return names.every(isOf) ? files : undefined;
  } catch {
    return undefined;
  }
}

async function made({ certFile, keyFile, host, nowMs }: TlsPlace): Promise<TlsFiles> {
  const files = await selfSigned(namesOf(host), nowMs);
  await writeWhole(keyFile, files.key);
  await writeWhole(certFile, files.cert);
  return files;
}

/** All of a file or nothing, for its owner alone. */
async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, text, { mode: OWNER_ONLY_FILE });
  await chmod(draft, OWNER_ONLY_FILE);
  await rename(draft, file);
}

/** By which names and addresses clients reach an API that listens on `host`. */
function namesOf(host: string): readonly string[] {
  const local = ["localhost", "127.0.0.1", "::1"];
  if (host !== "0.0.0.0" && host !== "::") return [...new Set([host, ...local])];
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    // Link-local addresses have a zone, which a certificate can't name.
    .filter(({ address, scopeid }) => !scopeid && isIP(address) !== 0)
    .map(({ address }) => address);
  return [...new Set([hostname(), ...local, ...addresses])];
}

async function selfSigned(names: readonly string[], nowMs: number): Promise<TlsFiles> {
  // Loaded where it is needed: most nodes never do.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=Gadus API",
      notBefore: new Date(nowMs - DAY_MS),
      notAfter: new Date(nowMs + LIFETIME_MS),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
        ),
        // Clients are told to trust it as it is, and no other by it.
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ],
    },
    webcrypto,
  );
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const lines = key.toString("base64").replaceAll(/.{64}/g, "$&\n").trimEnd();
  return {
    cert: `${certificate.toString("pem")}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
  };
}
