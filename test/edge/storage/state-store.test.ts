import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EMPTY_STATE, type State } from '../../../src/domain/state.ts';
import { openStateStore } from '../../../src/edge/storage/state-store.ts';
import { useTempFolder } from '../../support/temp.ts';

const withHost =
  (name: string) =>
  (state: State): State => ({
    ...state,
    hosts: { ...state.hosts, [name]: { reachable: true, since: 1 } },
  });

describe('state store', () => {
  const folder = useTempFolder();
  const file = () => join(folder.path, 'state.json');

  it('starts empty and gives back what was committed', async () => {
    const first = await openStateStore(folder.path);
    assert.deepEqual([first.store.read(), first.recovery], [EMPTY_STATE, null]);
    await first.store.commit(withHost('gpu1'));
    const again = await openStateStore(folder.path);
    assert.deepEqual(Object.keys(again.store.read().hosts), ['gpu1']);
    assert.equal(again.recovery, null);
    assert.equal(statSync(file()).mode & 0o777, 0o600);
  });

  it('shows a change at once and settles when it is on disk', async () => {
    const { store } = await openStateStore(folder.path);
    const saved = store.commit(withHost('gpu1'));
    assert.deepEqual(Object.keys(store.read().hosts), ['gpu1']);
    await saved;
    assert.ok(readFileSync(file(), 'utf8').includes('gpu1'));
  });

  it('writes a thousand commits that come together in two documents', async () => {
    const { store } = await openStateStore(folder.path);
    const inode = () => statSync(file()).ino;
    const first = store.commit(withHost('first'));
    const rest = Array.from({ length: 1000 }, (_, i) => store.commit(withHost(`h${i}`)));
    assert.ok(new Set(rest).size <= 2);
    await first;
    await Promise.all(rest);
    const written = inode();
    await store.commit((state) => state);
    assert.equal(inode(), written, 'a commit that changes nothing writes nothing');
    const again = await openStateStore(folder.path);
    assert.equal(Object.keys(again.store.read().hosts).length, 1001);
  });

  it('takes the copy before it when the file is damaged at any place, and keeps the damaged one', async () => {
    const { store } = await openStateStore(folder.path);
    await store.commit(withHost('old'));
    await store.commit(withHost('new'));
    const whole = readFileSync(file());
    const cuts = Array.from({ length: 25 }, (_, i) => Math.floor((whole.length * i) / 25));
    for (const [index, cut] of cuts.entries()) {
      writeFileSync(file(), whole);
      truncateSync(file(), cut);
      const { store: again, recovery } = await openStateStore(folder.path);
      assert.deepEqual(Object.keys(again.read().hosts), ['old'], `cut at ${cut}`);
      assert.match(recovery ?? '', /damaged-\d+\. The copy before it was used/);
      assert.equal(readdirSync(folder.path).filter((name) => name.includes('damaged')).length, index + 1);
    }
  });

  const damages: [string, Buffer][] = [
    ['NUL bytes', Buffer.alloc(500)],
    ['another schema', Buffer.from('{"schema":"pylon.state/9"}')],
    [
      'a field of another type',
      Buffer.from(JSON.stringify({ ...EMPTY_STATE, hosts: { a: { reachable: 'yes', since: 1 } } })),
    ],
  ];
  for (const [name, content] of damages) {
    it(`is not fooled by ${name}, and starts anew where there is no copy`, async () => {
      writeFileSync(file(), content);
      const { store, recovery } = await openStateStore(folder.path);
      assert.deepEqual(store.read(), EMPTY_STATE);
      assert.match(recovery ?? '', /starts anew/);
      await store.commit(withHost('gpu1'));
      assert.equal((await openStateStore(folder.path)).recovery, null);
    });
  }

  it('removes temporary files that a crash left', async () => {
    writeFileSync(join(folder.path, 'state.json.99.1.tmp'), '{');
    await openStateStore(folder.path);
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it('rejects what it could not write, and writes it with the next commit', async () => {
    const { store } = await openStateStore(folder.path);
    const moved = `${folder.path}-moved`;
    renameSync(folder.path, moved);
    await assert.rejects(store.commit(withHost('gpu1')), /ENOENT/);
    renameSync(moved, folder.path);
    await store.commit((state) => state);
    assert.deepEqual(Object.keys((await openStateStore(folder.path)).store.read().hosts), ['gpu1']);
  });
});
