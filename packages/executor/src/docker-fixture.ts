import { existsSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { connectDocker } from "./docker-client.ts";
import { pack, type Pack } from "tar-stream";

const BUSYBOX = "/bin/busybox";
const BUSYBOX_TAG = "gadus-test-busybox:1";
/** Commands of busybox that tests call by name; any other is `busybox <command>`. */
const APPLETS = ["cat", "env", "false", "id", "ls", "nc", "nslookup", "sh", "sleep", "touch", "true", "wget"];

/** A client of this machine's Docker Engine; undefined, and said aloud, where none answers. */
export async function dockerEngine(): Promise<Docker | undefined> {
  const docker = connectDocker(process.env["DOCKER_HOST"] ?? "/var/run/docker.sock");
  try {
    await docker.ping();
    return docker;
  } catch {
    process.stderr.write("NOT TESTED: no Docker Engine answers on this machine\n");
    return undefined;
  }
}

/**
 * The id of an image with busybox, its applets and /tmp, tagged `gadus-test-busybox:1`; built of this machine's
 * busybox, where it isn't there yet, and undefined, said aloud, where that is missing.
 */
export async function busyboxImage(docker: Docker): Promise<string | undefined> {
  const found = await docker
    .getImage(BUSYBOX_TAG)
    .inspect()
    .catch(() => undefined);
  if (found) return found.Id;
  if (!existsSync(BUSYBOX)) {
    process.stderr.write("NOT TESTED: there is no /bin/busybox: install busybox-static\n");
    return undefined;
  }
  const [repo, tag] = BUSYBOX_TAG.split(":");
  const answer = await docker.importImage(Readable.from(busyboxTar()), { repo, tag });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(answer, (error) => (error ? reject(error) : resolve()));
  });
  return (await docker.getImage(BUSYBOX_TAG).inspect()).Id;
}

function busyboxTar(): Pack {
  const tar = pack();
  for (const name of ["bin", "etc", "tmp"]) {
    tar.entry({ name, type: "directory", mode: name === "tmp" ? 0o1777 : 0o755 });
  }
  tar.entry({ name: "bin/busybox", mode: 0o755 }, readFileSync(BUSYBOX));
  for (const applet of APPLETS) tar.entry({ name: `bin/${applet}`, type: "symlink", linkname: "busybox" });
  tar.entry({ name: "etc/passwd" }, "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n");
  tar.finalize();
  return tar;
}
