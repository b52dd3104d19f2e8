import type { Runner } from './runner.ts'

/** Each kind of app by its own. */
export function createRunners({ processes, containers }: { processes: Runner; containers: Runner }): Runner {
  return {
    start: (order) => (order.app.container ? containers : processes).start(order),
    async leftovers() {
      const found = await Promise.all([processes.leftovers(), containers.leftovers()])
      return found.flat()
    },
  }
}
