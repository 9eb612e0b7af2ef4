/** The admin dashboard: who may enter, where the rows come from, and one folder per resource. */
import ForumOutlined from '@mui/icons-material/ForumOutlined';
import GroupOutlined from '@mui/icons-material/GroupOutlined';
import HistoryIcon from '@mui/icons-material/HistoryRounded';
import DnsOutlined from '@mui/icons-material/DnsOutlined';
import ThumbsUpDownOutlined from '@mui/icons-material/ThumbsUpDownOutlined';
import MemoryOutlined from '@mui/icons-material/MemoryOutlined';
import { useState } from 'react';
import { Admin, CustomRoutes, localStorageStore, Resource } from 'react-admin';
import { Route } from 'react-router-dom';
import { AuditList } from '@/features/audit/AuditList';
import { BackupsPage } from '@/features/backups/BackupsPage';
import { DocumentsPage } from '@/features/documents/DocumentsPage';
import { EnginesPage } from '@/features/engines/EnginesPage';
import { FeedbackPage } from '@/features/feedback/FeedbackPage';
import { LivePage } from '@/features/live/LivePage';
import { EmbeddingPage } from '@/features/memory/EmbeddingPage';
import { ModelPage } from '@/features/models/ModelPage';
import { ModelsPage } from '@/features/models/ModelsPage';
import { ModerationPage } from '@/features/moderation/ModerationPage';
import { PersonasPage } from '@/features/personas/PersonasPage';
import { PromptsPage } from '@/features/prompts/PromptsPage';
import { ToolsPage } from '@/features/tools/ToolsPage';
import { RankingPage } from '@/features/ranking/RankingPage';
import { SessionList } from '@/features/sessions/SessionList';
import { StatisticsPage } from '@/features/statistics/StatisticsPage';
import { StoragePage } from '@/features/storage/StoragePage';
import { SessionShow } from '@/features/sessions/SessionShow';
import { SettingsPage } from '@/features/settings/SettingsPage';
import { UserList } from '@/features/users/UserList';
import { UserShow } from '@/features/users/UserShow';
import { authProvider } from '@/shared/api/authProvider';
import { dataProvider } from '@/shared/api/dataProvider';
import { makeQueryClient } from '@/shared/api/queries';
import { makeI18nProvider } from '@/shared/i18n';
import { House } from './House';
import { SignInPage } from './SignInPage';
import { darkTheme, lightTheme } from './theme';

const i18nProvider = makeI18nProvider();
// In a namespace of its own: the chat lives at the same origin.
const store = localStorageStore(undefined, 'maru.admin');
const username = (record: { username?: string }) => record.username ?? '';

export function App() {
  const [queryClient] = useState(makeQueryClient);
  return (
    <Admin
      authProvider={authProvider}
      dataProvider={dataProvider}
      darkTheme={darkTheme}
      dashboard={LivePage}
      disableTelemetry
      i18nProvider={i18nProvider}
      layout={House}
      loginPage={SignInPage}
      queryClient={queryClient}
      requireAuth
      store={store}
      theme={lightTheme}
    >
      <Resource icon={GroupOutlined} list={UserList} name="users" recordRepresentation={username} show={UserShow} />
      <Resource icon={ForumOutlined} list={SessionList} name="sessions" show={SessionShow} />
      <Resource icon={MemoryOutlined} list={ModelsPage} name="models" show={ModelPage} />
      <Resource icon={DnsOutlined} list={EnginesPage} name="engines" />
      <Resource icon={ThumbsUpDownOutlined} list={FeedbackPage} name="feedback" />
      <CustomRoutes>
        <Route element={<StatisticsPage />} path="/statistics" />
        <Route element={<RankingPage />} path="/ranking" />
        <Route element={<DocumentsPage />} path="/documents" />
        <Route element={<PersonasPage />} path="/personas" />
        <Route element={<PromptsPage />} path="/prompts" />
      </CustomRoutes>
      <Resource icon={HistoryIcon} list={AuditList} name="audit" />
      <CustomRoutes>
        <Route element={<ModerationPage />} path="/moderation" />
        <Route element={<ToolsPage />} path="/tools" />
        <Route element={<SettingsPage />} path="/settings" />
        <Route element={<EmbeddingPage />} path="/memory" />
        <Route element={<BackupsPage />} path="/backups" />
        <Route element={<StoragePage />} path="/storage" />
      </CustomRoutes>
    </Admin>
  );
}
