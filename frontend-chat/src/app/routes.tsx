/** Addresses. Pages of signing in are loaded only when they are needed. */
import { lazy, Suspense } from 'react';
import { ErrorBoundary } from 'react-error-boundary';
import { Navigate, Route, Routes } from 'react-router';
import { GuestOnly, SignedInOnly } from '@/features/auth/gates';
import { ChatPage } from '@/pages/ChatPage';
import { CrashPage } from '@/pages/CrashPage';
import { withTexts } from '@/shared/i18n';
import { PageSkeleton } from '@/shared/ui/PageSkeleton';

const LoginPage = lazy(() => withTexts(import('@/pages/LoginPage')));
const RegisterPage = lazy(() => withTexts(import('@/pages/RegisterPage')));
const SetupPage = lazy(() => withTexts(import('@/pages/SetupPage')));
const PersonasPage = lazy(() => withTexts(import('@/pages/PersonasPage')));
const PromptsPage = lazy(() => withTexts(import('@/pages/PromptsPage')));
const MemoryPage = lazy(() => withTexts(import('@/pages/MemoryPage')));
const DocumentsPage = lazy(() => withTexts(import('@/pages/DocumentsPage')));
const SettingsPage = lazy(() => withTexts(import('@/pages/SettingsPage')));
const SharedPage = lazy(() => withTexts(import('@/pages/SharedPage')));
const NotFoundPage = lazy(() => withTexts(import('@/pages/NotFoundPage')));

export function AppRoutes() {
  return (
    <ErrorBoundary FallbackComponent={CrashPage}>
      <Suspense fallback={<PageSkeleton />}>
        <Routes>
          <Route path="/s/:token" element={<SharedPage />} />
          <Route element={<GuestOnly />}>
            <Route path="/login" element={<LoginPage />} />
            <Route path="/register" element={<RegisterPage />} />
            <Route path="/setup" element={<SetupPage />} />
          </Route>
          <Route element={<SignedInOnly />}>
            <Route path="/" element={<ChatPage />} />
            <Route path="/c/:sessionId" element={<ChatPage />} />
            <Route path="/personas" element={<PersonasPage />} />
            <Route path="/prompts" element={<PromptsPage />} />
            <Route path="/memory" element={<MemoryPage />} />
            <Route path="/documents" element={<DocumentsPage />} />
            <Route path="/settings" element={<SettingsPage />} />
            <Route path="/settings/:part" element={<SettingsPage />} />
            <Route path="/not-found" element={<NotFoundPage />} />
            <Route path="*" element={<NotFoundPage />} />
          </Route>
          <Route path="*" element={<Navigate to="/" replace />} />
        </Routes>
      </Suspense>
    </ErrorBoundary>
  );
}
