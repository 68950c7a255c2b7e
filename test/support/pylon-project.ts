import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const OUT_OF_MEMORY = `Traceback (most recent call last):
  File "main.py", line 52, in <module>
    config['runner'](config=config).run()
  File "/lab/pylon/runners/trainer.py", line 214, in _train_step
    loss.backward()
  File "/opt/conda/lib/python3.11/site-packages/torch/_tensor.py", line 522, in backward
    torch.autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB. GPU 1 has a total capacity of 79.10 GiB of which 1.12 GiB is free.
`;

/** A Pylon project in a folder, written the way the trainer writes it. */
export interface PylonProject {
  readonly root: string;
  /** Adds a config of so many epochs. @returns its path from the root */
  addRun(name: string, totalEpochs: number): string;
  completeEpoch(name: string, epoch: number): void;
  log(name: string, session: number, text: string): void;
  /** What the launcher catches of standard error. */
  errorLog(name: string, text: string): void;
  /** Makes the log so old that only a live process can mean life. */
  age(name: string, session: number, seconds: number): void;
  /** A live process with the run's command, which does nothing. */
  launch(name: string): Promise<Trainer>;
}

export interface Trainer {
  readonly pid: number;
  end(): Promise<void>;
}

export function makeProject(root: string): PylonProject {
  const work = (name: string, ...rest: string[]): string => join(root, 'logs', name, ...rest);
  // Named as Python's own entry point is, so that the process table shows the command that people type.
  write(join(root, 'main.py'), 'read -r _\n');

  return {
    root,
    addRun(name, totalEpochs) {
      const config = `configs/${name}.py`;
      write(join(root, config), `config = {\n    'work_dir': './logs/${name}',\n    'epochs': ${totalEpochs},\n}\n`);
      return config;
    },
    completeEpoch(name, epoch) {
      for (const file of ['training_losses.pt', 'optimizer_buffer.json', 'validation_scores.json']) {
        write(work(name, `epoch_${epoch}`, file), '{}');
      }
    },
    log(name, session, text) {
      const file = work(name, `train_val_${session}.log`);
      mkdirSync(dirname(file), { recursive: true });
      appendFileSync(file, text);
    },
    errorLog: (name, text) => write(work(name, 'error.log'), text),
    age(name, session, seconds) {
      const at = Date.now() / 1000 - seconds;
      utimesSync(work(name, `train_val_${session}.log`), at, at);
    },
    async launch(name) {
      const args = ['main.py', '--config-filepath', `./configs/${name}.py`];
      const child: ChildProcess = spawn('bash', args, {
        cwd: root,
        argv0: 'python',
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      await once(child, 'spawn');
      return {
        pid: child.pid ?? 0,
        async end() {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const gone = once(child, 'exit');
          child.kill('SIGKILL');
          await gone;
        },
      };
    },
  };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
