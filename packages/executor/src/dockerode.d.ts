/** What dockerode 5 takes and its types don't tell. */
import "dockerode";

declare module "dockerode" {
  interface ImageInspectOptions {
    abortSignal?: AbortSignal;
  }
  interface ContainerRemoveOptions {
    abortSignal?: AbortSignal;
  }
}
