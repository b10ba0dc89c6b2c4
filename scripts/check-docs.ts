/**
 * `npm run docs`: type-checks every `ts` block of the README and of docs/ against the sources, each as a
 * program of its own. A block that is code can't be exempted; what isn't code is marked `text`.
 */
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeBlocks } from './code-blocks.ts';
import { runCommand } from './run-command.ts';
import { sourcePaths } from './source-paths.ts';

const codeLanguage = /^(ts|tsx|mts|typescript|js|jsx|mjs|javascript)\b/;

/** What is wrong with the code blocks of the Markdown files under `root`, as `file:line: text`. */
export async function docsProblems(root: string): Promise<{ problems: string[]; checked: number }> {
  const problems: string[] = [];
  const programs = new Map<string, string>();
  mkdirSync(join(root, '.tmp'), { recursive: true });
  // Inside of the repository, so that packages are found in its node_modules.
  const folder = mkdtempSync(join(root, '.tmp', 'docs-'));
  try {
    for (const file of globSync(['README.md', 'CONTRIBUTING.md', 'docs/**/*.md'], { cwd: root }).sort()) {
      for (const block of codeBlocks(readFileSync(join(root, file), 'utf8'))) {
        const place = `${file}:${block.line}`;
        if (!block.closed) problems.push(`${place}: the block has no end`);
        if (block.info === '')
          problems.push(`${place}: the block names no language; "text" is for what isn't code`);
        if (block.info !== 'ts') {
          if (codeLanguage.test(block.info)) problems.push(`${place}: write "ts", not "${block.info}"`);
          continue;
        }
        const name = `block-${programs.size + 1}.ts`;
        programs.set(name, file);
        // Empty lines in front give each line the number that it has in the Markdown file.
        writeFileSync(join(folder, name), `${'\n'.repeat(block.line)}${block.text}\nexport {};\n`);
      }
    }
    if (programs.size > 0) problems.push(...(await typeProblems(root, folder, programs)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { problems, checked: programs.size };
}

async function typeProblems(
  root: string,
  folder: string,
  programs: ReadonlyMap<string, string>,
): Promise<string[]> {
  const configuration = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      paths: sourcePaths(root),
      rootDir: root,
      noUnusedLocals: false,
      noUnusedParameters: false,
      types: ['node'],
    },
    include: ['block-*.ts'],
    exclude: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration));
  const compiler = join(root, 'node_modules', '.bin', 'tsc');
  const result = await runCommand(compiler, ['-p', join(folder, 'tsconfig.json'), '--pretty', 'false'], {
    cwd: folder,
    timeout: 300_000,
  });
  if (result.code === 0) return [];
  if (result.timedOut) return ['The compiler was not done after 5 minutes.'];
  const lines = result.output.trimEnd().split('\n');
  return lines.map((line) =>
    line.replace(/^.*?(block-\d+\.ts)\((\d+),(\d+)\)/, (whole, name: string, at: string, column: string) => {
      const file = programs.get(name);
      return file === undefined ? whole : `${file}:${at}:${column}`;
    }),
  );
}

if (import.meta.main) {
  const { problems, checked } = await docsProblems(join(import.meta.dirname, '..'));
  for (const problem of problems) console.error(problem);
  console.log(`${checked} code blocks checked, ${problems.length} problems.`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
