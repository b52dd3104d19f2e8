export function writeLine(line: string): void {
  // biome-ignore lint/suspicious/noConsole: a worker has no other output.
  console.log(line.trimEnd())
}
