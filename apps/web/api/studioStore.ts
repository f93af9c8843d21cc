import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { demoOrgs, demoPeople, type Role } from './demoPeople.ts'
import { StartError } from './startError.ts'

export interface Person {
  readonly id: string
  readonly name: string
  readonly email: string
}

export interface Member extends Person {
  readonly role: Role
}

export interface Membership {
  readonly orgId: string
  readonly orgName: string
  readonly role: Role
}

/** What the studio makes. */
export const workKinds = ['image', 'summary', 'brief'] as const

export type WorkKind = (typeof workKinds)[number]

/** Something that the studio made for an organisation. */
export interface Work {
  readonly id: string
  readonly orgId: string
  readonly kind: WorkKind
  readonly title: string
  /** SVG for an image, Markdown for a text. */
  readonly content: string
  readonly madeBy: string
  /** In milliseconds since the epoch. */
  readonly madeAt: number
}

/** What the product itself keeps: people, organisations and their work. Usage is not here: that is the engine's. */
export interface StudioStore {
  orgs(): readonly { readonly id: string; readonly name: string }[]
  people(): readonly Person[]
  person(personId: string): Person | null
  membershipsOf(personId: string): readonly Membership[]
  membersOf(orgId: string): readonly Member[]
  /** Adds a person as a member. False: somebody with this address is one already. */
  addMember(orgId: string, person: Person): boolean
  /** False: there is no such member, or an owner, who cannot be removed. */
  removeMember(orgId: string, personId: string): boolean
  addWorks(works: readonly Work[]): void
  /** Null when the organisation has no such work, whoever else may have it. */
  work(orgId: string, workId: string): Work | null
  /** The newest first. */
  worksOf(orgId: string, kinds: readonly WorkKind[], limit: number): readonly Work[]
  close(): void
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS person (id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS org (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS member (
    org_id TEXT NOT NULL REFERENCES org, person_id TEXT NOT NULL REFERENCES person, role TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (org_id, person_id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS work (
    org_id TEXT NOT NULL REFERENCES org, id TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL, content TEXT NOT NULL,
    made_by TEXT NOT NULL, made_at INTEGER NOT NULL, PRIMARY KEY (org_id, id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS work_by_time ON work (org_id, made_at DESC);
`

const WORK_COLUMNS = 'id, org_id AS orgId, kind, title, content, made_by AS madeBy, made_at AS madeAt'

/** Opens the studio's own database in a folder, and fills a new one with the demo's people. Throws a `StartError`. */
export function openStudioStore(folder: string): StudioStore {
  const database = openDatabase(join(folder, 'studio.db'))
  // Every column is NOT NULL and its table STRICT, so that rows have the types that the statements' columns name.
  const all = <T>(sql: string, ...values: readonly (string | number)[]) => database.prepare(sql).all(...values) as unknown as readonly T[]
  const run = (sql: string, ...values: readonly (string | number)[]): boolean => database.prepare(sql).run(...values).changes > 0
  const atomically = <T>(work: () => T): T => {
    database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      database.exec('COMMIT')
      return result
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  }
  const enrol = (orgId: string, personId: string, role: Role): boolean =>
    run(
      'INSERT OR IGNORE INTO member SELECT ?, ?, ?, 1 + coalesce(max(position), 0) FROM member WHERE org_id = ?',
      orgId,
      personId,
      role,
      orgId,
    )
  const addPerson = ({ id, name, email }: Person) => run('INSERT OR IGNORE INTO person VALUES (?, ?, ?)', id, name, email)

  if (all('SELECT 1 FROM org LIMIT 1').length === 0)
    atomically(() => {
      demoPeople.forEach(addPerson)
      for (const { id, name, members } of demoOrgs) {
        run('INSERT INTO org VALUES (?, ?)', id, name)
        for (const { personId, role } of members) enrol(id, personId, role)
      }
    })

  return {
    orgs: () => all('SELECT id, name FROM org ORDER BY rowid'),
    people: () => all<Person>('SELECT id, name, email FROM person ORDER BY rowid'),
    person: (personId) => all<Person>('SELECT id, name, email FROM person WHERE id = ?', personId)[0] ?? null,
    membershipsOf: (personId) =>
      all<Membership>(
        `SELECT org.id AS orgId, org.name AS orgName, role FROM member JOIN org ON org.id = org_id
         WHERE person_id = ? ORDER BY role = 'owner' DESC, org.rowid`,
        personId,
      ),
    membersOf: (orgId) =>
      all<Member>(
        'SELECT person.id, name, email, role FROM member JOIN person ON person.id = person_id WHERE org_id = ? ORDER BY position',
        orgId,
      ),
    addMember: (orgId, person) =>
      atomically(() => {
        addPerson(person)
        const [known = person] = all<Person>('SELECT id, name, email FROM person WHERE email = ?', person.email)
        return enrol(orgId, known.id, 'member')
      }),
    removeMember: (orgId, personId) =>
      atomically(() => {
        const removed = run("DELETE FROM member WHERE org_id = ? AND person_id = ? AND role <> 'owner'", orgId, personId)
        run('DELETE FROM person WHERE id = ? AND NOT EXISTS (SELECT 1 FROM member WHERE person_id = id)', personId)
        return removed
      }),
    addWorks: (works) =>
      atomically(() => {
        for (const { orgId, id, kind, title, content, madeBy, madeAt } of works)
          run('INSERT INTO work VALUES (?, ?, ?, ?, ?, ?, ?)', orgId, id, kind, title, content, madeBy, madeAt)
      }),
    work: (orgId, workId) => all<Work>(`SELECT ${WORK_COLUMNS} FROM work WHERE org_id = ? AND id = ?`, orgId, workId)[0] ?? null,
    worksOf: (orgId, kinds, limit) =>
      all<Work>(
        `SELECT ${WORK_COLUMNS} FROM work WHERE org_id = ? AND kind IN (SELECT value FROM json_each(?)) ORDER BY made_at DESC, rowid DESC LIMIT ?`,
        orgId,
        JSON.stringify(kinds),
        limit,
      ),
    close: () => database.close(),
  }
}

function openDatabase(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 2000;')
    database.exec(SCHEMA)
    return database
  } catch (cause) {
    throw new StartError(`The studio's database ${path} cannot be opened: make it writable, or set TOLLGATE_DATA to another folder.`, {
      cause,
    })
  }
}
