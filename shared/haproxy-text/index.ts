export {
  backendServers,
  NESTED_FIELDS,
  parseBackend,
  printBackend,
  putServer,
  removeServer,
  replaceBackendFields,
  serverLine,
} from './backend.ts'
export { sameButForServers, sameFrame, sameSection } from './same-section.ts'
export {
  type Configuration,
  findSection,
  parseConfiguration,
  printConfiguration,
  printSection,
  putSection,
  removeSection,
  type Section,
} from './sections.ts'
export { printParameters } from './server-line.ts'
export { HaproxyTextError } from './text-error.ts'
export { quoteLiteralFormat, quoteWord, splitWords } from './words.ts'
