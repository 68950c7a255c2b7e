import { readFileSync } from 'node:fs';
import type { Config } from './config/config.ts';
import { templatesFolder } from './folders.ts';
import { createRenderer, type Renderer } from './messages/renderer.ts';

/** The renderer of this configuration: its time zone, and its templates before ours. */
export function openRenderer(config: Config, onProblem: (text: string) => void): Renderer {
  return createRenderer({
    templatesDir: templatesFolder,
    overrideDir: config.templatesDir,
    readFile: (file) => readFileSync(file, 'utf8'),
    timeZone: config.timeZone,
    onProblem,
  });
}
