/** MCP servers, and what of them models may use. */
import { request } from './http';
import type { components } from './schema';

type Schemas = components['schemas'];
export type ToolServer = Schemas['ToolServerRow'];
export type Tool = Schemas['ToolRow'];

const PATH = 'admin/tool-servers/';

/** The query of what is listed. */
export const TOOLS = ['admin', 'tools'];

export const tools = {
  list: () => request<Schemas['ToolServers']>('GET', PATH),
  add: (asked: Schemas['ToolServerAskedRequest']) => request<ToolServer>('POST', PATH, {}, asked),
  change: (id: number, changes: Schemas['PatchedToolServerChangesRequest']) =>
    request<ToolServer>('PATCH', `${PATH}${id}/`, {}, changes),
  remove: (id: number) => request<null>('DELETE', `${PATH}${id}/`),
  refresh: (id: number) => request<ToolServer>('POST', `${PATH}${id}/refresh/`),
  connect: (id: number, client: Schemas['SignInAskedRequest']) =>
    request<Schemas['SignInBegun']>('POST', `${PATH}${id}/connect/`, {}, client),
  disconnect: (id: number) => request<Schemas['SignInGivenUp']>('POST', `${PATH}${id}/disconnect/`),
  mark: (id: number, changes: Schemas['PatchedToolChangesRequest']) =>
    request<Tool>('PATCH', `admin/tools/${id}/`, {}, changes),
};
