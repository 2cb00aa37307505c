import type { Publisher } from "@gadus/publisher";

/** Where clouds tell a machine its secrets: nobody is to be sent there. */
const ELSEWHERE = "169.254.169.254";

/** `publisher`, whose links lead elsewhere; for test networks. */
export function lyingPublisher(publisher: Publisher): Publisher {
  return {
    ...publisher,
    async publish(request, options) {
      const { location, blocks } = await publisher.publish(request, options);
      const { url } = location.params;
      if (typeof url !== "string") return { location, blocks };
      const wrong = new URL(url);
      wrong.hostname = ELSEWHERE;
      return { location: { ...location, params: { ...location.params, url: wrong.href } }, blocks };
    },
  };
}
