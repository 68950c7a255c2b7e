import type { AllMiddlewareArgs, RespondArguments, SlackCommandMiddlewareArgs } from '@slack/bolt';
import type { CommandHandler, Logger } from '../../../domain/ports.ts';
import { networkReason } from './errors.ts';
import type { Recent } from './recent.ts';
import { render, renderPlain, type SlackMessage, unfolded } from './render.ts';

export interface CommandParts {
  readonly handler: CommandHandler;
  /** Triggers and envelopes of commands that were taken. */
  readonly recent: Recent;
  readonly logger: Logger;
}

type CommandArgs = Pick<SlackCommandMiddlewareArgs & AllMiddlewareArgs, 'ack' | 'command' | 'respond' | 'context'>;

/**
 * Acknowledges within Slack's 3 seconds, then answers at leisure, to the asker alone. A command that comes again is
 * acknowledged again and done once; one whose acknowledgement fails is still answered.
 */
export async function answerCommand(
  { ack, command, respond, context }: CommandArgs,
  { handler, recent, logger }: CommandParts,
): Promise<void> {
  const isNew = recent.isNew([command.trigger_id, String(context.envelopeId)]);
  await ack().catch((error) => {
    logger.warn({ reason: networkReason(error) }, 'Slack command could not be acknowledged');
  });
  if (!isNew) return;
  const answer = unfolded(await handler(command.text ?? '', { channel: 'slack', user: command.user_id }));
  try {
    await respond(privately(render(answer)));
  } catch (error) {
    logger.warn({ reason: networkReason(error) }, 'Slack took no answer with blocks; sending text');
    await respond(privately(renderPlain(answer)));
  }
}

function privately(message: SlackMessage): RespondArguments {
  const quiet = { response_type: 'ephemeral', unfurl_links: false, unfurl_media: false, parse: 'none' };
  return { ...quiet, ...message } as RespondArguments;
}
