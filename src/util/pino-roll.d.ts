declare module 'pino-roll' {
  import type { Writable } from 'node:stream';

  interface Options {
    readonly file: string;
    readonly frequency: 'daily' | 'hourly';
    readonly dateFormat: string;
    readonly size: string;
    readonly limit: { readonly count: number };
  }

  /** Resolves to a SonicBoom stream, which for our use is a Writable. */
  // biome-ignore lint/style/noDefaultExport: the package has one
  export default function roll(options: Options): Promise<Writable>;
}
