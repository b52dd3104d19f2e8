import { z } from 'zod'

/** What the Docker Engine says of a container in its list, as far as it is read here. */
export const Container = z.object({
  Id: z.string(),
  Names: z.array(z.string()).default([]),
  Labels: z.record(z.string(), z.string()).nullable().default({}),
  /** created, running, paused, restarting, removing, exited or dead */
  State: z.string(),
  /** For people; but before version 1.52 nothing else in a list tells of the health. */
  Status: z.string().default(''),
  Health: z.object({ Status: z.string() }).nullish(),
  Created: z.number().default(0),
  Ports: z.array(z.object({ PrivatePort: z.number(), Type: z.string() })).nullish(),
  HostConfig: z.object({ NetworkMode: z.string().default('') }).nullish(),
  NetworkSettings: z
    .object({
      Networks: z
        .record(z.string(), z.object({ IPAddress: z.string().default(''), GlobalIPv6Address: z.string().default('') }))
        .nullable(),
    })
    .nullish(),
})
export type Container = z.infer<typeof Container>

/** Something that has happened to a container or a network. */
export const DockerEvent = z.object({
  Type: z.string(),
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
})
export type DockerEvent = z.infer<typeof DockerEvent>

/** Those that change what the list says; `exec_create` and the like would come with each health check. */
export const EVENTS = {
  type: ['container', 'network'],
  event: [
    'create',
    'start',
    'restart',
    'kill',
    'die',
    'stop',
    'pause',
    'unpause',
    'rename',
    'destroy',
    'health_status',
    'connect',
    'disconnect',
  ],
}
