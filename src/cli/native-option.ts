import { AsmError } from '../domain/error.ts';

/** How one is written. */
const form = /^([^=\s]+)=(.*)$/s;

/**
 * The native options that `--native <name>=<value>` asks for; which there are and what values they take, their provider
 * says. A value is JSON where it can be read as that, else text. Throws `invalid_input` for what is not in this form, and
 * for a name that is given twice.
 */
export function readNativeOptions(texts: readonly string[] = []): object | undefined {
  if (texts.length === 0) return undefined;
  const options = new Map<string, unknown>();
  for (const text of texts) {
    const [, name, value = ''] = form.exec(text) ?? [];
    if (name === undefined)
      throw new AsmError(
        'invalid_input',
        `--native takes <name>=<value>, such as mode=rush, not "${text.slice(0, 100)}".`,
      );
    if (options.has(name))
      throw new AsmError(
        'invalid_input',
        `--native ${name} is given twice. A list is one value: --native '${name}=["one","two"]'.`,
      );
    options.set(name, valueOf(value));
  }
  return Object.fromEntries(options);
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
