import { Label } from './agent.ts'

/**
 * Apps have a domain of their own, so most names are free there, `www` and `api` too. Not those that a browser, a mail
 * program or a person would take for something else than an app.
 */
const RESERVED = [
  'admin',
  'administrator',
  'autoconfig',
  'autodiscover',
  'cloudlunacy',
  'front',
  'haproxy',
  'isatap',
  'localhost',
  'mongodb',
  'postmaster',
  'root',
  'support',
  'wpad',
]

export const Subdomain = Label.refine((label) => !RESERVED.includes(label), 'is reserved: choose another').meta({
  id: 'Subdomain',
  description: 'The first label of the app’s host name',
  example: 'shop',
  not: { enum: RESERVED },
})
