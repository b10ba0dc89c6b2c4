/** Runs once in a session with Codex and closes the manager, with nothing else that keeps it alive. */
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { memoryStore } from '../../src/stores/memory/index.ts';

const [cwd = '', set = '{}'] = process.argv.slice(2);
const manager = await createSessionManager({ store: memoryStore(), providers: [codex()] });
const session = await manager.createSession({ cwd });
const run = await session.run('Begin.', { environment: { set: JSON.parse(set) } });
console.log((await run.result).status);
await manager.close();
console.log('closed');
