import { dirname, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { fillIn } from '../config/fill-in.ts'
import { type Folder, folderAt } from '../config/folder.ts'
import { readSettings } from '../config/read.ts'
import { DEFAULT_FOLDER, type Settings } from '../config/settings.ts'
import { readIfThere } from '../daemon/files.ts'
import { CommandError, type Input } from './command.ts'

const DEFAULT_FILE = 'agent.yaml'

export const settingsPath = (input: Input): string => resolve(input.text('config') ?? DEFAULT_FILE)

/** What the commands work with: agent.yaml, read, and the folder that it names. */
export interface Project {
  file: string
  settings: Settings
  folder: Folder
}

/** `unset`: whether all is needed of the environment that apps and databases want of it. */
export async function openProject(input: Input, unset: 'refused' | 'left' = 'left'): Promise<Project> {
  const file = settingsPath(input)
  const text = await readIfThere(file)
  if (text === null)
    throw new CommandError(`There is no ${file}: cloudlunacy-agent init makes one, --config names another`)
  const settings = readSettings(text, { file, environment: input.environment, unset })
  return { file, settings, folder: folderAt(resolve(dirname(file), settings.folder)) }
}

/** The folder alone, also where the rest of the file has mistakes. */
export async function openFolder(input: Input): Promise<Folder> {
  const file = settingsPath(input)
  const { value: folder } = fillIn(parseDocument((await readIfThere(file)) ?? '').get('folder'), input.environment)
  return folderAt(resolve(dirname(file), typeof folder === 'string' ? folder : DEFAULT_FOLDER))
}
