interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

export interface Family {
  name: string
  type: string
  help: string
  samples: Sample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (-?(?:\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)|[+-]Inf|NaN)$`)
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y

/** Reads Prometheus' text format 0.0.4, stricter than Prometheus does; whatever is not in it is an error. */
export function parseMetrics(text: string): Family[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const families: Family[] = []
  const seen = new Set<string>()
  let help: { name: string; help: string } | null = null
  for (const line of text.slice(0, -1).split('\n')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (word === 'HELP') {
      if (families.some((family) => family.name === name)) throw new Error(`${name} is there twice`)
      help = { name, help: rest }
    } else if (word === 'TYPE') {
      if (help?.name !== name) throw new Error(`${name} has no HELP before its TYPE`)
      if (!/^(counter|gauge|histogram)$/.test(rest)) throw new Error(`${name} is a ${rest}`)
      families.push({ ...help, type: rest, samples: [] })
    } else {
      const sample = parseSample(line)
      const family = families.at(-1)
      if (!family || !belongs(sample.name, family)) throw new Error(`stands below another: ${line}`)
      const key = sample.name + JSON.stringify(Object.entries(sample.labels).sort())
      if (seen.has(key)) throw new Error(`is there twice: ${line}`)
      seen.add(key)
      family.samples.push(sample)
    }
  }
  for (const family of families) assertWhole(family)
  return families
}

function parseSample(line: string): Sample {
  const [, name, inside = '', value = ''] = SAMPLE.exec(line) ?? []
  if (name === undefined) throw new Error(`no sample: ${line}`)
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  for (let at = 0; at < inside.length; at = LABEL.lastIndex) {
    const [, label = '', text = ''] = LABEL.exec(inside) ?? []
    if (label === '' || label in labels) throw new Error(`labels: ${line}`)
    labels[label] = text
  }
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) }
}

const belongs = (name: string, family: Family): boolean =>
  family.type === 'histogram'
    ? ['_bucket', '_sum', '_count'].some((end) => name === family.name + end)
    : name === family.name

function assertWhole({ name, type, samples }: Family): void {
  if (samples.length === 0) throw new Error(`${name} has no samples`)
  if (type !== 'gauge' && samples.some(({ value }) => !(value >= 0))) throw new Error(`${name} is below 0`)
  if (type !== 'histogram') return
  const series = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels))
  for (const [labels, all] of series) {
    const buckets = all.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map((bucket) => Number((bucket.labels.le ?? '').replace('+Inf', 'Infinity')))
    const rises = (values: number[]) => values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0))
    const count = all.find((sample) => sample.name === `${name}_count`)?.value
    const isWhole =
      bounds.at(-1) === Number.POSITIVE_INFINITY &&
      rises(bounds) &&
      rises(buckets.map(({ value }) => value)) &&
      buckets.at(-1)?.value === count &&
      all.length === buckets.length + 2
    if (!isWhole) throw new Error(`${name}${labels} is no whole histogram`)
  }
}
