/** The frame around every page: the bar with language, light and account, and the menu of resources. */
import ArchiveOutlined from '@mui/icons-material/Inventory2Outlined';
import BuildOutlined from '@mui/icons-material/BuildOutlined';
import DescriptionOutlined from '@mui/icons-material/DescriptionOutlined';
import FaceOutlined from '@mui/icons-material/FaceOutlined';
import ForumOutlined from '@mui/icons-material/ForumOutlined';
import InsightsIcon from '@mui/icons-material/InsightsRounded';
import RankingIcon from '@mui/icons-material/EmojiEventsOutlined';
import ShortTextIcon from '@mui/icons-material/ShortTextRounded';
import SpeedIcon from '@mui/icons-material/SpeedRounded';
import StorageOutlined from '@mui/icons-material/StorageOutlined';
import GavelOutlined from '@mui/icons-material/GavelOutlined';
import SettingsOutlined from '@mui/icons-material/SettingsOutlined';
import MemoryIcon from '@mui/icons-material/PsychologyOutlined';
import { Box, IconButton, type Theme, Tooltip, Typography, useMediaQuery } from '@mui/material';
import type { ReactNode } from 'react';
import {
  AppBar,
  Layout,
  LocalesMenuButton,
  Menu,
  Sidebar,
  type SidebarProps,
  TitlePortal,
  ToggleThemeButton,
  usePermissions,
  useTranslate,
} from 'react-admin';
import { LOCALES } from '@/shared/i18n';
import { ErrorPage } from './ErrorPage';
import logo from './logo.svg';

function ToChat() {
  const label = useTranslate()('maru.to_chat');
  return (
    <Tooltip title={label}>
      <IconButton aria-label={label} color="inherit" href="/">
        <ForumOutlined />
      </IconButton>
    </Tooltip>
  );
}

const toolbar = (
  <>
    <ToChat />
    {/* On a phone the title of the page needs the room of the language's name; its button keeps it for those who listen. */}
    <Box sx={{ '& button': { fontSize: { xs: 0, sm: 'inherit' }, minWidth: 40 } }}>
      <LocalesMenuButton languages={LOCALES} />
    </Box>
    <ToggleThemeButton />
  </>
);

/** The title in the bar is the heading of the page. */
const pageHeading = { component: 'h1' } as const;

function HouseBar() {
  const translate = useTranslate();
  return (
    <AppBar color="inherit" toolbar={toolbar}>
      <Box
        alt=""
        component="img"
        height={28}
        src={logo}
        sx={{ display: { xs: 'none', sm: 'block' }, mr: 1.5 }}
        width={28}
      />
      <Typography component="span" variant="h6" sx={{ display: { xs: 'none', md: 'inline' }, mr: 3 }}>
        {translate('maru.title')}
      </Typography>
      <TitlePortal {...pageHeading} sx={{ color: 'text.secondary' }} />
    </AppBar>
  );
}

/** The audit log, the settings and what memory is made by are for administrators; the server says so too. */
function HouseMenu() {
  const translate = useTranslate();
  const { permissions } = usePermissions<'staff' | 'superuser'>();
  return (
    <Menu>
      <Menu.DashboardItem leftIcon={<SpeedIcon />} primaryText="maru.live.title" />
      <Menu.Item leftIcon={<InsightsIcon />} primaryText="maru.statistics.title" to="/statistics" />
      <Menu.Item leftIcon={<RankingIcon />} primaryText="maru.ranking.title" to="/ranking" />
      <Menu.ResourceItem name="users" />
      <Menu.ResourceItem name="sessions" />
      <Menu.ResourceItem name="models" />
      <Menu.ResourceItem name="engines" />
      <Menu.Item leftIcon={<DescriptionOutlined />} primaryText="maru.library.documents.title" to="/documents" />
      <Menu.Item leftIcon={<FaceOutlined />} primaryText="maru.library.personas.title" to="/personas" />
      <Menu.Item leftIcon={<ShortTextIcon />} primaryText="maru.library.prompts.title" to="/prompts" />
      {permissions === 'superuser' && <Menu.ResourceItem name="feedback" />}
      {permissions === 'superuser' && <Menu.ResourceItem name="audit" />}
      {permissions === 'superuser' && (
        <Menu.Item leftIcon={<GavelOutlined />} primaryText="maru.moderation.title" to="/moderation" />
      )}
      {permissions === 'superuser' && (
        <Menu.Item leftIcon={<BuildOutlined />} primaryText="maru.tools.title" to="/tools" />
      )}
      {permissions === 'superuser' && (
        <Menu.Item leftIcon={<SettingsOutlined />} primaryText="maru.settings.title" to="/settings" />
      )}
      {permissions === 'superuser' && (
        <Menu.Item leftIcon={<MemoryIcon />} primaryText={translate('maru.embeddings.title')} to="/memory" />
      )}
      {permissions === 'superuser' && (
        <Menu.Item leftIcon={<ArchiveOutlined />} primaryText="maru.backups.title" to="/backups" />
      )}
      {permissions === 'superuser' && (
        <Menu.Item leftIcon={<StorageOutlined />} primaryText="maru.storage.title" to="/storage" />
      )}
    </Menu>
  );
}

/** On a phone it lies over the page as a dialog, which needs a name. */
function HouseSidebar(props: SidebarProps) {
  const name = useTranslate()('maru.title');
  const isOver = useMediaQuery((theme: Theme) => theme.breakpoints.down('sm'));
  return <Sidebar {...props} slotProps={isOver ? { paper: { 'aria-label': name } } : {}} />;
}

export function House({ children }: { children?: ReactNode }) {
  return (
    // Wide tables scroll in their own frame instead of pushing the page out.
    <Layout
      appBar={HouseBar}
      error={ErrorPage}
      menu={HouseMenu}
      sidebar={HouseSidebar}
      sx={{ minWidth: 0, '& .RaLayout-content': { minWidth: 0 } }}
    >
      {children}
    </Layout>
  );
}
