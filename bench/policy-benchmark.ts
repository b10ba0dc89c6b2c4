import { realPathFinder } from '../src/manager/real-path.ts';
import { PolicyDecider } from '../src/policy/policy-decision.ts';
import { mergePolicies } from '../src/policy/policy-stack.ts';
import type { Policy } from '../src/policy/policy.ts';
import type { ToolCall } from '../src/domain/tool.ts';
import type { Benchmark, BenchmarkRow, Timing } from './benchmark.ts';
import { atLeast } from './support/goal.ts';
import { interleavedRates } from './support/interleaved-rates.ts';

const repetitions = 1_000;

/** A stack as an organisation, a team and a person may have it: 3 policies, some 40 rules. */
const stack: readonly Policy[] = [
  {
    name: 'org',
    action: 'cancel',
    limits: { totalTokens: 1_000_000, costUsd: 5 },
    rules: {
      deny: [
        ...['sudo', 'su', 'shutdown', 'mkfs', 'dd', 'nc', 'ssh', 'scp', 'telnet', 'crontab'].map(
          (one) => `bash(${one})`,
        ),
        ...['evil.example', '*.bad.example', '169.254.169.254'].map((host) => `*(hosts ${host})`),
        ...['secrets', '.git', '.env', 'node_modules'].map((folder) => `write(inside ${folder})`),
      ],
    },
  },
  {
    name: 'team',
    action: 'request_approval',
    rules: {
      deny: ['bash(git push; flags --force -f)', 'bash(npm publish)', 'bash(rm; flags -r -R)', 'mcp:prod/*'],
      ask: [
        'bash(git push)',
        'bash(npm install)',
        'web_fetch',
        ...['a', 'b', 'c', 'd'].map((one) => `mcp:${one}/*`),
      ],
    },
  },
  { name: 'mine', rules: { deny: ['*(outside .)'] } },
];

const cwd = process.cwd();

function bash(command: string): ToolCall {
  return { id: '1', name: 'Bash', tool: 'bash', kind: 'execute', input: { command }, command };
}

const calls: { readonly [name: string]: ToolCall } = {
  'a plain command': bash('git status'),
  'a long command': bash(
    'cd src && npm test -- --run 2>&1 | tee out.txt; grep -rn "TODO" src test | head -20',
  ),
  'a wrapped command': bash('bash -c "ls -la; echo done" && find . -name "a.ts" -exec cat {} ";"'),
  'a written file': {
    ...{
      id: '1',
      name: 'Write',
      tool: 'write',
      kind: 'edit',
      input: { file_path: 'src/index.ts', content: 'x' },
    },
    paths: ['src/index.ts'],
  },
  'a tool of a server': {
    ...{ id: '1', name: 'mcp__lab__add', tool: 'mcp:lab/add', kind: 'other', input: { a: 1, to: 'b' } },
  },
};

/** Decisions about tool calls by a stack of policies, with links followed on the disk. */
export const policyBenchmark: Benchmark = {
  name: 'policy',
  goal: 'a decision in less than 20 microseconds',
  async run({ timing }) {
    const rows: BenchmarkRow[] = [];
    for (const [name, call] of Object.entries(calls)) rows.push(await measure(name, call, timing));
    return rows;
  },
};

async function measure(name: string, call: ToolCall, timing: Timing): Promise<BenchmarkRow> {
  const decider = new PolicyDecider(mergePolicies(stack));
  const rates = await interleavedRates(
    {
      decide: () => {
        for (let time = 0; time < repetitions; time++)
          decider.decide(call, { cwd, realPaths: realPathFinder() });
        return repetitions;
      },
    },
    timing,
  );
  const figure = rates.rate('decide');
  return {
    name,
    figure,
    unit: 'decisions/s',
    goals: [atLeast(figure, 50_000, 'decisions/s')],
    details: { 'microseconds each': Number((1e6 / figure).toFixed(1)) },
  };
}
