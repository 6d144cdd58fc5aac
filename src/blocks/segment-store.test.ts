import { shardStoreConformance } from '../testing/conformance/shard-store.ts'
import { realHarness, simulatedHarness } from '../testing/conformance/store-harness.ts'

shardStoreConformance('segments on a simulated disk', simulatedHarness)
shardStoreConformance('segments on a real disk', realHarness)
