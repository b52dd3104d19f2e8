import type { CallTexts } from './call-text.ts'

/** The form of a document. Only a front makes one that opens. */
const EXPORTED = {
  format: 'cloudlunacy-front-export',
  version: 1,
  schema: 2,
  createdAt: '2030-01-01T00:00:00.000Z',
  front: {
    domain: 'example.com',
    appsDomain: 'apps.example.com',
    mongodbDomain: 'mongodb.example.com',
    apiHost: 'front.example.com',
  },
  kdf: { name: 'PBKDF2-SHA-256', rounds: 100_000, times: 6, salt: 'AAAAAAAAAAAAAAAAAAAAAA==' },
  check: 'AAAA',
  parts: ['AAAA'],
}

export const BACKUP_CALLS: CallTexts = {
  'POST /api/export': {
    id: 'exportEverything',
    description: 'Keep the document and the passphrase apart. `curl -o front.json` saves it as it comes.',
    examples: {
      passphrase: { summary: 'With five random words', value: { passphrase: 'correct horse battery staple sunrise' } },
    },
  },
  'POST /api/import': {
    id: 'importEverything',
    examples: {
      document: {
        summary: 'What an export gave, in its place',
        value: { passphrase: 'correct horse battery staple sunrise', document: EXPORTED },
      },
    },
  },
}
