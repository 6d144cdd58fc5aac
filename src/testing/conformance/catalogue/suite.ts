import type { Scene } from './scene.ts'

/** One statement about every catalogue, on a scene of its own. */
export type Check = (scene: Scene) => Promise<void>
