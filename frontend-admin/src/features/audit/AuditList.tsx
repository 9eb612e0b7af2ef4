/** The audit log: who did what to whom, when, from where. Administrators only. */
import { Button, useMediaQuery, type Theme } from '@mui/material';
import {
  AutocompleteInput,
  Datagrid,
  DateTimeInput,
  FilterButton,
  FunctionField,
  List,
  ReferenceInput,
  SelectInput,
  SimpleList,
  TextField,
  TopToolbar,
  useNotify,
  useTranslate,
} from 'react-admin';
import { download } from '@/shared/api/http';
import type { components } from '@/shared/api/schema';
import { Moment } from '@/shared/Moment';
import { sentenceOf } from '@/shared/useAct';

type Entry = components['schemas']['AuditRow'];

export const ACTIONS = [
  'user.create',
  'user.role',
  'user.activate',
  'user.deactivate',
  'user.logout',
  'user.password_reset',
  'user.delete',
  'user.limits',
  'key.limits',
  'key.delete',
  'session.open',
  'session.export',
  'session.delete',
  'moderation.create',
  'moderation.change',
  'moderation.delete',
  'house.settings',
  'audit.export',
  'live.stop',
  'live.pause',
  'live.resume',
  'engine.drain',
  'engine.open',
  'engine.restart',
  'engine.add',
  'engine.change',
  'engine.remove',
  'engine.token',
  'engine.token_revoke',
  'model.load',
  'model.unload',
  'model.default',
  'model.settings',
  'model.import',
  'model.pull',
  'model.delete',
  'memory.embedding',
  'feedback.export',
  'backup.make',
  'backup.take',
  'backup.delete',
  'storage.sweep',
  'tools.add',
  'tools.change',
  'tools.remove',
  'tools.refresh',
  'tools.tool',
  'tools.connect',
  'tools.disconnect',
  ...['persona', 'prompt', 'document', 'folder'].flatMap((kind) =>
    ['add', 'change', 'remove'].map((act) => `${kind}.${act}`),
  ),
];

export const keyOf = (action: string) => `maru.audit.${action.replace('.', '_')}`;
const actionFilter = (
  <SelectInput
    alwaysOn
    choices={ACTIONS.map((action) => ({ id: action, name: keyOf(action) }))}
    key="action"
    source="action"
  />
);

/** The server compares moments, not days. */
const momentOf = (text: string) => (text ? new Date(text).toISOString() : '');
const filters = [
  actionFilter,
  <ReferenceInput key="actor_id" reference="users" source="actor_id">
    <AutocompleteInput
      filterToQuery={(q: string) => ({ q })}
      label="resources.audit.fields.actor"
      optionText="username"
    />
  </ReferenceInput>,
  <DateTimeInput key="since" parse={momentOf} source="since" />,
  <DateTimeInput key="until" parse={momentOf} source="until" />,
];

function ExportButton() {
  const translate = useTranslate();
  const notify = useNotify();
  const save = () =>
    download('admin/audit/export/', 'maru-audit.csv').catch((error: unknown) =>
      notify(sentenceOf(error), { type: 'error' }),
    );
  return <Button onClick={save}>{translate('maru.audit.save')}</Button>;
}

/** `role: user → staff`. Of texts the log knows only which were written anew. `wordOf`: the reader's word for a name. */
export function changesOf(changes: Entry['changes'], wordOf = (name: string) => name): string {
  const pairs = Object.entries((changes ?? {}) as Record<string, [unknown, unknown]>);
  return pairs
    .map(([name, [before, after]]) =>
      name === 'texts'
        ? `${wordOf(name)}: ${String(after).split(', ').map(wordOf).join(', ')}`
        : `${wordOf(name)}: ${before ?? '–'} → ${after ?? '–'}`,
    )
    .join(', ');
}

const HOUSE_KINDS = new Set(['persona', 'prompt', 'document', 'folder']);

function useWords(): (entry: Entry) => string {
  const translate = useTranslate();
  const wordOf = (name: string) => translate(`maru.audit.changed.${name}`, { _: name });
  // Settings keep the names that they have everywhere.
  return ({ changes, target_kind }) => changesOf(changes, HOUSE_KINDS.has(target_kind ?? '') ? wordOf : undefined);
}

const who = (name: string | null, id: number | null) => name ?? (id === null ? '–' : `#${id}`);
/** Nobody did it: the house by itself, such as the daily backup. */
const actorOf = ({ actor, actor_id }: Entry, itself: string) => (actor_id === null ? itself : who(actor, actor_id));

function Entries() {
  const translate = useTranslate();
  const wordsOf = useWords();
  const isNarrow = useMediaQuery<Theme>((theme) => theme.breakpoints.down('md'));
  if (isNarrow) {
    return (
      <SimpleList<Entry>
        primaryText={(entry) => translate(keyOf(entry.action))}
        rowClick={false}
        secondaryText={(entry) =>
          [actorOf(entry, translate('maru.audit.itself')), who(entry.target, entry.target_id)].join(' → ')
        }
        tertiaryText={(entry) => new Date(entry.at).toLocaleDateString()}
      />
    );
  }
  return (
    <Datagrid bulkActionButtons={false} rowClick={false}>
      <Moment sortable={false} source="at" />
      <FunctionField<Entry> render={(entry) => actorOf(entry, translate('maru.audit.itself'))} source="actor" />
      <FunctionField<Entry> render={(entry) => translate(keyOf(entry.action))} source="action" />
      <FunctionField<Entry> render={(entry) => who(entry.target, entry.target_id)} source="target" />
      <FunctionField<Entry> render={wordsOf} source="changes" />
      <TextField emptyText="–" sortable={false} source="address" />
    </Datagrid>
  );
}

export function AuditList() {
  return (
    <List
      actions={
        <TopToolbar>
          <FilterButton />
          <ExportButton />
        </TopToolbar>
      }
      filters={filters}
      perPage={50}
    >
      <Entries />
    </List>
  );
}
