import { AsmError } from '../domain/error.ts';
import { sessionStatuses, type Session, type SessionStatus } from '../domain/session.ts';
import type { SharedOptions } from './main.ts';
import { openManager } from './open-manager.ts';
import { outputWidth, renderTable } from './table.ts';
import { ago } from './time-text.ts';

interface SessionsOptions extends SharedOptions {
  readonly status?: readonly string[];
  readonly limit?: number;
}

/** `asm sessions` */
export async function sessionsCommand(options: SessionsOptions): Promise<void> {
  const status = options.status?.map(readStatus);
  await using manager = await openManager({ ...options, mustExist: true });
  const page = await manager.sessions({
    ...(status === undefined ? {} : { status }),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  });
  if (options.json === true) {
    for (const session of page.rows) process.stdout.write(`${JSON.stringify(session)}\n`);
    return;
  }
  if (page.rows.length === 0) {
    process.stdout.write('No session yet. Start one: asm run "…"\n');
    return;
  }
  const table = renderTable<Session>(
    page.rows,
    [
      { title: 'SESSION', value: (session) => session.id },
      { title: 'STATUS', value: (session) => session.status },
      { title: 'PROVIDER', value: (session) => session.provider ?? '' },
      { title: 'CREATED', value: (session) => ago(session.createdAt) },
      { title: 'TITLE', value: (session) => session.title ?? '', flexible: true },
      { title: 'FOLDER', value: (session) => session.cwd ?? '', flexible: true },
    ],
    outputWidth(),
  );
  process.stdout.write(`${table}\n`);
  if (page.nextCursor !== undefined)
    process.stdout.write(`More: asm sessions --limit ${page.rows.length * 2}\n`);
}

function readStatus(text: string): SessionStatus {
  const status = sessionStatuses.find((known) => known === text);
  if (status !== undefined) return status;
  throw new AsmError('invalid_input', `--status is one of ${sessionStatuses.join(', ')}, not "${text}".`);
}
