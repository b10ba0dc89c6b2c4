import type { ParsedShellCommand } from './shell-command.ts';

/** Hosts that something names; `unknown` says why there may be more. */
export interface NamedHosts {
  readonly hosts: readonly string[];
  readonly unknown?: string;
}

/** Programs whose purpose is to reach a host that they are given. */
const networkPrograms: ReadonlySet<string> = new Set(
  (
    'curl wget aria2c http https httpie xh lynx w3m links elinks ssh scp sftp rsync ftp tftp telnet nc ncat netcat ' +
    'socat openssl ping ping6 traceroute tracepath mtr dig nslookup host drill whois nmap mosh autossh'
  ).split(' '),
);

/** True when a host is the one of the pattern, or for `*.example.com` one below it. */
export function fitsHost(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase();
  if (wanted === '*') return true;
  return wanted.startsWith('*.')
    ? host.length >= wanted.length && host.endsWith(wanted.slice(1))
    : host === wanted;
}

/** The host of an address, as programs see it: in lower case, numbers and foreign letters in their one form. */
export function hostOfUrl(text: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) return undefined;
  const { hostname = '', protocol = '' } = URL.parse(text) ?? {};
  if (hostname === '') return undefined;
  // Only for schemes that it knows does the parser bring names into their one form.
  if (/^(?:https?|ftp|wss?):$/.test(protocol)) return plainName(hostname);
  return plainName(URL.parse(`http://${hostname}`)?.hostname ?? hostname);
}

/** Every host that the words of a command may name. What is in files and variables is not looked into. */
export function commandHosts(parsed: ParsedShellCommand): NamedHosts {
  const hosts = new Set<string>();
  let [unknown] = parsed.opaque;
  for (const command of parsed.commands) {
    const reaches = networkPrograms.has(command.program.toLowerCase());
    if (reaches && command.dynamicFrom !== undefined)
      unknown ??= `what ${command.program} is given is not known`;
    for (const word of command.arguments) {
      if (!reaches && !/[.@]/.test(word)) continue;
      // What stands behind a sign may be an address, too.
      const parts = /[=,]/.test(word) ? [word, ...word.split(/[=,]/).slice(1)] : [word];
      for (const part of parts) {
        const host = wordHost(part, reaches);
        if (host !== undefined) hosts.add(host);
      }
    }
  }
  return { hosts: [...hosts], ...(unknown === undefined ? {} : { unknown }) };
}

function wordHost(word: string, reaches: boolean): string | undefined {
  const url = /[a-z][a-z0-9+.-]*:\/\/.*/is.exec(word)?.[0];
  if (url !== undefined) return hostOfUrl(url);
  // `user@host:path`, and what a program that takes addresses makes one of.
  const name = /^(?:[^@/\s]+@)?(\[[0-9a-f:.]+\]|[^\s:/@?#-][^\s:/@?#]*)(?::.*|\/.*|\?.*|#.*)?$/is.exec(
    word,
  )?.[1];
  if (name === undefined) return undefined;
  const isHost = reaches || word.includes('@') || /^[^.].*\.[a-z]{2,}\.?$/i.test(name);
  const host = isHost ? URL.parse(`http://${name}`)?.hostname : undefined;
  return host === undefined ? undefined : plainName(host);
}

function plainName(host: string): string {
  return host.replace(/\.+$/, '').toLowerCase();
}
