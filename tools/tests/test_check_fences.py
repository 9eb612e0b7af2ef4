"""The fences between the rooms of the front ends."""

import pytest

from tools.check_fences import problems_in


def test_it_works():
    assert list(problems_in("app/App.tsx", "import { Chat } from '@/features/chat/Chat';\n")) == []


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("features/chat/a.ts", "import { b } from '@/features/auth/b';"),
        ("features/chat/deep/a.ts", "import { b } from '../../auth/b';"),
        ("shared/ui/a.ts", "import type { b } from '@/features/auth/b';"),
        ("features/chat/a.ts", "const Page = lazy(() => import('@/pages/Page'));"),
        ("features/chat/a.ts", "await fetch('/api/');"),
        ("pages/a.ts", "await globalThis.fetch('/api/');"),
        ("features/chat/a.ts", "new WebSocket(url)"),
        ("features/chat/a.tsx", "<p dangerouslySetInnerHTML={{ __html: text }} />"),
        ("features/chat/a.ts", "node.innerHTML = text"),
    ],
)
def test_a_broken_fence_is_told(place, source):
    assert len(list(problems_in(place, source))) == 1


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("features/chat/deep/a.ts", "import { b } from '../b';\nimport { c } from '@/shared/c';"),
        ("shared/api/client.ts", "await globalThis.fetch('/api/');"),
        ("features/chat/a.ts", "await client.fetch('/api/'); prefetch(x); import x from 'react';"),
    ],
)
def test_what_is_allowed_stays_allowed(place, source):
    assert list(problems_in(place, source)) == []
