import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importViolations } from './check-imports.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'asm-imports-'));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function source(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

test.each([
  ['src/domain/session.ts', '../ports/provider.ts', 'domain may not import ports'],
  ['src/ports/provider.ts', '../manager/gate.ts', 'ports may not import manager'],
  ['src/rendering/compact.ts', '../redaction/redactor.ts', 'rendering may not import redaction'],
  ['src/rendering/compact.ts', '../manager/gate.ts', 'rendering may not import manager'],
  ['src/manager/gate.ts', '../stores/memory/index.ts', 'manager may not import stores'],
  ['src/manager/gate.ts', '../runtime/queue.ts', 'manager may not import runtime'],
  [
    'src/providers/claude/provider.ts',
    '../shell/provider.ts',
    'providers/claude may not import providers/shell',
  ],
  [
    'src/providers/claude/provider.ts',
    '../../redaction/redactor.ts',
    'providers/claude may not import redaction',
  ],
  ['src/bridge/bridge-server.ts', '../providers/amp/run.ts', 'bridge may not import providers/amp'],
  ['src/manager/gate.ts', '../bridge/bridge-server.ts', 'manager may not import bridge'],
  ['src/stores/sqlite/index.ts', '../../process/group.ts', 'stores may not import process'],
  ['src/index.ts', './stores/memory/index.ts', 'index may not import stores'],
  ['src/cli/main.ts', '../testing/index.ts', 'cli may not import testing'],
  ['src/cli/main.ts', '../../scripts/check-imports.ts', 'cli may not import ..'],
  ['src/helpers/all.ts', '../domain/id.ts', 'helpers is no room'],
])('%s importing %s is found', (file, target, rule) => {
  source(file, `import { join } from 'node:path';\n\nexport { a } from '${target}';\n`);
  const found = importViolations(root);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(`${file}:3: ${rule}`);
});

test.each([
  ['import {\n  one,\n} from "../manager/gate.ts";', 3],
  ['import type { One } from "../manager/gate.ts";', 1],
  ['import "../manager/gate.ts";', 1],
  ['\nconst gate = await import("../manager/gate.ts");', 2],
  ['export * from "../manager/gate.ts";', 1],
])('every form of an import is seen: %s', (text, line) => {
  source('src/cost/cost.ts', text);
  expect(importViolations(root)[0]).toContain(`src/cost/cost.ts:${line}: cost may not import manager`);
});

test('what the arrows allow is not reported, and tests may import anything', () => {
  source('src/providers/claude/provider.ts', "import '../../process/group.ts';\nimport './options.ts';");
  source('src/providers/claude/run.ts', "import '../../bridge/bridge-server.ts';");
  source('src/bridge/bridge-server.ts', "import '../process/group.ts';\nimport '../ports/provider.ts';");
  source('src/stores/sqlite/index.ts', "import '../sql/schema.ts';\nimport '../../ports/session-store.ts';");
  source('src/manager/gate.ts', "import '../policy/rule.ts';\nimport './recorder.ts';\nimport 'zod';");
  source('src/manager/gate.test.ts', "import '../testing/index.ts';\nimport '../stores/memory/index.ts';");
  source('src/testing/index.ts', "import '../cli/main.ts';\nimport '../providers/shell/index.ts';");
  expect(importViolations(root)).toEqual([]);
});
