import { AppError } from '../errors.ts'
import type { Mirror } from '../kv/mirror.ts'
import type { GatewayNode } from './node.ts'

/** What ACME servers are answered, brought to all nodes that can be reached. */
export interface ChallengeAnswers {
  /** These have come or are gone. */
  tell(paths: string[]): Promise<boolean[]>
  /** Comes back when they say so; fails where no node can be told. */
  answer(path: string, answer: string | null): Promise<void>
}

export function createChallengeAnswers(answers: Mirror<string>, nodes: () => readonly GatewayNode[]): ChallengeAnswers {
  const tell = (paths: string[]) => {
    const places = paths.map((key) => ({ map: 'acme.map' as const, key }))
    const reachable = nodes().filter(({ online }) => online)
    return Promise.all(
      reachable.map((node) =>
        node.tell(places).then(
          () => true,
          () => false,
        ),
      ),
    )
  }
  return {
    tell,
    async answer(path, answer) {
      answers.put(path, answer)
      const told = await tell([path])
      if (!told.includes(true)) throw new AppError('NOT_READY', 'No HAProxy can be told anything at this moment')
    },
  }
}
