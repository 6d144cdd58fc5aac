import type { SessionStore, StoredSession } from '../../client/session.ts'

/** Sessions that last as long as the store: for tests and the simulated world. */
export function memorySessions(): SessionStore {
  const sessions = new Map<string, StoredSession>()
  let chosenName: string | undefined
  return {
    names: () => [...sessions.keys()].toSorted(),
    load: (name = chosenName) => (name === undefined ? undefined : sessions.get(name)),
    save(session, { chosen }) {
      sessions.set(session.name, session)
      if (chosen) chosenName = session.name
    },
    remove(name) {
      sessions.delete(name)
      if (chosenName === name) chosenName = undefined
    },
  }
}
