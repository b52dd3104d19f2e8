import type { Result, Router } from 'hono/router'
import { TrieRouter } from 'hono/router/trie-router'

/**
 * A trie, asked once for each path that has no parameters: most calls are for few paths.
 * Hono's fastest router does not take a parameter beside a fixed name, as in /agents/register and /agents/{agentId}.
 */
export function createRouter<T>(): Router<T> {
  const trie = new TrieRouter<T>()
  /** Without the paths that have parameters: nobody means the agent named `register` by /agents/register. */
  const withoutParameters = new TrieRouter<T>()
  /** The answers for each path without parameters, by method. */
  const fixed = new Map<string, Map<string, Result<T>>>()
  return {
    name: 'FixedPathsFirst',
    add(method, path, handler) {
      trie.add(method, path, handler)
      if (!path.includes(':')) withoutParameters.add(method, path, handler)
      if (!/[:*]/.test(path)) fixed.set(path, new Map())
      for (const answers of fixed.values()) answers.clear()
    },
    match(method, path) {
      const answers = fixed.get(path)
      if (!answers) return trie.match(method, path)
      const before = answers.get(method)
      if (before) return before
      const result = withoutParameters.match(method, path)
      answers.set(method, result)
      return result
    },
  }
}
