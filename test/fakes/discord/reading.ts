import type { MessageBody } from './rules.ts';

function textsOf(body: MessageBody): string[] {
  const embeds = (body.embeds ?? []).flatMap((embed) => [embed.title, embed.description, embed.footer?.text]);
  return [body.content, ...embeds].filter((text) => typeof text === 'string');
}

/** As a reader sees it: escapes undone, invisible characters left out. Marks of layout stay. */
export function shownText(body: MessageBody): string {
  return textsOf(body)
    .map((text) => outsideCode(text, (part) => part.replace(/\\([^0-9A-Za-z\s])/g, '$1')))
    .join('\n')
    .replaceAll('\u200b', '');
}

/** What Discord would make a ping, a link, an emoji or a time of, or an opening mark that is not escaped. */
export function liveParts(body: MessageBody): string[] {
  return textsOf(body).flatMap((text) => {
    let rest = '';
    outsideCode(text, (part) => {
      rest += part.replace(/\\[^0-9A-Za-z\s]/g, 'x');
      return '';
    });
    return rest.match(/@everyone|@here|<[@#/t:a]\S*|\w+:\/\/\S+|\[[^\]]*\]\(|:\w+:|\|\||__|~~|^(?:-#|>)/gm) ?? [];
  });
}

/** Applies `change` to what is neither a code block nor inline code. */
function outsideCode(text: string, change: (part: string) => string): string {
  return text
    .split(/(```[\s\S]*?```|(?<![\\`])(`{1,2})(?!`)[\s\S]*?(?<!`)\2(?!`))/)
    .map((part, index) => (index % 3 === 0 ? change(part) : index % 3 === 1 ? part : ''))
    .join('');
}
