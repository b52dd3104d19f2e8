/** What a metric is, by Prometheus' words. The labels' values are few, whatever happens: no host, no route, no agent. */
export interface Family {
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  labels: readonly string[]
  /** Of a histogram: upper bounds, rising. */
  buckets?: readonly number[]
}

export type Families = { readonly [name: string]: Family }

export interface Registry<Name extends string> {
  /** Adds to a counter. */
  add(name: Name, values?: readonly string[], by?: number): void
  /** Sets a gauge, or a counter that is kept elsewhere. */
  set(name: Name, values: readonly string[], value: number): void
  observe(name: Name, values: readonly string[], value: number): void
  /** Forgets all that was set: what is gone is not told of. */
  clear(name: Name): void
  /** In Prometheus' text format. */
  print(): string
}

interface Series {
  labels: string
  value: number
  /** Of a histogram: how many lay in each bucket, and above all of them. */
  counts: number[]
}

export const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8'

export function createRegistry<Name extends string>(families: Record<Name, Family>): Registry<Name> {
  const all = new Map<Name, Map<string, Series>>()
  for (const name of Object.keys(families) as Name[]) all.set(name, new Map())

  const seriesOf = (name: Name, values: readonly string[]): Series => {
    const family = families[name]
    const known = all.get(name)
    const key = values.length === 1 ? (values[0] ?? '') : values.join('\n')
    const found = known?.get(key)
    if (found) return found
    const counts = Array.from({ length: (family.buckets?.length ?? -1) + 1 }, () => 0)
    const series: Series = { labels: printLabels(family.labels, values), value: 0, counts }
    known?.set(key, series)
    return series
  }

  return {
    add(name, values = [], by = 1) {
      seriesOf(name, values).value += by
    },
    set(name, values, value) {
      seriesOf(name, values).value = value
    },
    observe(name, values, value) {
      const series = seriesOf(name, values)
      const { buckets = [] } = families[name]
      let i = 0
      while (i < buckets.length && value > (buckets[i] ?? 0)) i++
      series.counts[i] = (series.counts[i] ?? 0) + 1
      series.value += value
    },
    clear(name) {
      all.get(name)?.clear()
    },
    print() {
      const blocks = [...all].filter(([, series]) => series.size > 0)
      return blocks.map(([name, series]) => printFamily(name, families[name], [...series.values()])).join('')
    },
  }
}

function printFamily(name: string, family: Family, series: Series[]): string {
  const lines = series.flatMap((each) =>
    family.type === 'histogram'
      ? printHistogram(name, family.buckets ?? [], each)
      : printLine(name, each.labels, each.value),
  )
  return `# HELP ${name} ${family.help.replaceAll('\\', '\\\\')}\n# TYPE ${name} ${family.type}\n${lines.join('')}`
}

function printHistogram(name: string, buckets: readonly number[], { labels, counts, value }: Series): string[] {
  let sum = 0
  const lines = counts.map((count, i) => {
    sum += count
    const le = `le="${buckets[i] ?? '+Inf'}"`
    return printLine(`${name}_bucket`, labels === '' ? le : `${labels},${le}`, sum)
  })
  return [...lines, printLine(`${name}_sum`, labels, value), printLine(`${name}_count`, labels, sum)]
}

const printLine = (name: string, labels: string, value: number): string =>
  `${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`

const printLabels = (names: readonly string[], values: readonly string[]): string =>
  names.map((name, i) => `${name}="${escaped(values[i] ?? '')}"`).join(',')

const escaped = (text: string) => text.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`))
