import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

const manifest = parse(readFileSync('slack-manifest.yaml', 'utf8'));
/** Slack's published schema of manifests (slackapi/manifest-schema), where somebody has it. */
const schema = process.env.SLACK_MANIFEST_SCHEMA ?? '';

describe('slack-manifest.yaml', () => {
  it('has what the code uses and nothing more', () => {
    assert.deepEqual(manifest.oauth_config.scopes.bot, [
      'chat:write',
      'commands',
      'channels:history',
      'groups:history',
    ]);
    assert.equal(manifest.settings.socket_mode_enabled, true);
    assert.equal(manifest.settings.interactivity.is_enabled, false);
    assert.deepEqual(
      manifest.features.slash_commands.map(({ command }: { command: string }) => command),
      ['/pylon'],
    );
  });

  it("keeps Slack's limits", () => {
    assert.equal(manifest._metadata.major_version, 2);
    assert.ok(manifest.display_information.name.length <= 35);
    assert.ok(manifest.display_information.description.length <= 140);
    assert.ok(manifest.features.bot_user.display_name.length <= 80);
    for (const { description, usage_hint } of manifest.features.slash_commands) {
      assert.ok(description.length <= 2_000 && usage_hint.length <= 1_000);
    }
  });

  (existsSync(schema) ? it : it.skip)('is valid by the schema of SLACK_MANIFEST_SCHEMA', async () => {
    const { Ajv } = await import('ajv');
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(
      JSON.parse(readFileSync(schema, 'utf8')),
    );
    assert.equal(validate(manifest), true, JSON.stringify(validate.errors));
  });
});
