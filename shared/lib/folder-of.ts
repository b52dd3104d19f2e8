/** Of a path as a node tells it, whose machine may be another one. */
export const folderOf = (file: string): string => file.slice(0, file.lastIndexOf('/'))
