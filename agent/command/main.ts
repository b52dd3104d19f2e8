import { readSettings } from '../config/read.ts'
