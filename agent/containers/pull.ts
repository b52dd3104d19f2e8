import { createInterface } from 'node:readline'
import { type Docker, DockerError, isMissing } from './docker.ts'

/** Fetches an image where it is not there yet, or always. */
export async function pullImage(
  docker: Docker,
  image: string,
  { always, signal }: { always: boolean; signal: AbortSignal },
): Promise<void> {
  if (!always && (await isThere(docker, image))) return
  const answer = await docker.stream('POST', `/images/create?fromImage=${encodeURIComponent(tagged(image))}`, signal)
  // It says 200 before it begins; what goes wrong is told in one of the lines.
  for await (const line of createInterface({ input: answer })) {
    const { error } = JSON.parse(line) as { error?: string }
    if (error !== undefined) throw new DockerError(error, 500)
  }
}

async function isThere(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.call('GET', `/images/${encodeURIComponent(tagged(image))}/json`)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** Without a tag, Docker would fetch all that there are. */
const tagged = (image: string): string => (/[:@][^/]*$/.test(image) ? image : `${image}:latest`)
