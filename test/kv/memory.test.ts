import { memoryKv } from '../../shared/kv/memory.ts'
import { forget, kvConformance } from './conformance.ts'

kvConformance('memory', { open: async () => memoryKv({ keptRevisions: 1_000 }), compact: forget })
